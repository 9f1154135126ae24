"""`make soak FOR=1800`: the line at 70 % of what it can do, for long: flat memory, lag that returns to 0.

python -m deploy.faults.soak [--for 1800] [--seed 1] [--share 0.7] [--rate RECORDS_A_SECOND]
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
import psutil
from rich.console import Console

from agents import topics
from agents.observe import logs
from agents.observe.lag import LagMeter, lag_meter
from agents.settings import Settings, load
from agents.stages import STAGES
from deploy.cli.directory.topic import Present, write_directory
from deploy.demo.process import WorkerProcess
from deploy.faults.feeder import Feeder, Sent
from deploy.faults.hostile import event
from deploy.local import ports, stack
from deploy.local.process import end_on_sigterm
from deploy.simulate import WorldSpec
from schemas.account import Account
from schemas.base import Source
from sinks.migrate import migrate

MIB = 1 << 20
COMPANIES, PEOPLE = 200, 2_000
"""Both fixed, so that state has an end to grow to."""

WAITED_SECONDS_MAX, LATE_SECONDS_MAX, LATE_SHARE = 0.01, 3600.0, 0.01
"""How long ago events happened: trackers send at once, some are offline for a while."""

BURST_RECORDS = 10_000
CHUNK_SECONDS = 0.2
SAMPLE_SECONDS = 5.0
READY_SECONDS = 120.0
DRAIN_SECONDS = 400.0
GROWTH_SHARE_MAX = 0.10
GROWTH_MIB_MAX = 32.0

console = Console(soft_wrap=True, highlight=False, stderr=True)


@dataclass(frozen=True)
class Sample:
    """The line at one moment."""

    seconds: float
    rss_mib: float
    lag: int


def made(settings: Settings, luck: Random, first: int, count: int) -> list[Sent]:
    """Good events of the fixed people, each with an id of its own."""
    topic = settings.topics.raw(Source.WEB)[0]
    records: list[Sent] = []
    for number in range(first, first + count):
        person = luck.randrange(PEOPLE)
        waited = luck.random() * (LATE_SECONDS_MAX if luck.random() < LATE_SHARE else WAITED_SECONDS_MAX)
        fields = event(
            luck,
            number,
            email=f"p{person}@soak{person % COMPANIES}.com",
            event_id=f"s{number}",
            occurred_at=(datetime.now(UTC) - timedelta(seconds=waited)).isoformat(),
        )
        records.append((topic, b"%d" % person, orjson.dumps(fields)))
    return records


async def passed(meter: LagMeter) -> None:
    """Wait until every stage has worked off what lies before it."""
    async with asyncio.timeout(DRAIN_SECONDS):
        for stage in STAGES:
            await meter.passed(stage)


def flat(samples: Sequence[Sample]) -> tuple[float, float, bool]:
    """Median memory of the second and the last quarter, MiB; and whether the last is hardly more."""
    quarter = max(1, len(samples) // 4)
    early = statistics.median(sample.rss_mib for sample in samples[quarter : 2 * quarter] or samples)
    late = statistics.median(sample.rss_mib for sample in samples[-quarter:])
    return early, late, late - early <= max(GROWTH_MIB_MAX, GROWTH_SHARE_MAX * early)


async def _soak(given: Any, settings: Settings, worker: WorkerProcess) -> dict[str, Any]:
    luck, spec = Random(given.seed), WorldSpec()  # noqa: S311 - chance that can be had again
    feeder = Feeder(settings, spec, 1.0)
    await feeder.connect()
    sent, samples = 0, list[Sample]()
    try:
        async with lag_meter(settings) as meter:
            rate = given.rate or 0.0
            if not rate:
                console.print(f"measuring the rate with {BURST_RECORDS:,} records ...")
                began = time.monotonic()
                await feeder.send(made(settings, luck, 0, BURST_RECORDS))
                await passed(meter)
                rate, sent = BURST_RECORDS / (time.monotonic() - began), BURST_RECORDS
            pace = rate * given.share
            console.print(f"{rate:,.0f} records/s from topic to ClickHouse; now {pace:,.0f}/s for {given.seconds:g} s")
            began, told, first = time.monotonic(), 0.0, sent
            while (elapsed := time.monotonic() - began) < given.seconds:
                due = int(elapsed * pace) - (sent - first)
                if due > 0:
                    await feeder.send(made(settings, luck, sent, due))
                    sent += due
                if elapsed - told >= SAMPLE_SECONDS:
                    told = elapsed
                    rss = psutil.Process(worker.pid).memory_info().rss / MIB
                    samples.append(Sample(elapsed, rss, await meter.total(STAGES)))
                    worker.check()
                    console.print(f"[{elapsed:6.0f} s] {sent:,} sent, lag {samples[-1].lag:,}, memory {rss:.0f} MiB")
                await asyncio.sleep(CHUNK_SECONDS)
            spent = time.monotonic() - began
            began = time.monotonic()
            await passed(meter)
            catch_up = time.monotonic() - began
            lag = await meter.total(STAGES)
    finally:
        await feeder.close()
    early, late, is_flat = flat(samples)
    return {
        "seconds": round(spent, 1),
        "measured_per_second": round(rate, 1),
        "sent_per_second": round((sent - first) / spent, 1),
        "sent": sent,
        "memory_mib_early": round(early, 1),
        "memory_mib_late": round(late, 1),
        "memory_mib_max": round(max(sample.rss_mib for sample in samples), 1),
        "memory_flat": is_flat,
        "lag_p50": int(statistics.median(sample.lag for sample in samples)),
        "lag_max": max(sample.lag for sample in samples),
        "lag_end": lag,
        "catch_up_seconds": round(catch_up, 2),
    }


async def _run(given: Any, addresses: stack.StackAddresses, folder: Path) -> dict[str, Any]:
    port = ports.choose_port("metrics", asked=None, wishes=())
    environment = {
        "bootstrap_servers": addresses.bootstrap_servers,
        "clickhouse_url": addresses.clickhouse_url,
        "data_dir": str(folder / "worker"),
        "asn_file": "none",
        "metrics_port": str(port),
    }
    settings = load(**environment)
    admin = await topics.connect_admin(settings)
    await topics.create_missing(admin, settings)
    await admin.close()
    await asyncio.to_thread(migrate, addresses.clickhouse_url, settings.clickhouse_database)
    hosts = [f"soak{number}.com" for number in range(COMPANIES)]
    known: dict[str, Account | None] = {host: Account(account_id=host, name=host, domains=(host,)) for host in hosts}
    await write_directory(settings, known, Present({}, {}))
    worker = WorkerProcess(environment, folder / "worker.log", f"http://127.0.0.1:{port}/metrics")
    await worker.start()
    try:
        await worker.wait_ready(READY_SECONDS)
        return await _soak(given, settings, worker)
    finally:
        await worker.stop()


def main() -> int:
    """Soak as asked on the command line; the exit code is 1 unless memory was flat and lag came back to 0."""
    parser = argparse.ArgumentParser(prog="python -m deploy.faults.soak", description=__doc__)
    parser.add_argument("--for", dest="seconds", type=float, default=1800.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.7)
    parser.add_argument("--rate", type=float, default=None, help="records a second that count as measured")
    given = parser.parse_args()
    logs.set_up("error")
    end_on_sigterm()  # broker, engine and workers end with it
    folder = Path(tempfile.mkdtemp(prefix="triggerpoint-soak-"))
    try:
        addresses = stack.up(
            folder,
            console=console,
            kafka_port=ports.choose_port("Kafka", asked=None, wishes=()),
            clickhouse_port=ports.choose_port("ClickHouse", asked=None, wishes=()),
        )
        figures = asyncio.run(_run(given, addresses, folder))
    finally:
        stack.wipe(folder)
        shutil.rmtree(folder, ignore_errors=True)
    held = figures["memory_flat"] and figures["lag_end"] == 0
    early, late, lag = figures["memory_mib_early"], figures["memory_mib_late"], figures["lag_max"]
    console.print(
        f"memory {early} MiB early, {late} MiB late: {'flat' if figures['memory_flat'] else 'GROWS'};"
        f" lag at most {lag:,}, {figures['lag_end']} at the end"
    )
    print(json.dumps(figures))  # noqa: T201 - the last line is for scripts
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
