"""Reads what the view shows: transitions, alerts and hand-overs as any subscriber would, and a worker's /metrics."""

import asyncio
import time
from collections.abc import Callable, Mapping

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from agents.connection import connection_options
from agents.journey.past import activation_of
from agents.settings import Settings
from deploy.view.board import Board, LineFigures
from schemas.alert import Alert
from schemas.handover.entry import Handover
from schemas.topics import ALERTS, HANDOVERS, JOURNEYS, TRANSITIONS
from schemas.transition import Transition

FIGURES_EVERY_SECONDS = 1.0


class Feed:
    """Keeps a board up to date.

    Args:
        settings: where broker and topics are.
        metrics_url: a worker's /metrics, '' for none.
        board: filled.
        on_alert: called with each alert as it comes.
    """

    def __init__(
        self, settings: Settings, metrics_url: str, board: Board, on_alert: Callable[[Alert], None] | None = None
    ) -> None:
        self._settings, self._metrics_url, self._board = settings, metrics_url, board
        self._on_alert = on_alert or (lambda alert: None)
        names = settings.topics
        self._transitions = names.name(TRANSITIONS)
        self._handovers = names.name(HANDOVERS)
        self._journeys = names.name(JOURNEYS)
        alerts = (names.name(topic) for topic in ALERTS.values())
        self._topics = [self._transitions, self._handovers, self._journeys, *alerts]
        self._consumer: AIOKafkaConsumer | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, from_beginning: bool) -> None:
        """Begin to read: everything that is kept, or only what comes from now on."""
        options = connection_options(self._settings)
        consumer = self._consumer = AIOKafkaConsumer(**options, isolation_level="read_committed", fetch_max_wait_ms=200)
        await consumer.start()
        # the pipeline's own topics: the worker refuses to start with any other count
        partitions = [TopicPartition(topic, at) for topic in self._topics for at in range(self._settings.partitions)]
        consumer.assign(partitions)
        # which journey counts must be known, whenever it was activated
        from_first = [tp for tp in partitions if from_beginning or tp.topic == self._journeys]
        await consumer.seek_to_beginning(*from_first)
        if not from_beginning:
            from_now = [tp for tp in partitions if tp.topic != self._journeys]
            await consumer.seek_to_end(*from_now)
            for tp in from_now:  # settle the position now, not at the first fetch
                await consumer.position(tp)
        self._tasks = [asyncio.create_task(self._read(consumer), name="view")]
        if self._metrics_url:
            self._tasks.append(asyncio.create_task(self._measure(), name="view figures"))

    async def stop(self) -> None:
        """Stop reading."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._consumer is not None:
            await self._consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    if tp.topic == self._transitions:
                        self._board.see_transition(Transition.model_validate_json(record.value))
                    elif tp.topic == self._journeys:
                        if (activation := activation_of(record)) is not None:
                            self._board.see_activation(activation)
                    elif tp.topic == self._handovers:
                        self._board.see_handover(Handover.model_validate_json(record.value))
                    else:
                        alert = Alert.model_validate_json(record.value)
                        self._board.see_alert(alert)
                        self._on_alert(alert)

    async def _measure(self) -> None:
        before, before_at = 0.0, time.monotonic()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while True:
                try:
                    async with session.get(self._metrics_url) as response:
                        sums = sums_of(await response.text())
                except (aiohttp.ClientError, TimeoutError):
                    await asyncio.sleep(FIGURES_EVERY_SECONDS)  # a worker that restarts is back soon
                    continue
                now, events = time.monotonic(), sums.get("triggerpoint_events_total", 0.0)
                rate = max(0.0, events - before) / max(now - before_at, 1e-6)
                before, before_at = events, now
                self._board.figures = LineFigures(
                    events,
                    sums.get("triggerpoint_rejected_total", 0.0),
                    sums.get("triggerpoint_identified_total", 0.0),
                    sums.get("triggerpoint_lag_records", 0.0),
                    rate,
                )
                await asyncio.sleep(FIGURES_EVERY_SECONDS)


def sums_of(exposition: str) -> Mapping[str, float]:
    """Sum of each series of a /metrics page over all its labels."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums
