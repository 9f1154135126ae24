"""One fault on one installation: what is done to it, and what came of it."""

import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from deploy.demo.process import WorkerProcess
from deploy.faults.line import Installation, died
from deploy.faults.verdict import Verdict
from deploy.local.stack import StackAddresses

Tell = Callable[[str], None]


@dataclass
class Scene:
    """What a fault works with.

    Args:
        line: the installation.
        luck: seeded chance.
        quick: whether it must be over within seconds.
        tell: hears what is being done.
    """

    line: Installation
    luck: Random
    quick: bool
    tell: Tell
    runs: int = 0
    recoveries: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def recovered(self, runs: int = 1) -> None:
        """Count a run as done once all that lay before the line has passed it; notes how long that took."""
        seconds = await self.line.passed()
        self.runs += runs
        self.recoveries.append(seconds)
        self.tell(f"run {self.runs}: recovered after {seconds:.1f} s")

    def expect(self, holds: bool, text: str) -> None:
        """Note what must hold and does not."""
        if not holds:
            self.broken.append(text)
            self.tell(f"BROKEN: {text}")

    async def expect_end(self, worker: WorkerProcess, codes: tuple[int, ...], what: str) -> None:
        """A worker must end with one of these codes."""
        code = await died(worker)
        self.expect(code in codes, f"{what}: it ended with code {code}, not {' or '.join(map(str, codes))}")


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        name: as the report and `ONLY=` have it.
        inject: does it, any number of times.
        quick: whether `QUICK=1` has it, too.
        alone: whether it disturbs the whole stack, so that no other may run beside it.
        given: settings of the installation's workers.
        small_disk: whether it needs a stack of its own on a disk of its own, which is made by mounting.
    """

    name: str
    inject: Callable[[Scene], Awaitable[None]]
    quick: bool = False
    alone: bool = False
    given: tuple[tuple[str, str], ...] = ()
    small_disk: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a fault: the figures of the report; `left_out` says why it could not be done here."""

    fault: str
    runs: int
    verdict: Verdict
    recoveries: tuple[float, ...]
    rss_mib: float
    broken: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float
    left_out: str = ""

    @property
    def right(self) -> bool:
        """Whether everything is as it must be."""
        return self.verdict.right and not self.broken

    def figures(self) -> dict[str, Any]:
        """As the last line has them."""
        verdict = self.verdict
        return {
            "runs": self.runs,
            "records": verdict.records,
            "missing": verdict.missing,
            "extra": verdict.extra,
            "different": verdict.different,
            "broken": list(self.broken),
            "recovery_seconds_p50": _p50(self.recoveries),
            "recovery_seconds_max": _max(self.recoveries),
            "largest_rss_mib": round(self.rss_mib, 1),
            "notes": list(self.notes),
            "seconds": round(self.seconds, 1),
        }


def _p50(values: tuple[float, ...]) -> float | None:
    return round(statistics.median(values), 2) if values else None


def _max(values: tuple[float, ...]) -> float | None:
    return round(max(values), 2) if values else None


__all__ = ["Fault", "Outcome", "Scene", "StackAddresses", "Tell"]
