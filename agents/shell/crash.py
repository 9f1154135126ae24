"""Crash points: named places between every two effects of the shell, at which a fault test ends the process.

    TRIGGERPOINT_TEST_FAULTS=1 TRIGGERPOINT_CRASH_AT=identify.before_commit:3:TERM triggerpoint worker

Each place calls what it was given with its name; outside of tests that does nothing.
"""

import os
import signal
from collections.abc import Callable

from schemas.errors import SettingsError

Reach = Callable[[str], None]
"""Told of each crash point as it is reached."""

TRANSACTION_POINTS = ("after_handle", "after_begin", "after_send", "after_offsets", "before_commit", "after_commit")
"""Within the work of one batch: outputs known; transaction open; then, in whatever order the answers come, records
written and offsets in it; both; committed, but not yet in memory."""

OPEN_POINTS = ("after_fence", "in_recovery", "after_recovery")
ARCHIVE_POINTS = ("before_insert", "after_insert", "after_offsets_committed")
GROUP_POINTS = ("after_fetch", "at_revoke", "after_revoke", "at_assign")
POINTS = (*GROUP_POINTS, *OPEN_POINTS, *TRANSACTION_POINTS, "after_memory", *ARCHIVE_POINTS)
SIGNALS = ("KILL", "TERM", "STOP")


def pass_by(point: str) -> None:
    """What production does at a crash point."""


class CrashPoint:
    """Sends this process a signal when a point is reached for the n-th time.

    Args:
        text: `[<stage>.]<point>[:<n>][:KILL|TERM|STOP]`; without a stage any counts, n is 1 and the signal KILL if not
            given.

    Raises:
        SettingsError: the text names no point, count or signal.
    """

    def __init__(self, text: str) -> None:
        place, *rest = text.split(":")
        self._stage, _, self._point = place.rpartition(".")
        counts = [part for part in rest if part.isdigit() and int(part) > 0]
        signals = [part for part in rest if part in SIGNALS]
        if self._point not in POINTS or len(counts) + len(signals) < len(rest) or max(len(counts), len(signals)) > 1:
            raise SettingsError(
                f"TRIGGERPOINT_CRASH_AT {text!r} is not [<stage>.]<point>[:<n>][:{'|'.join(SIGNALS)}].",
                f"Points are: {', '.join(POINTS)}.",
            )
        self._left = int(counts[0]) if counts else 1
        self._signal = signal.Signals[f"SIG{signals[0] if signals else 'KILL'}"]

    def of(self, stage: str) -> Reach:
        """What a stage's places call."""
        if self._stage not in ("", stage):
            return pass_by
        return self._reach

    def _reach(self, point: str) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), self._signal)
