"""The transactional producer of one lane: everything a batch does becomes visible at once, or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation, KafkaError, MessageSizeTooLargeError

from agents.shell.crash import Reach, pass_by
from agents.shell.outbox import Outgoing
from schemas.errors import RecordError
from schemas.topics import OWN_BYTES_MAX

BATCH_BYTES = 900_000
"""Bytes of one record batch: below the broker's and the topics' usual limit of 1 MiB."""

STOP_SECONDS = 3.0
STOP_TRIES = 30


class LaneProducer:
    """Sends, commits offsets and ends transactions under one `transactional.id`.

    Starting it fences whoever had the id before and aborts what that one left open.

    Args:
        options: how to reach the broker.
        transactional_id: one per input partition, the same whoever owns it.
        group: consumer group whose offsets are committed.
        timeout_seconds: after this the broker aborts an open transaction.
        reach: told of crash points.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        transactional_id: str,
        group: str,
        timeout_seconds: float,
        reach: Reach = pass_by,
    ) -> None:
        self._group, self._reach = group, reach
        self._producer = AIOKafkaProducer(
            **options,
            transactional_id=transactional_id,
            transaction_timeout_ms=int(timeout_seconds * 1000),
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            max_request_size=OWN_BYTES_MAX + 65_536,
            compression_type="zstd",  # this client packs lz4 at level 9: large batches took four times as long
            retry_backoff_ms=10,  # the broker answers "not yet" at the start of a transaction; 100 ms would be the p99
            request_timeout_ms=int(min(timeout_seconds, 60) * 1000),
        )

    async def start(self) -> None:
        """Connect, fence the former owner, abort its open transaction."""
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect, in bounded time also from a broker that is silent. An open transaction is aborted by the next
        owner or by the broker's timeout."""
        with suppress(Exception):
            await asyncio.wait_for(self._producer.stop(), STOP_SECONDS)
        task = self._sender_task
        for _ in range(STOP_TRIES):  # each cancel ends one inner task that the sender awaits
            if task is None or task.done():
                break
            task.cancel()
            await asyncio.wait({task}, timeout=STOP_SECONDS / STOP_TRIES)
        with suppress(Exception):
            await asyncio.wait_for(self._producer.client.close(), STOP_SECONDS)

    @property
    def _sender_task(self) -> "asyncio.Task[None] | None":
        return self._producer._sender.sender_task  # type: ignore[no-any-return]  # noqa: SLF001 - stop() hangs without

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
        self._reach("after_begin")
        pending: list[asyncio.Future[Any]] = []
        try:
            for (topic, partition), outgoing in records.items():
                for batch in self._batches(outgoing):
                    sent = await producer.send_batch(batch, topic, partition=partition)
                    pending.append(sent)
            self._reach("after_send")
            if offsets:
                await producer.send_offsets_to_transaction(dict(offsets), self._group)
            self._reach("after_offsets")
            # a refused record must stop the commit: aiokafka would commit the rest
            await asyncio.gather(*pending)
        except (KafkaError, IllegalOperation, AssertionError) as error:
            for future in pending:
                future.add_done_callback(_heard)
            cause = self._sender_error() or error
            await self._abort()
            if isinstance(cause, MessageSizeTooLargeError):
                raise RecordError(largest_of(records), "Raise the topic's max.message.bytes.") from error
            raise cause if isinstance(cause, KafkaError) else KafkaError(repr(cause)) from error
        self._reach("before_commit")
        await producer.commit_transaction()
        self._reach("after_commit")

    def _sender_error(self) -> BaseException | None:
        """Why the sender has died, if it has: what the next call says then is only that it is dead."""
        task = self._sender_task
        return task.exception() if task is not None and task.done() and not task.cancelled() else None

    def _batches(self, outgoing: Sequence[Outgoing]) -> list[Any]:
        batches: list[Any] = []
        append = _no_batch
        for key, value, headers in outgoing:
            if append(timestamp=None, key=key, value=value, headers=headers) is None:
                batch = self._producer.create_batch()
                batches.append(batch)
                append = batch.append
                append(timestamp=None, key=key, value=value, headers=headers)  # the first always fits
        for batch in batches:
            batch.close()
        return batches

    async def _abort(self) -> None:
        # fenced, unreachable or failed for good: the lane is opened anew, which aborts it
        with suppress(KafkaError, AssertionError, TimeoutError):
            await asyncio.wait_for(self._producer.abort_transaction(), STOP_SECONDS)


def _no_batch(**_: object) -> None:
    """There is none yet to append to."""


def largest_of(records: Mapping[tuple[str, int], Sequence[Outgoing]]) -> str:
    """The largest record of a transaction, in words, for the error that says it is too large."""
    size, topic, key = max(
        (len(value or b""), topic, key or b"") for (topic, _), outgoing in records.items() for key, value, _ in outgoing
    )
    return (
        f"The broker refuses a record as too large; the largest is one of {size} bytes for {topic}, key {key[:100]!r}."
    )


def _heard(sent: "asyncio.Future[Any]") -> None:
    if not sent.cancelled():
        sent.exception()
