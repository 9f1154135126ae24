"""Grades by what one event says: user agents, proxies, the sender's own verdict."""

import pytest

from pipeline.grade import grade
from schemas.base import Source
from schemas.event import Grade

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
GOOGLE_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO_PROXY = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
HEADLESS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("user_agent", [None, BROWSER])
def test_human(source: Source, user_agent: str | None) -> None:
    assert grade(source, "page_view", user_agent) == (Grade.HUMAN, "")


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("kind", ["page_view", "form_submit", "click"])
def test_a_view_told_to_be_without_user_agent_is_suspect(source: Source, kind: str) -> None:
    suspect = source is Source.WEB and kind == "page_view"
    assert grade(source, kind, "") == ((Grade.SUSPECT, "empty_user_agent") if suspect else (Grade.HUMAN, ""))


@pytest.mark.parametrize(
    ("source", "kind", "user_agent", "reason"),
    [
        (Source.WEB, "page_view", GOOGLEBOT, "crawler"),
        (Source.WEB, "page_view", "python-requests/2.32.3", "crawler"),
        (Source.WEB, "page_view", "curl/8.11.0", "crawler"),
        (Source.WEB, "page_view", HEADLESS, "automation"),
        (Source.TRIAL, "feature_used", HEADLESS, "automation"),
        (Source.EMAIL, "open", GOOGLE_PROXY, "proxy_open"),
        (Source.EMAIL, "open", YAHOO_PROXY, "proxy_open"),
        (Source.EMAIL, "open", "Mozilla/5.0", "proxy_open"),
        (Source.EMAIL, "click", GOOGLE_PROXY, "crawler"),
        (Source.EMAIL, "click", "Barracuda Sentinel (EE)", "mail_scanner"),
        (Source.EMAIL, "click", "python-requests/2.32.3", "crawler"),
    ],
)
def test_machine(source: Source, kind: str, user_agent: str, reason: str) -> None:
    assert grade(source, kind, user_agent) == (Grade.MACHINE, reason)


@pytest.mark.parametrize("user_agent", ["python-requests/2.32.3", "curl/8.11.0"])
def test_calling_the_api_of_a_product_on_trial_is_usage(user_agent: str) -> None:
    assert grade(Source.TRIAL, "feature_used", user_agent) == (Grade.HUMAN, "")


def test_a_bare_mozilla_that_clicks_is_not_called_a_proxy() -> None:
    assert grade(Source.EMAIL, "click", "Mozilla/5.0") == (Grade.HUMAN, "")


def test_the_senders_verdict_comes_first() -> None:
    assert grade(Source.EMAIL, "open", GOOGLE_PROXY, "sender_verdict") == (Grade.MACHINE, "sender_verdict")
    assert grade(Source.EMAIL, "open", BROWSER, "proxy_open") == (Grade.MACHINE, "proxy_open")


def test_a_huge_user_agent_is_read_in_part() -> None:
    assert grade(Source.WEB, "page_view", "x" * 1_000_000 + "curl/8") == (Grade.HUMAN, "")
