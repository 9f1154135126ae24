"""Work of a stage whose outputs lie on Kafka: per batch one transaction of outputs, state changelog and offsets.

After a fault nothing in memory is trusted: the lane is opened anew, which fences, reads the committed offsets and
rebuilds the state from the changelog. So a lost answer to a commit needs no special case.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import ProducerFenced

from agents.clock import Clock
from agents.metrics import Metrics
from agents.shell.crash import Reach
from agents.shell.going import Going
from agents.shell.kafka.producer import LaneProducer
from agents.shell.outbox import Outbox
from agents.shell.recovery import Progress, recover
from agents.shell.state import StateStore, StateView
from agents.shell.waiting import Part

Records = Mapping[TopicPartition, Sequence[Any]]
"""Partition -> records, in order."""

NOTHING: Records = {}
LATENCY_SAMPLES = 16
TIMERS_MAX = 100
"""Keys whose timers fire in one going, however fast they do."""


class Handler(Protocol):
    """The verb of a stage on one batch: reads records and state, writes outputs and state. Does no I/O."""

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work a batch of aiokafka records of the lane's partitions, in order; says when the broker had received each
        (pipeline's ms)."""

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Fire what is due by `now_ms` for these keys, and bring stale ones up to date. A due key must be written with
        a later due time, or none."""

    def stale(self, state: StateView) -> Sequence[bytes]:
        """Keys whose state does not fit any more what the handler knows from elsewhere (the account directory, the
        journey's rules): as many as one transaction may take. They are woken and must fit then. Asked often, so it
        must be cheap."""

    def closed(self) -> None:
        """The lane has given its state back, for good or to open it anew: what is shown of it elsewhere must go."""


@dataclass(frozen=True)
class LaneSetup:
    """What the work of one lane needs.

    Args:
        stage: the stage's name, for metrics.
        options: how to reach the broker.
        group: consumer group of the stage.
        transactional_id: the lane's own.
        fence_too: ids of others who may work its partitions (see `cell.py`).
        inputs: partitions it owns.
        outputs: topics it writes, with their partition counts.
        committed: asks the group's committed offsets, as they are at that moment.
        changelog: partition of its state, or None for a stateless stage.
        clock, metrics: as everywhere.
        watermark_ms: timers fire by it, not by the clock: see `agents/watermark.py`.
        timeout_seconds: of a transaction.
        grace_ms: how long timers wait behind the watermark.
        timers_seconds: for how long they fire in one going.
        reach: told of crash points.
        make_producer: `LaneProducer`, or what a fault test has instead.
    """

    stage: str
    options: Mapping[str, Any] = field(repr=False)  # it holds the password
    group: str
    transactional_id: str
    fence_too: tuple[str, ...]
    inputs: frozenset[TopicPartition]
    outputs: Mapping[str, int]
    committed: Callable[[Iterable[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]
    changelog: TopicPartition | None
    clock: Clock
    watermark_ms: Callable[[], int]
    metrics: Metrics
    timeout_seconds: float
    grace_ms: int
    timers_seconds: float
    reach: Reach
    make_producer: Callable[..., LaneProducer]


class TransactionalWork:
    """See the module's text.

    Args:
        setup: what the lane needs.
        handler: the stage's verb.
    """

    def __init__(self, setup: LaneSetup, handler: Handler) -> None:
        self._setup = setup
        self._handler = handler
        self._producer: LaneProducer | None = None
        self._store = StateStore()
        self._next: dict[TopicPartition, int] = {}

    async def open(self) -> None:
        """Fence, read committed offsets, rebuild the state."""
        setup = self._setup
        await self.close()
        producer = setup.make_producer(setup.options, setup.transactional_id, setup.timeout_seconds, setup.reach)
        self._producer = producer
        await producer.start(setup.fence_too)
        setup.reach("after_fence")
        # only now: the former owner can no longer commit, so these offsets are final
        self._next = dict(await setup.committed(setup.inputs))
        self._store = StateStore()
        if setup.changelog is not None:
            began = time.monotonic()
            await recover(setup.options, setup.stage, setup.changelog, self._store, self._note_recovery)
            setup.metrics.recovery_seconds.labels(setup.stage).observe(time.monotonic() - began)
        self._measure_state()
        setup.reach("after_recovery")

    async def process(self, parts: Sequence[Part]) -> None:
        """Work what is there and commit it, in one transaction."""
        going = Going(self._setup.outputs.__getitem__)
        self.work(parts, going)
        await self._commit(going)

    async def tick(self) -> bool:
        """Fire timers due by the watermark, less the grace; and bring up to date what is stale. Says whether more
        timers are due."""
        going = Going(self._setup.outputs.__getitem__)
        more = self.wake(going, self._setup.timers_seconds)
        await self._commit(going)
        return more

    def work(self, parts: Sequence[Part], going: Going, handed: Records = NOTHING) -> bool:
        """Work what is there, as part of a going, in one batch. Says whether there was anything.

        Args:
            parts: what was read.
            going: what its transaction will do.
            handed: what is worked behind it: records that the same transaction writes, as they will lie in their
                partitions.
        """
        taken = [(part.batch.tp, self._new(part)) for part in parts]
        taken = [(tp, records) for tp, records in (*taken, *handed.items()) if records]
        if not taken:
            return False
        self._handle([record for _, records in taken for record in records], going)
        for tp, records in taken:
            self._next[tp] = records[-1].offset + 1
            going.reach(self._setup.group, tp, self._next[tp], len(records))
        return True

    def wake(self, going: Going, seconds: float) -> bool:
        """Fire timers for about so long, at least one; and bring up to date what is stale. What the going has written
        already has its turn in the next. Says whether more timers are due."""
        setup, store = self._setup, self._store
        now_ms = setup.watermark_ms() - setup.grace_ms
        state = going.view(store, setup.changelog)
        untouched = not state.writes
        # only once it is known which timers have fired: what is filled in late must not look as if it had just happened
        stale = self._handler.stale(state) if store.fired_ms and untouched else ()
        if stale:
            self._handler.wake(stale, now_ms, state, going.out)
        due = [key for key in store.due(now_ms, TIMERS_MAX + len(state.writes)) if key not in state.writes]
        fired, until = 0, time.monotonic() + seconds
        for key in due:
            if fired and time.monotonic() >= until:
                break
            self._handler.wake([key], now_ms, state, going.out)
            fired += 1
        if fired or stale:
            going.works.add(self)
        if fired:
            going.out.count(lambda: setup.metrics.timers.labels(setup.stage).inc(fired))
        if untouched and not stale and len(due) == fired < TIMERS_MAX:
            store.fired_ms = max(store.fired_ms, now_ms)
        return len(due) > fired or fired == TIMERS_MAX

    def committed(self, began: float) -> None:
        """A going that this lane has worked something in has been committed."""
        setup = self._setup
        setup.reach("after_memory")
        setup.metrics.commit_seconds.labels(setup.stage).observe(time.monotonic() - began)
        setup.metrics.committed(setup.stage)
        self._measure_state()

    async def prove(self) -> None:
        """Make sure that the lane is still this worker's.

        Raises:
            KafkaError: it is not, or it cannot be known.
        """
        if self._producer is None:
            raise ProducerFenced  # given back meanwhile
        await self._producer.prove(self._setup.group)

    async def close(self) -> None:
        """Stop the producer; what this worker no longer holds, its metrics no longer show."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None
            self._handler.closed()
            if self._setup.changelog is not None:
                for gauge in (self._setup.metrics.state_keys, self._setup.metrics.state_bytes):
                    gauge.labels(self._setup.stage, str(self._setup.changelog.partition)).set(0)

    def _new(self, part: Part) -> Sequence[Any]:
        """Those of its records that were not committed before."""
        records, start = part.records, self._next.get(part.batch.tp, 0)
        if records and records[0].offset < start:
            return [record for record in records if record.offset >= start]
        return records

    def _handle(self, records: Sequence[Any], going: Going) -> None:
        setup = self._setup
        metrics, stage = setup.metrics, setup.stage
        began = time.monotonic()
        received_ms = self._handler.handle(records, going.view(self._store, setup.changelog), going.out)
        going.works.add(self)

        def count() -> None:
            for moment_ms in received_ms[:: len(received_ms) // LATENCY_SAMPLES + 1]:
                metrics.latency_seconds.labels(stage).observe(setup.clock.seconds_since(moment_ms))
            metrics.records.labels(stage).inc(len(records))
            metrics.batch_records.labels(stage).observe(len(records))
            metrics.batch_seconds.labels(stage).observe(time.monotonic() - began)

        going.out.count(count)
        setup.reach("after_handle")

    async def _commit(self, going: Going) -> None:
        if not going:
            return
        assert self._producer is not None
        began = time.monotonic()
        await self._producer.transact(going.seal(), going.offsets)
        going.out.committed()
        self.committed(began)

    def _note_recovery(self, progress: Progress) -> None:
        setup = self._setup
        assert setup.changelog is not None
        if progress.records:
            setup.metrics.recover(setup.stage, progress.records)
            setup.reach("in_recovery")
        setup.metrics.recovery_share.labels(setup.stage, str(setup.changelog.partition)).set(progress.share)

    def _measure_state(self) -> None:
        setup = self._setup
        if setup.changelog is None:
            return
        labels = (setup.stage, str(setup.changelog.partition))
        setup.metrics.state_keys.labels(*labels).set(len(self._store))
        setup.metrics.state_bytes.labels(*labels).set(self._store.bytes)
