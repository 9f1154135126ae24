"""The line's watermark: everything the broker had received before it has passed ingest, identify and advance.

Timers fire by it and not by the clock alone: after an outage, or while one partition lags, "nothing happened for three
days" may only be said once everything that happened in those days has been seen. It is a barrier that walks down the
line by offsets: note where the raw topics end; when ingest has committed so far, note where its outputs end; and so on.
"""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka.errors import KafkaError

from agents.clock import Clock
from agents.metrics import Metrics
from agents.observe.lag import LagMeter

LINE: Sequence[str] = ("ingest", "identify", "identify", "identify", "identify", "advance")
"""Identify four times: what it learns from events comes back to it as facts; a mailbox passes them on to its user, the
user to the visitors it was seen as, and each releases what waited. Unlinks go round further, and set no timer off."""

BEHIND: Sequence[str] = ("dispatch", "handover")
"""Dispatch reads what the line ends in, handover what dispatch sends, and the answers. Their clocks fire by moments of
their own, each after the one before: timers of journeys do not wait for them."""

EVERY_SECONDS = 0.5

log = structlog.get_logger()


class Watermark:
    """Follows the line's watermark.

    Args:
        meter: asks the broker; used by nobody else.
        clock: the pipeline's time.
        metrics: shows how far the watermark is behind the clock.
    """

    def __init__(self, meter: LagMeter, clock: Clock, metrics: Metrics) -> None:
        self._meter, self._clock = meter, clock
        self._now_ms = 0
        self._behind_ms = dict.fromkeys(BEHIND, 0)
        self._last_leg: asyncio.Task[None] | None = None
        metrics.watermark_age.set_function(lambda: clock.seconds_since(self._now_ms) if self._now_ms else 0.0)

    def now_ms(self, stage: str = "") -> int:
        """The watermark of a stage in the pipeline's time, ms since 1970; 0 while it is not known."""
        return self._behind_ms.get(stage, self._now_ms)

    async def follow(self) -> None:
        """Keep it up to date, until cancelled."""
        try:
            while True:
                try:
                    began_ms = self._clock.now_ms()
                    for stage in LINE:
                        await self._meter.passed(stage)
                    self._now_ms = began_ms
                    if self._last_leg is None or self._last_leg.done():
                        self._last_leg = asyncio.create_task(self._pass_behind(began_ms), name="watermark behind")
                except KafkaError as error:
                    log.warning("watermark_waits", error=repr(error))
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            if self._last_leg is not None:
                self._last_leg.cancel()
                await asyncio.gather(self._last_leg, return_exceptions=True)

    async def _pass_behind(self, began_ms: int) -> None:
        try:
            for stage in BEHIND:
                await self._meter.passed(stage)
                self._behind_ms[stage] = began_ms
        except KafkaError as error:
            log.warning("watermark_waits", error=repr(error))
