"""Stage 1 on Kafka: raw topics -> events | rejected; feedback -> answers | rejected. Stateless."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.clock import Clock
from agents.metrics import Metrics
from agents.shell.outbox import Outbox
from agents.shell.state import StateView
from pipeline.handover.answers import RawAnswer, answers_of
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.ingest import Placed, RawRecord, ingest
from pipeline.privacy.consent import ConsentPolicy, refuses, without_person
from pipeline.privacy.dropped import dropped
from pipeline.privacy.erasures import ErasureBook
from pipeline.privacy.key import PrivacyKey
from pipeline.refused.limit import RefusalLimit, Refusals
from pipeline.refused.replay import accepted, in_place, origin_of
from schemas.base import Source
from schemas.event import Event
from schemas.handover.feedback import Answer
from schemas.rejected import BY_RULE, Rejected, RejectReason
from schemas.topics import ANSWERS, EVENTS, FEEDBACK, REJECTED, TopicNames

LOG_APPEND_TIME = 1
"""Kafka's number for a timestamp set by the broker; 0 is one set by the producer."""


class IngestHandler:
    """Decodes and grades each record of a batch.

    Args:
        sources: input topic -> source.
        names: topic names of this installation.
        clock: maps the broker's timestamps to the pipeline's time.
        metrics: as everywhere.
        key: makes pseudonyms of persons' ids; clear ones leave this stage only with what is rejected.
        erasures: whose events are dropped.
        consent: whose events are kept without their person.
        limit: how much of a partition's input may be refused.
        networks: address data, as far as there is any.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        names: TopicNames,
        clock: Clock,
        metrics: Metrics,
        key: PrivacyKey,
        erasures: ErasureBook,
        consent: ConsentPolicy,
        limit: RefusalLimit,
        networks: Networks = NO_NETWORKS,
    ) -> None:
        self._consent = consent
        self._sources, self._key, self._erasures, self._networks = sources, key, erasures, networks
        self._events, self._rejected = names.name(EVENTS), names.name(REJECTED)
        self._feedback, self._answers = names.name(FEEDBACK), names.name(ANSWERS)
        self._clock, self._metrics, self._limit = clock, metrics, limit
        self._newest: dict[tuple[str, int], Refusals] = {}

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Each input item becomes exactly one event, one answer or one rejected record."""
        received: list[int] = []
        outcomes: list[Event | Answer | Rejected] = []
        taken: defaultdict[tuple[str, int], Taken] = defaultdict(Taken)
        now_ms = time.time_ns() // 1_000_000
        for record in records:
            received_ms = self._clock.at_ms(taken_ms(record, now_ms))
            received.append(received_ms)
            began = len(outcomes)
            refused = self._take(record, received_ms, outcomes, out)
            taken[record.topic, record.partition].note(refused, outcomes[began:])
        for place, of_partition in taken.items():
            self._limit_refusals(place, of_partition, out)
        out.count(lambda: self._count(outcomes))
        return received

    def _take(self, record: Any, received_ms: int, outcomes: list[Event | Answer | Rejected], out: Outbox) -> bool:
        """Work one raw record, or one of what teams answered; says whether it was refused."""
        raw, origin, found = self._read(record, received_ms)
        became, by_rule = "", False
        for outcome in found:
            outcomes.append(outcome)
            if isinstance(outcome, Event):
                became = became or outcome.event_id
                out.send(self._events, outcome.subject.encode(), outcome.encode())
            elif isinstance(outcome, Answer):
                became = became or outcome.answer_id
                out.send(self._answers, outcome.account_id.encode(), outcome.encode())
            else:
                by_rule = by_rule or outcome.reason in BY_RULE
                self._refuse(record.key, outcome, out)
        if origin and became:
            self._refuse(record.key, accepted(origin, raw, became), out)
        return not became and not by_rule

    def _read(
        self, record: Any, received_ms: int
    ) -> tuple[Placed, Rejected | None, Iterable[Event | Answer | Rejected]]:
        """A record, the refusal it is a replay of, and what it says."""
        headers = record.headers or ()
        rest = record.topic, record.partition, record.offset, received_ms, record.key, record.value, headers
        if record.topic == self._feedback:
            answer = RawAnswer(*rest)
            origin = origin_of(answer) if headers else None
            return answer, origin, answers_of(in_place(answer, origin) if origin else answer)
        raw = RawRecord(self._sources[record.topic], *rest)
        origin = origin_of(raw) if headers else None
        items = ingest(in_place(raw, origin) if origin else raw, self._networks, self._key)
        return raw, origin, [self._known(item, raw) for item in items]

    def _known(self, event: Event | Rejected, raw: RawRecord) -> Event | Rejected:
        """What was read, if the stages behind may know of it."""
        if isinstance(event, Rejected):
            return event
        if self._erasures.drops(event):
            return dropped(raw, event, RejectReason.ERASED, "somebody who was erased did it.")
        if refuses(event, self._consent):
            kept = without_person(event, self._consent)
            if kept is None:
                return dropped(raw, event, RejectReason.NO_CONSENT, "its person does not agree to be known.")
            return kept
        return event

    def _limit_refusals(self, place: tuple[str, int], taken: "Taken", out: Outbox) -> None:
        newest = self._newest.setdefault(place, Refusals(f"{place[0]}, partition {place[1]},", self._limit))
        newest.check(taken.refused, taken.rejected)
        share = self._metrics.refused_share.labels(place[0], str(place[1]))
        out.count(lambda: share.set(newest.take(taken.refused)))

    def _refuse(self, key: bytes | None, outcome: Rejected, out: Outbox) -> None:
        """Says that input was refused, or that what had been refused was used after all."""
        headers = [("reason", outcome.reason.encode()), ("origin", raw_origin(outcome).encode())]
        if outcome.key is None:
            key = None  # of what a rule drops nothing is kept
        out.send(self._rejected, key or b"", outcome.encode(), headers)

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Nothing to wake: no state."""

    def stale(self, state: StateView) -> Sequence[bytes]:
        """Nothing to go stale."""
        return ()

    def closed(self) -> None:
        """What was not committed comes again."""
        for newest in self._newest.values():
            newest.give_up()

    def _count(self, outcomes: Sequence[Event | Answer | Rejected]) -> None:
        metrics = self._metrics
        counts: Counter[tuple[Any, ...]] = Counter()
        for outcome in outcomes:
            if isinstance(outcome, Event):
                counts[metrics.events, outcome.source, outcome.format] += 1
                counts[metrics.graded, outcome.grade] += 1
            elif isinstance(outcome, Answer):
                counts[metrics.answers, outcome.verdict] += 1
            else:
                counts[metrics.rejected, outcome.source, outcome.reason] += 1
        for (metric, *labels), count in counts.items():
            metric.labels(*labels).inc(count)


@dataclass
class Taken:
    """What came of a partition's records in one batch.

    Args:
        refused: whether each record was.
        rejected: what of them is told as rejected.
    """

    refused: list[bool] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def note(self, refused: bool, outcomes: Iterable[Event | Answer | Rejected]) -> None:
        """One more record."""
        self.refused.append(refused)
        self.rejected += [outcome for outcome in outcomes if isinstance(outcome, Rejected)]


def taken_ms(record: Any, now_ms: int) -> int:
    """When the broker took a record: its own word on the input topics of the catalogue, the same at each replay.

    On a topic where producers set the timestamp, one that cannot be is now: else a clock of the year 9000 would make
    everything later look late for ever.
    """
    stamped_by_broker = record.timestamp_type == LOG_APPEND_TIME
    return record.timestamp if stamped_by_broker or 0 < record.timestamp <= now_ms else now_ms


def raw_origin(rejected: Rejected) -> str:
    """Coordinates of a rejected item: topic:partition:offset:index."""
    return f"{rejected.topic}:{rejected.partition}:{rejected.offset}:{rejected.index}"
