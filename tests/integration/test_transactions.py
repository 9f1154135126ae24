"""Transactions on real brokers, of Kafka 4's kind and of the one before: all or nothing, whoever is asked how often."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, ProducerFenced
from aiokafka.protocol.transaction import EndTxnRequest

from agents.shell.kafka.producer import LaneProducer
from agents.shell.kafka.protocol import EndRequest
from agents.topics import committed_offsets
from deploy.local import kafka, ports, process, stack
from deploy.local.report import Reporter
from schemas.errors import RecordError
from tests.bench.kafka import create
from tests.integration import secured
from tests.integration.conftest import WAIT_SECONDS

KINDS = {"as in Kafka 4": True, "as before": False}
GROUP = "group"
LARGE = 5_000_000
Make = Callable[[], Awaitable[LaneProducer]]


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker whose transactions are those of Kafka 3."""
    data_dir = tmp_path_factory.mktemp("older")
    port, controller_port = (ports.choose_port(name, asked=None, wishes=()) for name in ("Kafka", "controller"))
    options = ["--feature", "transaction.version=1"]
    mark = kafka.start(
        data_dir, port=port, controller_port=controller_port, reporter=Reporter(None), format_options=options
    )
    try:
        secured.wait_until_healthy(data_dir, mark, port)
        yield f"127.0.0.1:{port}"
    finally:
        process.stop(mark, patience_seconds=kafka.STOP_SECONDS)


@pytest.fixture(params=KINDS)
async def broker(request: pytest.FixtureRequest) -> tuple[str, bool]:
    """Its address, and whether it takes partitions into a transaction by itself."""
    implicit = KINDS[request.param]
    if not implicit:
        return request.getfixturevalue("older"), False
    addresses: stack.StackAddresses = request.getfixturevalue("addresses")
    return addresses.bootstrap_servers, True


@pytest.fixture
async def topic(broker: tuple[str, bool], request: pytest.FixtureRequest) -> str:
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    await create(broker[0], {name: 2})
    return name


@pytest.fixture
async def make(broker: tuple[str, bool], topic: str) -> AsyncIterator[Make]:
    """Makes owners of one transactional id, one after the other."""
    made: list[LaneProducer] = []

    async def owner() -> LaneProducer:
        made.append(LaneProducer({"bootstrap_servers": broker[0]}, f"{topic}-id", 60))
        await made[-1].start()
        return made[-1]

    yield owner
    for producer in made:
        await producer.stop()


async def committed(bootstrap: str, topic: str) -> tuple[list[bytes], int | None]:
    """Values a `read_committed` reader gets of both partitions, and the group's offset of the first."""
    partitions = [TopicPartition(topic, at) for at in range(2)]
    options = {"bootstrap_servers": bootstrap, "enable_auto_commit": False}
    values: list[bytes] = []
    async with AIOKafkaConsumer(**options) as all_written:
        ends = await all_written.end_offsets(partitions)
    async with (
        asyncio.timeout(WAIT_SECONDS),
        AIOKafkaConsumer(**options, isolation_level="read_committed") as reader,
    ):
        reader.assign(partitions)
        await reader.seek_to_beginning(*partitions)
        while [tp for tp in partitions if await reader.position(tp) < ends[tp]]:  # until no transaction is open
            for records in (await reader.getmany(timeout_ms=200)).values():
                values += [record.value for record in records]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return values, (await committed_offsets(admin, f"{topic}-{GROUP}", partitions)).get(partitions[0])
    finally:
        await admin.close()


def one(
    topic: str, number: int, more: bytes = b""
) -> tuple[dict[tuple[str, int], Any], dict[str, dict[TopicPartition, int]]]:
    """A transaction's records, one for each partition, and its group's offset."""
    value = b"%d" % number
    records = {(topic, 0): [(b"k", value, [])], (topic, 1): [(b"k", value + more, [])]}
    return records, {f"{topic}-{GROUP}": {TopicPartition(topic, 0): number}}


async def test_all_of_it_is_there_or_nothing(broker: tuple[str, bool], topic: str, make: Make) -> None:
    bootstrap, implicit = broker
    producer = await make()
    assert await producer._broker.enlists([TopicPartition(topic, 0)], [f"{topic}-{GROUP}"]) is implicit
    for number in range(1, 30):  # at once after one another: the broker still ends the one before
        await producer.transact(*one(topic, number))
    await producer.transact({(topic, 1): [(b"k", b"alone", [])]}, {})
    with pytest.raises(RecordError, match="too large"):
        await producer.transact(*one(topic, 30, os.urandom(LARGE)))
    values, offset = await committed(bootstrap, topic)
    assert sorted(values) == sorted([b"%d" % number for number in range(1, 30)] * 2 + [b"alone"])
    assert offset == 29
    await (await make()).transact(*one(topic, 31))
    values, offset = await committed(bootstrap, topic)
    assert values.count(b"31") == 2
    assert offset == 31


async def test_who_was_succeeded_can_write_no_more(broker: tuple[str, bool], topic: str, make: Make) -> None:
    before = await make()
    await before.transact(*one(topic, 1))
    after = await make()
    with pytest.raises(ProducerFenced):
        await before.transact(*one(topic, 2))
    await after.transact(*one(topic, 3))
    assert await committed(broker[0], topic) == ([b"1", b"3"] * 2, 3)


async def test_a_lost_answer_to_a_commit_commits_once(
    broker: tuple[str, bool], topic: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    producer = await make()
    client, ends = producer._broker._client, []
    send = client.send

    async def lossy(node: int, request: Any, **given: Any) -> Any:
        answer = await send(node, request, **given)
        if isinstance(request, EndRequest | EndTxnRequest):
            ends.append(request)
            if len(ends) == 1:
                raise KafkaConnectionError("lost")
        return answer

    monkeypatch.setattr(client, "send", lossy)
    await producer.transact(*one(topic, 1))
    assert len(ends) == 2
    await producer.transact(*one(topic, 2))
    assert await committed(broker[0], topic) == ([b"1", b"2"] * 2, 2)
