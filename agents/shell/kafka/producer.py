"""The transactional producer of one lane: everything a batch does becomes visible at once, or not at all.

A transaction is three turns to the broker, in each of which the requests go side by side: partitions and group are
added, then records and offsets are sent, then it is committed. The first is left out where the broker does it by itself
(`Broker.enlists`).
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, OperationNotAttempted, RecordListTooLargeError
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
    TxnOffsetCommitRequest,
)
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from agents.shell.crash import Reach, pass_by
from agents.shell.kafka import protocol
from agents.shell.kafka.broker import Broker
from agents.shell.outbox import Outgoing
from schemas.errors import RecordError

BATCH_BYTES = 900_000
"""Bytes of one record batch: below the broker's and the topics' usual limit of 1 MiB."""

STOP_SECONDS = 3.0
SEQUENCES = 2**31
"""Sequence numbers of a partition's records begin anew after these."""

Packed = tuple[bytes, int]
"""A record batch and how many records it has."""

NOWHERE: Mapping[TopicPartition, int] = {}

MAGIC = 2
"""Version of record batches that transactions need."""

ZSTD = 4
"""Its number in the protocol. This client packs lz4 at level 9: large batches took four times as long."""


class ElsewhereError(Exception):
    """Records lie at other offsets than they were taken to: somebody else has written to their partition."""


class LaneProducer:
    """Sends, commits offsets and ends transactions under one `transactional.id`.

    Starting it fences whoever had the id before and aborts what that one left open. After an error it is of no more
    use: the lane is opened anew.

    Args:
        options: how to reach the broker.
        transactional_id: one per input partition, the same whoever owns it.
        timeout_seconds: after this the broker aborts an open transaction.
        reach: told of crash points.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        transactional_id: str,
        timeout_seconds: float,
        reach: Reach = pass_by,
    ) -> None:
        self._id, self._reach = transactional_id, reach
        self._timeout_ms = int(timeout_seconds * 1000)
        self._broker = Broker(options, timeout_seconds)
        self._owner = (-1, -1)
        """Producer id and epoch."""
        self._sequences: Counter[TopicPartition] = Counter()

    async def start(self, fence_too: Iterable[str] = ()) -> None:
        """Connect, fence the former owner, abort its open transaction.

        Args:
            fence_too: other ids whose owners are fenced after it.
        """
        await self._broker.start()
        self._owner = await self._fence(self._id)
        for other in fence_too:
            await self._fence(other)

    async def prove(self, group: str) -> None:
        """Make sure that this is still the owner of its id, by a transaction of nothing, which is aborted.

        Args:
            group: one whose offsets it may commit.

        Raises:
            KafkaError: it is not, or it cannot be known.
        """
        await self._add_groups([group])
        await self._end(False, commit=False)

    async def stop(self) -> None:
        """Disconnect, in bounded time also from a broker that is silent. An open transaction is aborted by the next
        owner or by the broker's timeout."""
        with suppress(Exception):
            await asyncio.wait_for(self._broker.close(), STOP_SECONDS)

    async def partitions(self, topic: str) -> int:
        """Number of partitions of a topic."""
        return await self._broker.partitions(topic)

    async def transact(
        self,
        records: Mapping[tuple[str, int], Sequence[Outgoing]],
        offsets: Mapping[str, Mapping[TopicPartition, int]],
        ends: Mapping[TopicPartition, int] = NOWHERE,
    ) -> None:
        """One transaction: all records, all offsets, or nothing.

        Args:
            records: (topic, partition) -> records in order.
            offsets: group -> consumed partition -> next offset to read.
            ends: partition -> offset behind the last record, where it is to be just this one.

        Raises:
            RecordError: the broker refuses a record as too large; nothing was committed.
            ElsewhereError: records came to lie at other offsets; nothing was committed.
            KafkaError: nothing was committed, or (on a lost answer) it is not known; open the lane anew to find out.
        """
        batches = {
            (tp := TopicPartition(*where)): self._batches(tp, outgoing)
            for where, outgoing in records.items()
            if outgoing
        }
        if not batches and not offsets:
            return
        enlist = await self._broker.enlists(batches, offsets)
        try:
            if not enlist:
                await self._turn((self._add_partitions, batches), (self._add_groups, offsets))
            self._reach("after_begin")
            await self._turn((partial(self._send, enlist, ends), batches), (partial(self._commit, enlist), offsets))
        except (KafkaError, ElsewhereError) as error:
            await self._abort(enlist)
            if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
                raise RecordError(largest_of(records), "Raise the topic's max.message.bytes.") from error
            raise
        self._reach("before_commit")
        await self._end(enlist, commit=True)
        self._reach("after_commit")

    async def _fence(self, transactional_id: str) -> tuple[int, int]:
        request = InitProducerIdRequest(transactional_id=transactional_id, transaction_timeout_ms=self._timeout_ms)
        answer = await self._broker.ask_transaction(transactional_id, request, _code)
        return answer.producer_id, answer.producer_epoch

    async def _turn(self, *asked: tuple[Callable[[Any], Awaitable[None]], Mapping[Any, Any]]) -> None:
        """Ask side by side, each for what there is; all are through before the first error is raised."""
        wanted = [ask(what) for ask, what in asked if what]
        if len(wanted) == 1:
            await wanted[0]
            return
        for end in await asyncio.gather(*wanted, return_exceptions=True):
            if isinstance(end, BaseException):
                raise end

    def _batches(self, tp: TopicPartition, outgoing: Sequence[Outgoing]) -> list[Packed]:
        """Records of one partition as they lie in its log."""
        batches: list[Packed] = []
        builder, count = self._builder(tp), 0
        for key, value, headers in outgoing:
            if builder.append(count, None, key, value, headers) is None:  # full; the first always fits
                batches.append(self._built(tp, builder, count))
                builder, count = self._builder(tp), 0
                builder.append(count, None, key, value, headers)
            count += 1
        batches.append(self._built(tp, builder, count))
        return batches

    def _builder(self, tp: TopicPartition) -> DefaultRecordBatchBuilder:
        producer_id, epoch = self._owner
        return DefaultRecordBatchBuilder(
            magic=MAGIC,
            compression_type=ZSTD,
            is_transactional=True,
            producer_id=producer_id,
            producer_epoch=epoch,
            base_sequence=self._sequences[tp],
            batch_size=BATCH_BYTES,
        )

    def _built(self, tp: TopicPartition, builder: DefaultRecordBatchBuilder, count: int) -> Packed:
        self._sequences[tp] = (self._sequences[tp] + count) % SEQUENCES
        return bytes(builder.build()), count

    async def _add_partitions(self, partitions: Iterable[TopicPartition]) -> None:
        topics: defaultdict[str, list[int]] = defaultdict(list)
        for tp in partitions:
            topics[tp.topic].append(tp.partition)
        request = AddPartitionsToTxnRequest(self._id, *self._owner, list(topics.items()))
        await self._broker.ask_transaction(self._id, request, _codes)

    async def _add_groups(self, groups: Iterable[str]) -> None:
        for group in groups:
            request = AddOffsetsToTxnRequest(self._id, *self._owner, group)
            await self._broker.ask_transaction(self._id, request, _code)

    async def _send(
        self, enlist: bool, ends: Mapping[TopicPartition, int], batches: Mapping[TopicPartition, Sequence[Packed]]
    ) -> None:
        found: dict[TopicPartition, int] = {}
        for turn in zip_longest(*batches.values()):  # the broker takes one batch of a partition at once
            some = {tp: packed for tp, packed in zip(batches, turn, strict=True) if packed is not None}
            begins = await self._broker.produce(self._id, {tp: batch for tp, (batch, _) in some.items()}, enlist=enlist)
            found |= {tp: begins[tp] + count for tp, (_, count) in some.items()}
        if elsewhere := {tp: (found.get(tp), end) for tp, end in ends.items() if found.get(tp) != end}:
            raise ElsewhereError(f"what ends here was to end there: {elsewhere}")
        self._reach("after_send")

    async def _commit(self, enlist: bool, offsets: Mapping[str, Mapping[TopicPartition, int]]) -> None:
        for answer in await asyncio.gather(
            *(self._commit_one(enlist, group, some) for group, some in offsets.items()), return_exceptions=True
        ):
            if isinstance(answer, BaseException):
                raise answer
        self._reach("after_offsets")

    async def _commit_one(self, enlist: bool, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        request: Any
        if enlist:
            request = protocol.CommitOffsetsRequest(self._id, group, self._owner, offsets)
        else:
            topics: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
            for tp, offset in offsets.items():
                topics[tp.topic].append((tp.partition, offset, ""))
            request = TxnOffsetCommitRequest(self._id, group, *self._owner, list(topics.items()))
        await self._broker.ask_group(group, request, _codes)

    async def _end(self, enlist: bool, *, commit: bool) -> None:
        if not enlist:
            await self._broker.ask_transaction(self._id, EndTxnRequest(self._id, *self._owner, commit), _code)
            return
        request = protocol.EndRequest(self._id, self._owner, commit=commit)
        answer = await self._broker.ask_transaction(self._id, request, _code)
        self._owner = answer.producer_id, answer.producer_epoch
        self._sequences.clear()  # a new epoch begins at 0

    async def _abort(self, enlist: bool) -> None:
        # fenced, unreachable or failed for good: the lane is opened anew, which aborts it
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(self._end(enlist, commit=False), STOP_SECONDS)


def _code(answer: Any) -> list[int]:
    return [answer.error_code]


def _codes(answer: Any) -> list[int]:
    """Those that say what is wrong first: to the other partitions the broker says only that it did not try."""
    codes = [code for _, partitions, *_ in answer.errors for _, code, *_ in partitions]
    return sorted(codes, key=lambda code: code == OperationNotAttempted.errno)


def largest_of(records: Mapping[tuple[str, int], Sequence[Outgoing]]) -> str:
    """The largest record of a transaction, in words, for the error that says it is too large."""
    size, topic, key = max(
        (len(value or b""), topic, key or b"") for (topic, _), outgoing in records.items() for key, value, _ in outgoing
    )
    return (
        f"The broker refuses a record as too large; the largest is one of {size} bytes for {topic}, key {key[:100]!r}."
    )
