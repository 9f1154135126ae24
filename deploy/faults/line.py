"""One installation under faults: topics and tables of its own, workers, traffic, and its end."""

import asyncio
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from agents import topics
from agents.observe.lag import LagMeter, lag_meter
from agents.settings import load
from agents.stages import STAGES, inputs_of
from deploy.demo.process import WorkerProcess
from deploy.faults.feeder import Feeder
from deploy.faults.oracle import expect, runtime_of
from deploy.faults.proxy import Proxy
from deploy.faults.reading import ends_of, read_held, read_rows
from deploy.faults.trace import TRACE
from deploy.faults.verdict import Verdict, judge
from deploy.faults.worker import SPLIT_COMMIT
from deploy.local import ports, stack
from deploy.local.process import find
from deploy.local.services import KafkaService, Memory
from deploy.simulate import WorldSpec, accounts
from schemas.errors import LocalStackError
from schemas.topics import ACCOUNTS
from sinks.migrate import migrate

READY_SECONDS = 120.0
DRAIN_SECONDS = 300.0
DEATH_SECONDS = 120.0
OPEN_SECONDS = 60.0
"""The timeout of transactions here is 20 s, and the broker looks for late ones each 10 s."""

SAMPLE_SECONDS = 0.25
MIB = 1 << 20
PARTITIONS = 2
BROKER_TRIES = 3


@dataclass(frozen=True)
class Market:
    """The world behind the traffic.

    Args:
        seed: which one.
        companies, days: its size.
        days_per_second: how fast it passes.
    """

    seed: int
    companies: int
    days: float
    days_per_second: float


class Installation:
    """See the module's text.

    Args:
        addresses: broker and engine.
        stack_dir: the folder of the stack they are.
        folder: for logs and the workers' files.
        name: prefix of topics and groups, name of the database.
        market: the traffic.
        split_commit: run workers that commit outputs and offsets apart, to see that it is seen.
        given: further settings of the workers.
    """

    def __init__(
        self,
        addresses: stack.StackAddresses,
        stack_dir: Path,
        folder: Path,
        name: str,
        market: Market,
        *,
        split_commit: bool = False,
        given: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.folder = name, folder / name
        self._addresses, self.stack_dir = addresses, stack_dir
        self.spoilt = False
        """Whether the fault leaves nothing that the oracle could work."""
        now = datetime.now(UTC)
        self._speed = market.days_per_second * 86_400
        self.spec = WorldSpec(
            seed=market.seed, companies=market.companies, days=market.days, start=now - timedelta(days=market.days)
        )
        self.proxy = Proxy(addresses.clickhouse_url)
        self._now_ms = int(now.timestamp() * 1000)
        self._extra = dict(given or {})
        self._command = ("deploy.faults.worker", *([SPLIT_COMMIT] if split_commit else []))
        self.workers: list[WorkerProcess] = []
        self.rss_mib: float = 0.0
        self._sampling: asyncio.Task[None] | None = None
        self._feeder: Feeder | None = None

    async def open(self) -> None:
        """Make topics and tables, fill the directory, begin with the traffic."""
        await self.start_broker()  # a fault before this one may have left it ended
        await self.proxy.start()
        self.environment = {
            "bootstrap_servers": self._addresses.bootstrap_servers,
            "clickhouse_url": self.proxy.url,
            "clickhouse_database": self.name,
            "topic_prefix": f"{self.name}.",
            "partitions": str(PARTITIONS),
            "archive_flush_seconds": "0.2",
            "timer_grace_seconds": "0",
            "session_timeout_seconds": "6",
            "transaction_timeout_seconds": "20",
            "poll_records_max": "200",
            "asn_file": "none",
            "data_dir": str(self.folder),
            "clock": f"replay:{self._now_ms}:{self.spec.start_ms}:{self._speed}",
            "test_faults": "1",
        } | self._extra
        self.settings = load(**self.environment, metrics_port=0)
        await self._create_topics()
        await asyncio.to_thread(migrate, self._addresses.clickhouse_url, self.name)
        feeder = self._feeder = Feeder(self.settings, self.spec, self._speed)
        await feeder.connect()
        topic = self.settings.topics.name(ACCOUNTS)
        self.directory = accounts(self.spec)
        await feeder.send([(topic, message.key, message.value) for message in self.directory])
        self._sampling = asyncio.create_task(self._sample(), name="memory")
        feeder.start()

    async def start(self, *stages: str, crash_at: str = "", ready: bool = True) -> WorkerProcess:
        """Start one more worker; returns when it has its partitions, unless it is to crash before."""
        port = ports.choose_port("metrics", asked=None, wishes=())
        settings = self.environment | {"metrics_port": str(port)} | ({"crash_at": crash_at} if crash_at else {})
        log = self.folder / f"worker-{len(self.workers)}.log"
        worker = WorkerProcess(settings, log, f"http://127.0.0.1:{port}/metrics", self._command)
        self.workers.append(worker)
        await worker.start(*stages)
        if ready:
            await worker.wait_ready(READY_SECONDS)
        return worker

    async def passed(self) -> float:
        """Wait until all that lies before each stage now has passed it; the seconds that took."""
        began = time.monotonic()
        async with asyncio.timeout(DRAIN_SECONDS), lag_meter(self.settings) as meter:
            for stage in STAGES:
                await meter.passed(stage)
        return time.monotonic() - began

    async def finish(self) -> Verdict:
        """End the traffic, let the line work everything off, stop it, and compare."""
        await self.feeder.stop()
        if self.spoilt:
            return Verdict()
        await self._settled()
        async with asyncio.timeout(DRAIN_SECONDS), lag_meter(self.settings) as meter:
            ends: dict[tuple[str, TopicPartition], int] = {}
            for _ in range(2):  # what identify learns comes back to it: the second round is behind the first one's
                for stage in STAGES:
                    for tp, end in (await meter.end_offsets(stage)).items():
                        ends[stage, tp] = end
                    await _passed(meter, stage, ends)
            await asyncio.gather(*(worker.stop() for worker in self.workers))
        held = await read_held(self.settings)
        rows = await read_rows(self.settings)
        committed = await self._committed()
        runtime = await runtime_of(self.settings, held.partitions)
        expected = await asyncio.to_thread(expect, runtime, held)
        return judge(self.settings, held, expected, committed, ends, rows)

    async def _settled(self) -> None:
        """Wait until no transaction is open that was open before: what lies behind one, nobody can read.

        Raises:
            LocalStackError: one stays open, long after the broker must have aborted it.
        """
        names = [name for name, _ in topics.wanted(self.settings)]
        async with ends_of(self.settings, names) as ends:
            written = await ends("read_uncommitted")

            async def hidden() -> dict[TopicPartition, int]:
                return {tp: end for tp, end in (await ends("read_committed")).items() if end < written[tp]}

            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    while await hidden():  # noqa: ASYNC110 - the broker tells nobody
                        await asyncio.sleep(0.2)
            except TimeoutError:
                still = await hidden()
                told = "; ".join(f"{tp.topic}:{tp.partition} from {at} to {written[tp]}" for tp, at in still.items())
                raise LocalStackError(f"An open transaction hides for ever what lies behind it: {told}.") from None

    async def close(self) -> None:
        """End everything of it; topics and tables stay until the stack is wiped."""
        for worker in self.workers:
            worker.send(signal.SIGCONT)
            worker.kill()
        if self._sampling is not None:
            self._sampling.cancel()
        if self._feeder is not None:
            await self._feeder.close()
        await self.proxy.stop()

    async def stop_broker(self, number: signal.Signals) -> None:
        """End the broker by a signal; the whole stack's, so no other installation may run."""
        running = find(Memory(self.stack_dir).get(KafkaService(self.stack_dir)).mark)
        if running is not None:
            running.send_signal(number)
            await asyncio.to_thread(running.wait)

    def broker_runs(self) -> bool:
        """Whether its process lives."""
        return find(Memory(self.stack_dir).get(KafkaService(self.stack_dir)).mark) is not None

    async def start_broker(self) -> None:
        """Start it again, where it was; a busy machine may need more than one try."""
        for left in reversed(range(BROKER_TRIES)):
            try:
                await asyncio.to_thread(stack.up, self.stack_dir)
                return
            except LocalStackError:
                if not left:
                    raise

    @property
    def feeder(self) -> Feeder:
        """The traffic."""
        assert self._feeder is not None
        return self._feeder

    async def _create_topics(self) -> None:
        """Make all topics; a busy broker may not answer in time, and has perhaps made them."""
        async with asyncio.timeout(READY_SECONDS):
            while True:
                admin = await topics.connect_admin(self.settings)
                try:
                    await topics.create_missing(admin, self.settings)
                    await admin.create_topics([NewTopic(self.settings.topic_prefix + TRACE, 1, 1)])
                except TopicAlreadyExistsError:
                    return
                except KafkaError:
                    continue
                else:
                    return
                finally:
                    await admin.close()

    async def _committed(self) -> dict[tuple[str, TopicPartition], int]:
        admin = await topics.connect_admin(self.settings)
        try:
            found: dict[tuple[str, TopicPartition], int] = {}
            for stage in inputs_of(self.settings.topics):
                offsets = await admin.list_consumer_group_offsets(self.settings.group(stage))
                found |= {(stage, tp): max(0, entry.offset) for tp, entry in offsets.items()}
            return found
        finally:
            await admin.close()

    async def _sample(self) -> None:
        while True:
            for worker in self.workers:
                if worker.running:
                    try:
                        self.rss_mib = max(self.rss_mib, psutil.Process(worker.pid).memory_info().rss / MIB)
                    except psutil.Error:
                        continue
            await asyncio.sleep(SAMPLE_SECONDS)


async def died(worker: WorkerProcess) -> int:
    """Wait for a worker's end; its exit code, below 0 for a signal.

    Raises:
        LocalStackError: it lives on.
    """
    try:
        return await asyncio.wait_for(worker.wait(), DEATH_SECONDS)
    except TimeoutError:
        raise LocalStackError(f"A worker that was to end still runs after {DEATH_SECONDS:g} s.") from None


async def _passed(meter: LagMeter, stage: str, ends: Mapping[tuple[str, TopicPartition], int]) -> None:
    wanted = {tp: end for (of, tp), end in ends.items() if of == stage}
    while any((await meter.behind(stage, wanted)).values()):  # noqa: ASYNC110 - the broker tells nobody
        await asyncio.sleep(0.2)
