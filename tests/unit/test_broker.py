"""Requests of a transaction: where they go, and what is asked again."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition, errors
from aiokafka.client import ConnectionGroup
from aiokafka.errors import ProducerFenced
from aiokafka.protocol.produce import ProduceRequest

from agents.shell.kafka import broker as module
from agents.shell.kafka import protocol
from agents.shell.kafka.broker import Broker

A, B = TopicPartition("out", 0), TopicPartition("out", 1)
OK, FENCED, REFUSED = 0, errors.InvalidProducerEpoch.errno, errors.TopicAuthorizationFailedError.errno
NOT_YET, MOVED = errors.ConcurrentTransactions.errno, errors.NotCoordinatorForGroupError.errno
NOT_LEADER, TWICE = errors.NotLeaderForPartitionError.errno, errors.DuplicateSequenceNumber.errno

BEGIN = 40


class Cluster:
    """Two nodes that answer as they are told; in place of aiokafka's client."""

    def __init__(self, **_: Any) -> None:
        self.answers: deque[Any] = deque()
        self.asked: list[tuple[int, Any]] = []
        self.coordinators = deque([1, 2])
        self.leaders = {A: 1, B: 2}
        self.updates = 0
        self.groups: list[Any] = []
        self.cluster = SimpleNamespace(
            leader_for_partition=self.leaders.get,
            partitions_for_topic=lambda topic: {tp.partition for tp in self.leaders if tp.topic == topic},
            unauthorized_topics=set(),
        )

    async def send(self, node: int, request: Any, group: Any = None) -> Any:
        self.asked.append((node, request))
        self.groups.append(group)
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        codes = answer if isinstance(answer, dict) else {}
        if isinstance(request, protocol.ProduceRequest):
            sent = request.batches
            return SimpleNamespace(
                topics=[(tp.topic, [(tp.partition, codes.get(tp.partition, OK), BEGIN, {})], {}) for tp in sent]
            )
        if isinstance(request, ProduceRequest):
            request_topics = request._topics
            given = [(topic, [(at, codes.get(at, OK), BEGIN) for at, _ in parts]) for topic, parts in request_topics]
            return SimpleNamespace(topics=given)
        if isinstance(request, protocol.VersionsRequest):
            level = b"\x02" + b"\x14transaction.version" + answer.to_bytes(2) + b"\x00\x00\x00"
            return SimpleNamespace(error_code=OK, tags={2: level})
        return SimpleNamespace(error_code=answer)

    async def bootstrap(self) -> None:
        return

    def get_random_node(self) -> int:
        return 1

    async def coordinator_lookup(self, kind: int, name: str) -> int:
        return self.coordinators.popleft()

    async def force_metadata_update(self) -> bool:
        self.updates += 1
        return True

    async def add_topic(self, topic: str) -> bool:
        return True


@pytest.fixture
async def made(monkeypatch: pytest.MonkeyPatch) -> tuple[Broker, Cluster]:
    cluster = Cluster()
    monkeypatch.setattr(module, "AIOKafkaClient", lambda **_: cluster)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.001)
    return Broker({}, timeout_seconds=5), cluster


def code_of(answer: Any) -> list[int]:
    return [answer.error_code]


async def test_a_coordinator_is_looked_up_once_and_anew_when_it_moves(made: tuple[Broker, Cluster]) -> None:
    broker, cluster = made
    cluster.answers += [OK, MOVED, OK, errors.KafkaConnectionError("gone")]
    cluster.coordinators.append(3)
    cluster.answers.append(OK)
    for _ in range(3):
        await broker.ask_transaction("id", "request", code_of)
    assert [node for node, _ in cluster.asked] == [1, 1, 2, 2, 3]


async def test_what_passes_is_asked_again_and_what_does_not_is_raised(made: tuple[Broker, Cluster]) -> None:
    broker, cluster = made
    cluster.answers += [NOT_YET, NOT_YET, OK]
    await broker.ask_transaction("id", "request", code_of)
    assert len(cluster.asked) == 3
    cluster.answers += [FENCED]
    with pytest.raises(ProducerFenced):
        await broker.ask_transaction("id", "request", code_of)
    cluster.answers += [REFUSED]
    with pytest.raises(errors.TopicAuthorizationFailedError):
        await broker.ask_transaction("id", "request", code_of)


async def test_nothing_is_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster()
    monkeypatch.setattr(module, "AIOKafkaClient", lambda **_: cluster)
    broker = Broker({}, timeout_seconds=0.05)
    cluster.answers.extend([NOT_YET] * 1000)
    with pytest.raises(errors.ConcurrentTransactions):
        await broker.ask_transaction("id", "request", code_of)
    assert len(cluster.asked) > 1


async def test_batches_go_to_their_leaders_and_only_what_failed_goes_again(made: tuple[Broker, Cluster]) -> None:
    broker, cluster = made
    cluster.answers += [OK, {1: NOT_LEADER}, {1: TWICE}]
    assert await broker.produce("id", {A: b"a", B: b"b"}, enlist=False) == {A: BEGIN, B: BEGIN}
    sent = [(node, request._topics) for node, request in cluster.asked]
    assert sent == [(1, [("out", [(0, b"a")])]), (2, [("out", [(1, b"b")])]), (2, [("out", [(1, b"b")])])]
    assert cluster.updates == 1


@pytest.mark.parametrize(
    ("version", "leaders", "coordinator", "does"),
    [
        (2, {A: 1, B: 1}, 1, True),
        (2, {A: 1, B: 2}, 1, False),
        (2, {A: 1, B: 1}, 2, False),
        (1, {A: 1, B: 1}, 1, False),
        (NotImplementedError("Support for VersionsRequest v0 has not yet been added"), {A: 1, B: 1}, 1, False),
    ],
)
async def test_partitions_need_not_be_added_where_one_node_of_a_new_cluster_has_all(
    made: tuple[Broker, Cluster], version: Any, leaders: dict[TopicPartition, int], coordinator: int, does: bool
) -> None:
    broker, cluster = made
    cluster.answers += [version]
    cluster.leaders.update(leaders)
    cluster.coordinators = deque([coordinator])
    await broker.start()
    assert await broker.enlists([A, B], ["group"]) is does
    assert await broker.enlists([A, B], ["group"]) is does


async def test_a_group_without_offsets_is_not_asked_for(made: tuple[Broker, Cluster]) -> None:
    broker, cluster = made
    cluster.answers += [2]
    cluster.leaders[B] = 1
    cluster.coordinators.clear()  # who only sends back may have no rights on it
    await broker.start()
    assert await broker.enlists([A, B], [])


async def test_what_takes_its_partitions_in_goes_where_the_offsets_go(made: tuple[Broker, Cluster]) -> None:
    broker, cluster = made
    cluster.leaders[B] = 1
    cluster.answers += [{1: NOT_YET}, OK, OK]
    await broker.produce("id", {A: b"a", B: b"b"}, enlist=True)
    await broker.ask_group("group", "request", code_of)
    assert [request.batches for _, request in cluster.asked[:2]] == [{A: b"a", B: b"b"}, {B: b"b"}]
    assert set(cluster.groups) == {ConnectionGroup.COORDINATION}


async def test_of_two_errors_the_one_that_does_not_pass_counts(made: tuple[Broker, Cluster]) -> None:
    broker, cluster = made
    cluster.answers += [{0: NOT_LEADER}, {1: errors.MessageSizeTooLargeError.errno}]
    with pytest.raises(errors.MessageSizeTooLargeError):
        await broker.produce("id", {A: b"a", B: b"b"}, enlist=False)


async def test_a_topic_nobody_has_is_waited_for_and_then_said(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster()
    monkeypatch.setattr(module, "AIOKafkaClient", lambda **_: cluster)
    broker = Broker({}, timeout_seconds=0.03)
    assert await broker.partitions("out") == 2
    with pytest.raises(errors.UnknownTopicOrPartitionError):
        await broker.partitions("other")
    assert cluster.updates
