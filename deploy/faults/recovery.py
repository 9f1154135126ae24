"""`make recovery`: how long a worker takes to read the state of many accounts back, and what it costs.

python -m deploy.faults.recovery [--accounts 100000] [--days 20] [--seed 1]
"""

import argparse
import asyncio
import itertools
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
from aiokafka import AIOKafkaProducer
from rich.console import Console

from agents import topics
from agents.advance import JOURNAL
from agents.connection import connection_options
from agents.observe import logs
from agents.settings import Settings, load
from deploy.demo.process import WorkerProcess
from deploy.evaluate.world import World, feed
from deploy.local import ports, stack
from deploy.local.process import end_on_sigterm
from deploy.simulate import WorldSpec
from schemas.topics import JOURNEY_CHANGELOG, partition_of

READY_SECONDS = 540.0
BATCH_BYTES = 512 * 1024
TELL_SECONDS = 3.0
MIB = 1 << 20
SAMPLE_COMPANIES = 30

console = Console(soft_wrap=True, highlight=False, stderr=True)
Pages = Sequence[tuple[bytes, bytes]]
"""What lies under one account: the part of the key behind its id, and the value."""


def sample(seed: int, days: float) -> list[Pages]:
    """States and journals of a simulated market's accounts after so many days, as the stage keeps them."""
    world = World(WorldSpec(seed=seed, companies=SAMPLE_COMPANIES, days=days))
    line = world.line()
    feed(line, world.traffic)
    found: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for key, value in line.state("advance").committed.items():
        account, mark, page = key.partition(JOURNAL)
        found.setdefault(account, []).append((mark + page, value))
    return list(found.values())


def records(accounts: int, samples: Sequence[Pages]) -> Iterator[tuple[bytes, bytes]]:
    """Changelog records of so many accounts."""
    for number, pages in zip(range(accounts), itertools.cycle(samples), strict=False):
        for rest, value in pages:
            yield b"account-%d" % number + rest, value


async def fill(settings: Settings, accounts: int, samples: Sequence[Pages]) -> int:
    """Write the changelog; bytes of keys and values."""
    producer = AIOKafkaProducer(
        **connection_options(settings), acks=1, compression_type="zstd", max_batch_size=BATCH_BYTES, linger_ms=20
    )
    await producer.start()
    written, told, topic = 0, time.monotonic(), settings.topics.name(JOURNEY_CHANGELOG)
    try:
        open_batches = {at: producer.create_batch() for at in range(settings.partitions)}
        waiting = []
        for count, (key, value) in enumerate(records(accounts, samples)):
            # as the stage does: an account's pages lie with it
            at = partition_of(key.partition(JOURNAL)[0], settings.partitions)
            if open_batches[at].append(key=key, value=value, timestamp=None) is None:
                waiting.append(await producer.send_batch(open_batches[at], topic, partition=at))
                open_batches[at] = producer.create_batch()
                open_batches[at].append(key=key, value=value, timestamp=None)
                if len(waiting) > 20:
                    await asyncio.gather(*waiting)
                    waiting = []
            written += len(key) + len(value)
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                console.print(f"filling the changelog: {count:,} records, {written / MIB:,.0f} MiB")
        for at, batch in open_batches.items():
            waiting.append(await producer.send_batch(batch, topic, partition=at))
        await asyncio.gather(*waiting)
    finally:
        await producer.stop()
    return written


async def measure(given: dict[str, str], folder: Path) -> dict[str, float]:
    """Start a worker with the stage twice, without state and with it; what the second took more."""
    port = ports.choose_port("metrics", asked=None, wishes=())
    worker = WorkerProcess(
        given | {"metrics_port": str(port)}, folder / "worker.log", f"http://127.0.0.1:{port}/metrics"
    )
    began = time.monotonic()
    await worker.start("advance")
    try:
        await worker.wait_ready(READY_SECONDS)
        seconds = time.monotonic() - began
        rss = psutil.Process(worker.pid).memory_info().rss
        lanes = [
            (float(found["seconds"]), int(found["records"]))
            for line in worker.log.splitlines()
            if '"state_recovered"' in line and (found := json.loads(re.sub(r"^[^{]*", "", line)))
        ]
    finally:
        await worker.stop()
    slowest = max((took for took, _ in lanes), default=0.0)
    read = sum(count for _, count in lanes)
    return {"ready_seconds": seconds, "recovery_seconds": slowest, "records": read, "rss_bytes": rss}


async def _run(
    accounts: int, days: float, seed: int, addresses: stack.StackAddresses, folder: Path
) -> dict[str, float]:
    given = {
        "bootstrap_servers": addresses.bootstrap_servers,
        "clickhouse_url": addresses.clickhouse_url,
        "data_dir": str(folder / "worker"),
        "asn_file": "none",
        "topic_prefix": "recovery.",
    }
    settings = load(**given, metrics_port=0)
    admin = await topics.connect_admin(settings)
    await topics.create_missing(admin, settings)
    await admin.close()
    console.print("making states of a simulated market ...")
    samples = sample(seed, days)
    empty = await measure(given, folder)
    written = await fill(settings, accounts, samples)
    console.print("starting a worker on them ...")
    full = await measure(given, folder)
    seconds = full["recovery_seconds"]
    return {
        "accounts": accounts,
        "days": days,
        "records": full["records"],
        "state_bytes_per_account": round(written / accounts),
        "recovery_seconds": round(seconds, 2),
        "records_per_second": round(full["records"] / max(seconds, 1e-6)),
        "accounts_per_second": round(accounts / max(seconds, 1e-6)),
        "ready_seconds": round(full["ready_seconds"], 2),
        "ready_seconds_empty": round(empty["ready_seconds"], 2),
        "rss_mib": round(full["rss_bytes"] / MIB),
        "memory_bytes_per_account": round((full["rss_bytes"] - empty["rss_bytes"]) / accounts),
    }


def main() -> int:
    """Measure as asked on the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.faults.recovery", description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--days", type=float, default=20.0, help="how long the accounts have been known")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    logs.set_up("error")
    end_on_sigterm()  # broker, engine and workers end with it
    folder = Path(tempfile.mkdtemp(prefix="triggerpoint-recovery-"))
    try:
        addresses = stack.up(
            folder,
            console=console,
            kafka_port=ports.choose_port("Kafka", asked=None, wishes=()),
            clickhouse_port=ports.choose_port("ClickHouse", asked=None, wishes=()),
        )
        figures = asyncio.run(_run(asked.accounts, asked.days, asked.seed, addresses, folder))
    finally:
        stack.wipe(folder)
        shutil.rmtree(folder, ignore_errors=True)
    seconds, rate, cost = (
        figures[name] for name in ("recovery_seconds", "records_per_second", "memory_bytes_per_account")
    )
    console.print(
        f"{asked.accounts:,} accounts read back in {seconds} s: {rate:,} records/s, {cost:,} bytes of memory an account"
    )
    print(json.dumps(figures))  # noqa: T201 - the last line is for scripts
    return 0


if __name__ == "__main__":
    sys.exit(main())
