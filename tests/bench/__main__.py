"""Race, measure, print. Exit code 0 also when a goal is missed: a bench tells, it does not judge."""

import argparse
import asyncio
import logging
import signal
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from aiokafka.errors import KafkaError
from rich.console import Console

from schemas.errors import TriggerpointError
from tests.bench import latency, report
from tests.bench.classic import load as classic_load
from tests.bench.classic.race import ACCOUNTS, Classic, classes, why_no_streams
from tests.bench.figures import growth
from tests.bench.figures.engine import engine
from tests.bench.figures.memory import memory
from tests.bench.figures.plot import Plot, write_page
from tests.bench.line.race import WholeLine
from tests.bench.race import BenchError, Lap
from tests.bench.surroundings import RIVALS, Bench, surroundings

SAME_WORK = 0.7
"""Classic job: share of our outputs a rival must have; ours count the markers of transactions, too."""

SAME_OUTCOME = 0.98
"""Whole line: what stands at the end must be what the plain loop says on the same records, but for timers, which only
ours fires."""

console = Console(stderr=False, soft_wrap=True)


async def in_turn(
    title: str, who: Sequence[str], rounds: int, lap: Callable[[str], Awaitable[Lap]]
) -> dict[str, list[Lap]]:
    """A B A B …; who fails is named and left out of the rest."""
    laps: dict[str, list[Lap]] = {name: [] for name in who}
    out: set[str] = set()
    for turn in range(rounds):
        for name in who:
            if name in out:
                continue
            try:
                found = await lap(name)
            except (BenchError, KafkaError, TimeoutError) as error:
                console.print(f"{title}: {name} left out: {error!r}", markup=False)
                out.add(name)
                continue
            if why := why_not_the_same(found, laps[who[0]]):
                console.print(f"{title}: {name} left out: {why}", markup=False)
                out.add(name)
                continue
            laps[name].append(found)
            cpu = found.cpu_seconds_per_million
            same = "" if found.agreement is None else f", {found.agreement:.1%} the same outcome: {found.standing}"
            console.print(
                f"{title} {turn + 1}/{rounds}: {name:9} {found.rate:10,.0f} records/s {cpu:10,.1f} CPU-s/million{same}",
                markup=False,
            )
    return laps


def why_not_the_same(found: Lap, ours: Sequence[Lap]) -> str:
    """Why a lap may not be compared, since it is not the same work; '' if it may."""
    if found.agreement is not None:
        agrees = found.agreement >= SAME_OUTCOME
        return "" if agrees else f"only {found.agreement:.1%} of what stands at its end is the plain loop's"
    less = found.outputs and any(found.outputs < SAME_WORK * lap.outputs for lap in ours)
    return f"{found.outputs:.2f} outputs a record, ours has more" if less else ""


QUICK_RECORDS = 100_000
"""Of the classic job."""

Ahead = Future[list[classic_load.Part]]


def begin(pool: ThreadPoolExecutor) -> Ahead:
    """Make the classic job's input, and have its Java source compiled, while the broker starts."""
    if not why_no_streams():
        pool.submit(classes)
    return pool.submit(lambda: list(classic_load.records(QUICK_RECORDS, ACCOUNTS)))


async def classic(bench: Bench, quick: bool, ahead: Ahead | None) -> dict[str, Any]:
    """The classic job."""
    job = Classic(bench, QUICK_RECORDS if quick else 600_000)
    await job.prepare(streams=True, made=ahead.result() if ahead else None)
    who = ["ours", "quix"]
    if why := why_no_streams():
        console.print(why)
    else:
        who.append("kstreams")
    laps = await in_turn("classic job", who, 1 if quick else 5, job.lap)
    report.show_laps(console, "classic job: decode, sum per key, state with changelog, one output per input", laps)
    ours = laps["ours"]
    return {
        "classic_vs_quix": report.ratio_of(ours, laps["quix"]),
        "classic_vs_kstreams": report.ratio_of(ours, laps.get("kstreams", [])),
        "classic_cpu_vs_quix": report.cpu_ratio_of(ours, laps["quix"]),
        "classic_cpu_vs_kstreams": report.cpu_ratio_of(ours, laps.get("kstreams", [])),
        "classic_records_per_second": round(median(lap.rate for lap in ours)) if ours else None,
    }


async def line(bench: Bench, quick: bool, ahead: Ahead | None) -> dict[str, Any]:
    """The whole line, and its latency at half of the median speed of its laps, or of the plain loop's."""
    shares = dict.fromkeys(("faust", "quix"), 0.15 if quick else 0.5)
    whole = WholeLine(bench, 4_000 if quick else 40_000, shares=shares)
    # the plain loop first: what stands at its end is what the others' is held against
    who, rounds = ("plain", "ours", "quix", "faust"), 1 if quick else 3
    laps = await in_turn("whole line", who, rounds, whole.lap)
    report.show_laps(console, "whole line: raw events to alerts, without the archive", laps)
    ours = laps["ours"]
    figures: dict[str, Any] = {
        "vs_faust": report.ratio_of(ours, laps["faust"]),
        "vs_quix": report.ratio_of(ours, laps["quix"]),
        "vs_ceiling": report.ratio_of(ours, laps["plain"]),
        "cpu_vs_faust": report.cpu_ratio_of(ours, laps["faust"]),
        "cpu_vs_quix": report.cpu_ratio_of(ours, laps["quix"]),
        "cpu_vs_ceiling": report.cpu_ratio_of(ours, laps["plain"]),
    }
    if laps["plain"]:
        figures["stage_cpu_seconds_per_million"] = laps["plain"][-1].stages
    if ours:
        speed = median(lap.rate for lap in ours)
        figures["line_records_per_second"] = round(speed)
        figures["line_cpu_seconds_per_million"] = round(median(lap.cpu_seconds_per_million for lap in ours), 1)
        # one lap in a moment in which the machine was fast is no load to bear
        able = min(speed, median(lap.rate for lap in laps["plain"])) if laps["plain"] else speed
        found = await half_load(bench, able / 2, quick)
        figures |= {name: round(value, 1) for name, value in asdict(found).items()}
        figures["p99_ratio"] = round(found.p99_ratio, 2)
    return figures


async def half_load(bench: Bench, rate: float, quick: bool) -> latency.Latency:
    """The lap whose ratio is the median of the laps: a p99 is made by the six slowest probes of a lap, the broker's as
    well."""
    laps: list[latency.Latency] = []
    for _ in range(1 if quick else 3):
        found = await latency.measure(bench, rate, 2 if quick else 30)
        console.print(
            f"produce to alert at {found.rate:,.0f} records/s: p50 {found.p50_ms:.0f} ms, p99 {found.p99_ms:.0f} ms, "
            f"max {found.max_ms:.0f} ms ({found.heard} of {found.probes} probes); the broker's own: "
            f"p50 {found.broker_p50_ms:.1f} ms, p99 {found.broker_p99_ms:.1f} ms; {found.p99_ratio:.1f} x"
        )
        laps.append(found)
    return sorted(laps, key=lambda lap: lap.p99_ratio)[len(laps) // 2]


PARTS: dict[str, Callable[[Bench, bool, Ahead | None], Awaitable[dict[str, Any]]]] = {"classic": classic, "line": line}
FIGURES: dict[str, Callable[[Bench, bool], Awaitable[growth.Found]]] = {
    "events": growth.events,
    "accounts": growth.accounts,
    "partitions": growth.partitions,
    "workers": growth.workers,
    "memory": memory,
    "startup": growth.startup,
    "engine": engine,
}
PAGE = Path("bench") / "report.html"


async def draw(bench: Bench, chosen: Sequence[str], quick: bool) -> dict[str, Any]:
    """The chosen figures, and their page."""
    figures: dict[str, Any] = {}
    plots: list[Plot] = []
    for name in chosen:
        console.print(f"figures: {name} ...")
        try:
            found, drawn = await FIGURES[name](bench, quick)
        except (BenchError, KafkaError, TriggerpointError, TimeoutError) as error:
            console.print(f"{name} left out: {error}", markup=False)
            continue
        console.print(f"{name}: {dict(found)}", markup=False)
        figures |= found
        plots += drawn
        write_page(PAGE, plots, report.machine() | figures)  # after each: a run may be ended before it is through
    console.print(f"plots: {PAGE.absolute()}")
    return figures


async def main(chosen: Sequence[str], figures_of: Sequence[str], quick: bool) -> None:
    """Run the chosen parts on a stack of their own."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # so that the stack is ended, too
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics just made have no leader for a moment
    figures: dict[str, Any] = {"quick": quick} | report.machine()
    console.print(f"machine: {figures}", markup=False)
    if not RIVALS.exists():
        console.print(f"{RIVALS} is missing: `make bench` makes it; quixstreams is left out")
    with (
        ThreadPoolExecutor() as pool,
        nullcontext(begin(pool) if quick and "classic" in chosen else None) as ahead,
        tempfile.TemporaryDirectory(prefix="triggerpoint-bench-", ignore_cleanup_errors=True) as folder,
        surroundings(Path(folder), bool(figures_of), quick) as bench,
    ):
        for name in chosen:
            try:
                figures |= await PARTS[name](bench, quick, ahead)
            except (BenchError, KafkaError, TriggerpointError, TimeoutError) as error:
                console.print(f"{name} left out: {error!r}", markup=False)
        if figures_of:
            figures |= await draw(bench, figures_of, quick)
    report.show_goals(console, figures)
    print(report.last_line(figures))  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small lap each, in about a minute")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts by comma, of {', '.join(PARTS)}")
    parser.add_argument(
        "--figures", default="", help=f"`all`, or parts by comma, of {', '.join(FIGURES)}; then no race"
    )
    given = parser.parse_args()
    wanted = list(FIGURES) if given.figures in ("1", "all") else [name for name in given.figures.split(",") if name]
    if unknown := [*({*given.only.split(",")} - set(PARTS)), *(set(wanted) - set(FIGURES))]:
        parser.error(f"there is no {', '.join(unknown)}")
    asyncio.run(main([] if wanted else given.only.split(","), wanted, given.quick))
