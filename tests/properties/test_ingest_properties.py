"""Ingest is total and repeatable: whatever the bytes, each item has one outcome, in its place, with the same ids."""

from base64 import b64encode
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.decode.form import names
from pipeline.ingest import WHOLE, RawRecord, ingest
from schemas.base import Source
from schemas.event import Event
from schemas.rejected import Rejected
from schemas.topics import RAW

SOURCES = st.sampled_from(Source)
INT64 = st.integers(-(2**63), 2**63 - 1)
NAMES = st.sampled_from(
    sorted(
        names(
            """type occurred_at event_id anonymous_id user_id email account_domain url ip user_agent properties machine
            messageId userId anonymousId timestamp context traits event groupId previousId channel request_ip batch
            sg_event_id sg_machine_open useragent category url_offset asm_group_id specversion distinct_id mail data
            page campaign library name firstName company domain website title path referrer trialEndsAt form rating
            sentAt schema"""
        )
    )
)
WORDS = st.sampled_from(
    "page_view open click trial_started survey_answered track page identify group alias screen delivered|Trial Started|"
    "2026-11-22T10:00:00Z|1795341600|jane@acme.test|https://x.test/?utm_source=a&tp_vid=1#f|http://[|203.0.113.9|[::1]|"
    "curl/8|Mozilla/5.0|||\u0000|\ud7ff|\U0010ffff".replace(" ", "|").split("|")
)
SCALARS = (
    st.none() | st.booleans() | INT64 | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20) | WORDS
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES | st.text(max_size=8), inner, max_size=8),
    max_leaves=40,
)
NATIVE = st.fixed_dictionaries(
    {"type": WORDS | JSON, "occurred_at": WORDS | INT64 | JSON},
    optional=dict.fromkeys(("anonymous_id", "user_id", "email", "event_id", "url", "properties", "ip"), WORDS | JSON),
)
SEGMENT = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "page", "screen", "identify", "group", "alias", "x"]),
        "messageId": WORDS | JSON,
    },
    optional=dict.fromkeys(
        sorted(names("userId anonymousId timestamp event context traits properties groupId previousId channel")),
        WORDS | JSON,
    ),
)
SENDGRID = st.fixed_dictionaries(
    {"sg_event_id": WORDS | JSON, "event": WORDS | JSON, "timestamp": st.just(1_795_341_600) | JSON},
    optional=dict.fromkeys(("email", "url", "ip", "useragent", "category", "sg_machine_open"), WORDS | JSON),
)
ITEMS = JSON | NATIVE | SEGMENT | SENDGRID


def record(value: bytes | None, source: Source, timestamp_ms: int = 1_795_348_800_000, offset: int = 11) -> RawRecord:
    return RawRecord(source, RAW[source].name, 3, offset, timestamp_ms, b"key", value)


def check(raw: RawRecord, count: int | None = None) -> list[Event | Rejected]:
    """What holds for any record; the outcomes, for more."""
    outcomes = ingest(raw)
    assert outcomes
    assert count is None or len(outcomes) == count
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, Event):
            assert outcome.origin == f"{raw.topic}:{raw.partition}:{raw.offset}:{index}"
            assert outcome.occurred_ms <= outcome.received_ms
            assert len(outcome.subject) > 2
            assert len(outcome.properties) <= 50
            assert Event.model_validate_json(outcome.encode()) == outcome
        else:
            assert (outcome.topic, outcome.partition, outcome.offset) == (raw.topic, raw.partition, raw.offset)
            assert outcome.index == index or (outcome.index == WHOLE and len(outcomes) == 1)
            assert outcome.key == b64encode(raw.key or b"").decode()
            assert outcome.detail
            assert Rejected.model_validate_json(outcome.encode()) == outcome
    assert [outcome.encode() for outcome in ingest(raw)] == [outcome.encode() for outcome in outcomes]
    return outcomes


@given(st.binary(max_size=300) | st.none(), SOURCES, INT64)
@settings(deadline=None)
def test_any_bytes(value: bytes | None, source: Source, timestamp_ms: int) -> None:
    for outcome in check(record(value, source, timestamp_ms)):
        if isinstance(outcome, Rejected) and outcome.index == WHOLE:
            assert outcome.original_value() == value


@given(ITEMS, SOURCES)
@settings(deadline=None, max_examples=400)
def test_any_json(document: Any, source: Source) -> None:
    value = orjson.dumps(document)
    for outcome in check(record(value, source)):
        if isinstance(outcome, Rejected) and (
            outcome.index == WHOLE or (type(document) is dict and "batch" not in document)
        ):
            assert outcome.original_value() == value


@given(st.lists(ITEMS, min_size=1, max_size=6), SOURCES)
@settings(deadline=None, max_examples=200)
def test_items_of_a_list_stand_for_themselves(items: list[Any], source: Source) -> None:
    together = check(record(orjson.dumps(items), source), count=len(items))
    for item, outcome in zip(items, together, strict=True):
        (alone,) = ingest(record(orjson.dumps([item]), source))
        if isinstance(outcome, Event):
            assert isinstance(alone, Event)
            assert alone.model_copy(update={"origin": outcome.origin}) == outcome
        else:
            assert isinstance(alone, Rejected)
            assert (alone.reason, alone.detail, alone.value) == (outcome.reason, outcome.detail, outcome.value)


@given(NATIVE | SEGMENT | SENDGRID, SOURCES, st.integers(0, 2**40))
@settings(deadline=None, max_examples=200)
def test_event_ids_do_not_depend_on_where_the_event_lies(item: dict[str, Any], source: Source, offset: int) -> None:
    (here,), (there,) = (
        ingest(record(orjson.dumps(item), source)),
        ingest(record(orjson.dumps(item), source, offset=offset)),
    )
    assert type(here) is type(there)
    if isinstance(here, Event) and isinstance(there, Event):
        assert here.event_id == there.event_id


@given(st.binary(min_size=1, max_size=60), st.integers(0, 400))
@settings(deadline=None)
def test_a_damaged_event_never_raises(noise: bytes, at: int) -> None:
    whole = orjson.dumps({"type": "page_view", "occurred_at": "2026-11-22T10:00:00Z", "anonymous_id": "v", "url": "/p"})
    check(record(whole[:at] + noise + whole[at:], Source.WEB))
