"""Work of a stage whose outputs lie on Kafka: per batch one transaction of outputs, state changelog and offsets.

After a fault nothing in memory is trusted: the lane is opened anew, which fences, reads the committed offsets and
rebuilds the state from the changelog. So a lost answer to a commit needs no special case.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiokafka import TopicPartition

from agents.clock import Clock
from agents.metrics import Metrics
from agents.shell.crash import Reach
from agents.shell.kafka.producer import LaneProducer
from agents.shell.outbox import NO_HEADERS, Outbox
from agents.shell.recovery import Progress, recover
from agents.shell.state import StateStore, StateView, headers_of
from agents.shell.waiting import Part

LATENCY_SAMPLES = 16


class Handler(Protocol):
    """The verb of a stage on one batch: reads records and state, writes outputs and state. Does no I/O."""

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work a batch of aiokafka records, in order; says when the broker had received each (pipeline's ms)."""

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
        inputs: partitions it owns.
        outputs: topics it writes, with their partition counts.
        committed: asks the group's committed offsets, as they are at that moment.
        changelog: partition of its state, or None for a stateless stage.
        clock, metrics: as everywhere.
        watermark_ms: timers fire by it, not by the clock: see `agents/watermark.py`.
        timeout_seconds: of a transaction.
        grace_ms: how long timers wait behind the watermark.
        timers: how many of them fire in one going.
        reach: told of crash points.
        make_producer: `LaneProducer`, or what a fault test has instead.
    """

    stage: str
    options: Mapping[str, Any] = field(repr=False)  # it holds the password
    group: str
    transactional_id: str
    inputs: frozenset[TopicPartition]
    outputs: Mapping[str, int]
    committed: Callable[[Iterable[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]
    changelog: TopicPartition | None
    clock: Clock
    watermark_ms: Callable[[], int]
    metrics: Metrics
    timeout_seconds: float
    grace_ms: int
    timers: int
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
        producer = setup.make_producer(
            setup.options, setup.transactional_id, setup.group, setup.timeout_seconds, setup.reach
        )
        self._producer = producer
        await producer.start()
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
        began = time.monotonic()
        metrics, stage = self._setup.metrics, self._setup.stage
        state, out = StateView(self._store), Outbox(self._setup.outputs.__getitem__)
        offsets: dict[TopicPartition, int] = {}
        received_ms: list[int] = []
        count = 0
        for part in parts:
            tp, records = part.batch.tp, part.records
            start = offsets.get(tp, self._next.get(tp, 0))
            if records and records[0].offset < start:
                records = [record for record in records if record.offset >= start]
            if records:
                received_ms += self._handler.handle(records, state, out)
                offsets[tp] = records[-1].offset + 1
                count += len(records)
        if not offsets:
            return
        self._setup.reach("after_handle")
        await self._commit(state, out, offsets)
        self._next |= offsets
        if received_ms:
            for moment_ms in received_ms[:: len(received_ms) // LATENCY_SAMPLES + 1]:
                metrics.latency_seconds.labels(stage).observe(self._setup.clock.seconds_since(moment_ms))
        metrics.records.labels(stage).inc(count)
        metrics.batch_records.labels(stage).observe(count)
        metrics.batch_seconds.labels(stage).observe(time.monotonic() - began)

    async def tick(self) -> bool:
        """Fire timers due by the watermark, less the grace; and bring up to date what is stale. Says whether more
        timers are due."""
        setup, store = self._setup, self._store
        now_ms = setup.watermark_ms() - setup.grace_ms
        due = store.due(now_ms, setup.timers)
        state, out = StateView(store), Outbox(setup.outputs.__getitem__)
        # only once it is known which timers have fired: what is filled in late must not look as if it had just happened
        stale = self._handler.stale(state) if store.fired_ms else ()
        if due or stale:
            self._handler.wake(list(dict.fromkeys((*due, *stale))), now_ms, state, out)
            await self._commit(state, out, {})
            setup.metrics.timers.labels(setup.stage).inc(len(due))
        if len(due) == setup.timers:
            return True
        store.fired_ms = max(store.fired_ms, now_ms)
        return False

    async def close(self) -> None:
        """Stop the producer; what this worker no longer holds, its metrics no longer show."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None
            self._handler.closed()
            if self._setup.changelog is not None:
                for gauge in (self._setup.metrics.state_keys, self._setup.metrics.state_bytes):
                    gauge.labels(self._setup.stage, str(self._setup.changelog.partition)).set(0)

    async def _commit(self, state: StateView, out: Outbox, offsets: Mapping[TopicPartition, int]) -> None:
        setup = self._setup
        assert self._producer is not None
        began = time.monotonic()
        records = out.records
        if state.writes:
            assert setup.changelog is not None
            records[setup.changelog.topic, setup.changelog.partition] = [
                (key, value, headers_of(due_ms, marked) if due_ms or marked else NO_HEADERS)
                for key, (value, due_ms, marked) in state.writes.items()
            ]
        await self._producer.transact(records, offsets)
        state.commit()
        out.committed()
        setup.reach("after_memory")
        setup.metrics.commit_seconds.labels(setup.stage).observe(time.monotonic() - began)
        setup.metrics.committed(setup.stage)
        if state.writes:
            self._measure_state()

    def _note_recovery(self, progress: Progress) -> None:
        setup = self._setup
        assert setup.changelog is not None
        if progress.records:
            setup.metrics.recover(setup.stage, progress.records)
            setup.reach("in_recovery")
        setup.metrics.recovery_share.labels(setup.stage, str(setup.changelog.partition)).set(progress.share)

    def _measure_state(self) -> None:
        setup = self._setup
        assert setup.changelog is not None
        labels = (setup.stage, str(setup.changelog.partition))
        setup.metrics.state_keys.labels(*labels).set(len(self._store))
        setup.metrics.state_bytes.labels(*labels).set(self._store.bytes)
