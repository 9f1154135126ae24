"""An erased person is nowhere in what the line remembers, and no replay brings it back."""

import orjson
import pytest

from agents.advance import JOURNAL
from deploy.evaluate.line import KEY, NAMES, PlainLine
from pipeline.journal.pack import unpack
from pipeline.privacy.erasures import ErasureBook
from pipeline.privacy.forget import without
from schemas.alert import Alert
from schemas.base import stable_id
from schemas.hit import Pulse, View
from schemas.identity import FactKind, IdentityFact, Link, Method, SubjectState
from schemas.kept.erasure import Erasure
from schemas.rejected import Rejected
from schemas.topics import ALERTS, EVENTS, IDENTITY, REJECTED, TRANSITIONS
from schemas.transition import Transition
from tests.builders import event

WEB = "intent.events.web.v1"
DAY_MS = 86_400_000
START_MS = 1_767_600_000_000
ERASED_MS = START_MS + 20 * DAY_MS
ACME = orjson.dumps({"account_id": "acme", "name": "Acme Corp", "domains": ["acme-works.com"]})
JANE, JOE = KEY.subject("e:jane@acme-works.com"), KEY.subject("e:joe@acme-works.com")
VISITOR, USER = KEY.subject("a:visitor-jane"), KEY.subject("u:user-jane")


def web(days: float, type: str = "page_view", **fields: object) -> bytes:
    at = f"2026-01-{6 + int(days):02d}T12:{int(days % 1 * 60):02d}:00Z"
    return orjson.dumps({"type": type, "occurred_at": at, "url": "https://x.io/pricing", **fields})


TRAFFIC = [
    web(0.1, anonymous_id="visitor-jane"),
    web(0.2, "form_submit", anonymous_id="visitor-jane", email="jane@acme-works.com", person_name="Jane", form="demo"),
    web(0.3, "form_submit", user_id="user-jane", email="jane@acme-works.com", form="newsletter"),
    web(1.1, anonymous_id="visitor-joe", email="joe@acme-works.com"),
    web(1.2, "form_submit", anonymous_id="visitor-joe", email="joe@acme-works.com", form="demo"),
    web(2.1, anonymous_id="visitor-jane", url="https://x.io/compare/them"),
]


def worked() -> PlainLine:
    line = PlainLine()
    line.know([(b"acme", ACME)])
    play(line)
    return line


def play(line: PlainLine) -> None:
    for number, value in enumerate(TRAFFIC):
        line.send(WEB, b"jane@acme-works.com", value, START_MS + number * DAY_MS // 2)
        line.settle()


def erase(line: PlainLine, *pairs: tuple[str, str]) -> None:
    """What `privacy erase` sends, once it has found who knows what."""
    for subject in (JANE, VISITOR, USER):
        line.erasures.note(Erasure(subject=subject, erased_ms=ERASED_MS))
    facts = [(subject, "", "acme") for subject in (JANE, VISITOR, USER)] + [(at, other, "") for at, other in pairs]
    for subject, other, account_id in facts:
        fact = IdentityFact(
            fact_id=stable_id("fact", FactKind.ERASE, subject, other, account_id, ERASED_MS),
            kind=FactKind.ERASE,
            subject=subject,
            other=other,
            account_id=account_id,
            reason="erased",
            observed_ms=ERASED_MS,
        )
        line.send(NAMES.name(IDENTITY), subject.encode(), fact.encode(), ERASED_MS)
    line.settle()


def remembered(line: PlainLine) -> bytes:
    """Everything in the states, pages unpacked."""
    found: list[bytes] = []
    for stage in ("identify", "advance", "dispatch"):
        for key, value in line.state(stage).committed.items():
            packed = stage == "advance" and JOURNAL in key and not key.endswith(b"contacts")
            found += [key, unpack(value) if packed else value]
    return b"\n".join(found)


def test_a_person_is_taken_out_of_states_journal_and_alerts_and_stays_out() -> None:
    line = worked()
    before = [
        Alert.model_validate_json(record.value or b"") for topic in ALERTS.values() for record in line.records(topic)
    ]
    assert any(person.address == "jane@acme-works.com" for alert in before for person in alert.people)
    assert all(subject[2:].encode() in remembered(line) for subject in (JANE, VISITOR, USER))
    erase(line)
    for subject in (JANE, VISITOR, USER):
        assert subject[2:].encode() not in remembered(line)
    assert JOE[2:].encode() in remembered(line)

    last = {alert.alert_id: alert for topic in ALERTS.values() for alert in line.values(topic, Alert)}
    for alert in last.values():
        assert all(person.person != JANE[2:] for person in alert.people)
        assert "jane" not in alert.why
        assert all(cause.person != JANE[2:] for cause in alert.causes)
        assert sum(cause.points for cause in alert.causes) == alert.score
    moves = {item.transition_id: item for item in line.values(TRANSITIONS, Transition)}
    assert all(cause.person != JANE[2:] for move in moves.values() for cause in move.causes)

    events, state = line.count(EVENTS), remembered(line)
    play(line)
    assert line.count(EVENTS) == events + 2  # Joe's, known by now
    assert sorted(remembered(line)) == sorted(state)
    dropped = [item for item in line.values(REJECTED, Rejected) if item.reason == "erased"]
    assert len(dropped) == 4
    assert all((item.value, item.key) == (None, None) for item in dropped)
    assert [record.key for record in line.records(REJECTED)] == [b""] * 4


def test_what_others_know_of_an_erased_id_goes_too() -> None:
    link = {
        "account_id": "acme",
        "method": Method.STITCHED,
        "confidence": 0.8,
        "reason": "",
        "first_ms": 1,
        "last_ms": 1,
    }
    state = SubjectState(
        links=(Link(**link, person="p@a.com"), Link(**link, via="e:p@a.com"), Link(**link, person="q@a.com")),
        edges={"e:p@a.com": 1, "e:q@a.com": 2},
        blocks={"acme|e:p@a.com": 1, "acme": 2},
        users={"p@a.com": 1, "u": 2},
        pulse=Pulse(views=(View(1, "e"),)),
    )
    found = without(state, "e:p@a.com")
    assert b"p@a.com" not in found.encode()
    assert [link.person for link in found.links] == ["q@a.com"]
    assert (found.edges, found.blocks, found.users) == ({"e:q@a.com": 2}, {"acme": 2}, {"u": 2})
    assert without(found, "e:p@a.com") is found


@pytest.mark.parametrize(("forbid", "late_ms", "dropped"), [(False, 0, True), (False, 1, False), (True, 1, True)])
def test_only_the_past_is_dropped_unless_the_future_is_forbidden(forbid: bool, late_ms: int, dropped: bool) -> None:
    one = event(0, email="p@a.com")
    book = ErasureBook([Erasure(subject="e:p@a.com", erased_ms=one.occurred_ms - late_ms, forbid=forbid)])
    assert book.drops(one) is dropped
    assert not book.drops(event(0, email="q@a.com"))
    book.lift("e:p@a.com")
    assert not book.drops(one)


def test_the_latest_erasure_of_an_id_counts_in_any_order() -> None:
    first, second = Erasure(subject="u:1", erased_ms=5, forbid=True), Erasure(subject="u:1", erased_ms=9)
    for order in ((first, second), (second, first)):
        book = ErasureBook(order)
        assert (book.erased("u:1", 9), book.erased("u:1", 10)) == (True, False)
