"""The broker as the bench uses it: topics made, input written fast, progress seen from outside."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

Stamped = tuple[bytes | None, bytes, int | None]
"""Key, value, time in ms (None: now)."""

BATCH_BYTES = 900_000
IN_FLIGHT_MAX = 20


async def create(
    bootstrap: str, topics: Mapping[str, int], compacted: Iterable[str] = (), replication: int = 1
) -> None:
    """Topics with their partition counts."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        keep = set(compacted)
        compact = {"cleanup.policy": "compact"}
        grow = {"max.message.bytes": "4194304", "retention.ms": "-1"}
        new = [
            NewTopic(name, partitions, replication, topic_configs=compact if name in keep else grow)
            for name, partitions in topics.items()
        ]
        await admin.create_topics(new)
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, by_partition: Mapping[int, Sequence[Stamped]]) -> int:
    """Write records as fast as the client can; each partition's in order. Returns how many."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=0, max_batch_size=BATCH_BYTES)
    await producer.start()
    pending: list[Any] = []
    count = 0
    try:
        for partition, records in by_partition.items():
            for batch in _batches(producer, records):
                pending.append(await producer.send_batch(batch, topic, partition=partition))
                count += batch.record_count()
                if len(pending) >= IN_FLIGHT_MAX:
                    await asyncio.gather(*pending)
                    pending.clear()
        await asyncio.gather(*pending)
    finally:
        await producer.stop()
    return count


def _batches(producer: AIOKafkaProducer, records: Sequence[Stamped]) -> Iterator[Any]:
    batch = None
    for key, value, ms in records:
        if batch is None or batch.append(timestamp=ms, key=key, value=value) is None:
            if batch is not None:
                batch.close()
                yield batch
            batch = producer.create_batch()
            batch.append(timestamp=ms, key=key, value=value)
    if batch is not None:
        batch.close()
        yield batch


class Ends:
    """Where topics end for a read_committed reader, asked again and again at next to no cost."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        self._consumer, self._partitions = consumer, partitions

    async def total(self) -> int:
        """Sum of the end offsets; markers of transactions count, too."""
        return sum((await self._consumer.end_offsets(self._partitions)).values())

    async def each(self) -> dict[TopicPartition, int]:
        """The end offset of each partition."""
        return dict(await self._consumer.end_offsets(self._partitions))


@asynccontextmanager
async def ends_of(bootstrap: str, topics: Mapping[str, int]):
    """Where these topics end."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, at) for topic, count in topics.items() for at in range(count)]
        consumer.assign(partitions)
        yield Ends(consumer, partitions)
    finally:
        await consumer.stop()


async def read_all(bootstrap: str, topics: Mapping[str, int]) -> list[Any]:
    """All records a read_committed reader gets, partition by partition."""
    found: list[Any] = []
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, at) for topic, count in topics.items() for at in range(count)]
        ends = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
    finally:
        await consumer.stop()
    return found
