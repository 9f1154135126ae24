"""The line's and the classic job's cost as events, accounts, partitions and workers grow; recovery and start-up."""

import asyncio
import re
import time
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import psutil

from deploy.faults.recovery import Pages, fill, sample
from tests.bench.classic.race import Classic
from tests.bench.figures.plot import Plot
from tests.bench.line.race import WholeLine
from tests.bench.line.verbs import STAGES
from tests.bench.race import Lap, cpu_seconds, kill, stop
from tests.bench.surroundings import Bench

KNOWN_DAYS = 2.0
"""How long the accounts have been known that lie in the state beside those of the traffic, without their journals: a
million fits then."""

WORKERS_PARTITIONS = 4

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
    for count in (3_000, 10_000) if quick else (10_000, 100_000, 1_000_000):
        lap = await WholeLine(bench, count).lap("ours", compare=False)
        line.append((float(count), lap.cpu_seconds_per_million))
    plots = [
        Plot("classic job: cost in the course of a run", "records so far", "CPU-s per million", {"ours": classic}),
        Plot("whole line: cost by events", "records", "CPU-s per million", {"ours": line}, log_x=True),
    ]
    figures = {
        "events_classic_spread": spread(classic),
        "events_line_cost": dict(line),
        "events_line_spread": spread(line),
    }
    return figures, plots


def spread(points: list[tuple[float, float]]) -> float | None:
    """Largest distance from the median, as a share of it."""
    if not points:
        return None
    middle = median(y for _, y in points)
    return round(max(abs(y / middle - 1) for _, y in points), 3)


async def accounts(bench: Bench, quick: bool) -> Found:
    """Cost of an event and memory by the number of accounts: of the line, by those that lie in its state beside the
    traffic's; of the classic job, by those the events are of."""
    samples = [[page for page in pages if not page[0]] for pages in sample(seed=1, days=KNOWN_DAYS)]
    whole = WholeLine(bench, 3_000 if quick else 20_000)
    counts = (1_000, 10_000) if quick else (1_000, 10_000, 100_000, 1_000_000)
    line = [(float(count), await _cost_beside(whole, count, samples)) for count in counts]
    cost, memory = [], []
    for count in counts:
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


async def _cost_beside(line: WholeLine, accounts: int, samples: Sequence[Pages]) -> float:
    """CPU-seconds per million records of the line while so many other accounts lie in its state. What they cost to
    recover is not counted: the stages that hold them start when those before have worked the traffic, and each worker
    counts from when it is ready. So all have a backlog before them as in a race, in its order."""
    bench = line.bench
    tag, folder = bench.tag("accounts")
    settings = await line.prepared(f"{tag}.", str(folder), line.records)
    await fill(settings, accounts, samples)
    started: list[tuple[Process, float]] = []
    try:
        for stages in (STAGES[:2], STAGES[2:]):
            process, _log = await line.worker(settings, bench.tag(f"{tag}-worker")[1], stages)
            started.append((process, cpu_seconds(psutil.Process(process.pid))))
            await line.worked(settings, [process])
        used = sum(cpu_seconds(psutil.Process(process.pid)) - since for process, since in started)
    finally:
        for process, _ in started:
            await kill(process)
    return used / line.records * 1e6


async def partitions(bench: Bench, quick: bool) -> Found:
    """Cost and speed by the number of partitions of all topics, in a market of as many companies as records: who needs
    partitions has many accounts. Where few share the traffic, each one's events come through all of them at once."""
    rate, cost = [], []
    records = 5_000 if quick else 20_000
    for count in (1, 4) if quick else (1, 2, 4, 8):
        lap = await WholeLine(bench, records, count, companies=records).lap("ours", compare=False)
        rate.append((float(count), lap.rate))
        cost.append((float(count), lap.cpu_seconds_per_million))
    plots = [
        Plot("whole line: speed by partitions, one worker", "partitions", "records/s", {"ours": rate}),
        Plot("whole line: cost by partitions, one worker", "partitions", "CPU-s per million", {"ours": cost}),
    ]
    return {"partitions_rate": dict(rate), "partitions_cost": dict(cost)}, plots


async def workers(bench: Bench, quick: bool) -> Found:
    """Speed and cost with one and with two workers on four partitions, from when they are ready; in a market as for
    `partitions`. The traffic lies there before they start: it is of ten days, and all late for who waits for it."""
    rate, cost = [], []
    records = 3_000 if quick else 20_000
    line = WholeLine(bench, records, WORKERS_PARTITIONS, companies=records)
    for count in (1, 2):
        tag, _ = bench.tag("workers")
        settings = await line.prepared(f"{tag}.", str(bench.folder / tag), records)
        folders = [bench.tag(f"{tag}-worker")[1] for _ in range(count)]
        found = await asyncio.gather(*(line.worker(settings, folder) for folder in folders), return_exceptions=True)
        started = [one for one in found if not isinstance(one, BaseException)]
        try:
            for failed in (one for one in found if isinstance(one, BaseException)):
                raise failed
            seen = [psutil.Process(process.pid) for process, _ in started]
            before, began = sum(map(cpu_seconds, seen)), time.monotonic()
            seconds = await line.worked(settings, [process for process, _ in started]) - began
            used = sum(map(cpu_seconds, seen)) - before
        finally:
            for process, _ in started:
                await stop(process)
        rate.append((float(count), records / seconds))
        cost.append((float(count), used / records * 1e6))
    plots = [Plot("whole line: speed by workers", "workers", "records/s", {"ours": rate})]
    return {"workers_rate": dict(rate), "workers_cost": dict(cost)}, plots


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
        await line.worked(settings, [worker])
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
