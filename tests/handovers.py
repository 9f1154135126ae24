"""Short factories for hand-overs; times are hours after Monday 2026-06-01, 08:00 UTC, when the office opens."""

from datetime import UTC, datetime

from pipeline.handover.policy import Policy
from schemas.base import Team, from_ms, to_ms
from schemas.handover.entry import Handover
from schemas.handover.feedback import Answer, Feedback, Verdict, answer_id_of
from schemas.kept.handover import Offer

HOUR_MS = 3_600_000
MONDAY_MS = to_ms(datetime(2026, 6, 1, 8, tzinfo=UTC))
POLICY = Policy.model_validate(
    {
        "calendars": {
            "office": {"time_zone": "UTC", "hours": {"mon-fri": ["08:00-18:00"]}},
            "early": {"time_zone": "UTC", "hours": {"mon-sun": ["04:00-06:00"]}},
        },
        "teams": {
            "sales": {
                "calendar": "office",
                "accept_hours": 4,
                "first_touch_hours": 8,
                "escalate_to": "head",
                "reassign_to": ["desk"],
                "reassign_after_hours": 2,
                "triggers": {"demo_request": {"accept_hours": 1}},
            }
        },
        "owners": {"kim": {"calendar": "early"}},
    }
)


def hour(hours: float) -> int:
    return MONDAY_MS + round(hours * HOUR_MS)


def offer(alert_id: str = "l1", at: float = 0.0, **changed: object) -> Offer:
    given = {
        "alert_id": alert_id,
        "account_id": "acme",
        "trigger": "pricing_interest",
        "team": Team.SALES,
        "owner": "maria",
        "offered_ms": hour(at),
        "play_ms": 24 * HOUR_MS,
        "system_ms": 1500,
    }
    return Offer.model_validate(given | changed)


def answer(verdict: str, at: float, alert_id: str = "l1", until: float | None = None, **fields: str) -> Answer:
    feedback = Feedback(
        alert_id=alert_id,
        account_id="acme",
        verdict=Verdict(verdict),
        occurred_at=from_ms(hour(at)),
        until=None if until is None else from_ms(hour(until)),
        **fields,  # type: ignore[arg-type]
    )
    return Answer(answer_id=answer_id_of(feedback), received_at=from_ms(hour(at)), **feedback.model_dump())


def brief(lines: "list[Handover] | tuple[Handover, ...]") -> list[tuple[str, str, float]]:
    """(step, clock, hours after the beginning) of each line."""
    return [(line.step.value, line.clock or "", (to_ms(line.at) - MONDAY_MS) / HOUR_MS) for line in lines]
