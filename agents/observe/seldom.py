"""Third parties' lines, each seldom: a client that reaches no broker says so hundreds of times a second, for as long as
the outage lasts."""

import logging
import time
from collections.abc import Callable

EVERY_SECONDS = 10.0
TEXTS_MAX = 1000
"""Kept in mind; some libraries put what differs into the text itself."""

ALL_FILLED_IN = ("%s", "%r")


class Seldom(logging.Filter):
    """Lets the same text of the same logger through once in a while; how often it came in between, its next line says.

    Args:
        every_seconds: once in so long.
        now: seconds of a clock that never goes back.
    """

    def __init__(self, every_seconds: float = EVERY_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._every_seconds, self._now = every_seconds, now
        self._said: dict[tuple[str, int, str, type[BaseException] | None], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is to be shown. Lines are the same that differ only in what is filled in, unless that is all
        of it, and in the kind of exception."""
        text, kind = str(record.msg), record.exc_info[0] if record.exc_info else None
        if text in ALL_FILLED_IN:
            text = str(record.args)
        key, now = (record.name, record.levelno, text, kind), self._now()
        said, more = self._said.pop(key, (now - self._every_seconds, 0))
        shown = now - said >= self._every_seconds
        self._said[key] = (now, 0) if shown else (said, more + 1)
        if len(self._said) > TEXTS_MAX:
            del self._said[next(iter(self._said))]
        if shown and more:
            record.msg = f"{record.msg} (and {more} more like it before)"
        return shown
