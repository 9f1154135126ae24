"""When each message may go: a set number a second, or simulated time at a set speed, or at once."""

import time
from collections.abc import Callable


class Pacer:
    """Tells how long a message has to wait.

    Args:
        rate: messages a second at most; None for no limit.
        speed: simulated seconds a real second; None for no limit.
        start_ms: simulated time that stands at the start, ms since 1970.
        clock: real time in seconds; only differences count.
        lead: real seconds since the simulated start when the pacer is made; negative while it is still to come.
    """

    def __init__(
        self,
        rate: float | None,
        speed: float | None,
        start_ms: int,
        clock: Callable[[], float] = time.monotonic,
        lead: float = 0.0,
    ) -> None:
        if (rate is not None and rate <= 0) or (speed is not None and speed <= 0):
            raise ValueError("rate and speed must be positive; leave them out for as fast as possible")
        self._rate = rate
        self._speed = speed
        self._start_ms = start_ms
        self._clock = clock
        self._began = clock()
        self._lead = lead

    @property
    def unlimited(self) -> bool:
        """Whether nothing ever waits."""
        return self._rate is None and self._speed is None

    def wait(self, ordinal: int, sent_ms: int) -> float:
        """Seconds until the message may go; 0 if it is due.

        Args:
            ordinal: its number, from 0.
            sent_ms: its simulated sending time.
        """
        if self.unlimited:
            return 0.0
        due = 0.0
        if self._rate:
            due = ordinal / self._rate
        if self._speed:
            due = max(due, (sent_ms - self._start_ms) / 1000 / self._speed - self._lead)
        return max(0.0, due - (self._clock() - self._began))
