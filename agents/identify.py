"""Stage 2 on Kafka: events, identity facts and returned hits -> activities and identity facts. State by subject."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from agents.metrics import Metrics
from agents.shell.codec import StateCodec, decode
from agents.shell.outbox import Outbox
from agents.shell.state import StateView
from pipeline.classify import retyped
from pipeline.directory import Directory
from pipeline.identify import Identified, identify
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.learn import learn, take_back, wait
from pipeline.machines.restate import newest_ms
from pipeline.privacy.erasures import ErasureBook
from pipeline.privacy.forget import forget
from pipeline.rules.model import Rules
from pipeline.stitch.attribute import DAY_MS, HISTORY_DAYS
from pipeline.stitch.hubs import crowded
from schemas.activity import RETRACTION
from schemas.event import Event
from schemas.hit import Returned
from schemas.identity import FactKind, IdentityFact, SubjectState
from schemas.kept.erasure import Erasure
from schemas.topics import ACTIVITIES, EVENTS, IDENTITY, RETURNED, TopicNames


class IdentifyHandler:
    """Names the account behind each event of a batch; state is decoded and written once per subject and batch.

    Args:
        names: topic names of this installation.
        directory: gives the account directory as it is now.
        rules: gives the journey as it is now: activities are typed by its mapping.
        metrics: as everywhere.
        erasures: whose events and facts are dropped.
        networks: address data, as far as there is any.
        states: the stage's, of all its lanes.
    """

    def __init__(
        self,
        names: TopicNames,
        directory: Callable[[], Directory],
        rules: Callable[[], Rules],
        metrics: Metrics,
        erasures: ErasureBook,
        networks: Networks = NO_NETWORKS,
        states: StateCodec[SubjectState] | None = None,
    ) -> None:
        self._events, self._returned = names.name(EVENTS), names.name(RETURNED)
        self._activities, self._identity = names.name(ACTIVITIES), names.name(IDENTITY)
        self._erasures = erasures
        self._directory, self._rules, self._metrics, self._networks = directory, rules, metrics, networks
        self._states = states or StateCodec(SubjectState)

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work one batch of events, facts that came back, and hits that accounts returned."""
        directory, rules = self._directory(), self._rules()
        touched: dict[bytes, SubjectState | None] = {}
        changed: set[bytes] = set()
        outcomes: Counter[str] = Counter()
        received: list[int] = []
        for record in records:
            key: bytes = record.key
            topic = record.topic
            subject = touched[key] if key in touched else self._states.decode(key, state.get(key))
            if topic == self._events:
                event = decode(Event, record)
                received.append(event.received_ms)
                if self._erasures.drops(event):  # it was on its way, or is worked anew
                    outcomes["erased"] += 1
                    continue
                result = identify(event, subject, directory, self._networks, rules.asked)
            elif topic == self._returned:
                returned = decode(Returned, record)
                if self._erasures.erased(returned.subject, returned.returned_ms):
                    continue
                result = take_back(returned, subject, directory)
            else:
                fact = decode(IdentityFact, record)
                if fact.kind is FactKind.ERASE:
                    # what lies behind it in this batch may be of the same person
                    self._erasures.note(Erasure(subject=fact.other or fact.subject, erased_ms=fact.observed_ms))
                    result = forget(fact, subject)
                    outcomes["forgotten_person"] += subject is not None
                elif self._erasures.drops_fact(fact):
                    continue
                else:
                    result = learn(fact, subject, directory)
            if result.state is not subject:
                changed.add(key)
            touched[key] = result.state
            self._send(result, out)
            if result.outcome is not None:
                outcomes[result.outcome] += 1
            for activity in result.activities:
                outcomes["attributed_late"] += activity.late
                outcomes["regraded"] += activity.revision > 0
            outcomes["fell_out"] += result.fell_out
            outcomes["retracted"] += sum(activity.type == RETRACTION for activity in result.activities)
            outcomes["hub_crowded"] += crowded(result.state) and not crowded(subject)
        for key in sorted(changed):
            subject = touched[key]
            if subject is None:
                self._states.forget(key)
                state.put(key, None)
            else:
                state.put(key, self._states.encode(key, subject), _due_ms(subject))
        out.count(lambda: self._count(outcomes))
        return received

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Judge hits that nothing more was heard of, and forget subjects nobody was named for within the time their
        history could still be used."""
        outcomes: Counter[str] = Counter()
        for key in keys:
            subject = self._states.decode(key, state.get(key))
            assert subject is not None
            result = wait(subject, now_ms)
            assert result.state is not None
            self._send(result, out)
            outcomes["regraded"] += len(result.activities)
            forget = 0 < _forget_ms(result.state) <= now_ms
            outcomes["forgotten"] += forget
            if forget:
                self._states.forget(key)
                state.put(key, None)
            else:
                state.put(key, self._states.encode(key, result.state), _due_ms(result.state))
        out.count(lambda: self._count(outcomes))

    def stale(self, state: StateView) -> Sequence[bytes]:
        """Nothing: what the directory says is asked anew with each event."""
        return ()

    def closed(self) -> None:
        """Nothing is shown elsewhere."""

    def _send(self, result: Identified, out: Outbox) -> None:
        for activity in result.activities:
            activity = retyped(activity, self._rules().classifier)
            out.send(self._activities, activity.account_id.encode(), activity.encode())
        for fact in result.facts:
            out.send(self._identity, fact.subject.encode(), fact.encode())

    def _count(self, outcomes: Counter[str]) -> None:
        for outcome, count in outcomes.items():
            if count:
                self._metrics.identified.labels(outcome).inc(count)


def _due_ms(subject: SubjectState) -> int:
    moments = (subject.pulse.due_ms if subject.pulse else 0, _forget_ms(subject))
    return min((moment for moment in moments if moment), default=0)


def _forget_ms(subject: SubjectState) -> int:
    if subject.links or subject.blocks:
        return 0
    waited = (past.occurred_ms for past in subject.history)  # the last to come may be an old one
    newest = max((*waited, *subject.edges.values(), newest_ms(subject.pulse)), default=0)
    return newest + (HISTORY_DAYS + 1) * DAY_MS if newest else 0
