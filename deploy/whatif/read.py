"""Recorded activities up to where their topic ends now, account by account. Memory is bounded: a partition of many
records is read several times, each time for a part of its accounts."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaConsumer, TopicPartition

RECORDS_AT_ONCE = 200_000
"""Records held at once, undecoded: some 200 MB."""

_RECEIVED = re.compile(rb'"received_ms":\s*(\d+)')
_SALT = b"whatif"
"""Accounts are parted otherwise than over partitions."""

Tell = Callable[[int], None]
"""Told how many further records were read."""

Values = list[tuple[int, bytes]]
"""What is known to be received by then, ms, and the record's value; in order."""


@dataclass(frozen=True, slots=True)
class Part:
    """One partition as it was found.

    Args:
        tp: itself.
        start, end: offsets.
        records: how many it has.
    """

    tp: TopicPartition
    start: int
    end: int
    records: int

    @property
    def passes(self) -> int:
        """How often it is read, so that no more than `RECORDS_AT_ONCE` are held."""
        return max(1, -(-self.records // RECORDS_AT_ONCE))


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies on the topic.

    Args:
        parts: its partitions.
        first_ms, last_ms: when the broker had the first and the last of their raw records; the pipeline's ms.
        newest_ms: when the newest record was written; real ms.
    """

    parts: tuple[Part, ...]
    first_ms: int
    last_ms: int
    newest_ms: int

    @property
    def records(self) -> int:
        """How many activities there are."""
        return sum(part.records for part in self.parts)


async def survey(consumer: AIOKafkaConsumer, topic: str, partitions: int, tell: Tell) -> Survey:
    """See how much there is, and from when to when: reads all of it once."""
    tps = [TopicPartition(topic, at) for at in range(partitions)]
    starts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
    parts, first_ms, last_ms, newest_ms = [], 0, 0, 0
    for tp in tps:
        records = 0
        async for batch in _batches(consumer, tp, starts[tp], ends[tp]):
            for record in batch:
                received_ms = received_of(record.value)
                first_ms = min(first_ms or received_ms, received_ms)
                last_ms, newest_ms = max(last_ms, received_ms), max(newest_ms, record.timestamp)
            records += len(batch)
            tell(len(batch))
        parts.append(Part(tp, starts[tp], ends[tp], records))
    return Survey(tuple(parts), first_ms, last_ms, newest_ms)


async def accounts_of(consumer: AIOKafkaConsumer, part: Part, turn: int) -> dict[bytes, Values]:
    """Account -> its records, of those accounts of a partition whose turn it is."""
    found: dict[bytes, Values] = {}
    passed_ms = 0
    async for batch in _batches(consumer, part.tp, part.start, part.end):
        for record in batch:
            passed_ms = max(passed_ms, received_of(record.value))
            if crc32(_SALT + record.key) % part.passes == turn:
                found.setdefault(record.key, []).append((passed_ms, record.value))
    return found


def received_of(value: bytes) -> int:
    """When the broker had the raw record, ms since 1970, without decoding all of the value; 0 where it does not say."""
    match = _RECEIVED.search(value)
    return int(match[1]) if match else 0


async def _batches(
    consumer: AIOKafkaConsumer, tp: TopicPartition, start: int, end: int
) -> AsyncIterator[Sequence[Any]]:
    consumer.assign([tp])
    consumer.seek(tp, start)
    while await consumer.position(tp) < end:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            if kept := [record for record in records if record.offset < end]:
                yield kept
