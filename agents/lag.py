"""How far each stage is behind: end offset less committed offset, asked from the broker."""

import asyncio
import time
from collections.abc import Iterable, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from agents.metrics import Metrics
from agents.shell.app import Stage

EVERY_SECONDS = 2.0
PROBE_MAX = 200
"""Stretches up to so many offsets are looked into; longer ones count as they are."""

log = structlog.get_logger()


class LagMeter:
    """Measures lag for the metrics of one worker, and on demand.

    Args:
        admin: a started admin client.
        ends: a started read_committed consumer of its own, without a group.
        stages: group and input topics of each stage.
        partitions: topic -> partition count.
        metrics: as everywhere.
    """

    def __init__(
        self,
        admin: AIOKafkaAdminClient,
        ends: AIOKafkaConsumer,
        stages: Iterable[Stage],
        partitions: Mapping[str, int],
        metrics: Metrics,
    ) -> None:
        self._admin, self._ends, self._metrics = admin, ends, metrics
        self._inputs = {
            stage: [TopicPartition(topic, at) for topic in stage.inputs for at in range(partitions[topic])]
            for stage in stages
        }
        self._task: asyncio.Task[None] | None = None
        self._began = time.time()
        self._lock = asyncio.Lock()
        self._probed: dict[TopicPartition, tuple[int, int, int]] = {}

    def start(self) -> None:
        """Measure every two seconds."""
        self._task = asyncio.create_task(self._measure_all(), name="lag")

    async def stop(self) -> None:
        """Stop measuring."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def total(self) -> int:
        """Records no stage has committed yet, over all stages."""
        return sum([sum((await self.of(stage)).values()) for stage in self._inputs])

    async def of(self, stage: Stage) -> dict[TopicPartition, int]:
        """Lag of each input partition of a stage, in records."""
        inputs = self._inputs[stage]
        async with self._lock:
            ends = await self._ends.end_offsets(inputs)
            committed = await self._admin.list_consumer_group_offsets(stage.group)
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

    def refresh(self) -> None:
        """Bring the ages up to date."""
        for stage in self._inputs:
            last = self._metrics.last_commit.labels(stage.name)._value.get()  # noqa: SLF001 - no public getter
            self._metrics.since_commit.labels(stage.name).set(max(0.0, time.time() - (last or self._began)))

    async def _measure_all(self) -> None:
        while True:
            for stage in self._inputs:
                try:
                    for tp, lag in (await self.of(stage)).items():
                        self._metrics.lag.labels(stage.name, tp.topic, str(tp.partition)).set(lag)
                except KafkaError as error:
                    log.warning("lag_unknown", stage=stage.name, error=repr(error))
            await asyncio.sleep(EVERY_SECONDS)
