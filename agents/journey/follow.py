"""The journey that counts, kept in memory from the compacted topic `intent.journeys.v1`; an activation counts at once.

A text that is no journey is passed over and said: the last good one goes on.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from agents.clock import Clock
from agents.connection import connection_options
from agents.journey.past import activation_of
from agents.journey.publish import seed
from agents.metrics import Metrics
from agents.settings import Settings
from agents.shell.follow import Follower
from pipeline.handover.hours import Hours, always
from pipeline.journeyfile.read import read_rules
from pipeline.rules.live import Live
from pipeline.rules.model import Rules
from schemas.authored.activation import Activation
from schemas.topics import JOURNEYS

FAULTS_SHOWN_MAX = 5

log = structlog.get_logger()


class JourneyFollower:
    """See the module's text.

    Args:
        options: how to reach the broker.
        topic: name of the journeys topic.
        partitions: how many it has.
        own: counts until something is active.
        clock, metrics: as everywhere.
        on_switch: told of each journey that comes to count.
        hours: when owners of accounts work.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        topic: str,
        partitions: int,
        own: Rules,
        clock: Clock,
        metrics: Metrics,
        on_switch: Callable[[Rules], None],
        hours: Hours = always,
    ) -> None:
        self._clock, self._metrics, self._on_switch, self._hours = clock, metrics, on_switch, hours
        self._current, self._number = Live(own.in_hours(hours)), 0
        self._follower = Follower("journeys", options, topic, partitions, self.take)

    def current(self) -> Live:
        """The journey as it is now."""
        return self._current

    @property
    def number(self) -> int:
        """Number of the activation that counts; 0 while none does."""
        return self._number

    async def start(self) -> None:
        """Read what is there, then follow. Returns when everything activated so far is known."""
        await self._follower.start()

    def on_end(self, callback: Callable[[asyncio.Task[None]], None]) -> None:
        """Call this when following ends, however it ends."""
        self._follower.on_end(callback)

    async def stop(self) -> None:
        """Stop following."""
        await self._follower.stop()

    def take(self, records: Sequence[Any]) -> None:
        """Take records of the topic, in any order: the newest good one counts."""
        given = []
        for record in records:
            activation = activation_of(record)
            if activation is None:
                self._refuse(record, "it is no activation", "")
            elif activation.number > self._number:
                given.append((activation, record))
        for activation, record in sorted(given, key=lambda pair: -pair[0].number):
            reading = read_rules(activation.text)
            if reading.rules is not None:
                self._switch(activation, Live(reading.rules.in_hours(self._hours), self._clock.at_ms(record.timestamp)))
                return
            faults = [fault.at(activation.name) for fault in reading.faults[:FAULTS_SHOWN_MAX]]
            self._refuse(record, "; ".join(faults), activation.rule_version)

    def _switch(self, activation: Activation, live: Live) -> None:
        self._current, self._number = live, activation.number
        self._metrics.journey_number.set(activation.number)
        log.info(
            "journey_switched",
            name=live.rules.name,
            version=live.rules.version,
            number=activation.number,
            by=activation.activated_by,
        )
        if live.rules.version != activation.rule_version:  # written by another version of this product
            log.warning(
                "journey_reads_differently",
                published_as=activation.rule_version,
                reads_as=live.rules.version,
                then="activate it once more, so that its version can be looked up",
            )
        self._on_switch(live.rules)

    def _refuse(self, record: Any, problem: str, version: str) -> None:
        self._metrics.journey_errors.inc()
        log.error(
            "journey_refused",
            where=f"{record.topic}:{record.partition}:{record.offset}",
            version=version,
            problem=problem,
            kept=self._current.rules.version,
        )


async def follow_journeys(
    settings: Settings,
    own: tuple[str, Rules],
    seeding: bool,
    partitions: Mapping[str, int],
    clock: Clock,
    metrics: Metrics,
    on_switch: Callable[[Rules], None],
    hours: Hours,
) -> JourneyFollower:
    """A started follower.

    Args:
        own: text and rules of this worker's own journey.
        seeding: whether it becomes the active one where none is.
        partitions: topic name -> partitions.
        hours: when owners of accounts work.
    """
    text, rules = own
    file, topic = str(settings.journey_file or "as shipped"), settings.topics.name(JOURNEYS)
    if seeding:
        await seed(settings, text, file)
    options = connection_options(settings)
    journeys = JourneyFollower(options, topic, partitions[topic], rules, clock, metrics, on_switch, hours)
    await journeys.start()
    active = journeys.current().rules
    log.info("journey", name=active.name, version=active.version, activation=journeys.number, file=file)
    if settings.journey_file is not None and rules.version != active.version:
        mend = f"triggerpoint journey activate {file}"
        log.warning("journey_file_does_not_count", file=file, active=active.version, mend=mend)
    return journeys
