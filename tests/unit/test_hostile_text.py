"""Nothing that comes from outside acts on a terminal, a chat, a log or a spreadsheet; and nothing is without bound."""

import doctest
import re
from io import StringIO
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import schemas.text
from agents.journey.load import load_rules
from deploy.evaluate.line import PlainLine
from deploy.view import screen
from pipeline.decode.links import link
from pipeline.ingest import RawRecord, ingest
from schemas.account import Account
from schemas.alert import Alert
from schemas.base import Source
from schemas.event import Event
from schemas.handover.feedback import Feedback
from schemas.rejected import Rejected
from schemas.text import cell, escaped, one_line, tame, visible
from schemas.topics import ALERTS, RAW

NOW_MS = 1_795_348_800_000
HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff]")
ATTACKS = (
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\u202egpj.exe",
    "a\u2028b\r\nlevel=error forged=line",
    "<!channel> <https://evil.test|your invoice>",
    "[invoice](https://evil.test)",
    "@here @channel @everyone",
    "<script>alert(1)</script>",
    "[bold red]x[/]",
    "[/]",
    '=HYPERLINK("http://evil.test")',
    "\U000e0041\U000e0042",
)


def events(source: Source, item: dict[str, Any]) -> list[Event]:
    record = RawRecord(source, RAW[source].name, 0, 1, NOW_MS, None, orjson.dumps(item))
    found = ingest(record)
    assert all(isinstance(one, Event) for one in found), found
    return [one for one in found if isinstance(one, Event)]


def test_mailboxes_stay_what_they_are() -> None:
    for mailbox in ("maria@all.com", "x@here.io", "j@group-works.com", "jane@channel.example"):
        assert tame(mailbox) == escaped(mailbox) == one_line(mailbox) == mailbox


def test_the_examples_of_the_module_hold() -> None:
    assert doctest.testmod(schemas.text).failed == 0


@given(st.text(max_size=60))
@settings(deadline=None)
def test_text_is_harmless_and_stays_so(text: str) -> None:
    for clean in (one_line, tame, visible, escaped):
        once = clean(text)
        assert not HARMFUL.search(once)
        assert clean(once) == once
    assert "<" not in tame(text)
    assert not re.search(r"@(here|channel|everyone)(?![.-]?\w)", tame(text), re.IGNORECASE)
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.text(max_size=12), min_size=2, max_size=2, unique=True))
@settings(deadline=None)
def test_ids_stay_apart(ids: list[str]) -> None:
    if not any("\\u" in one or "\\U" in one for one in ids):  # whoever writes the code means the code
        assert escaped(ids[0]) != escaped(ids[1])


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("source", list(Source))
def test_an_event_carries_no_attack(attack: str, source: Source) -> None:
    types = {
        Source.WEB: "form_submit",
        Source.EMAIL: "click",
        Source.TRIAL: "feature_used",
        Source.CRM: "opportunity_lost",
        Source.SUPPORT: "ticket_opened",
        Source.SOCIAL: "mention",
    }
    texts = (
        "person_name",
        "job_title",
        "title",
        "asset",
        "topic",
        "feature",
        "product",
        "form",
        "reason",
        "user_agent",
    )
    item = dict.fromkeys(texts, f"x {attack}")
    item |= {"type": types[source], "occurred_at": "2026-11-22T10:00:00Z", "email": "j@acme.test"}
    item |= {"user_id": f"u{attack}", "account_id": f"acct{attack}", "url": f"https://x.test/{attack}"}
    item |= {"properties": {f"k{attack}"[:90]: attack}, "event_id": f"e{attack}"}
    (event,) = events(source, item)
    for text in (event.user_id, event.account_id, event.url, event.title, event.source_event_id, *event.properties):
        assert not HARMFUL.search(text), text
    quoted = (event.person_name, event.job_title, event.title, event.asset, event.topic, event.feature, event.reason)
    for text in (*quoted, event.user_id, event.account_id, event.url):
        assert "<" not in text
        assert "](" not in text
        assert "@here" not in text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,<b>", "vbscript:x", "file:///etc"]
)
def test_links_a_browser_would_run_are_dropped(url: str) -> None:
    assert link(url).url == ""


def test_a_mailbox_with_characters_nobody_sees_is_refused() -> None:
    item = {"type": "page_view", "occurred_at": "2026-11-22T10:00:00Z", "email": "jane\u202e@acme.test"}
    record = RawRecord(Source.WEB, RAW[Source.WEB].name, 0, 1, NOW_MS, None, orjson.dumps(item))
    (refused,) = ingest(record)
    assert isinstance(refused, Rejected)
    assert "nobody sees" in refused.detail
    assert "\u202e" not in refused.detail


@pytest.mark.parametrize("attack", ATTACKS)
def test_directory_and_answers_carry_none_either(attack: str) -> None:
    account = Account(
        account_id=f"a{attack}", name=f"Acme {attack}", owner=attack, tier=attack, aliases=(f"b{attack}",)
    )
    answer = Feedback.model_validate(
        {
            "alert_id": f"x{attack}",
            "account_id": f"a{attack}",
            "verdict": "done",
            "occurred_at": "2026-11-22T10:00:00Z",
            "reason": attack,
            "by": attack,
        }
    )
    for text in (account.account_id, account.name, account.owner, account.aliases[0], answer.reason, answer.alert_id):
        assert not HARMFUL.search(text)
        assert "<" not in text
    assert Account.model_validate_json(account.encode()) == account
    assert answer.account_id == account.account_id


@pytest.mark.parametrize("attack", ATTACKS)
def test_alerts_and_the_terminal_show_none(attack: str) -> None:
    line = PlainLine(rules=load_rules(None), keep=ALERTS.values())
    account = Account(account_id="acme", name=f"Acme {attack}", domains=("acme-works.com",), owner=attack)
    line.know([(b"acme", account.encode())])
    item = {
        "type": "form_submit",
        "occurred_at": "2026-11-22T11:59:00Z",
        "email": "jane@acme-works.com",
        "form": "demo",
        "asset": attack,
        "job_title": f"CTO {attack}",
    }
    line.send(RAW[Source.WEB].name, b"k", orjson.dumps(item), NOW_MS)
    line.settle()
    alerts = [alert for topic in ALERTS.values() for alert in line.values(topic, Alert)]
    assert alerts
    for alert in alerts:
        shown = StringIO()
        screen.say(Console(file=shown, force_terminal=True, color_system=None, width=200), alert)
        for text in (alert.title, alert.why, alert.account_name, alert.owner, shown.getvalue().replace("\n", "")):
            assert not HARMFUL.search(text), text
            assert "<!" not in text
            assert "](" not in text


def test_numbers_nesting_and_names_beyond_all_bounds_are_refused_or_cut() -> None:
    base = '"type":"page_view","occurred_at":"2026-11-22T10:00:00Z","anonymous_id":"v"'
    cases = {
        "bad_json": "{" + base + ',"properties":{"n":' + "9" * 5000 + "e" + "9" * 400 + "}}",
        "too_deep": "{" + base + ',"properties":' + '{"a":' * 40 + "1" + "}" * 40 + "}",
        "oversize_field": "{" + base + ',"properties":{' + ",".join(f'"k{n}":1' for n in range(60)) + "}}",
        "oversize": "[" + ",".join(["1"] * 10_001) + "]",
    }
    for reason, text in cases.items():
        outcomes = ingest(RawRecord(Source.WEB, RAW[Source.WEB].name, 0, 1, NOW_MS, None, text.encode()))
        assert [one.reason for one in outcomes if isinstance(one, Rejected)] == [reason], reason
        assert all(len(one.detail) < 3000 for one in outcomes if isinstance(one, Rejected))
