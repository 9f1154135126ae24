"""Short factories for dispatch; times are hours after Monday 2026-06-01, 08:00 UTC."""

from collections.abc import Iterable
from typing import Any

from pipeline.dispatch.fold import Dispatched, OwnerWork
from pipeline.dispatch.route import owner_key_of
from pipeline.handover.policy import Policy
from schemas.alert import Alert, AlertPerson, AlertStatus, Play
from schemas.base import Team, from_ms
from schemas.cause import Cause
from schemas.dispatch.digest import Digest
from schemas.dispatch.held import HeldAlert
from schemas.kept.dispatch import AlertMemory, OwnerState
from tests.handovers import hour

POLICY = Policy.model_validate(
    {
        "calendars": {
            "berlin": {
                "time_zone": "Europe/Berlin",
                "hours": {"mon-fri": ["09:00-12:00", "13:00-17:00"]},
                "holidays": ["2026-06-04"],
            }
        },
        "teams": {
            "sales": {"daily_budget": 4, "digest_at": "16:00", "urgent": ["demo_request"]},
            "service": {"desk": "service desk"},
        },
        "owners": {
            "maria": {"calendar": "berlin"},
            "kim": {"quiet_hours": {"mon-sun": ["00:00-06:00", "22:00-24:00"]}},
        },
        "suppress": [
            {"domain": ["uni.edu"], "why": "research"},
            {"role": ["student"], "trigger": ["pricing_interest"]},
        ],
        "routes": [{"when": {"trigger": ["noise"]}, "to": "nobody"}],
    }
)


def alert(number: int = 1, at: float = 1.0, routed_to: str = "maria", **changed: Any) -> Alert:
    """An alert raised so many hours after the beginning, worth 6 times the score's part, fit for a day."""
    given: dict[str, Any] = {
        "alert_id": f"l{number}",
        "trigger": "pricing_interest",
        "team": Team.SALES,
        "account_id": f"acme{number % 3}",
        "routed_to": routed_to,
        "stage": "evaluating",
        "raised_at": from_ms(hour(at)),
        "received_at": from_ms(hour(at) + 1),
        "act_by": from_ms(hour(at + 24)),
        "title": "Acme looks at prices",
        "why": "2 people looked at prices",
        "play": Play(next_likely="asks", message="Offer a call", act_within_hours=24),
        "score": 10.0,
        "confidence": 0.9,
        "causes": (),
        "rule_version": "r1",
    }
    return Alert(**(given | changed))


def retracted(alert: Alert, revision: int = 1) -> Alert:
    """The same, taken back."""
    return alert.model_copy(update={"revision": revision, "status": AlertStatus.RETRACTED, "score": 0.0})


def by(person: str, job_title: str = "") -> dict[str, Any]:
    """Fields of an alert one person brought about."""
    cause = Cause(
        event_id="e1",
        type="pricing_view",
        occurred_ms=hour(0),
        person=person,
        base_points=10,
        decay=1,
        points=10,
        confidence=1,
        decisive=True,
    )
    return {"causes": (cause,), "people": (AlertPerson(person=person, job_title=job_title),)}


class Desk:
    """Owners with what is remembered of them, as a lane keeps it: encoded between batches."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.states: dict[str, bytes] = {}
        self.memories: dict[tuple[str, str], bytes] = {}
        self.alerts: list[Alert] = []
        self.digests: list[Digest] = []
        self.held: list[HeldAlert] = []

    def take(self, *alerts: Alert) -> None:
        """One batch."""
        by_owner: dict[str, list[Alert]] = {}
        for item in alerts:
            by_owner.setdefault(owner_key_of(item), []).append(item)
        for owner, items in by_owner.items():
            work = self._work(owner)
            for item in items:
                work.take(item)
            self._apply(owner, work.result())

    def wake(self, at: float) -> None:
        """The watermark has passed a moment."""
        for owner, state in sorted(self.owners().items()):
            if state.due_ms <= hour(at):
                work = self._work(owner)
                work.wake(hour(at))
                self._apply(owner, work.result())

    def owners(self) -> dict[str, OwnerState]:
        """What is remembered of each."""
        return {owner: OwnerState.model_validate_json(value) for owner, value in self.states.items()}

    def outcomes(self) -> dict[str, list[str]]:
        """Alert id -> the outcomes recorded of it, in order."""
        found: dict[str, list[str]] = {}
        for record in self.held:
            found.setdefault(record.alert_id, []).append(f"{record.reason}:{record.outcome}")
        return found

    def _work(self, owner: str) -> OwnerWork:
        def read(alert_id: str) -> AlertMemory | None:
            value = self.memories.get((owner, alert_id))
            return None if value is None else AlertMemory.model_validate_json(value)

        value = self.states.get(owner)
        state = None if value is None else OwnerState.model_validate_json(value)
        return OwnerWork(state, owner, self.policy, read)

    def _apply(self, owner: str, done: Dispatched) -> None:
        self.states.pop(owner, None)
        if done.state is not None:
            self.states[owner] = done.state.encode()
        self.memories |= {(owner, alert_id): memory.encode() for alert_id, memory in done.memories.items()}
        self.alerts += done.alerts
        self.digests += done.digests
        self.held += done.held


def sent(alerts: Iterable[Alert]) -> list[tuple[str, int, str]]:
    """(id, revision, delivery) of alerts that are sent."""
    return [(item.alert_id, item.revision, item.delivery.value) for item in alerts]
