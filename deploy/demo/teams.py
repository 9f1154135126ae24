"""The simulated market's teams: they read their alerts as any subscriber would, and answer most of them.

They answer at night, too, and leave some alerts lying. How one is met follows from its id, so a market of one seed is
answered in the same way each time.
"""

import asyncio
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from agents.clock import Clock, clock_of
from agents.connection import connection_options
from agents.settings import Settings
from schemas.alert import Alert, AlertStatus
from schemas.base import from_ms
from schemas.handover.feedback import Feedback, Verdict
from schemas.topics import ALERTS, FEEDBACK

HOUR_MS = 3_600_000
POLL_MS = 200
REASONS = ("wrong person", "in talks already", "too early", "no fit", "a student")


@dataclass(frozen=True)
class Habits:
    """What share of alerts is met how; the rest is left lying. Set, not measured."""

    rejected: float = 0.1
    snoozed: float = 0.07
    slow: float = 0.1
    silent: float = 0.13


class Teams:
    """Answers alerts until stopped.

    Args:
        settings: where broker and topics are, and which clock history is played by.
        habits: what share of alerts is met how.
    """

    def __init__(self, settings: Settings, habits: Habits | None = None) -> None:
        self._settings, self._habits = settings, habits or Habits()
        self._clock: Clock = clock_of(settings.clock)
        self._waiting: list[tuple[int, str, Feedback]] = []
        self._task: asyncio.Task[None] | None = None
        self.answered = 0

    async def start(self) -> None:
        """Begin to read alerts, from now on."""
        options, names = connection_options(self._settings), self._settings.topics
        consumer = AIOKafkaConsumer(**options, isolation_level="read_committed", fetch_max_wait_ms=POLL_MS)
        producer = AIOKafkaProducer(**options, enable_idempotence=True)
        await consumer.start()
        topics = [names.name(topic) for topic in ALERTS.values()]
        partitions = [TopicPartition(topic, at) for topic in topics for at in range(self._settings.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        for tp in partitions:  # settle the position now, not at the first fetch
            await consumer.position(tp)
        await producer.start()
        self._task = asyncio.create_task(self._work(consumer, producer), name="teams")

    async def stop(self) -> None:
        """Stop; what was still to be answered is not."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def check(self) -> None:
        """Raises what ended the teams before their time."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    async def _work(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        topic = self._settings.topics.name(FEEDBACK)
        try:
            while True:
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for record in records:
                        alert = Alert.model_validate_json(record.value)
                        if alert.status is AlertStatus.RAISED:
                            self._plan(alert, self._clock.at_ms(record.timestamp))
                while self._waiting and self._waiting[0][0] <= self._clock.now_ms():
                    _, _, feedback = heapq.heappop(self._waiting)
                    # without a key, as a CRM's webhook would
                    await producer.send(topic, orjson.dumps(feedback.model_dump(mode="json")))
                    self.answered += 1
        finally:
            await consumer.stop()
            await producer.stop()

    def _plan(self, alert: Alert, offered_ms: int) -> None:
        for at_ms, feedback in reactions(alert, offered_ms, self._habits):
            heapq.heappush(self._waiting, (at_ms, f"{feedback.alert_id}/{feedback.verdict}", feedback))


def reactions(alert: Alert, offered_ms: int, habits: Habits) -> Iterator[tuple[int, Feedback]]:
    """What a team does about an alert, and when.

    Args:
        alert: the alert.
        offered_ms: when it lay on the team's topic, in the pipeline's time.
        habits: what share of alerts is met how.
    """
    rng = Random(blake2b(alert.alert_id.encode(), digest_size=8).digest())  # noqa: S311 - a market, no secret
    by = alert.owner or f"{alert.team} desk"
    draw = rng.random()

    def say(verdict: Verdict, hours: float, reason: str = "", until_hours: float = 0.0) -> tuple[int, Feedback]:
        at_ms = offered_ms + round(hours * HOUR_MS)
        until = from_ms(at_ms + round(until_hours * HOUR_MS)) if until_hours else None
        return at_ms, Feedback(
            alert_id=alert.alert_id,
            account_id=alert.account_id,
            verdict=verdict,
            occurred_at=from_ms(at_ms),
            by=by,
            reason=reason,
            until=until,
        )

    if draw < habits.silent:
        return
    hours = rng.uniform(0.1, 2)
    if draw < habits.silent + habits.rejected:
        yield say(Verdict.REJECTED, hours, rng.choice(REASONS))
        return
    if draw < habits.silent + habits.rejected + habits.snoozed:
        days = rng.uniform(1, 3)
        yield say(Verdict.SNOOZED, hours, "after the holidays", days * 24)
        hours += days * 24
    elif draw < habits.silent + habits.rejected + habits.snoozed + habits.slow:
        hours += rng.uniform(20, 60)
    yield say(Verdict.ACCEPTED, hours)
    hours += rng.uniform(0.2, 5)
    yield say(Verdict.FIRST_TOUCH, hours)
    if rng.random() < 0.7:
        yield say(Verdict.DONE, hours + rng.uniform(8, 120))
