"""Nouns as rows: values, names, bad input, older and newer records."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from schemas.account import Account, DomainKind, DomainPeriod
from schemas.alert import Alert, AlertPerson, Play
from schemas.base import Source, Team
from schemas.cause import Cause
from schemas.errors import RecordError
from schemas.event import Event
from schemas.handover.feedback import Answer, Verdict
from schemas.rejected import Rejected, RejectReason
from schemas.transition import Transition
from sinks.rows import PIECE_ROWS, TABLES, ColumnBatch, rows_of

AT = datetime(2026, 3, 1, 12, 0, 0, 123_000, UTC)
AT_MS = 1_772_366_400_123
PLACE = ("intent.events.v1", 3, 42, AT_MS + 5)


def event(**changed: Any) -> Event:
    given = {
        "event_id": "e1",
        "source": Source.WEB,
        "format": "native",
        "type": "page_view",
        "occurred_ms": AT_MS,
        "received_ms": AT_MS + 1,
        "origin": "intent.events.web.v1:0:7:0",
        "anonymous_id": "v-81",
    }
    return Event(**(given | changed))


def cause(**changed: Any) -> Cause:
    given = {
        "event_id": "e1",
        "type": "pricing_view",
        "occurred_ms": AT_MS,
        "base_points": 16.0,
        "decay": 0.5,
        "points": 8.0,
        "confidence": 0.9,
        "decisive": True,
    }
    return Cause(**(given | changed))


def alert() -> Alert:
    return Alert(
        alert_id="l1",
        trigger="pricing_interest",
        team=Team.SALES,
        account_id="acme",
        stage="evaluating",
        raised_at=AT,
        received_at=AT,
        act_by=AT,
        title="Acme looks at prices",
        why="2 people looked at prices (jane@acme.com)",
        play=Play(next_likely="asks for a quote", message="Offer a call", act_within_hours=24),
        people=(AlertPerson(person="p-x@acme.com", address="jane@acme.com", name="Jane", job_title="CTO"),),
        score=8.0,
        confidence=0.9,
        causes=(cause(),),
        rule_version="r1",
    )


def as_dicts(batch: ColumnBatch) -> list[dict[str, Any]]:
    return [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.column_values, strict=True)]


def one(batch: ColumnBatch) -> dict[str, Any]:
    [row] = as_dicts(batch)
    return row


def test_an_event_keeps_its_fields_and_gets_its_coordinates() -> None:
    batch = rows_of(Event, [event(rating=7.5, properties={"utm": "x"}).encode()], [PLACE])
    row = one(batch)
    assert batch.table == "events_log"
    assert batch.rows == 1
    assert (row["event_id"], row["source"], row["grade"]) == ("e1", "web", "human")
    assert (row["occurred_at"], row["received_at"], row["ends_at"]) == (AT_MS, AT_MS + 1, 0)
    assert (row["rating"], row["amount"], row["properties"]) == (7.5, None, {"utm": "x"})
    assert [row[f"kafka_{name}"] for name in ("topic", "partition", "offset", "timestamp")] == list(PLACE)


def test_many_rows_stay_in_order_over_pieces() -> None:
    count = 2 * PIECE_ROWS + 3
    values = [event(event_id=f"e{number}").encode() for number in range(count)]
    places = [("intent.events.v1", 0, number, AT_MS) for number in range(count)]
    batch = rows_of(Event, values, places)
    rows = as_dicts(batch)
    assert batch.rows == count
    assert all(row["event_id"] == f"e{row['kafka_offset']}" for row in rows)


def test_no_values_make_no_rows_but_all_columns() -> None:
    batch = rows_of(Event, [], [])
    assert batch.rows == 0
    assert len(batch.columns) == len(batch.column_values)


def test_an_alert_is_flattened_and_its_causes_are_tuples() -> None:
    row = one(rows_of(Alert, [alert().encode()], [PLACE]))
    assert row["raised_at"] == AT_MS
    assert (row["play_message"], row["play_act_within_hours"]) == ("Offer a call", 24.0)
    assert row["people"] == [("p-x@acme.com", "CTO", "")]
    assert row["why"] == "2 people looked at prices (p-x@acme.com)"
    assert (row["play_talk_track"], row["speak_to"]) == ("", "")
    assert row["causes"] == [("e1", "pricing_view", AT_MS, "", "", 16.0, 0.5, 8.0, 0.9, 1, True)]
    assert "play" not in row


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-03-01T12:00:00.123Z", AT_MS),
        ("2026-03-01T13:00:00.123+01:00", AT_MS),
        ("2026-03-01T12:00:00Z", AT_MS - 123),
        ("2026-03-01T12:00:00.123000Z", AT_MS),
    ],
)
def test_times_of_any_zone_become_milliseconds(written: str, expected: int) -> None:
    fields = orjson.loads(_transition().encode()) | {"occurred_at": written}
    assert one(rows_of(Transition, [orjson.dumps(fields)], [PLACE]))["occurred_at"] == expected


def _transition() -> Transition:
    return Transition(
        transition_id="t1",
        account_id="acme",
        sequence=1,
        from_stage="unaware",
        to_stage="aware",
        occurred_at=AT,
        received_at=AT,
        rule="aware",
        why="a first visit",
        score=8.0,
        causes=(cause(),),
        rule_version="r1",
    )


def test_no_time_is_zero() -> None:
    assert one(rows_of(Transition, [_transition().encode()], [PLACE]))["entered_from_at"] == 0


def test_the_original_of_rejected_input_keeps_null_apart_from_empty() -> None:
    rejected = Rejected(
        rejected_id="r1",
        source=Source.WEB,
        reason=RejectReason.EMPTY,
        detail="no value",
        topic="intent.events.web.v1",
        partition=0,
        offset=9,
        index=-1,
        received_at=AT,
        key=None,
        value=None,
        encoding="utf-8",
    )
    row = one(rows_of(Rejected, [rejected.encode()], [PLACE]))
    assert (row["key"], row["value"], row["index"], row["offset"], row["kafka_offset"]) == (None, None, -1, 9, 42)


def test_a_record_without_a_newer_field_gets_its_default() -> None:
    fields = orjson.loads(event().encode())
    del fields["grade"], fields["properties"]
    rows = as_dicts(rows_of(Event, [event(event_id="e0").encode(), orjson.dumps(fields)], [PLACE, PLACE]))
    assert [(row["event_id"], row["grade"], row["properties"]) for row in rows] == [
        ("e0", "human", {}),
        ("e1", "human", {}),
    ]


def test_a_record_with_a_newer_field_is_read_without_it() -> None:
    value = orjson.dumps(orjson.loads(event().encode()) | {"mood": "good"})
    assert "mood" not in one(rows_of(Event, [value], [PLACE]))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"", "value"),
        (b"{", "value"),
        (b"null", "value"),
        (b"[1]", "value"),
        (b'{"event_id": "e1"}', "source: Field required"),
        (b"\xff\xfe", "value"),
    ],
)
def test_a_bad_record_of_our_own_is_named_by_its_coordinates(value: bytes, said: str) -> None:
    good = event().encode()
    with pytest.raises(RecordError) as caught:
        rows_of(Event, [good, value], [PLACE, ("intent.events.v1", 3, 43, AT_MS)])
    assert "intent.events.v1:3:43 is no Event" in caught.value.what
    assert said in caught.value.what


def test_a_null_value_of_our_own_is_named_by_its_coordinates() -> None:
    with pytest.raises(RecordError, match=r"intent\.events\.v1:3:42"):
        rows_of(Event, [None], [PLACE])


def test_bad_records_can_be_left_out_and_told() -> None:
    told: list[tuple[int, str]] = []
    account = Account(account_id="acme", name="Acme")
    values = [b"{}", account.encode(), b"\x00"]
    places = [("intent.accounts.v1", 0, offset, AT_MS) for offset in range(3)]
    batch = rows_of(Account, values, places, lambda index, error: told.append((index, error.what)))
    assert one(batch)["kafka_offset"] == 1
    assert [index for index, _ in told] == [0, 2]
    assert "intent.accounts.v1:0:0" in told[0][1]


def test_what_others_write_is_checked_and_filled() -> None:
    value = b'{"account_id": " acme ", "name": "Acme", "status": "customer"}'
    row = one(rows_of(Account, [value], [PLACE]))
    assert (row["account_id"], row["status"], row["owner"], row["customer_since"]) == ("acme", "customer", "", 0)
    with pytest.raises(RecordError, match="status"):
        rows_of(Account, [value.replace(b'"customer"', b'"lost"')], [PLACE])


def test_an_answer_is_a_row_and_no_time_is_zero() -> None:
    given = Answer(
        answer_id="a1", alert_id="l1", account_id="acme", verdict=Verdict.ACCEPTED, occurred_at=AT, received_at=AT
    )
    row = one(rows_of(Answer, [given.encode()], [PLACE]))
    assert (row["answer_id"], row["verdict"], row["occurred_at"], row["until"]) == ("a1", "accepted", AT_MS, 0)


def test_a_deletion_without_a_key_makes_no_row() -> None:
    account = Account(account_id="acme", name="Acme", domains=("acme.com",))
    batch = rows_of(Account, [None, account.encode(), b""], [PLACE, PLACE, PLACE])
    row = one(batch)
    assert (row["name"], row["domains"], row["customer_since"], row["removed"]) == ("Acme", ["acme.com"], 0, False)


def test_an_account_taken_off_the_directory_is_a_row_that_says_so() -> None:
    period = DomainPeriod(domain="old.com", kind=DomainKind.SUBSIDIARY, valid_to=date(1970, 1, 11))
    account = Account(account_id="acme", name="Acme", domain_periods=(period,))
    batch = rows_of(Account, [account.encode(), None, b"", None], [PLACE] * 4, keys=[b"acme", b"acme", b"acme", None])
    there, gone = as_dicts(batch)
    assert there["domain_periods"] == [("old.com", "subsidiary", 0, 10)]
    assert (gone["account_id"], gone["name"], gone["domain_periods"], gone["removed"]) == ("acme", "", [], True)


def test_each_table_is_named_after_its_noun() -> None:
    assert [spec.table for spec in TABLES.values()] == [f"{name}_log" for name in TABLES]


def test_a_single_row_equals_the_batch() -> None:
    spec = TABLES["alerts"]
    [row] = zip(*rows_of(Alert, [alert().encode()], [PLACE]).column_values, strict=True)
    assert spec.row(alert().encode(), PLACE) == row
