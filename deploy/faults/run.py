"""Faults one after the other, each on an installation of its own, and what came of them."""

import asyncio
import random
import statistics
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.faults.ground import Ground, stack_on, why_no_disk
from deploy.faults.kinds import FAULTS
from deploy.faults.line import Installation, Market, died
from deploy.faults.scene import Fault, Outcome, Scene, Tell
from deploy.faults.verdict import Verdict
from deploy.local.stack import StackAddresses

QUICK_MARKET = Market(seed=0, companies=10, days=90, days_per_second=4.0)
FULL_MARKET = Market(seed=0, companies=60, days=540, days_per_second=1.0)
QUICK_SPLIT_POINTS = ("ingest.after_commit:1",)  # the second may be the same lane's offsets: then nothing is doubled
SPLIT_POINTS = ("ingest.after_commit:1", "ingest.after_commit:9", "advance.after_commit:5")


@dataclass(frozen=True)
class Plan:
    """What to run.

    Args:
        seed: chance and market follow from it.
        quick: only what is over within a minute.
        only: parts of names of faults; all if empty.
        split_commit: run the broken workers instead.
        stack_dir: the stack's folder; logs lie below it.
    """

    seed: int
    quick: bool
    only: tuple[str, ...]
    stack_dir: Path

    def chosen(self) -> Sequence[Fault]:
        """The faults."""
        if self.only:
            return [fault for fault in FAULTS if any(part.lower() in fault.name.lower() for part in self.only)]
        return [fault for fault in FAULTS if fault.quick or not self.quick]


class Harness:
    """Runs faults.

    Args:
        plan: which.
        addresses: broker and engine.
        tell: hears what is being done.
    """

    def __init__(self, plan: Plan, addresses: StackAddresses, tell: Tell) -> None:
        self._plan, self._tell = plan, tell
        self._ground = Ground(addresses, plan.stack_dir)
        self._stamp = int(time.time())

    async def run(self, fault: Fault) -> Outcome:
        """One fault, from an empty installation to the verdict."""
        if not fault.small_disk:
            return await self._run_on(self._ground, fault)
        disk = self._plan.stack_dir / "disk"
        if why := await asyncio.to_thread(why_no_disk, disk):
            self._tell(f"{fault.name}: left out, {why}")
            return Outcome(fault.name, 0, Verdict(), (), 0.0, (), (), 0.0, why)
        async with stack_on(disk) as ground:
            return await self._run_on(ground, fault)

    async def _run_on(self, ground: Ground, fault: Fault) -> Outcome:
        began, number = time.monotonic(), FAULTS.index(fault)
        luck = random.Random(f"{self._plan.seed} {fault.name}")  # noqa: S311 - chance that can be had again
        line = self._installation(ground, f"f{self._stamp}n{number}", number, dict(fault.given))
        scene = Scene(line, luck, self._plan.quick, lambda text: self._tell(f"{fault.name}: {text}"))
        verdict = Verdict()
        try:
            await line.open()
            await fault.inject(scene)
            if line.spoilt:
                scene.notes.append("not compared: the fault leaves nothing that the oracle could work")
            scene.tell("traffic ends; working off and comparing with the oracle")
            verdict = await line.finish()
        except Exception as error:  # noqa: BLE001 - the other faults still count
            scene.broken.append(f"{type(error).__name__}: {error}")
            scene.tell("".join(traceback.format_exception(error)))
        finally:
            await line.close()
        for text in verdict.faults:
            scene.tell(f"WRONG: {text}")
        if verdict.right and not scene.broken:
            scene.tell(f"right: {verdict.records:,} records compared")
        seconds = time.monotonic() - began
        return Outcome(
            fault.name,
            scene.runs,
            verdict,
            tuple(scene.recoveries),
            line.rss_mib,
            tuple(scene.broken),
            tuple(scene.notes),
            seconds,
        )

    async def run_split(self) -> Outcome:
        """Workers that commit outputs and offsets apart, ended between the two: the oracle must see it."""
        began = time.monotonic()
        line = self._installation(self._ground, f"f{self._stamp}split", len(FAULTS), {}, split_commit=True)
        name = "outputs and offsets committed apart"
        try:
            await line.open()
            points = QUICK_SPLIT_POINTS if self._plan.quick else SPLIT_POINTS
            for point in points:
                self._tell(f"{name}: a worker ends at {point}")
                await died(await line.start(crash_at=point, ready=False))
            await line.feeder.stop()  # what lies there is enough
            await line.start(ready=False)
            verdict = await line.finish()
        finally:
            await line.close()
        seconds = time.monotonic() - began
        return Outcome(name, len(points), verdict, (), line.rss_mib, (), tuple(verdict.faults), seconds)

    def _installation(
        self, ground: Ground, name: str, number: int, given: dict[str, str], *, split_commit: bool = False
    ) -> Installation:
        shape = QUICK_MARKET if self._plan.quick else FULL_MARKET
        market = Market(self._plan.seed * 100 + number, shape.companies, shape.days, shape.days_per_second)
        return Installation(
            ground.addresses,
            ground.folder,
            self._plan.stack_dir / "lines",
            name,
            market,
            split_commit=split_commit,
            given=given,
        )


def figures_of(outcomes: Sequence[Outcome], split: Outcome | None, seed: int, seconds: float) -> dict[str, Any]:
    """The last line: sums over all faults, and each fault's own."""
    recoveries = sorted(value for outcome in outcomes for value in outcome.recoveries)
    figures: dict[str, Any] = {
        "runs": sum(outcome.runs for outcome in outcomes),
        "records": sum(outcome.verdict.records for outcome in outcomes),
        "missing": sum(outcome.verdict.missing for outcome in outcomes),
        "extra": sum(outcome.verdict.extra for outcome in outcomes),
        "different": sum(outcome.verdict.different for outcome in outcomes),
        "broken": sum(len(outcome.broken) for outcome in outcomes),
        "recovery_seconds_p50": round(statistics.median(recoveries), 2) if recoveries else None,
        "recovery_seconds_max": round(recoveries[-1], 2) if recoveries else None,
        "largest_rss_mib": round(max((outcome.rss_mib for outcome in outcomes), default=0.0), 1),
        "seed": seed,
        "seconds": round(seconds, 1),
        "faults": {outcome.fault: outcome.figures() for outcome in outcomes if not outcome.left_out},
        "left_out": {outcome.fault: outcome.left_out for outcome in outcomes if outcome.left_out},
    }
    if split is not None:
        figures["split_commit"] = {
            name: split.figures()[name] for name in ("runs", "records", "missing", "extra", "different")
        }
    return figures


async def side_by_side(harness: Harness, faults: Sequence[Fault], most: int) -> list[Outcome]:
    """Faults that leave the stack alone, a few at a time, and then the others one by one."""
    slots = asyncio.Semaphore(most)

    async def one(fault: Fault) -> Outcome:
        async with slots:
            return await harness.run(fault)

    calm = await asyncio.gather(*(one(fault) for fault in faults if not fault.alone))
    return [*calm, *[await harness.run(fault) for fault in faults if fault.alone]]
