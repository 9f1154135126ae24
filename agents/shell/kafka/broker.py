"""What a lane asks of the cluster for its transactions: each request goes where it belongs, and is asked again while
what is wrong with it passes.

aiokafka's own producer sends the requests of a transaction one after the other, each through some turns of the loop, in
which the other lanes' handlers run. Here they can go side by side.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

import structlog
from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.protocol.produce import ProduceRequest

from agents.shell.kafka import protocol

RETRY_SECONDS = 0.01
"""The broker answers "not yet" at the start of a transaction while it ends the one before."""

RETRY_SECONDS_MAX = 0.5
TELL_SECONDS = 5.0

Found = TypeVar("Found")
Codes = Callable[[Any], Iterable[int]]

_WRITTEN = (0, errors.DuplicateSequenceNumber.errno)
_ELSEWHERE = (
    errors.GroupCoordinatorNotAvailableError,
    errors.NotCoordinatorForGroupError,
    errors.NodeNotReadyError,
    errors.RequestTimedOutError,
    errors.KafkaConnectionError,
)
"""After these another node may be the coordinator."""

log = structlog.get_logger()


class Broker:
    """The cluster, as one transactional id sees it.

    Args:
        options: how to reach it.
        timeout_seconds: for so long a request is asked again.
    """

    def __init__(self, options: Mapping[str, Any], timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._client = AIOKafkaClient(**options, request_timeout_ms=int(min(timeout_seconds, 60) * 1000))
        self._coordinators: dict[tuple[int, str], int] = {}
        self._transaction_version = 0

    async def start(self) -> None:
        """Connect, and ask which transactions the cluster has.

        Raises:
            KafkaError: it cannot be reached.
        """
        await self._client.bootstrap()
        self._transaction_version = await self._patiently("VersionsRequest", self._ask_version)

    async def close(self) -> None:
        """Disconnect."""
        await self._client.close()

    async def partitions(self, topic: str) -> int:
        """Number of partitions of a topic."""

        async def known() -> int:
            await self._client.add_topic(topic)
            count = len(self._client.cluster.partitions_for_topic(topic) or ())
            if not count:
                if topic in self._client.cluster.unauthorized_topics:
                    raise errors.TopicAuthorizationFailedError(topic)
                raise errors.UnknownTopicOrPartitionError(topic)
            return count

        return await self._patiently("metadata", known)

    async def enlists(self, partitions: Iterable[TopicPartition], groups: Iterable[str]) -> bool:
        """Whether a transaction over these partitions, and offsets of these groups, need not be told them first.

        So it is on a cluster that takes them in by itself, if one node leads the partitions and coordinates the groups:
        it works what comes on one connection one by one. Several nodes would ask the transaction's coordinator at
        once, which takes one in and has the others wait for 20 ms. On three nodes a transaction took 66 ms that way,
        and 28 where all were added at once before.
        """
        if self._transaction_version < protocol.IMPLICIT:
            return False

        async def nodes() -> set[int]:
            found = {await self._leader(tp) for tp in partitions}
            return found | {await self._coordinator(CoordinationType.GROUP, group) for group in groups}

        return len(await self._patiently("metadata", nodes)) == 1

    async def ask_transaction(self, transactional_id: str, request: Any, codes: Codes) -> Any:
        """Ask the coordinator of a transactional id.

        Args:
            transactional_id: whose.
            request: what.
            codes: takes the error codes out of an answer.

        Raises:
            ProducerFenced: another owner has begun.
            KafkaError: refused, or it did not pass in time.
        """
        return await self._ask(CoordinationType.TRANSACTION, transactional_id, request, codes)

    async def ask_group(self, group: str, request: Any, codes: Codes) -> Any:
        """Ask the coordinator of a consumer group; raises as `ask_transaction`."""
        return await self._ask(CoordinationType.GROUP, group, request, codes)

    async def produce(
        self, transactional_id: str, batches: Mapping[TopicPartition, bytes], *, enlist: bool
    ) -> Mapping[TopicPartition, int]:
        """Write one batch to each of some partitions, by one request for each leader, side by side. What is written
        twice after a lost answer is told by its sequence; raises as `ask_transaction`.

        Args:
            transactional_id: whose.
            batches: partition -> batch.
            enlist: have the broker take the partitions into the transaction; then they go where the group's offsets
                go, too (see `enlists`).

        Returns:
            Offset of the first record of each; negative where the broker does not say.
        """
        left = dict(batches)
        begins: dict[TopicPartition, int] = {}

        async def once() -> None:
            by_leader: dict[int, dict[TopicPartition, bytes]] = {}
            for tp, batch in left.items():
                by_leader.setdefault(await self._leader(tp), {})[tp] = batch
            sends = (self._produce(transactional_id, node, some, enlist) for node, some in by_leader.items())
            found: list[KafkaError] = []
            for written, wrong in await asyncio.gather(*sends):
                found += wrong
                begins.update(written)
                for tp in written:
                    del left[tp]
            for error in sorted(found, key=_passes):  # what does not pass comes first
                raise error

        await self._patiently("ProduceRequest", once)
        return begins

    async def _produce(
        self, transactional_id: str, node: int, batches: Mapping[TopicPartition, bytes], enlist: bool
    ) -> tuple[dict[TopicPartition, int], list[KafkaError]]:
        timeout_ms = int(self._timeout_seconds * 1000)
        group = ConnectionGroup.COORDINATION if enlist else ConnectionGroup.DEFAULT
        if enlist:
            request = protocol.ProduceRequest(transactional_id, timeout_ms, batches)
        else:
            topics: dict[str, list[tuple[int, bytes]]] = {}
            for tp, batch in batches.items():
                topics.setdefault(tp.topic, []).append((tp.partition, batch))
            request = ProduceRequest(transactional_id, -1, timeout_ms, list(topics.items()))
        try:
            answer = await self._client.send(node, request, group=group)
        except KafkaError as error:
            return {}, [error]
        written: dict[TopicPartition, int] = {}
        wrong: list[KafkaError] = []
        for topic, partitions, *_ in answer.topics:
            for partition, code, begin, *_ in partitions:
                if code in _WRITTEN:
                    written[TopicPartition(topic, partition)] = begin
                else:
                    wrong.append(_error(code, topic))
        return written, wrong

    async def _ask_version(self) -> int:
        node = self._client.get_random_node()
        if node is None:
            raise errors.NodeNotReadyError
        try:
            answer = await self._client.send(node, protocol.VersionsRequest())
        except (NotImplementedError, errors.IncompatibleBrokerVersion):
            return 0  # from a time before features
        if answer.error_code:
            raise _error(answer.error_code, "versions")
        return protocol.transaction_version(answer)

    async def _leader(self, tp: TopicPartition) -> int:
        cluster = self._client.cluster
        node: int | None = cluster.leader_for_partition(tp)
        if node is None or node < 0:
            await self.partitions(tp.topic)
            node = cluster.leader_for_partition(tp)
        if node is None or node < 0:
            raise errors.LeaderNotAvailableError(tp)
        return node

    async def _ask(self, kind: int, name: str, request: Any, codes: Codes) -> Any:
        async def once() -> Any:
            at = await self._coordinator(kind, name)
            try:
                answer = await self._client.send(at, request, group=ConnectionGroup.COORDINATION)
                for code in codes(answer):
                    if code:
                        raise _error(code, name)
            except _ELSEWHERE:
                self._coordinators.pop((kind, name), None)
                raise
            return answer

        return await self._patiently(type(request).__name__, once)

    async def _coordinator(self, kind: int, name: str) -> int:
        at = self._coordinators.get((kind, name))
        if at is None:
            at = self._coordinators[kind, name] = await self._client.coordinator_lookup(kind, name)
        return at

    async def _patiently(self, what: str, once: Callable[[], Awaitable[Found]]) -> Found:
        began = told = time.monotonic()
        wait_seconds = RETRY_SECONDS
        while True:
            try:
                return await once()
            except KafkaError as error:
                now = time.monotonic()
                if not _passes(error) or now - began >= self._timeout_seconds:
                    raise
                if now - told >= TELL_SECONDS:
                    told = now
                    log.warning("broker_asked_again", what=what, error=repr(error), seconds=round(now - began, 1))
                stale = getattr(error, "invalid_metadata", False) or isinstance(error, errors.NodeNotReadyError)
            await asyncio.sleep(wait_seconds)
            if stale:
                await self._client.force_metadata_update()
            # a transaction that is being ended is through soon; a broker that is away may be so for long
            wait_seconds = min(wait_seconds * 1.5, RETRY_SECONDS_MAX)


def _passes(error: KafkaError) -> bool:
    return bool(error.retriable) or isinstance(error, errors.ConcurrentTransactions)


def _error(code: int, about: str) -> KafkaError:
    kind = errors.for_code(code)
    return ProducerFenced() if kind is errors.InvalidProducerEpoch else kind(about)
