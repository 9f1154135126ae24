"""How far each stage is behind: end offset less committed offset, asked from the broker."""

import asyncio
from collections.abc import Iterable, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from agents.connection import connection_options
from agents.metrics import Metrics
from agents.settings import Settings
from agents.stages import inputs_of
from agents.topics import check, connect_admin

EVERY_SECONDS = 2.0
PROBE_MAX = 200
"""Stretches up to so many offsets are looked into; longer ones count as they are."""

log = structlog.get_logger()


class LagMeter:
    """Measures lag for the metrics of one worker, and on demand.

    Args:
        admin: a started admin client.
        ends: a started read_committed consumer of its own, without a group.
        settings: topic and group names.
        stages: names of the stages to measure.
        partitions: topic -> partition count.
    """

    def __init__(
        self,
        admin: AIOKafkaAdminClient,
        ends: AIOKafkaConsumer,
        settings: Settings,
        stages: Iterable[str],
        partitions: Mapping[str, int],
    ) -> None:
        self._admin, self._ends, self._group_of = admin, ends, settings.group
        topics = inputs_of(settings.topics)
        self._inputs = {
            stage: [TopicPartition(topic, at) for topic in topics[stage] for at in range(partitions[topic])]
            for stage in stages
        }
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._probed: dict[TopicPartition, tuple[int, int, int]] = {}

    def start(self, metrics: Metrics) -> None:
        """Measure every two seconds, for the metrics."""
        self._task = asyncio.create_task(self._measure_all(metrics), name="lag")

    async def stop(self) -> None:
        """Stop measuring."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def total(self) -> int:
        """Records no stage has committed yet, over all stages."""
        return sum([sum((await self.of(stage)).values()) for stage in self._inputs])

    async def of(self, stage: str) -> dict[TopicPartition, int]:
        """Lag of each input partition of a stage, in records."""
        inputs = self._inputs[stage]
        async with self._lock:
            ends = await self._ends.end_offsets(inputs)
            committed = await self._admin.list_consumer_group_offsets(self._group_of(stage))
            lags = {}
            for tp in inputs:
                found = committed.get(tp)
                start = found.offset if found and found.offset >= 0 else 0
                behind = ends[tp] - start
                lags[tp] = await self._records_between(tp, start, ends[tp]) if 0 < behind <= PROBE_MAX else behind
            return lags

    async def _records_between(self, tp: TopicPartition, start: int, end: int) -> int:
        """How many offsets of a short stretch are records: the end marks of transactions take offsets too, and would
        look like lag for ever."""
        if self._probed.get(tp, (0, 0, 0))[:2] == (start, end):
            return self._probed[tp][2]
        self._ends.assign([tp])
        self._ends.seek(tp, start)
        count = 0
        while await self._ends.position(tp) < end:
            for records in (await self._ends.getmany(tp, timeout_ms=500)).values():
                count += sum(1 for record in records if record.offset < end)
        self._probed[tp] = (start, end, count)
        return count

    async def _measure_all(self, metrics: Metrics) -> None:
        while True:
            for stage in self._inputs:
                try:
                    for tp, lag in (await self.of(stage)).items():
                        metrics.lag.labels(stage, tp.topic, str(tp.partition)).set(lag)
                except KafkaError as error:
                    log.warning("lag_unknown", stage=stage, error=repr(error))
            await asyncio.sleep(EVERY_SECONDS)


async def lag_of(settings: Settings, stages: Iterable[str]) -> int:
    """Records that some stage has not committed yet, asked once, from outside a worker.

    Raises:
        TopicMismatchError: the broker does not answer, or its topics do not fit.
    """
    admin = await connect_admin(settings)
    ends = AIOKafkaConsumer(**connection_options(settings), enable_auto_commit=False, isolation_level="read_committed")
    await ends.start()
    try:
        return await LagMeter(admin, ends, settings, stages, await check(admin, settings)).total()
    finally:
        await ends.stop()
        await admin.close()
