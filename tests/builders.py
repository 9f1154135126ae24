"""Short factories for nouns; times are days after a fixed moment."""

from typing import Any

from schemas.activity import Activity
from schemas.base import Source, stable_id
from schemas.event import Event, Grade
from schemas.identity import Method

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
BASE_MS = 1_780_000_000_000
"""2026-05-28, a moment with nothing special about it."""


def at(days: float) -> int:
    """Milliseconds so many days after the base."""
    return BASE_MS + int(days * DAY_MS)


def event(days: float = 0.0, type: str = "page_view", **fields: Any) -> Event:
    """A web event of visitor v-1 unless told otherwise."""
    moment = at(days)
    base = {
        "event_id": stable_id("event", moment, type, *sorted(map(str, fields.items()))),
        "source": Source.WEB,
        "format": "native",
        "type": type,
        "occurred_ms": moment,
        "received_ms": moment + 500,
        "origin": "t:0:0:0",
    }
    if not {"anonymous_id", "user_id", "email", "account_id", "account_domain"} & fields.keys():
        base["anonymous_id"] = "v-1"
    return Event(**(base | fields))


def activity(days: float = 0.0, type: str = "page_view", person: str = "jane@acme.com", **fields: Any) -> Activity:
    """An activity of account acme by Jane unless told otherwise."""
    moment = at(days)
    event_id = fields.pop("event_id", stable_id("event", moment, type, person))
    base = {
        "activity_id": stable_id("activity", event_id, "acme"),
        "event_id": event_id,
        "account_id": "acme",
        "account_name": "Acme Corp",
        "domain": "acme.com",
        "source": Source.WEB,
        "type": type,
        "occurred_ms": moment,
        "received_ms": moment + 500,
        "subject": "e:" + person if person else "a:v-1",
        "person": person,
        "method": Method.EMAIL_DIRECTORY,
        "confidence": 1.0,
        "reason": "test",
        "grade": Grade.HUMAN,
    }
    return Activity(**(base | fields))
