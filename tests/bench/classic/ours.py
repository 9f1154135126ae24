"""The classic job on this product's shell: a handler of a dozen lines, everything else as in a worker."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import uvloop
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from agents.clock import clock_of
from agents.metrics import Metrics
from agents.shell.app import Stage, StageApp, Watch, build_app, stop_app
from agents.shell.collector import calm_collector
from agents.shell.crash import pass_by
from agents.shell.kafka.producer import LaneProducer
from agents.shell.lanes import Work
from agents.shell.outbox import Outbox
from agents.shell.state import StateView
from agents.shell.transactional import LaneSetup, TransactionalWork
from agents.shell.waiting import Pace
from agents.topics import committed_offsets

POLL_RECORDS_MAX = 4000  # the worker's default
PACE = Pace(go_records=10_000)  # as of the archive: a record costs next to nothing


class Sums:
    """Sums amounts per account."""

    def __init__(self, output: str) -> None:
        self._output = output

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """One output per input; state is read and written once per key."""
        sums: dict[bytes, dict[str, Any]] = {}
        for record in records:
            key = record.key
            event = orjson.loads(record.value)
            total = sums.get(key)
            if total is None:
                kept = state.get(key)
                total = sums[key] = orjson.loads(kept) if kept else {"account": event["account"], "sum": 0, "count": 0}
            total["sum"] += event["amount"]
            total["count"] += 1
            out.send(self._output, key, orjson.dumps(total))
        for key, total in sums.items():
            state.put(key, orjson.dumps(total))
        return [record.timestamp for record in records]

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """No timers."""

    def stale(self, state: StateView) -> Sequence[bytes]:
        """Nothing goes stale."""
        return ()

    def closed(self) -> None:
        """Nothing is shown elsewhere."""


async def main(bootstrap: str, source: str, output: str, changelog: str, group: str, partitions: int) -> None:
    """Run until SIGTERM."""
    options = {"bootstrap_servers": [bootstrap]}
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    metrics = Metrics("bench")

    def make_work(app: StageApp, lane: str, owned: frozenset[TopicPartition]) -> Work:
        number = next(iter(owned)).partition
        setup = LaneSetup(
            stage="classic",
            options=options,
            group=group,
            transactional_id=f"{group}-{lane}",
            fence_too=(),
            inputs=owned,
            outputs={output: partitions, changelog: partitions},
            committed=lambda tps: committed_offsets(admin, group, tps),
            changelog=TopicPartition(changelog, number),
            clock=clock_of("system"),
            watermark_ms=lambda: 0,
            metrics=metrics,
            timeout_seconds=60.0,
            grace_ms=0,
            timers_seconds=0.01,
            reach=pass_by,
            make_producer=LaneProducer,
        )
        return TransactionalWork(setup, Sums(output))

    stop = asyncio.Event()
    failed: list[BaseException] = []

    def on_fatal(error: BaseException) -> None:
        failed.append(error)
        stop.set()

    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    consumer = options | {"group_id": group, "max_poll_records": POLL_RECORDS_MAX}
    stage = Stage("classic", group, (source,), lambda tp: str(tp.partition), make_work, pass_by, PACE)
    watch = Watch(on_fatal, lambda: None, lambda name: None, lambda count: None)
    app = build_app(stage, consumer, Path(sys.argv[7]), watch)
    await app.start()
    calm_collector()
    await app.wait(stop)  # or until it crashes
    if app.crashed:
        raise app.crash_reason or RuntimeError("the app crashed")
    await stop_app(app)
    await admin.close()
    if failed:
        raise failed[0]


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:6], int(sys.argv[6])))
