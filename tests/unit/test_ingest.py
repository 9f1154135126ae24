"""Ingest as a whole: the golden payloads under tests/examples, and the rules that no single format owns."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.ingest import DEPTH_MAX, ITEMS_MAX, WHOLE, RawRecord, ingest
from schemas.base import Source, stable_id
from schemas.event import Event
from schemas.rejected import Rejected, RejectReason
from schemas.topics import OWN_BYTES_MAX, RAW, RECORD_BYTES_MAX

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
RECEIVED_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z
SOURCE_OF_TOPIC = {topic.name: source for source, topic in RAW.items()}
VIEW = {"type": "page_view", "occurred_at": "2026-11-22T10:00:00Z", "anonymous_id": "v-1"}


def record(value: Any, source: Source = Source.WEB, **changes: Any) -> RawRecord:
    """A record of the source's topic; what is not bytes is written as JSON."""
    value = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
    fields = {"topic": RAW[source].name, "partition": 2, "offset": 40, "timestamp_ms": RECEIVED_MS, "key": b"k"}
    return RawRecord(source=source, value=value, **(fields | changes))


def rejection(value: Any, source: Source = Source.WEB, **changes: Any) -> Rejected:
    """The one outcome, which must be a rejection."""
    (outcome,) = ingest(record(value, source, **changes))
    assert isinstance(outcome, Rejected)
    return outcome


def event(value: Any, source: Source = Source.WEB, **changes: Any) -> Event:
    """The one outcome, which must be an event."""
    (outcome,) = ingest(record(value, source, **changes))
    assert isinstance(outcome, Event), outcome
    return outcome


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("intent.events.*/*.json")), ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_example(path: Path) -> None:
    example = json.loads(path.read_text())
    value = example["text"].encode() if "text" in example else orjson.dumps(example["value"])
    source = SOURCE_OF_TOPIC[path.parent.name]
    outcomes = ingest(record(value, source))
    assert len(outcomes) == len(example["expect"])
    for outcome, expected in zip(outcomes, example["expect"], strict=True):
        seen = outcome.model_dump(mode="json")
        detail = expected.pop("detail", "")
        assert {name: seen.get(name) for name in expected} == expected
        assert detail in seen.get("detail", "")
    assert path.stem.startswith("rejected-") == all(isinstance(outcome, Rejected) for outcome in outcomes)


def test_examples_of_each_source() -> None:
    assert {path.parent.name for path in EXAMPLES.glob("*/ok-*.json")} >= {topic.name for topic in RAW.values()}


@pytest.mark.parametrize("value", [None, b"", b" \n\t", b"[]", b'{"batch": []}'])
def test_empty(value: bytes | None) -> None:
    refused = rejection(value)
    assert (refused.reason, refused.index) == (RejectReason.EMPTY, WHOLE)
    assert refused.original_value() == value


def test_oversize_is_cut_so_that_the_rejection_fits_its_topic() -> None:
    refused = rejection(b"x" * (RECORD_BYTES_MAX * 9))
    assert refused.reason is RejectReason.OVERSIZE
    assert str(RECORD_BYTES_MAX * 9) in refused.detail
    assert len(refused.encode()) < OWN_BYTES_MAX


@pytest.mark.parametrize("filler", [b"\x00", b"\x01", b"\xff", b'"', "ä".encode()])
def test_any_rejection_of_a_full_record_fits_its_topic(filler: bytes) -> None:
    value = b"{" + filler * ((RECORD_BYTES_MAX - 1) // len(filler))
    refused = rejection(value, key=b"k" * 1000)
    assert len(refused.encode()) < OWN_BYTES_MAX
    assert refused.original_value() == value


def test_bad_encoding_says_where() -> None:
    refused = rejection(b'{"type": "\xff"}')
    assert refused.reason is RejectReason.BAD_ENCODING
    assert "byte 10" in refused.detail
    assert refused.encoding == "base64"
    assert refused.original_value() == b'{"type": "\xff"}'


@pytest.mark.parametrize("value", [b"{", b"[NaN]", b"Infinity", b"{} {}", b"{}x", b'["\\ud800"]', b"[1e999]", b"hello"])
def test_bad_json(value: bytes) -> None:
    refused = rejection(value)
    assert (refused.reason, refused.index) == (RejectReason.BAD_JSON, WHOLE)
    assert refused.original_value() == value


def test_byte_order_mark_is_passed_over() -> None:
    assert event(b"\xef\xbb\xbf" + orjson.dumps(VIEW)).type == "page_view"


def nested(levels: int) -> bytes:
    return (
        b'{"type":"page_view","occurred_at":"2026-11-22T10:00:00Z","anonymous_id":"v","x":'
        + b"[" * (levels - 1)
        + (b"]" * (levels - 1) + b"}")
    )


@pytest.mark.parametrize("levels", [DEPTH_MAX + 1, 201, 260, 1024, 1030, 200_000])
def test_too_deep(levels: int) -> None:
    assert rejection(nested(levels)).reason is RejectReason.TOO_DEEP


def test_as_deep_as_allowed() -> None:
    assert event(nested(DEPTH_MAX)).type == "page_view"


def test_brackets_in_text_are_no_depth() -> None:
    assert event({**VIEW, "title": "[" * 500}).title == "[" * 500


def test_a_too_deep_item_is_rejected_alone() -> None:
    value = b"[" + orjson.dumps(VIEW) + b"," + nested(100) + b"]"
    first, second = ingest(record(value))
    assert isinstance(first, Event)
    assert isinstance(second, Rejected)
    assert (second.reason, second.index) == (RejectReason.TOO_DEEP, 1)
    assert second.original_value() == nested(100)


def test_too_many_items_are_refused_whole() -> None:
    refused = rejection(b"[" + b",".join([b"1"] * (ITEMS_MAX + 1)) + b"]")
    assert (refused.reason, refused.index) == (RejectReason.OVERSIZE, WHOLE)


@pytest.mark.parametrize("value", [b"null", b"true", b"7", b'"text"', b"{}"])
def test_json_that_is_no_event(value: bytes) -> None:
    refused = rejection(value)
    assert (refused.reason, refused.index) == (RejectReason.UNKNOWN_FORMAT, WHOLE)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"\x1f\x8b\x08\x00rest", "compressed"),
        (b"\x28\xb5\x2f\xfdrest", "compressed"),
        (b"\x00\x00\x00\x00\x07rest", "Avro"),
        (b"a" + b"\t" * 130, "Snowplow"),
        (orjson.dumps({"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}), "CloudEvents"),
        (orjson.dumps({"RecordType": "Open", "MessageID": "m"}), "Postmark"),
        (orjson.dumps({"mail": {"messageId": "m"}, "eventType": "Click"}), "Amazon SES"),
        (orjson.dumps({"event": "opened", "message-id": "m", "email": "j@a.test"}), "Brevo"),
        (orjson.dumps({"type": "email.opened", "data": {"email_id": "1"}}), "Resend"),
        (orjson.dumps({"object": "event", "id": "evt_1", "type": "customer.subscription.created"}), "Stripe"),
        (orjson.dumps({"sg_event_id": "1"}), "sendgrid, which is read on the sources email"),
        (orjson.dumps({"type": "page_view", "anonymous_id": "v"}), "without `occurred_at`"),
    ],
)
def test_unknown_format_names_what_it_looks_like_and_what_is_read(value: bytes, name: str) -> None:
    refused = rejection(value)
    assert refused.reason is RejectReason.UNKNOWN_FORMAT
    assert name in refused.detail
    assert "native" in refused.detail
    assert RAW[Source.WEB].name in refused.detail


def test_coordinates_of_outcomes() -> None:
    first, second, third = ingest(record([VIEW, 5, {**VIEW, "type": "none"}]))
    assert isinstance(first, Event)
    assert first.origin == "intent.events.web.v1:2:40:0"
    assert isinstance(second, Rejected)
    assert isinstance(third, Rejected)
    assert (third.topic, third.partition, third.offset, third.index) == ("intent.events.web.v1", 2, 40, 2)
    assert third.rejected_id == stable_id("rejected", "intent.events.web.v1", 2, 40, 2)
    assert second.rejected_id != third.rejected_id
    assert second.original_value() == b"5"
    assert b64decode(third.key or "") == b"k"
    assert rejection(b"{", key=None).key is None


def test_event_id_is_made_of_format_source_and_producers_id() -> None:
    assert event({**VIEW, "event_id": "e-1"}).event_id == stable_id("native", "web", "e-1")


def test_event_id_without_producers_id_is_made_of_content_not_of_coordinates() -> None:
    once, again = event(VIEW), event(dict(reversed(VIEW.items())), offset=99, partition=0, timestamp_ms=RECEIVED_MS + 5)
    assert once.event_id == again.event_id
    assert once.origin != again.origin
    assert event({**VIEW, "url": "/other"}).event_id != once.event_id
    assert once.source_event_id == ""


def test_a_producers_id_cannot_equal_a_contents() -> None:
    content = orjson.dumps(VIEW, option=orjson.OPT_SORT_KEYS).decode()
    assert event(VIEW).event_id not in (stable_id("native", content), stable_id("native", "content", content))


def test_future_is_clamped_and_past_is_not() -> None:
    late = event({**VIEW, "occurred_at": "2020-01-01T00:00:00Z"})
    assert (late.clamped, late.occurred_ms) == (False, 1_577_836_800_000)
    early = event({**VIEW, "occurred_at": "9999-12-31T23:59:59Z"})
    assert (early.clamped, early.occurred_ms) == (True, RECEIVED_MS)


@pytest.mark.parametrize("timestamp_ms", [-1, 0])
def test_a_broker_without_times(timestamp_ms: int) -> None:
    found = event(VIEW, timestamp_ms=timestamp_ms)
    assert (found.clamped, found.received_ms) == (False, found.occurred_ms)


@pytest.mark.parametrize("timestamp_ms", [-1, 2**63 - 1, RECEIVED_MS * 1000])
def test_impossible_broker_times_do_not_raise(timestamp_ms: int) -> None:
    assert rejection(b"{", timestamp_ms=timestamp_ms).received_at.year in (1970, 9999)
    assert event(VIEW, timestamp_ms=timestamp_ms).type == "page_view"


def test_the_same_record_gives_the_same_bytes() -> None:
    value = [VIEW, {**VIEW, "type": "x"}, {**VIEW, "properties": {"b": 1, "a": 2}}]
    assert [out.encode() for out in ingest(record(value))] == [out.encode() for out in ingest(record(value))]
