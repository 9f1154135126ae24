"""How far each stage is behind: end offsets less committed offsets, asked from the broker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from agents.connection import connection_options
from agents.metrics import Metrics
from agents.settings import Settings
from agents.stages import STAGES, inputs_of
from agents.topics import check, connect_admin

EVERY_SECONDS = 2.0
PROBE_MAX = 200
"""Stretches up to so many offsets are counted; longer ones count as they are, if there is any record in them: what a
killed worker has left behind is aborted, and must not look like lag until something comes after it."""

LOOK_BYTES = 64 << 10

LOOK_POLL_MS = 20
"""A stretch without records never answers; its position moves on all the same."""

PASSED_POLL_SECONDS = 0.2

Stretch = tuple[int, int]

log = structlog.get_logger()


@dataclass(frozen=True)
class Stand:
    """How a stage stands on one input partition.

    Args:
        committed: offset up to which it has committed.
        lag: records behind that.
    """

    committed: int
    lag: int


Look = Callable[[str, Mapping[TopicPartition, Stand]], float]
"""Takes how a stage stands; says for how many seconds some partition of it has stood still."""


class LagMeter:
    """Measures lag, for metrics, for the watermark and on demand.

    Args:
        admin: a started admin client.
        ends: a started read_committed consumer of its own, without a group.
        settings: topic and group names.
        partitions: topic -> partition count.
    """

    def __init__(
        self, admin: AIOKafkaAdminClient, ends: AIOKafkaConsumer, settings: Settings, partitions: Mapping[str, int]
    ) -> None:
        self._admin, self._ends, self._group_of = admin, ends, settings.group
        self._inputs = {
            stage: [TopicPartition(topic, at) for topic in topics for at in range(partitions[topic])]
            for stage, topics in inputs_of(settings.topics).items()
        }
        self._lock = asyncio.Lock()
        self._known: dict[TopicPartition, tuple[Stretch, int]] = {}
        # once and for all: a client that is assigned others forgets the rest of the topics, and asks for them anew
        inputs = {tp for of_stage in self._inputs.values() for tp in of_stage}
        ends.assign(inputs)
        ends.pause(*inputs)

    async def end_offsets(self, stage: str) -> dict[TopicPartition, int]:
        """Where a stage's inputs end now."""
        async with self._lock:
            return dict(await self._ends.end_offsets(self._inputs[stage]))

    async def behind(self, stage: str, ends: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Records a stage has not committed yet, of those before the given ends."""
        return {tp: stand.lag for tp, stand in (await self.stands(stage, ends)).items()}

    async def stands(self, stage: str, ends: Mapping[TopicPartition, int]) -> dict[TopicPartition, Stand]:
        """How a stage stands on its input partitions, of which the ends are given."""
        async with self._lock:
            starts = await self._starts(stage)
            counts = {tp: max(0, end - starts[tp]) for tp, end in ends.items()}
            counts |= await self._look_into({tp: (starts[tp], ends[tp]) for tp, count in counts.items() if count})
            return {tp: Stand(starts[tp], count) for tp, count in counts.items()}

    async def before(self, stage: str, topic: str) -> tuple[int, Mapping[TopicPartition, int]]:
        """How many records of a topic a stage has not committed yet, and where its partitions end."""
        ends = {tp: end for tp, end in (await self.end_offsets(stage)).items() if tp.topic == topic}
        return sum((await self.behind(stage, ends)).values()), ends

    async def passed(self, stage: str) -> None:
        """Wait until a stage has committed everything that lies before it now."""
        ends = await self.end_offsets(stage)
        while any((await self.behind(stage, ends)).values()):  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(PASSED_POLL_SECONDS)

    async def total(self, stages: Iterable[str]) -> int:
        """Records not committed yet, over some stages."""
        return sum([sum((await self.behind(stage, await self.end_offsets(stage))).values()) for stage in stages])

    async def measure(self, stages: Iterable[str], metrics: Metrics, look: Look) -> None:
        """Keep the lag metrics of some stages up to date, until cancelled.

        Args:
            look: is shown each measurement, and may raise what must stop the worker.
        """
        while True:
            for stage in stages:
                try:
                    stands = await self.stands(stage, await self.end_offsets(stage))
                    for tp, stand in stands.items():
                        metrics.lag.labels(stage, tp.topic, str(tp.partition)).set(stand.lag)
                    metrics.standstill.labels(stage).set(look(stage, stands))
                except KafkaError as error:
                    metrics.lag_errors.inc()
                    log.warning("lag_unknown", stage=stage, error=repr(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def _starts(self, stage: str) -> dict[TopicPartition, int]:
        inputs = self._inputs[stage]
        committed = await self._admin.list_consumer_group_offsets(self._group_of(stage))
        fresh = [tp for tp in inputs if tp not in committed or committed[tp].offset < 0]
        first = await self._ends.beginning_offsets(fresh) if fresh else {}
        return {tp: first[tp] if tp in first else committed[tp].offset for tp in inputs}

    async def _look_into(self, stretches: Mapping[TopicPartition, Stretch]) -> dict[TopicPartition, int]:
        """How many offsets of stretches are records. The end marks of transactions take offsets too, and so does what
        was aborted; both would look like lag for ever."""
        unknown = {tp: stretch for tp, stretch in stretches.items() if self._known.get(tp, ((), 0))[0] != stretch}
        if unknown:
            for tp, (start, _) in unknown.items():
                self._ends.seek(tp, start)
            self._ends.resume(*unknown)
            try:
                counts = await self._count(unknown)
            finally:
                self._ends.pause(*unknown)
            self._known |= {tp: (unknown[tp], count) for tp, count in counts.items()}
        return {tp: self._known[tp][1] for tp in stretches}

    async def _count(self, stretches: Mapping[TopicPartition, Stretch]) -> dict[TopicPartition, int]:
        """Read the stretches, from where the client now stands."""
        counts = dict.fromkeys(stretches, 0)
        left = dict(stretches)
        while left := {tp: ends for tp, ends in left.items() if await self._ends.position(tp) < ends[1]}:
            for tp, records in (await self._ends.getmany(timeout_ms=LOOK_POLL_MS)).items():
                start, end = stretches[tp]
                found = sum(1 for record in records if record.offset < end)
                if found and end - start > PROBE_MAX:
                    counts[tp] = end - start
                    left.pop(tp, None)
                    self._ends.pause(tp)
                else:
                    counts[tp] += found
        return counts


@asynccontextmanager
async def lag_meter(settings: Settings) -> AsyncIterator[LagMeter]:
    """A lag meter with clients of its own.

    Raises:
        TopicMismatchError: the broker does not answer, or its topics do not fit.
    """
    admin = await connect_admin(settings)
    ends = AIOKafkaConsumer(
        **connection_options(settings),
        enable_auto_commit=False,
        isolation_level="read_committed",
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=LOOK_BYTES,
    )
    await ends.start()
    try:
        yield LagMeter(admin, ends, settings, await check(admin, settings))
    finally:
        await ends.stop()
        await admin.close()


async def lag_of(settings: Settings, stages: Iterable[str] = STAGES) -> int:
    """Records that some stage has not committed yet, asked once."""
    async with lag_meter(settings) as meter:
        return await meter.total(stages)
