"""Records made without validation are those validation makes, to the byte: state goes through its bytes or does not."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from schemas.alert import AlertPerson
from schemas.base import Record, Team
from schemas.cause import Cause
from schemas.dispatch.held import HeldAlert, HeldReason
from schemas.journey import Evidence, JourneyState, Person

MOMENT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("noun", "fields"),
    [
        (Person, {"last_ms": 9, "first_ms": 7, "person": "jane"}),
        (AlertPerson, {"role": "buyer", "person": "jane"}),
        (
            Cause,
            {
                "points": 1.0,
                "decay": 0.5,
                "base_points": 2.0,
                "occurred_ms": 7,
                "type": "t",
                "event_id": "e",
                "confidence": 1.0,
            },
        ),
        (
            HeldAlert,
            {
                "held_id": "h",
                "trigger": "t",
                "team": Team.SALES,
                "account_id": "acme",
                "stage": "aware",
                "reason": HeldReason.LATE,
                "received_at": MOMENT,
                "held_at": MOMENT,
                "title": "It buys",
                "score": 3.0,
            },
        ),
    ],
)
def test_what_is_made_is_what_is_validated(noun: type[Record], fields: dict[str, object]) -> None:
    made, valid = noun.made(**fields), noun(**fields)
    assert made == valid
    assert made.encode() == valid.encode() == noun.model_validate_json(made.encode()).encode()


def test_evidence_is_kept_as_it_was_and_closed_against_what_nobody_declared() -> None:
    evidence = Evidence(event_id="e", type="page_view", occurred_ms=7, points=2.5, confidence=1.0, by_ip=True)
    state = JourneyState(account_id="acme", evidence=(evidence,))
    value = state.encode()
    assert b'"evidence":[{"event_id":"e","type":"page_view","occurred_ms":7,"points":2.5,"confidence":1.0,' in value
    assert JourneyState.model_validate_json(value) == state
    with pytest.raises(ValidationError):
        JourneyState.model_validate_json(value.replace(b'"by_ip"', b'"by_hand"'))
