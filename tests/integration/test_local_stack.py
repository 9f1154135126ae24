"""The real stack on this machine: its life."""

import asyncio
import contextlib
import io
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from clickhouse_connect.driver.exceptions import OperationalError
from rich.console import Console

from deploy.local import stack
from deploy.local.ports import choose_port
from schemas.errors import LocalStackError
from tests.integration.endpoint_client import client_of, port_of

# one worker has them all where the runner can be told so: each other worker would start a stack of its own
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("local_stack")]


def free_ports() -> dict[str, int]:
    """Ports away from the usual ones, so that a stack in daily use is not in the way."""
    kafka = choose_port("Kafka", asked=None, wishes=())
    return {"kafka_port": kafka, "clickhouse_port": choose_port("ClickHouse", asked=None, wishes=(), avoid=(kafka,))}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, stack.StackAddresses]]:
    data_dir = tmp_path_factory.mktemp("stack")
    addresses = stack.up(data_dir, **free_ports())
    yield data_dir, addresses
    stack.wipe(data_dir)


@pytest.fixture
def addresses(running: tuple[Path, stack.StackAddresses]) -> stack.StackAddresses:
    return running[1]


async def produce(bootstrap: str, topic: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id="local-stack-test")
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def consume(bootstrap: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        record = await asyncio.wait_for(consumer.getone(), 20)
        return record.value
    finally:
        await consumer.stop()


# --- the stack's life -------------------------------------------------------------------------------------------------


def test_data_survives_down_and_a_half_dead_stack_is_repaired(tmp_path: Path) -> None:
    first = stack.up(tmp_path, **free_ports())
    try:
        asyncio.run(produce(first.bootstrap_servers, "kept", b"record"))
        with client_of(first) as client:
            client.command("CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a")
            client.insert("kept", [[1]], column_names=["a"])
        stack.down(tmp_path)
        assert not any((stack.status(tmp_path).kafka.running, stack.status(tmp_path).clickhouse.running))

        assert stack.up(tmp_path) == first, "addresses stay"
        assert asyncio.run(consume(first.bootstrap_servers, "kept")) == b"record"
        with client_of(first) as client:
            assert client.query("SELECT a FROM kept").result_rows == [(1,)]

        broker = stack.status(tmp_path).kafka
        assert broker.healthy
        assert broker.data_bytes > 0
        assert broker.pid is not None
        psutil.Process(broker.pid).kill()
        psutil.Process(broker.pid).wait(20)
        engine_pid = stack.status(tmp_path).clickhouse.pid
        assert stack.up(tmp_path) == first
        assert stack.status(tmp_path).clickhouse.pid == engine_pid, "what ran was left alone"
        assert asyncio.run(consume(first.bootstrap_servers, "kept")) == b"record"
    finally:
        stack.wipe(tmp_path)
    assert not tmp_path.exists()


def test_a_killed_engine_loses_no_acknowledged_insert(tmp_path: Path) -> None:
    first = stack.up(tmp_path, **free_ports())
    try:
        engine = stack.status(tmp_path).clickhouse
        assert engine.pid is not None
        client_of(first).command("CREATE TABLE acked (a UInt32, s String) ENGINE = MergeTree ORDER BY a")
        acknowledged: list[int] = []
        enough = threading.Event()

        def insert_until_it_breaks() -> None:
            client = client_of(first, send_receive_timeout=10)
            with contextlib.suppress(OperationalError):
                for batch in range(100_000):
                    client.insert("acked", [[batch, "x" * 50]] * 100, column_names=["a", "s"])
                    acknowledged.append(batch)
                    if len(acknowledged) == 50:
                        enough.set()

        writer = threading.Thread(target=insert_until_it_breaks)
        writer.start()
        assert enough.wait(30)
        os.kill(engine.pid, signal.SIGKILL)
        writer.join(30)
        psutil.wait_procs([psutil.Process(engine.pid)] if psutil.pid_exists(engine.pid) else [], 20)
        assert not stack.status(tmp_path).clickhouse.running
        assert stack.up(tmp_path) == first
        counts = client_of(first).query("SELECT a, count() FROM acked GROUP BY a").result_rows
        whole = {batch for batch, count in counts if count == 100}
        assert whole >= set(acknowledged)
        assert len(counts) - len(acknowledged) in {0, 1}, "at most the one in flight is there without an answer"
    finally:
        stack.wipe(tmp_path)


def test_up_again_says_so_and_changes_nothing(running: tuple[Path, stack.StackAddresses]) -> None:
    data_dir, addresses = running
    before = stack.status(data_dir)
    text = io.StringIO()
    assert stack.up(data_dir, console=Console(file=text, width=200)) == addresses
    assert text.getvalue().count("runs already on") == 2
    after = stack.status(data_dir)
    assert (after.kafka.pid, after.clickhouse.pid) == (before.kafka.pid, before.clickhouse.pid)
    assert after.healthy
    assert after.kafka.version.startswith("4.")


def test_a_taken_port_asked_for_is_an_error(running: tuple[Path, stack.StackAddresses], tmp_path: Path) -> None:
    data_dir, addresses = running
    taken = port_of(addresses)
    with pytest.raises(LocalStackError, match=f"Port {taken} for ClickHouse is taken"):
        stack.up(tmp_path, clickhouse_port=taken)
    assert not stack.status(tmp_path).clickhouse.running
    with pytest.raises(LocalStackError, match=f"runs on port {taken} already"):
        stack.up(data_dir, clickhouse_port=choose_port("ClickHouse", asked=None, wishes=()))
    assert stack.status(data_dir).healthy


def test_services_hear_loopback_only(running: tuple[Path, stack.StackAddresses]) -> None:
    now = stack.status(running[0])
    for service in (now.kafka, now.clickhouse):
        assert service.pid is not None
        listening = [c for c in psutil.Process(service.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        assert listening
        assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}


# --- the endpoint as clickhouse-connect sees it -----------------------------------------------------------------------
