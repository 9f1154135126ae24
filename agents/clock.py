"""The clock of the pipeline: the only place that asks what time it is."""

import sys
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Maps real time to the pipeline's time, both ms since 1970."""

    def now_ms(self) -> int:
        """The pipeline's time now."""
        ...

    def at_ms(self, real_ms: int) -> int:
        """The pipeline's time at a real moment, e.g. a broker's record timestamp."""
        ...

    def seconds_since(self, pipeline_ms: int) -> float:
        """Real seconds that have passed since a moment of the pipeline's time; never negative."""
        ...

    def seconds_between(self, from_ms: int, until_ms: int) -> float:
        """Real seconds between two moments of the pipeline's time; never negative."""
        ...


class SystemClock:
    """The pipeline's time is real time."""

    def now_ms(self) -> int:
        """Now."""
        return time.time_ns() // 1_000_000

    def at_ms(self, real_ms: int) -> int:
        """The same moment."""
        return real_ms

    def seconds_since(self, pipeline_ms: int) -> float:
        """Seconds since."""
        return self.seconds_between(pipeline_ms, self.now_ms())

    def seconds_between(self, from_ms: int, until_ms: int) -> float:
        """Seconds between."""
        return max(0.0, (until_ms - from_ms) / 1000)


@dataclass(frozen=True)
class ReplayClock:
    """History played at a speed: the pipeline's time starts in the past and runs faster, until it reaches real time.

    Args:
        real_ms: real time at which the replay starts.
        pipeline_ms: the pipeline's time at that moment.
        speed: seconds of the pipeline per real second.
        stops_ms: real time at which the replay stands still, so that what is left can be worked off and nothing new
            becomes due.
    """

    real_ms: int
    pipeline_ms: int
    speed: float
    stops_ms: int = sys.maxsize

    def now_ms(self) -> int:
        """The pipeline's time now."""
        return self.at_ms(time.time_ns() // 1_000_000)

    def at_ms(self, real_ms: int) -> int:
        """The pipeline's time at a real moment; never after it."""
        real_ms = min(real_ms, self.stops_ms)
        return min(real_ms, self.pipeline_ms + int((real_ms - self.real_ms) * self.speed))

    def seconds_since(self, pipeline_ms: int) -> float:
        """Real seconds since."""
        return self.seconds_between(pipeline_ms, self.now_ms())

    def seconds_between(self, from_ms: int, until_ms: int) -> float:
        """Real seconds between."""
        return max(0.0, (until_ms - from_ms) / 1000 / self.speed)


def clock_of(setting: str) -> Clock:
    """The clock a setting names: `system`, or `replay:<real ms>:<pipeline ms>:<speed>[:<real ms of its end>]`."""
    if setting == "system":
        return SystemClock()
    _, real_ms, pipeline_ms, speed, *stops_ms = setting.split(":")
    return ReplayClock(int(real_ms), int(pipeline_ms), float(speed), *map(int, stops_ms))
