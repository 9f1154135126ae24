"""A compacted topic followed without a group: each worker reads all of it at its start, and every change afterwards."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

Take = Callable[[Sequence[Any]], None]
"""Takes what was read at once: aiokafka records, in order within their partition."""

log = structlog.get_logger()


class Following(Protocol):
    """Something that follows a topic until it is stopped."""

    def on_end(self, callback: Callable[[asyncio.Task[None]], None]) -> None:
        """Call this when following ends, however it ends."""

    async def stop(self) -> None:
        """Stop following."""


class Reader(Following, Protocol):
    """Something that reads a topic to its end when it starts, and follows it then."""

    async def start(self) -> None:
        """Returns when everything written so far has been taken."""


class Follower:
    """See the module's text.

    Args:
        name: for logs and tasks, e.g. `directory`.
        options: how to reach the broker.
        topic: name of the topic.
        partitions: how many it has.
        take: takes records; it does not raise.
    """

    def __init__(self, name: str, options: Mapping[str, Any], topic: str, partitions: int, take: Take) -> None:
        self._name, self._options, self._take = name, options, take
        self._partitions = [TopicPartition(topic, at) for at in range(partitions)]
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what is there, then follow changes. Returns when everything written so far has been taken."""
        consumer = await _read_present(self._options, self._partitions, self._take)
        self._task = asyncio.create_task(self._follow(consumer), name=self._name)

    def on_end(self, callback: Callable[[asyncio.Task[None]], None]) -> None:
        """Call this when following ends, however it ends."""
        assert self._task is not None
        self._task.add_done_callback(callback)

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while True:
                try:
                    await _read(consumer, self._take)
                except KafkaError as error:
                    log.warning("follower_waits", topic=self._name, error=repr(error))
                    await asyncio.sleep(1)
        finally:
            await consumer.stop()


async def read_present(options: Mapping[str, Any], topic: str, partitions: int) -> list[Any]:
    """All committed records that lie on a topic now."""
    found: list[Any] = []
    consumer = await _read_present(options, [TopicPartition(topic, at) for at in range(partitions)], found.extend)
    await consumer.stop()
    return found


async def _read_present(
    options: Mapping[str, Any], partitions: Sequence[TopicPartition], take: Take
) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(**options, enable_auto_commit=False, isolation_level="read_committed")
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
            await _read(consumer, take)
    except BaseException:
        await consumer.stop()
        raise
    return consumer


async def _read(consumer: AIOKafkaConsumer, take: Take) -> None:
    records = [record for found in (await consumer.getmany(timeout_ms=500)).values() for record in found]
    if records:
        take(records)
