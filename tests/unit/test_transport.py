"""The fetch: what comes while Faust takes nothing is not lost, and each batch says where it goes on."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from faust.transport.drivers import aiokafka as driver

from agents.shell.kafka.transport import BatchConsumerThread

TP = TopicPartition("t", 0)


class Consumer:
    """An aiokafka consumer with one partition, as far as fetching looks at it."""

    def __init__(self) -> None:
        self.assign()
        self.position = 0
        self.flow_active = True
        self.log = list(range(0, 90, 3))
        self.lso: int | None = 89

    def assign(self) -> None:
        assignment = SimpleNamespace(
            tps={TP}, state_value=lambda tp: SimpleNamespace(position=self.position, lso=self.lso)
        )
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.position = offset

    def take(self, count: int) -> dict[TopicPartition, list[Any]]:
        records = [SimpleNamespace(offset=offset) for offset in self.log if offset >= self.position][:count]
        self.position = records[-1].offset + 2  # an end mark of a transaction lies behind
        return {TP: records}


@pytest.fixture
def fetch(monkeypatch: pytest.MonkeyPatch) -> Any:
    consumer = Consumer()

    async def drained(self: Any, given: Any, partitions: Any, timeout: Any, most: Any) -> Any:
        return consumer.take(5)

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_fetch_records", drained)
    thread = BatchConsumerThread.__new__(BatchConsumerThread)
    thread.consumer = consumer

    async def call() -> Any:
        return await thread._fetch_records(consumer, {TP})

    return consumer, call


async def test_batches_go_on_where_the_last_one_ended(fetch: Any) -> None:
    consumer, call = fetch
    first, second = (await call())[TP], (await call())[TP]
    assert (first.begins, first.ends, second.begins) == (None, 14, 14)
    assert [record.offset for record in second.records] == [15, 18, 21, 24, 27]
    consumer.assign()
    assert (await call())[TP].begins is None


async def test_what_is_fetched_while_nothing_is_taken_comes_again(fetch: Any) -> None:
    consumer, call = fetch
    await call()
    consumer.assign()
    consumer.flow_active = False
    assert await call() == {}
    consumer.flow_active = True
    again = (await call())[TP]
    assert again.begins is None
    assert again.records[0].offset == 15


async def test_it_is_known_whether_more_is_to_come(fetch: Any) -> None:
    consumer, call = fetch
    found = [(await call())[TP].more for _ in range(6)]
    assert found == [True, True, True, True, True, False]
    consumer.assign()
    consumer.position, consumer.lso = 0, None
    assert (await call())[TP].more is False  # the broker has not said yet
