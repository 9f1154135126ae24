"""The transactional producer of one lane: everything a batch does becomes visible at once, or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from agents.shell.outbox import Outgoing
from schemas.errors import RecordError
from schemas.topics import REJECTED_BYTES_MAX

BATCH_BYTES = 900_000
"""Bytes of one record batch: below the broker's and the topics' usual limit of 1 MiB."""


class LaneProducer:
    """Sends, commits offsets and ends transactions under one `transactional.id`.

    Starting it fences whoever had the id before and aborts what that one left open.

    Args:
        options: how to reach the broker.
        transactional_id: one per input partition, the same whoever owns it.
        group: consumer group whose offsets are committed.
        timeout_seconds: after this the broker aborts an open transaction.
    """

    def __init__(self, options: Mapping[str, Any], transactional_id: str, group: str, timeout_seconds: float) -> None:
        self._group = group
        self._producer = AIOKafkaProducer(
            **options,
            transactional_id=transactional_id,
            transaction_timeout_ms=int(timeout_seconds * 1000),
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            max_request_size=REJECTED_BYTES_MAX + 65_536,
            compression_type="lz4",
            retry_backoff_ms=20,  # the broker answers "not yet" at the start of a transaction; 100 ms would be the p99
            request_timeout_ms=int(min(timeout_seconds, 60) * 1000),
        )

    async def start(self) -> None:
        """Connect, fence the former owner, abort its open transaction."""
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect. An open transaction is aborted by the next owner or by the broker's timeout."""
        await self._producer.stop()

    async def partitions(self, topic: str) -> int:
        """Number of partitions of a topic."""
        return len(await self._producer.partitions_for(topic))

    async def transact(
        self, records: Mapping[tuple[str, int], Sequence[Outgoing]], offsets: Mapping[TopicPartition, int]
    ) -> None:
        """One transaction: all records, all offsets, or nothing.

        Args:
            records: (topic, partition) -> records in order.
            offsets: consumed partition -> next offset to read.

        Raises:
            KafkaError: nothing was committed, or (on a lost answer) it is not known; open the lane anew to find out.
        """
        producer = self._producer
        await producer.begin_transaction()
        try:
            pending = [
                await producer.send_batch(batch, topic, partition=partition)
                for (topic, partition), outgoing in records.items()
                for batch in self._batches(outgoing, topic)
            ]
            if offsets:
                await producer.send_offsets_to_transaction(dict(offsets), self._group)
            # a refused record must stop the commit: aiokafka would commit the rest
            await asyncio.gather(*pending)
        except (KafkaError, RecordError):
            await self._abort()
            raise
        await producer.commit_transaction()

    def _batches(self, outgoing: Sequence[Outgoing], topic: str) -> list[Any]:
        batches: list[Any] = []
        batch = None
        for key, value, headers in outgoing:
            if batch is None or batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                batch = self._producer.create_batch()
                batches.append(batch)
                if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                    raise RecordError(f"A record of {len(value or b'')} bytes does not fit a batch of {topic}.")
        for batch in batches:
            batch.close()
        return batches

    async def _abort(self) -> None:
        try:
            await self._producer.abort_transaction()
        except (KafkaError, AssertionError):
            return  # fenced, unreachable or failed for good: the lane is opened anew, which aborts it
