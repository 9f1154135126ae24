"""One real broker and one real engine per test session; each test has topics, groups and a database of its own."""

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from agents.connection import connection_options
from agents.privacy.key import privacy_key
from agents.settings import Settings, load
from deploy.cli.directory.topic import Present, write_directory
from deploy.demo.process import WorkerProcess
from deploy.local import ports, stack
from schemas.account import Account
from schemas.errors import TransientSinkError
from schemas.topics import Topic
from sinks.clickhouse import ClickHouseSink
from sinks.migrate import migrate

WAIT_SECONDS = 60.0
READY_SECONDS = 120.0
"""A worker's first start makes all topics: over TLS on two busy cores that took 61 s."""
START_TRIES = 300
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.StackAddresses]:
    data_dir = tmp_path_factory.mktemp("stack")
    found = stack.up(
        data_dir,
        kafka_port=ports.choose_port("Kafka", asked=None, wishes=()),
        clickhouse_port=ports.choose_port("ClickHouse", asked=None, wishes=()),
    )
    yield found
    stack.wipe(data_dir)


class Line:
    """One installation on the session's broker and engine, with helpers to look at it."""

    def __init__(self, addresses: stack.StackAddresses, data_dir: Path, name: str, **settings: Any) -> None:
        self.given = {
            "bootstrap_servers": addresses.bootstrap_servers,
            "clickhouse_url": addresses.clickhouse_url,
            "topic_prefix": f"{name}.",
            "clickhouse_database": name,
            "partitions": "3",
            "archive_flush_seconds": "0.1",
            "timer_grace_seconds": "0",
            "data_dir": str(data_dir),
        } | {key: str(value) for key, value in settings.items()}
        self.settings: Settings = load(**self.given, metrics_port=0)
        self.key = privacy_key(self.settings)
        self._data_dir = data_dir
        self._processes: list[WorkerProcess] = []
        migrate(addresses.clickhouse_url, name)

    async def start(self, *stages: str, ready: bool = True) -> WorkerProcess:
        """A worker process of these stages; its metrics port is in `worker.metrics_url`."""
        port = ports.choose_port("metrics", asked=None, wishes=())
        url = f"http://127.0.0.1:{port}/metrics"
        log = self._data_dir / f"worker-{len(self._processes)}.log"
        worker = WorkerProcess(self.given | {"metrics_port": str(port)}, log, url)
        self._processes.append(worker)
        await worker.start(*stages)
        if ready:
            await worker.wait_ready(READY_SECONDS)
        return worker

    async def close(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._processes))

    async def know(self, *hosts: str) -> None:
        """Put an account for each host into the directory; workers started later know them from the start."""
        accounts = {host: Account(account_id=host, name=host, domains=(host,)) for host in hosts}
        await write_directory(self.settings, accounts, Present({}, {}))

    async def produce(
        self, topic: str, records: list[tuple[bytes | None, bytes | None, int | None]], **client: Any
    ) -> None:
        """Records (key, value, timestamp in ms) as any client would send them."""
        producer = AIOKafkaProducer(**connection_options(self.settings), **client)
        await producer.start()
        try:
            for key, value, timestamp_ms in records:
                await producer.send(topic, value, key=key, timestamp_ms=timestamp_ms)
            await producer.flush()
        finally:
            await producer.stop()

    async def committed(self, topic: Topic) -> list[dict[str, Any]]:
        """Values of all records a read_committed subscriber gets."""
        return [orjson.loads(value) for _, value in await self.records(topic)]

    async def records(self, topic: Topic) -> list[tuple[bytes, bytes]]:
        """Keys and values of all records a read_committed subscriber gets."""
        consumer = AIOKafkaConsumer(**connection_options(self.settings), isolation_level="read_committed")
        await consumer.start()
        try:
            name = self.settings.topics.name(topic)
            partitions = [TopicPartition(name, at) for at in range(self.settings.partitions)]
            ends = await consumer.end_offsets(partitions)
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            found: list[tuple[bytes, bytes]] = []
            while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [(record.key, record.value) for record in records]
            return found
        finally:
            await consumer.stop()

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query on this installation's database."""
        sink = ClickHouseSink(self.settings.clickhouse_url.get_secret_value(), self.settings.clickhouse_database)
        try:
            return await sink.query(sql)
        finally:
            await sink.close()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = WAIT_SECONDS) -> None:
    """Wait for a condition; fails with its name when it does not come."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"{condition.__qualname__} not met in {seconds} s"
        await asyncio.sleep(0.1)


@pytest.fixture
async def make_line(
    addresses: stack.StackAddresses, tmp_path: Path, worker_id: str
) -> AsyncIterator[Callable[..., Line]]:
    lines: list[Line] = []

    def make(**settings: Any) -> Line:
        name = f"t{next(_numbers)}_{worker_id}"
        folder = tmp_path / name
        folder.mkdir()
        lines.append(Line(addresses, folder, name, **settings))
        return lines[-1]

    yield make
    for line in lines:
        await line.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The local endpoint as a process of its own."""
    folder = tmp_path_factory.mktemp("endpoint")
    port = ports.choose_port("ClickHouse", asked=None, wishes=())
    command = [
        sys.executable,
        "-m",
        "deploy.local.endpoint",
        "--path",
        str(folder / "ch"),
        "--port",
        str(port),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[2])
        try:
            found = f"http://127.0.0.1:{port}"
            _wait_and_migrate(found, process, folder / "log")
            yield found
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_and_migrate(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(START_TRIES):
        try:
            migrate(url, "ready")
        except TransientSinkError:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(log.read_text()) from None
        return
    raise AssertionError(f"{url} does not serve: {log.read_text()}")
