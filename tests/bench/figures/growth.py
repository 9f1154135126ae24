"""The line's and the classic job's cost as events, accounts, partitions and workers grow; recovery and start-up."""

import re
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from statistics import median
from typing import Any

import psutil

from agents.settings import Settings
from deploy.faults.recovery import fill, sample
from tests.bench.classic.race import Classic
from tests.bench.figures.plot import Plot
from tests.bench.line.race import QUIET_AFTER_SECONDS, WholeLine
from tests.bench.race import Lap, cpu_seconds, kill, stop
from tests.bench.surroundings import Bench

KNOWN_DAYS = 2.0
"""How long the accounts have been known that lie in the state beside those of the traffic, without their journals: a
million fits then."""

Found = tuple[Mapping[str, Any], list[Plot]]
_RECOVERED = re.compile(r'"records": (\d+).*?"seconds": ([\d.]+)|records=(\d+).*?seconds=([\d.]+)')


def slices(lap: Lap, count: int = 10) -> list[tuple[float, float]]:
    """CPU-seconds per million records in each stretch of a run, against records so far."""
    last, points = (0.0, 0.0), []
    for step in lap.steps:
        if step[0] - last[0] >= lap.steps[-1][0] / count:
            points.append((step[0], (step[1] - last[1]) / (step[0] - last[0]) * 1e6))
            last = step
    return points[1:]  # the first has the start-up in it


async def events(bench: Bench, quick: bool) -> Found:
    """Cost of an event in the course of a long run, and in runs of more and more events."""
    job = Classic(bench, 100_000 if quick else 10_000_000)
    await job.prepare()
    classic = slices(await job.lap("ours"))
    line = []
    for count in (3_000, 10_000) if quick else (10_000, 30_000, 100_000):
        lap = await WholeLine(bench, count).lap("ours")
        line.append((float(count), lap.cpu_seconds_per_million))
    plots = [
        Plot("classic job: cost in the course of a run", "records so far", "CPU-s per million", {"ours": classic}),
        Plot("whole line: cost by events", "records", "CPU-s per million", {"ours": line}, log_x=True),
    ]
    return {"events_classic_spread": spread(classic), "events_line_cost": dict(line)}, plots


def spread(points: list[tuple[float, float]]) -> float | None:
    """Largest distance from the median, as a share of it."""
    if not points:
        return None
    middle = median(y for _, y in points)
    return round(max(abs(y / middle - 1) for _, y in points), 3)


async def accounts(bench: Bench, quick: bool) -> Found:
    """Cost of an event and memory by the number of accounts: of the line, by those it holds in its state when the same
    traffic comes; of the classic job, by those the events are of."""
    samples = [[page for page in pages if not page[0]] for pages in sample(seed=1, days=KNOWN_DAYS)]
    whole, line = WholeLine(bench, 3_000 if quick else 20_000), []
    for count in (1_000, 10_000) if quick else (1_000, 10_000, 100_000, 1_000_000):
        lap = await _ready_first(whole, "accounts", before=partial(fill, accounts=count, samples=samples))
        line.append((float(count), lap.cpu_seconds_per_million))
    cost, memory = [], []
    for count in (1_000, 10_000) if quick else (1_000, 10_000, 100_000, 1_000_000):
        job = Classic(bench, 100_000 if quick else max(400_000, count), count)
        await job.prepare()
        lap = await job.lap("ours")
        cost.append((float(count), lap.cpu_seconds_per_million))
        memory.append((float(count), lap.rss_mib))
    (few, small), (many, large) = memory[0], memory[-1]
    figures = {
        "accounts_line_cost": dict(line),
        "accounts_line_spread": spread(line),
        "accounts_classic_cost": dict(cost),
        "classic_bytes_per_account": round((large - small) * 2**20 / (many - few)),
    }
    plots = [
        Plot("whole line: cost by accounts in its state", "accounts", "CPU-s per million", {"ours": line}, log_x=True),
        Plot("classic job: cost by accounts", "accounts", "CPU-s per million", {"ours": cost}, log_x=True),
        Plot("classic job: memory by accounts", "accounts", "MiB", {"ours": memory}, log_x=True),
    ]
    return figures, plots


async def partitions(bench: Bench, quick: bool) -> Found:
    """Cost and speed by the number of partitions of all topics."""
    rate, cost = [], []
    for count in (1, 4) if quick else (1, 2, 4, 8):
        lap = await WholeLine(bench, 5_000 if quick else 20_000, count).lap("ours")
        rate.append((float(count), lap.rate))
        cost.append((float(count), lap.cpu_seconds_per_million))
    plots = [
        Plot("whole line: speed by partitions, one worker", "partitions", "records/s", {"ours": rate}),
        Plot("whole line: cost by partitions, one worker", "partitions", "CPU-s per million", {"ours": cost}),
    ]
    return {"partitions_rate": dict(rate), "partitions_cost": dict(cost)}, plots


async def workers(bench: Bench, quick: bool) -> Found:
    """Speed and cost with one and with two workers on four partitions: ready first, then the traffic comes at once."""
    rate, cost = [], []
    line = WholeLine(bench, 3_000 if quick else 20_000)
    for count in (1, 2):
        lap = await _ready_first(line, "workers", count)
        rate.append((float(count), lap.rate))
        cost.append((float(count), lap.cpu_seconds_per_million))
    plots = [Plot("whole line: speed by workers", "workers", "records/s", {"ours": rate})]
    return {"workers_rate": dict(rate), "workers_cost": dict(cost)}, plots


async def _ready_first(
    line: WholeLine, name: str, workers: int = 1, before: Callable[[Settings], Awaitable[object]] | None = None
) -> Lap:
    """One run in which the traffic comes when the workers are ready: what they do to get there is not counted.

    Args:
        line: on which traffic.
        name: of the run.
        workers: how many share the partitions.
        before: done on the topics before they start.
    """
    bench = line.bench
    tag, folder = bench.tag(name)
    settings = await line.prepared(f"{tag}.", str(folder), 0)
    if before is not None:
        await before(settings)
    started: list[Process] = []
    try:
        for _ in range(workers):
            process, _log = await line.worker(settings, bench.tag(f"{name}-worker")[1])
            started.append(process)
        seen = [psutil.Process(process.pid) for process in started]
        used, began = sum(map(cpu_seconds, seen)), time.monotonic()
        await line.send_in_time(f"{tag}.")
        await line.worked(settings)
        seconds = time.monotonic() - began - QUIET_AFTER_SECONDS
        used = sum(map(cpu_seconds, seen)) - used
        rss = sum(each.memory_info().rss for each in seen) / 2**20
    finally:
        for process in started:
            await kill(process)
    return Lap(line.records / seconds, used / line.records * 1e6, rss, 0.0)


async def startup(bench: Bench, quick: bool) -> Found:
    """Seconds from a worker's start until it is ready, with nothing to recover and with the state of a run."""
    line = WholeLine(bench, 3_000 if quick else 20_000)
    _, folder = bench.tag("startup")
    settings = await line.prepared("startup.", str(folder), line.records)
    took: list[float] = []
    for _ in range(2):
        began = time.monotonic()
        worker, log = await line.worker(settings, folder)
        took.append(time.monotonic() - began)
        await line.worked(settings)
        await stop(worker)
    recovered = [[float(part) for part in found if part] for found in _RECOVERED.findall(log.read_text())]
    records, seconds = (sum(column) for column in zip(*recovered, strict=True)) if recovered else (0.0, 1.0)
    figures = {
        "startup_empty_seconds": round(took[0], 2),
        "startup_with_state_seconds": round(took[1], 2),
        "recovered_records": int(records),
        "recovery_records_per_second": round(records / max(seconds, 1e-3)),
    }
    return figures, []
