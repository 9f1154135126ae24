"""Faust's consumer, fed and emptied by batches, in the worker's own loop.

Faust spends about 140 µs on each message it delivers, so it gets one message per fetched partition batch. It would
commit what it thinks is done, without waiting for outputs, so here it never commits: offsets go with the transaction
(`producer.py`) or after the insert (`archive.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import ConsumerMessage
from mode.threads import ServiceThread
from mode.utils.futures import maybe_async

from agents.shell.kafka.assignor import NumberAssignor
from agents.shell.lanes import Lanes

FETCH_WAIT_MS = 100
"""One request at a time is open at a broker: a partition that is not in it waits until the broker answers."""

METADATA_MS = 20_000
"""How long a topic that was deleted and made anew stays unread; the client's own default is five minutes."""

GATHER_RECORDS = 100
"""The broker answers as soon as one record is there. After a fetch of less than so many records the next one comes no
sooner than the stage's pace says: what comes record by record goes in fewer hands."""

GATHER_SECONDS_ASIDE = 0.05
"""The same of a stage whose main input is handed over: nobody waits by the millisecond for what it reads beside it."""

FETCH_WAIT_SECONDS = 1.0
FETCH_WAIT_SECONDS_SOME_FULL = 0.02
"""A partition whose lane has room again must not wait for the others' next record."""

FETCH_WAIT_SECONDS_NOTHING = 0.1
"""As long as all of them are handed over."""


@dataclass(frozen=True)
class Fetched:
    """What was fetched from one partition at once.

    Args:
        records: aiokafka records, in offset order.
        begins, ends: position before and after; before is None where it is the first of the assignment.
        more: whether the broker is known to have more.
    """

    records: Sequence[Any]
    begins: int | None
    ends: int
    more: bool

    @property
    def size_bytes(self) -> int:
        """Of its records' values."""
        return sum(len(record.value or b"") for record in self.records)


class InLoop:
    """Serves in the loop that starts it, where Faust would start a thread.

    The thread is there so that heartbeats go on while a loop is busy for long. In ours they wait for what is at work,
    which must not take as long as a session's timeout. With a thread each fetch waits several times for the
    interpreter, which the loop holds, and each time two threads wake each other.
    """

    def __init__(self, service: ServiceThread) -> None:
        self._service = service
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to serve."""
        self._serving = asyncio.ensure_future(self._serve())

    def stop(self) -> None:
        """Nothing is left to wait for: the service has been stopped before."""

    async def _serve(self) -> None:
        try:
            await self._service._serve()  # noqa: SLF001 - what a thread of Faust's calls
        except Exception:  # noqa: BLE001 - whoever started it has been told
            self._service.set_shutdown()


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """The aiokafka consumer, made with the pipeline's own options; a thread by name only."""

    Worker = InLoop
    _assignment: Any = None
    _reached: dict[TopicPartition, int]
    """Where the last batch that was handed over ended, by partition, within the present assignment."""

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        return aiokafka.AIOKafkaConsumer(
            **self.app.consumer_options,
            partition_assignment_strategy=[NumberAssignor],
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            metadata_max_age_ms=METADATA_MS,
        )

    async def call_thread(self, fun: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        """Call it here."""
        return await maybe_async(fun(*args, **kwargs))

    async def _gather_remaining_tasks(self) -> None:
        """Those of this loop are not its own."""

    async def _fetch_records(
        self, consumer: Any, active_partitions: Any, timeout: Any = None, max_records: Any = None
    ) -> Mapping[TopicPartition, Fetched]:
        """Fetch. A fetch may wait through a whole rebalance and bring records of the new assignment while Faust takes
        none yet; thrown away they would be a hole that the next batch commits past, so the position goes back."""
        records = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        records = dict(records)
        while more := await self._others(consumer, active_partitions - records.keys(), max_records):
            records |= more
        assignment = consumer._subscription.subscription.assignment  # noqa: SLF001 - no public way to know it anew
        if assignment is not self._assignment:
            self._assignment, self._reached = assignment, {}
        if not self.consumer.flow_active:
            for tp, batch in records.items():
                if assignment is not None and tp in assignment.tps:
                    consumer.seek(tp, batch[0].offset)
            return {}
        fetched = {}
        for tp, batch in records.items():
            state = assignment.state_value(tp)
            ends = state.position
            fetched[tp] = Fetched(batch, self._reached.get(tp), ends, ends < (state.lso or 0))
            self._reached[tp] = ends
        return fetched

    async def _others(self, consumer: Any, partitions: Any, max_records: Any) -> Mapping[TopicPartition, Any]:
        """What lies there of partitions that had no turn, since others filled the batch: they would fall behind."""
        return cast(
            Mapping[TopicPartition, Any],
            await super()._fetch_records(consumer, partitions, 0, max_records) if partitions else {},
        )

    async def rejoin(self) -> None:
        """Ask the group for a new assignment."""
        consumer = self._ensure_consumer()

        async def ask() -> None:
            consumer._coordinator.request_rejoin()  # noqa: SLF001 - aiokafka has no public way to rejoin

        await self.call_thread(ask)

    async def commit_offsets(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit now; raises where Faust's own commit would log and go on."""
        consumer = self._ensure_consumer()
        await self.call_thread(consumer.commit, {tp: OffsetAndMetadata(at, "") for tp, at in offsets.items()})


class BatchConsumer(driver.Consumer):
    """Consumer whose messages are whole partition batches and whose partitions are held back one by one."""

    _not_before: float = 0.0
    """Of the loop's clock: when to fetch next."""

    @property
    def lanes(self) -> Lanes:
        """The stage's lanes."""
        return cast(Lanes, self.app.lanes)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, ConsumerMessage]]:
        """Fetch; yields one message per partition, its value what was fetched."""
        fetched = await self._fetch()
        generation = self.app.consumer_generation_id
        for tp, batch in fetched.items():
            # the partitions are about to be given back: what is not handed over is fetched again by their next owner
            if self.should_stop or not self.flow_active or self.app.consumer_generation_id != generation:
                return
            last = batch.records[-1]
            yield (
                tp,
                ConsumerMessage(
                    last.topic,
                    last.partition,
                    last.offset,
                    last.timestamp / 1000,
                    last.timestamp_type,
                    [],
                    None,
                    batch,
                    None,
                    0,
                    0,
                    tp,
                    generation_id=generation,
                ),
            )

    async def _fetch(self) -> Mapping[TopicPartition, Fetched]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        owned = self._get_active_partitions()
        active = {tp for tp in owned if not self.lanes.handed(tp)}
        if not active:
            await self.sleep(FETCH_WAIT_SECONDS_NOTHING)
            return {}
        room = {tp for tp in active if not self.lanes.full(tp)}
        if not room:
            await self.sleep(FETCH_WAIT_SECONDS_SOME_FULL)
            return {}
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._not_before - loop.time())
        wait = FETCH_WAIT_SECONDS if len(room) == len(active) else FETCH_WAIT_SECONDS_SOME_FULL
        fetched: Mapping[TopicPartition, Fetched] = await self._getmany(active_partitions=room, timeout=wait)
        little = sum(len(batch.records) for batch in fetched.values()) < GATHER_RECORDS
        gather_seconds = self.app.gather_seconds if len(active) == len(owned) else GATHER_SECONDS_ASIDE
        self._not_before = loop.time() + gather_seconds if little else 0.0
        return fetched

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Close all lanes before Faust waits for what is in work."""
        self.app.reach("at_revoke")
        await self.lanes.close()
        self.app.reach("after_revoke")
        await super().on_partitions_revoked(revoked)

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commits nothing: only forgets Faust's own book of acknowledged messages."""
        self._acked.clear()
        self._acked_index.clear()
        return False

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Offsets between two batches are no gap."""

    async def verify_all_partitions_active(self) -> None:
        """Faust's watchdog watches Faust's commits; ours is the metric `seconds_since_last_commit`."""

    async def rejoin(self) -> None:
        """Ask the group for a new assignment: all lanes are closed, and those still ours are opened anew."""
        await cast(BatchConsumerThread, self._thread).rejoin()

    async def commit_offsets(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit offsets of this stage's group now.

        Raises:
            KafkaError: not committed; after a rebalance always, since the partition may have another owner.
        """
        await cast(BatchConsumerThread, self._thread).commit_offsets(offsets)


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with the batch consumer."""

    Consumer = BatchConsumer
