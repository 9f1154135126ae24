"""Who made the hits on a mail, judged by all of them together."""

from typing import Any

import pytest

from pipeline.machines.watch import prove, settle, watch
from schemas.base import Source
from schemas.event import Event, Grade, NetworkKind
from tests.builders import BASE_MS
from tests.mail import BROWSER, CLOUD, GATEWAY, OFFICE, PHONE, grades, mail, watched, within

HOSTED = {CLOUD: NetworkKind.HOSTING}
DELIVERED = mail("delivered", 0)
GATE = {"ip": GATEWAY, "user_agent": PHONE}
SCANNED = [DELIVERED, *(mail("click", 1 + link / 4, link, **GATE) for link in range(4))]


def clicks(*moments: float, links: tuple[int, ...] = (0, 1, 2, 3, 4), **fields: Any) -> list[Event]:
    return [mail("click", seconds, link, **fields) for seconds, link in zip(moments, links, strict=False)]


STORIES = {
    # machines
    "all links at delivery": (SCANNED, "hmmmm"),
    "all links hours later": (clicks(7200, 7200.5, 7201, 7201.4), "mmmm"),
    "four links within ten seconds": ([mail("open", 10), *clicks(600, 603, 606, 609)], "hmmmm"),
    "three links within ten seconds, unopened": (clicks(600, 604, 609), "mmm"),
    "two links soon after delivery": ([DELIVERED, *clicks(4, 5)], "hmm"),
    "both links of a mail, some seconds after delivery": ([DELIVERED, *clicks(4, 7)], "hmm"),
    "one link two seconds after delivery": ([DELIVERED, *clicks(2)], "hm"),
    "a hidden link": (clicks(900, properties={"link_trap": "1"}), "m"),
    "a hidden link and, slowly, others": (
        [*clicks(300, properties={"link_trap": "1"}), *clicks(360, 480, links=(1, 2))],
        "mmm",
    ),
    "only heads are asked for": (clicks(900, properties={"method": "head"}), "m"),
    "a scanner that says so, slowly": (
        clicks(100, 160, 220, grade=Grade.MACHINE, grade_reason="mail_scanner", user_agent="Barracuda"),
        "mmm",
    ),
    "slow, unopened, all links": ([DELIVERED, *clicks(70, 150, 260, 400, 420)], "hmmmmm"),
    "slow, all links, while the reader reads": (
        [DELIVERED, mail("open", 60), mail("click", 65, 0), *clicks(70, 150, 260, 400, 420, **GATE)],
        "hhhmmmmm",
    ),
    "slow, unopened, from a data centre": (clicks(70, 150, 260, ip=CLOUD), "mmm"),
    "before the mail is taken": ([mail("delivered", 3), *clicks(0, 0.5, 1)], "hmmm"),
    "an unsubscription in a burst": ([*SCANNED, mail("unsubscribe", 2, 4, **GATE)], "hmmmmm"),
    "the burst's own open": ([DELIVERED, mail("open", 4, **GATE), *clicks(5, 5.2, 5.4, **GATE)], "hmmmm"),
    "an open at delivery": ([DELIVERED, mail("open", 1)], "hm"),
    "an open of a relay": ([mail("open", 50, ip=CLOUD)], "s"),
    "a rescan just before the reader": (
        [DELIVERED, mail("open", 500), mail("click", 540, 0, ip=CLOUD, user_agent=""), mail("click", 542, 0)],
        "hhmh",
    ),
    "a rescan just after the reader": (
        [DELIVERED, mail("open", 500), mail("click", 540, 0), mail("click", 541, 0, ip=CLOUD, user_agent="")],
        "hhhm",
    ),
    # humans
    "a reader": ([DELIVERED, mail("open", 300), *clicks(330, 350)], "hhhh"),
    "a reader without images": ([DELIVERED, *clicks(330, 350)], "hhh"),
    "a quick reader": ([DELIVERED, mail("open", 8), *clicks(12)], "hhh"),
    "a quick reader without images": ([DELIVERED, *clicks(8)], "hh"),
    "a quick reader of two links": ([DELIVERED, mail("open", 8), *clicks(12, 19)], "hhhh"),
    "two links opened at once": ([DELIVERED, mail("open", 300), *clicks(310, 311.5)], "hhhh"),
    "three links in four minutes": ([DELIVERED, mail("open", 300), *clicks(320, 400, 560)], "hhhhh"),
    "a reader who unsubscribes": (
        [DELIVERED, mail("open", 300), mail("click", 320, 4), mail("unsubscribe", 325, 4)],
        "hhhh",
    ),
    "one-click unsubscription by the mailbox's server": ([mail("unsubscribe", 500, ip=CLOUD, user_agent="")], "h"),
    "a reader behind the gateway": ([*SCANNED, mail("open", 200), *clicks(230)], "hmmmmhh"),
    "a reader behind the gateway, without images": ([*SCANNED, *clicks(20)], "hmmmmh"),
    "a reader with the gateway's address": ([*SCANNED, *clicks(100, ip=GATEWAY)], "hmmmmh"),
    "a reader with the gateway's user agent": ([*SCANNED, *clicks(100, user_agent=PHONE)], "hmmmmh"),
    "a reader who looks just like the gateway": (
        [*SCANNED, mail("open", 100, **GATE), *clicks(130, **GATE)],
        "hmmmmhh",
    ),
    "whose producer's clock is ahead": (clicks(5, 5, 5, 5, clamped=True), "hhhh"),
    "who unsubscribed and answered": ([DELIVERED, *clicks(4), mail("reply", 900)], "hhh"),
    "the same link twice": ([DELIVERED, mail("open", 300), *clicks(330, 335, links=(0, 0))], "hhhh"),
    # neither
    "one click from a data centre": ([DELIVERED, mail("open", 300), *clicks(330, ip=CLOUD)], "hhs"),
    "one click three seconds after delivery, unopened": ([DELIVERED, *clicks(3)], "hs"),
    "who looks just like the gateway, without images": ([*SCANNED, *clicks(130, **GATE)], "hmmmms"),
    "two links at once, unopened": (clicks(900, 901), "ss"),
    "an office program": ([mail("click", 900, 0, user_agent="Microsoft Office/16.0 (Outlook)")], "s"),
}


@pytest.mark.parametrize("name", STORIES)
def test_stories(name: str) -> None:
    events, expected = STORIES[name]
    assert grades(events, HOSTED) == expected, watched(events, HOSTED)


def test_relays_and_proxies_open_on_their_own() -> None:
    event = mail("open", 50, ip=CLOUD)
    assert watched([event], {CLOUD: NetworkKind.RELAY})[event.event_id] == (Grade.MACHINE, "proxy_open")
    proxied = mail("open", 50, grade=Grade.MACHINE, grade_reason="proxy_open")
    assert watched([proxied])[proxied.event_id] == (Grade.MACHINE, "proxy_open")


def test_quarantine_comes_first_and_ends_quietly() -> None:
    quick = mail("click", 8, 0)
    found = watch(quick, watch(DELIVERED, None).pulse)
    assert (found.grade, found.grade_reason) == (Grade.SUSPECT, "soon_after_delivery+without_open")
    assert found.pulse is not None
    assert found.pulse.due_ms == quick.occurred_ms + 15 * 60_000
    early = settle(found.pulse, found.pulse.due_ms - 1)
    assert early == (found.pulse, ())
    after = settle(found.pulse, found.pulse.due_ms)
    assert after.verdicts == ((quick.event_id, Grade.HUMAN, ""),)
    assert after.pulse.due_ms == 0


def test_quarantine_ends_with_the_burst() -> None:
    quick, second, third = clicks(8, 9, 9.5)
    pulse = watch(quick, watch(DELIVERED, None).pulse).pulse
    found = watch(second, pulse)
    assert [one.grade for one in found.verdicts] == [Grade.MACHINE]
    assert watch(third, found.pulse).verdicts == ()


def test_a_human_becomes_a_machine_once_the_burst_shows() -> None:
    first, second, third = clicks(3600, 3601, 3602)
    opened = mail("open", 3000)
    found = watch(first, watch(opened, None).pulse)
    assert found.grade is Grade.HUMAN
    found = watch(second, found.pulse)
    assert found.grade is Grade.SUSPECT
    found = watch(third, found.pulse)
    assert (found.grade, found.grade_reason) == (Grade.MACHINE, "link_burst")
    assert {one.event_id: one.grade for one in found.verdicts} == dict.fromkeys(
        (first.event_id, second.event_id), Grade.MACHINE
    )


def test_a_verdict_is_taken_back_when_the_open_comes_late() -> None:
    three = clicks(600, 604, 609)
    assert grades(three) == "mmm"
    assert grades([*three, mail("open", 500)]) == "sssh"


def test_proof_clears_suspects_and_no_machines() -> None:
    pulse = None
    for event in [*SCANNED, mail("click", 130, 0, **GATE)]:
        pulse = watch(event, pulse).pulse
    assert pulse is not None
    after = prove(pulse, BASE_MS + 900_000)
    assert [one.grade for one in after.verdicts] == [Grade.HUMAN]
    assert prove(after.pulse, BASE_MS + 900_000) == (after.pulse, ())
    assert prove(pulse, BASE_MS + 3 * 3_600_000).verdicts == ()


def test_a_form_under_the_mailbox_is_a_proof_and_a_page_view_is_none() -> None:
    click = mail("click", 130, 0, ip=CLOUD)
    pulse = watch(within(click, HOSTED), None).pulse
    form = mail("form_submit", 500, source=Source.WEB, message_id="")
    assert [one.grade for one in watch(form, pulse).verdicts] == [Grade.HUMAN]
    view = mail("page_view", 500, source=Source.WEB, message_id="")
    assert watch(view, pulse) == (pulse, Grade.HUMAN, "", ())


def test_mails_and_recipients_are_judged_apart() -> None:
    spread = [mail("click", 600 + number / 2, number, message_id=f"m-{number}") for number in range(4)]
    assert grades(spread) == "hhhh"
    shared = [mail("click", 600 + number / 2, number, email=f"p{number}@acme.com") for number in range(4)]
    assert grades(shared) == "hhhh"
    server = [
        mail("click", 600 + number / 2, number, format="sendgrid", message_id=f"abc.filter000{number}.1.2.0")
        for number in range(4)
    ]
    assert grades(server) == "mmmm"
    nameless = [mail("click", 600 + number / 2, number, message_id="", asset="guide") for number in range(4)]
    assert grades(nameless) == "mmmm"


def test_addresses_are_not_kept() -> None:
    pulse = watch(mail("click", 8, 0), None).pulse
    assert OFFICE not in repr(pulse)
    assert BROWSER not in repr(pulse)
    assert "x.test" not in repr(pulse)


@pytest.mark.parametrize("type", ["processed", "deferred", "bounce", "dropped", "spam_report", "resubscribe"])
def test_other_mail_events_change_nothing(type: str) -> None:
    event = mail(type, 5)
    assert watch(event, None) == (None, Grade.HUMAN, "", ())


def test_what_is_neither_mail_nor_view_is_not_looked_at() -> None:
    for source in (Source.TRIAL, Source.CRM, Source.SUPPORT, Source.SOCIAL):
        assert watch(mail("signed_in", 5, source=source), None) == (None, Grade.HUMAN, "", ())
