"""Refused input sent back: what comes of it is what would have come of it, and no header is believed that cannot be."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.journey.load import load_rules
from deploy.evaluate.line import PlainLine
from pipeline.handover.answers import RawAnswer, answers_of
from pipeline.ingest import RawRecord, ingest
from pipeline.refused.replay import HEADER, REPLAYS_MAX, CannotReplayError, accepted, in_place, origin_of, resent
from schemas.account import Account
from schemas.base import Source
from schemas.event import Event
from schemas.rejected import Rejected, RejectedStatus
from schemas.topics import ACTIVITIES, ALERTS, EVENTS, FEEDBACK, RAW, REJECTED, TRANSITIONS

THEN_MS, NOW_MS = 1_795_348_800_000, 1_795_348_800_000 + 3 * 86_400_000
CALL = {
    "type": "page",
    "messageId": "m-1",
    "anonymousId": "v-1",
    "timestamp": "2026-11-22T10:00:00Z",
    "name": "Pricing",
}
WEB = RAW[Source.WEB].name
CONTEXT = {"page": {"url": "https://x.io/pricing"}, "userAgent": "Mozilla/5.0", "ip": "203.0.113.9"}


def record(value: Any, source: Source, **changes: Any) -> RawRecord:
    fields: dict[str, Any] = {
        "topic": "site.events",
        "partition": 2,
        "offset": 40,
        "timestamp_ms": THEN_MS,
        "key": b"k",
    }
    fields |= {"headers": [("trace", b"\x00\xff"), ("empty", b"")]} | changes
    return RawRecord(source=source, value=value if isinstance(value, bytes) else orjson.dumps(value), **fields)


def sent_back(rejected: Rejected, source: Source, offset: int = 99) -> RawRecord:
    """The record as it lies on its topic after a replay, three days later."""
    one = resent(rejected)
    assert one.note.status is RejectedStatus.REPLAYED
    return RawRecord(source, one.topic, one.partition, offset, NOW_MS, one.key, one.value, one.headers)


def worked(raw: RawRecord) -> list[Event | Rejected]:
    origin = origin_of(raw)
    assert origin is not None
    return ingest(in_place(raw, origin))


@pytest.mark.parametrize(
    "document",
    [
        CALL,
        [CALL | {"messageId": f"m-{at}"} for at in range(3)],
        {"batch": [CALL, CALL | {"messageId": "m-2"}], "context": CONTEXT, "sentAt": "2026-11-22T10:00:01Z"},
    ],
    ids=["one", "list", "envelope"],
)
def test_after_the_source_is_set_right_a_replay_gives_what_would_have_been(document: Any) -> None:
    # the topic was set as one of CRM, where nothing of this format is read
    refused = ingest(record(document, Source.CRM))
    assert all(isinstance(outcome, Rejected) for outcome in refused)
    undisturbed = ingest(record(document, Source.WEB))
    assert all(isinstance(outcome, Event) for outcome in undisturbed)
    replayed = [
        outcome for one in refused if isinstance(one, Rejected) for outcome in worked(sent_back(one, Source.WEB))
    ]
    assert [one.encode() for one in replayed] == [one.encode() for one in undisturbed]


def test_an_envelope_goes_on_speaking_for_an_item_refused_alone() -> None:
    bad = CALL | {"type": "teleport"}
    refused = ingest(record({"batch": [CALL, bad], "context": CONTEXT}, Source.WEB))[1]
    assert isinstance(refused, Rejected)
    assert refused.index == 1
    assert orjson.loads(refused.original_value() or b"") == {"context": CONTEXT, "batch": [bad]}
    (again,) = worked(sent_back(refused, Source.WEB))
    assert isinstance(again, Rejected)
    assert (again.rejected_id, again.index, again.detail, again.value) == (
        refused.rejected_id,
        1,
        refused.detail,
        refused.value,
    )


def test_refused_again_and_again_it_is_the_same_record_with_a_higher_revision() -> None:
    (refused,) = ingest(record({"vendor": "unknown"}, Source.WEB))
    assert isinstance(refused, Rejected)
    seen = [refused]
    for number in range(1, 4):
        (again,) = worked(sent_back(seen[-1], Source.WEB, offset=100 + number))
        assert isinstance(again, Rejected)
        assert (again.replays, again.revision, again.status) == (number, 2 * number, RejectedStatus.REJECTED)
        assert again.model_copy(update={"replays": 0, "revision": 0}) == refused
        seen.append(again)
    assert [one.revision for one in seen] == [0, 2, 4, 6]


def test_what_is_noted_once_it_is_used() -> None:
    (refused,) = ingest(record(CALL, Source.CRM))
    assert isinstance(refused, Rejected)
    raw = sent_back(refused, Source.WEB)
    origin = origin_of(raw)
    assert origin is not None
    note = accepted(origin, raw, "event-1")
    assert (note.status, note.revision, note.became) == (RejectedStatus.ACCEPTED, 2, "event-1")
    same = {"status": refused.status, "revision": 0, "replays": 0, "became": ""}
    assert note.model_copy(update=same) == refused
    with pytest.raises(CannotReplayError, match="accepted already"):
        resent(note)


def test_key_headers_and_bytes_are_the_original_ones() -> None:
    headers = [("a", b"1"), ("a", b"2"), (HEADER, b"forged")]
    raw = record(b"\xff\xfe\x00", Source.CRM, key=None, headers=headers)
    (refused,) = ingest(raw)
    assert isinstance(refused, Rejected)
    one = resent(Rejected.model_validate_json(refused.encode()))
    assert (one.topic, one.partition, one.key, one.value) == (raw.topic, raw.partition, None, b"\xff\xfe\x00")
    assert [header for header in one.headers if header[0] != HEADER] == [("a", b"1"), ("a", b"2")]


def test_what_was_too_large_cannot_be_sent_back() -> None:
    (refused,) = ingest(record("x" * 1_100_000, Source.WEB))
    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.size, refused.whole) == ("oversize", 1_100_002, False)
    with pytest.raises(CannotReplayError, match="only the beginning of its 1100002 bytes"):
        resent(refused)


def test_it_is_not_sent_back_for_ever() -> None:
    (refused,) = ingest(record({"vendor": "unknown"}, Source.WEB))
    assert isinstance(refused, Rejected)
    with pytest.raises(CannotReplayError, match="1000 times"):
        resent(refused.model_copy(update={"replays": REPLAYS_MAX}))


def test_an_answer_is_replayed_the_same_way() -> None:
    answer = {"alert_id": "a", "account_id": "acme", "verdict": "done", "occurred_at": "2026-11-22T10:00:00Z"}
    raw = RawAnswer(FEEDBACK.name, 0, 3, THEN_MS, None, orjson.dumps([answer | {"verdict": "maybe"}]))
    (refused,) = answers_of(raw)
    assert isinstance(refused, Rejected)
    one = resent(refused)
    # as if `maybe` were a verdict by now
    mended = (one.value or b"").replace(b"maybe", b"done")
    again = RawAnswer(one.topic, one.partition, 9, NOW_MS, one.key, mended, one.headers)
    origin = origin_of(again)
    assert origin is not None
    assert answers_of(in_place(again, origin)) == answers_of(replace(raw, value=orjson.dumps([answer])))


def forged(**changes: Any) -> list[tuple[str, bytes]]:
    (refused,) = ingest(record(CALL, Source.CRM))
    assert isinstance(refused, Rejected)
    said = orjson.loads(dict(resent(refused).headers)[HEADER]) | changes
    return [(HEADER, orjson.dumps(said))]


@pytest.mark.parametrize(
    "headers",
    [
        [(HEADER, b"")],
        [(HEADER, b"{}")],
        [(HEADER, b"[" * 20_000)],
        [*forged(), *forged()],
        forged(topic="other.events"),
        forged(offset=41),  # another record's place under this record's id
        forged(rejected_id="0" * 32),
        forged(received_at="2027-01-01T00:00:00Z"),  # in the future
        forged(received_at="2020-01-01T00:00:00Z"),  # older than any refusal kept
        forged(replays=0),
        forged(replays=REPLAYS_MAX + 1),
        forged(revision=100),
        forged(value="something"),
        forged(detail="x" * 20_000),
    ],
    ids=str,
)
def test_a_header_that_cannot_be_is_not_believed(headers: list[tuple[str, bytes]]) -> None:
    assert origin_of(record(CALL, Source.WEB, headers=headers, timestamp_ms=NOW_MS)) is None


@given(st.binary(max_size=300) | st.text().map(str.encode))
@settings(deadline=None)
def test_any_header_is_harmless(value: bytes) -> None:
    assert origin_of(record(CALL, Source.WEB, headers=[(HEADER, value)])) is None


def test_the_whole_line_gives_what_would_have_been() -> None:
    def visit(at: int) -> bytes:
        call = CALL | {"messageId": f"m-{at}", "userId": f"p{at % 6}@co{at % 3}-works.com"}
        pages = ("https://x.io/pricing", "https://x.io/docs", "https://x.io/compare")
        return orjson.dumps(call | {"timestamp": THEN_MS + at * 1000, "properties": {"url": pages[at % 3]}})

    def line(source: Source) -> PlainLine:
        made = PlainLine(rules=load_rules(None))
        hosts = [f"co{at}-works.com" for at in range(3)]
        made.know((host.encode(), Account(account_id=host, name=host, domains=(host,)).encode()) for host in hosts)
        made._lanes["ingest"].handler._sources[WEB] = source  # type: ignore[attr-defined]
        for at in range(60):
            made.send(WEB, b"k", visit(at), THEN_MS + at * 1000 + 300)
        made.settle()
        return made

    undisturbed, replayed = line(Source.WEB), line(Source.CRM)
    refused = replayed.values(REJECTED, Rejected)
    assert (len(refused), replayed.count(EVENTS)) == (60, 0)
    replayed._lanes["ingest"].handler._sources[WEB] = Source.WEB  # type: ignore[attr-defined]
    for rejected in refused:
        one = resent(rejected)
        replayed.send(one.topic, one.key, one.value, THEN_MS + 3_600_000, tuple(one.headers))
    replayed.settle()
    undisturbed.pass_time(THEN_MS + 3_600_000)
    for topic in (EVENTS, ACTIVITIES, TRANSITIONS, *ALERTS.values()):
        told = [[record.value for record in made.records(topic)] for made in (undisturbed, replayed)]
        assert told[0] == told[1], topic.name
    assert undisturbed.count(TRANSITIONS) > 0
    assert {one.status for one in replayed.values(REJECTED, Rejected)[60:]} == {RejectedStatus.ACCEPTED}
