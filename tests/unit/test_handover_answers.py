"""Feedback as teams send it: answers with an id of what they say, or rejections that say how to mend it."""

from typing import Any

import orjson
import pytest

from pipeline.handover.answers import RawAnswer, answers_of
from schemas.handover.feedback import Answer
from schemas.rejected import Rejected

NOW_MS = 1_780_000_000_000
GOOD: dict[str, Any] = {
    "alert_id": "l1",
    "account_id": "acme",
    "verdict": "accepted",
    "occurred_at": "2026-05-01T09:00:00+02:00",
}


def raw(value: bytes | None, offset: int = 7) -> RawAnswer:
    return RawAnswer("intent.feedback.v1", 3, offset, NOW_MS, b"any key", value)


def only(value: bytes | None) -> Answer | Rejected:
    [outcome] = answers_of(raw(value))
    return outcome


def accepted(**changed: Any) -> Answer:
    outcome = only(orjson.dumps(GOOD | changed))
    assert isinstance(outcome, Answer)
    return outcome


def refused(value: bytes | None) -> Rejected:
    outcome = only(value)
    assert isinstance(outcome, Rejected)
    return outcome


def test_a_good_answer_keeps_what_it_says() -> None:
    answer = accepted(by="maria", reason="", crm_task="T-81")
    assert (answer.alert_id, answer.account_id, answer.verdict, answer.by) == ("l1", "acme", "accepted", "maria")
    assert answer.received_at.timestamp() * 1000 == NOW_MS


def test_the_same_answer_sent_again_has_the_same_id_and_another_has_not() -> None:
    first = accepted()
    assert accepted(occurred_at="2026-05-01T07:00:00Z").answer_id == first.answer_id
    assert only(orjson.dumps(dict(reversed(GOOD.items())))).model_dump() == first.model_dump()
    for changed in ({"by": "kim"}, {"verdict": "done"}, {"alert_id": "l2"}, {"occurred_at": "2026-05-01T08:00:00Z"}):
        assert accepted(**changed).answer_id != first.answer_id


def test_a_clock_ahead_counts_as_now() -> None:
    answer = accepted(occurred_at="2099-01-01T00:00:00Z")
    assert answer.occurred_at == answer.received_at


@pytest.mark.parametrize(
    ("changed", "reason", "cure"),
    [
        ({"account_id": None}, "bad_field", "account_id"),
        ({"account_id": ""}, "no_subject", "stands beside `alert_id`"),
        ({"alert_id": "  "}, "bad_field", "alert_id"),
        ({"verdict": "great"}, "bad_field", "accepted, rejected, first_touch, snoozed, done"),
        ({"occurred_at": "yesterday"}, "bad_time", "with its zone"),
        ({"occurred_at": "2026-05-01T09:00:00"}, "bad_time", "with its zone"),
        ({"verdict": "snoozed"}, "bad_time", "put off"),
        ({"reason": "x" * 2000}, "oversize_field", "schema Feedback"),
    ],
)
def test_what_is_wrong_is_said_with_a_cure(changed: dict[str, Any], reason: str, cure: str) -> None:
    value = orjson.dumps(GOOD | changed)
    rejected = refused(value)
    assert (rejected.reason, rejected.source, rejected.index) == (reason, "feedback", 0)
    assert cure in rejected.detail
    assert rejected.original_value() == value


def test_an_answer_without_an_account_is_told_where_to_find_it() -> None:
    rejected = refused(orjson.dumps({name: value for name, value in GOOD.items() if name != "account_id"}))
    assert rejected.reason == "no_subject"
    assert "account_id" in rejected.detail


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"[]", "empty"),
        (b"{", "bad_json"),
        (b"\xff\xfe", "bad_encoding"),
        (b"17", "unknown_format"),
        (b"[" * 900 + b"]" * 900, "too_deep"),
        (b"x" * 1_100_000, "oversize"),
    ],
)
def test_bytes_that_are_no_answer_are_kept(value: bytes | None, reason: str) -> None:
    assert refused(value).reason == reason


def test_a_list_gives_one_outcome_an_item() -> None:
    outcomes = answers_of(raw(orjson.dumps([GOOD, {"verdict": "done"}, 5, GOOD | {"verdict": "done"}])))
    assert [type(outcome) for outcome in outcomes] == [Answer, Rejected, Rejected, Answer]
    assert [outcome.index for outcome in outcomes if isinstance(outcome, Rejected)] == [1, 2]
    ids = {outcome.rejected_id for outcome in outcomes if isinstance(outcome, Rejected)}
    assert len(ids) == 2
