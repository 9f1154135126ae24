"""`make faults`: every fault on the real line; ends with 1 unless nothing is missing, extra or different."""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agents.observe import logs
from deploy.faults.ground import end
from deploy.faults.run import Harness, Plan, figures_of, side_by_side
from deploy.faults.scene import Outcome
from deploy.local import ports, stack
from deploy.local.process import end_on_sigterm

AT_ONCE = 2

WIDTH = 150

console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else WIDTH)


async def _run(plan: Plan, addresses: stack.StackAddresses, broken_only: bool) -> tuple[list[Outcome], Outcome | None]:
    began = time.monotonic()

    def tell(text: str) -> None:
        console.print(f"[{time.monotonic() - began:6.1f} s] {text}", markup=False)

    harness = Harness(plan, addresses, tell)
    if broken_only:
        return [], await harness.run_split()
    if plan.quick and not plan.only:
        *outcomes, split = await asyncio.gather(*map(harness.run, plan.chosen()), harness.run_split())
        return outcomes, split
    outcomes = await side_by_side(harness, plan.chosen(), AT_ONCE)
    return outcomes, None if plan.only else await harness.run_split()


def _table(outcomes: list[Outcome], split: Outcome | None) -> Table:
    table = Table("fault", "runs", "records", "missing", "extra", "different", "recovery p50 / max", "RSS", "time")
    for outcome in (*outcomes, *([split] if split else [])):
        figures = outcome.figures()
        p50, most = figures["recovery_seconds_p50"], figures["recovery_seconds_max"]
        table.add_row(
            outcome.fault + _mark(outcome, split),
            str(outcome.runs),
            f"{outcome.verdict.records:,}",
            str(outcome.verdict.missing),
            str(outcome.verdict.extra),
            str(outcome.verdict.different),
            f"{p50} / {most} s" if p50 is not None else "",
            f"{outcome.rss_mib:.0f} MiB",
            f"{outcome.seconds:.0f} s",
        )
    return table


def _mark(outcome: Outcome, split: Outcome | None) -> str:
    if outcome.left_out:
        return "  LEFT OUT"
    return "" if outcome.right or outcome is split else "  WRONG"


def main() -> int:
    """Run as asked on the command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--only", default="", help="parts of names of faults, by comma")
    parser.add_argument("--break", dest="broken", action="store_true", help="only the workers with a broken commit")
    parser.add_argument("--keep", action="store_true", help="leave logs and data of the run")
    given = parser.parse_args()
    logs.set_up("error")
    end_on_sigterm()  # broker, engine and workers end with it
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="triggerpoint-faults-"))
    only = tuple(part.strip() for part in given.only.split(",") if part.strip())
    plan = Plan(given.seed, given.quick, only, folder)
    console.print(f"seed {given.seed}; logs in {folder}")
    try:
        addresses = stack.up(
            folder,
            console=console,
            kafka_port=ports.choose_port("Kafka", asked=None, wishes=()),
            clickhouse_port=ports.choose_port("ClickHouse", asked=None, wishes=()),
        )
        outcomes, split = asyncio.run(_run(plan, addresses, given.broken))
    finally:
        end(folder)
        if not given.keep:
            stack.wipe(folder)
    console.print(_table(outcomes, split))
    for outcome in outcomes:
        if outcome.left_out:
            console.print(f"{outcome.fault}: left out, {outcome.left_out}", markup=False)
        for text in (*outcome.broken, *outcome.verdict.faults):
            console.print(f"{outcome.fault}: {text}", markup=False)
    figures = figures_of(outcomes, split, given.seed, time.monotonic() - began)
    right = all(outcome.right for outcome in outcomes)
    if split is not None and not given.broken and split.verdict.right:
        right = False
        console.print("What a broken commit does was not seen: this run proves nothing.")
    if given.broken and split is not None:
        right = split.verdict.right
        figures |= figures["split_commit"]
        for text in split.verdict.faults:
            console.print(f"{split.fault}: {text}", markup=False)
    if right and not given.keep:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))  # noqa: T201 - the last line is for scripts
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
