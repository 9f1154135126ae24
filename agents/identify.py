"""Stage 2 on Kafka: events and identity facts -> activities and identity facts. State by subject."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from agents.metrics import Metrics
from agents.shell.codec import decode
from agents.shell.outbox import Outbox
from agents.shell.state import StateView
from pipeline.directory import Directory
from pipeline.identify import DAY_MS, HISTORY_DAYS, Identified, identify, learn
from pipeline.identity.networks import NO_NETWORKS, Networks
from schemas.event import Event
from schemas.identity import IdentityFact, SubjectState
from schemas.topics import ACTIVITIES, EVENTS, IDENTITY, TopicNames


class IdentifyHandler:
    """Names the account behind each event of a batch; state is decoded and written once per subject and batch.

    Args:
        names: topic names of this installation.
        directory: gives the account directory as it is now.
        metrics: as everywhere.
        networks: address data, as far as there is any.
    """

    def __init__(
        self,
        names: TopicNames,
        directory: Callable[[], Directory],
        metrics: Metrics,
        networks: Networks = NO_NETWORKS,
    ) -> None:
        self._events = names.name(EVENTS)
        self._activities, self._identity = names.name(ACTIVITIES), names.name(IDENTITY)
        self._directory, self._metrics, self._networks = directory, metrics, networks

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work one batch of events, or of facts that came back."""
        directory = self._directory()
        touched: dict[bytes, SubjectState | None] = {}
        changed: set[bytes] = set()
        outcomes: Counter[str] = Counter()
        received: list[int] = []
        is_events = records[0].topic == self._events
        for record in records:
            key: bytes = record.key
            subject = touched[key] if key in touched else decode_state(state.get(key))
            if is_events:
                event = decode(Event, record)
                received.append(event.received_ms)
                result = identify(event, subject, directory, self._networks)
            else:
                result = learn(decode(IdentityFact, record), subject, directory)
            if result.state is not subject:
                changed.add(key)
            touched[key] = result.state
            self._send(result, out)
            if result.outcome is not None:
                outcomes[result.outcome] += 1
            outcomes["attributed_late"] += sum(activity.late for activity in result.activities)
            outcomes["fell_out"] += result.fell_out
        for key in sorted(changed):
            subject = touched[key]
            assert subject is not None
            state.put(key, subject.encode(), _forget_ms(subject))
        out.count(lambda: self._count(outcomes))
        return received

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Forget subjects nobody was named for within the time their history could still be used."""
        for key in keys:
            state.put(key, None)
        out.count(lambda: self._count(Counter(forgotten=len(keys))))

    def stale(self, state: StateView) -> Sequence[bytes]:
        """Nothing: what the directory says is asked anew with each event."""
        return ()

    def _send(self, result: Identified, out: Outbox) -> None:
        for activity in result.activities:
            out.send(self._activities, activity.account_id.encode(), activity.encode())
        for fact in result.facts:
            out.send(self._identity, fact.subject.encode(), fact.encode())

    def _count(self, outcomes: Counter[str]) -> None:
        for outcome, count in outcomes.items():
            if count:
                self._metrics.identified.labels(outcome).inc(count)


def _forget_ms(subject: SubjectState) -> int:
    if subject.account_id:
        return 0
    newest = max((past.occurred_ms for past in subject.history), default=0)  # the last to come may be an old one
    return newest + (HISTORY_DAYS + 1) * DAY_MS if newest else 0


def decode_state(value: bytes | None) -> SubjectState | None:
    """A subject's state from its bytes."""
    return None if value is None else SubjectState.model_validate_json(value)
