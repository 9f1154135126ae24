"""Notices a worker that stands still: records wait in a partition it owns, and nothing of it is committed for long.

A consumer can hang without an error (after a broker's restart, say); its heartbeat goes on, so no other worker takes
over. What waits for a known reason does not stand still: a far end that is away, a state that is being read back, a
broker that does not answer.
"""

import time
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from aiokafka import TopicPartition

from agents.observe.lag import Stand
from schemas.errors import StalledError

LOOKS_APART_SECONDS_MAX = 20.0
"""After a longer pause between two looks (the broker did not answer, the process was stopped) the clock begins anew."""


@dataclass(frozen=True)
class Owned:
    """What the worker has of a stage.

    Args:
        partitions: those it works on.
        excused: whether it waits for something it knows of.
        recovered: changelog records it has read back so far.
    """

    partitions: Set[TopicPartition]
    excused: bool
    recovered: float


@dataclass(frozen=True)
class _Mark:
    """Where a partition stood when it last moved."""

    committed: int
    recovered: float
    since: float


class Watchdog:
    """See the module's text.

    Args:
        stall_seconds: how long a partition with records may stand still.
        owned: stage -> what the worker has of it.
        monotonic: seconds; only differences count.
    """

    def __init__(
        self, stall_seconds: float, owned: Callable[[str], Owned], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._stall_seconds, self._owned, self._monotonic = stall_seconds, owned, monotonic
        self._marks: dict[tuple[str, TopicPartition], _Mark] = {}
        self._looked: dict[str, float] = {}

    def look(self, stage: str, stands: Mapping[TopicPartition, Stand]) -> float:
        """Take a measurement in; the longest standstill of the stage's partitions, seconds.

        Args:
            stage: name of the stage.
            stands: how each input partition of it stands.

        Raises:
            StalledError: a partition of this worker stands still.
        """
        now, owned = self._monotonic(), self._owned(stage)
        paused = now - self._looked.get(stage, now) > LOOKS_APART_SECONDS_MAX
        self._looked[stage] = now
        longest = 0.0
        for tp, stand in stands.items():
            key, mark = (stage, tp), self._marks.get((stage, tp))
            standing = (
                mark is not None
                and not (paused or owned.excused)
                and tp in owned.partitions
                and stand.lag > 0
                and (mark.committed, mark.recovered) == (stand.committed, owned.recovered)
            )
            if not standing or mark is None:
                self._marks[key] = _Mark(stand.committed, owned.recovered, now)
                continue
            still = now - mark.since
            longest = max(longest, still)
            if still > self._stall_seconds:
                raise StalledError(
                    f"Stage {stage} has committed nothing of {tp.topic}:{tp.partition} for {still:.0f} s, and "
                    f"{stand.lag} records wait there.",
                    "The worker ends; run it as `triggerpoint worker --supervised`, or under a supervisor of your own, "
                    "to have it started anew.",
                )
        return longest
