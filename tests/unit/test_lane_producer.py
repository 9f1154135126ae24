"""A transaction as its requests: what goes together, in which turn, and what follows an error."""

import os
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from aiokafka import TopicPartition, errors
from aiokafka.record.default_records import DefaultRecordBatch

from agents.shell.kafka import producer as module
from agents.shell.kafka.producer import BATCH_BYTES, ElsewhereError, LaneProducer
from agents.shell.kafka.protocol import EndRequest
from schemas.errors import RecordError

A, B, IN = TopicPartition("out", 0), TopicPartition("out", 1), TopicPartition("in", 3)
GROUP = "line.identify"
Said = list[tuple[str, Any]]


class Broker:
    """Notes what it is asked; one kind of request may fail."""

    def __init__(self) -> None:
        self.said: Said = []
        self.fails: dict[str, errors.KafkaError] = {}
        self.takes_them_itself = False
        self.epoch = 2
        self.begin = 40

    async def start(self) -> None:
        self.said.append(("start", None))

    async def ask_transaction(self, transactional_id: str, request: Any, codes: Callable[[Any], list[int]]) -> Any:
        self._note(type(request).__name__, request)
        if isinstance(request, EndRequest):
            self.epoch += 1
        return type("Answer", (), {"producer_id": 7, "producer_epoch": self.epoch})

    async def ask_group(self, group: str, request: Any, codes: Callable[[Any], list[int]]) -> Any:
        self._note(type(request).__name__, request)

    async def enlists(self, partitions: Iterable[TopicPartition], groups: Iterable[str]) -> bool:
        return self.takes_them_itself

    async def produce(
        self, transactional_id: str, batches: Mapping[TopicPartition, bytes], *, enlist: bool
    ) -> Mapping[TopicPartition, int]:
        assert enlist is self.takes_them_itself
        self._note("ProduceRequest", dict(batches))
        return dict.fromkeys(batches, self.begin)

    def names(self) -> list[str]:
        return [name for name, _ in self.said]

    def _note(self, name: str, what: Any) -> None:
        self.said.append((name, what))
        if name in self.fails:
            raise self.fails[name]


@pytest.fixture
async def made(monkeypatch: pytest.MonkeyPatch) -> tuple[LaneProducer, Broker, list[str]]:
    broker, reached = Broker(), list[str]()
    monkeypatch.setattr(module, "Broker", lambda *_: broker)
    producer = LaneProducer({}, "line.identify-3", 60, reached.append)
    await producer.start()
    broker.said.clear()
    return producer, broker, reached


async def test_a_transaction_is_three_turns(made: tuple[LaneProducer, Broker, list[str]]) -> None:
    producer, broker, reached = made
    await producer.transact({A: [(b"k", b"v", [])], B: [(b"k", None, [])]}, {GROUP: {IN: 5}})
    first, second, last = broker.names()[:2], broker.names()[2:4], broker.names()[4:]
    assert set(first) == {"AddPartitionsToTxnRequest", "AddOffsetsToTxnRequest"}
    assert set(second) == {"ProduceRequest", "TxnOffsetCommitRequest"}
    assert last == ["EndTxnRequest"]
    assert reached[0] == "after_begin"
    assert set(reached[1:3]) == {"after_send", "after_offsets"}
    assert reached[3:] == ["before_commit", "after_commit"]


async def test_where_the_broker_takes_partitions_in_by_itself_they_are_not_added(
    made: tuple[LaneProducer, Broker, list[str]],
) -> None:
    producer, broker, reached = made
    broker.takes_them_itself = True
    await producer.transact({A: [(b"k", b"v", [])], B: [(b"k", None, [])]}, {GROUP: {IN: 5}})
    assert broker.names() == ["ProduceRequest", "CommitOffsetsRequest", "EndRequest"]
    assert broker.said[0][1].keys() == {A, B}
    assert broker.said[1][1].offsets == {IN: 5}
    assert reached[0] == "after_begin"
    assert set(reached[1:3]) == {"after_send", "after_offsets"}
    assert reached[3:] == ["before_commit", "after_commit"]
    broker.said.clear()
    await producer.transact({A: [(b"k", b"v", [])]}, {})
    await producer.transact({}, {GROUP: {IN: 6}})
    assert broker.names() == ["ProduceRequest", "EndRequest", "CommitOffsetsRequest", "EndRequest"]


async def test_each_of_its_transactions_has_an_epoch_in_which_sequences_begin_anew(
    made: tuple[LaneProducer, Broker, list[str]],
) -> None:
    producer, broker, _ = made
    found = []
    for broker.takes_them_itself in (False, False, True, True, False, False):
        await producer.transact({A: [(b"1", b"v", []), (b"2", b"v", [])]}, {GROUP: {IN: 5}})
    for name, what in broker.said:
        if name == "ProduceRequest":
            batch = DefaultRecordBatch(what[A])
            found.append((batch.producer_epoch, batch.base_sequence))
    assert found == [(2, 0), (2, 2), (2, 4), (3, 0), (4, 0), (4, 2)]
    assert [what.owner for name, what in broker.said if name == "EndRequest"] == [(7, 2), (7, 3)]


async def test_of_its_transactions_too_nothing_is_committed_after_a_refused_record(
    made: tuple[LaneProducer, Broker, list[str]],
) -> None:
    producer, broker, reached = made
    broker.takes_them_itself = True
    broker.fails["ProduceRequest"] = errors.MessageSizeTooLargeError("out")
    with pytest.raises(RecordError, match="3 bytes for out"):
        await producer.transact({A: [(b"k", b"abc", [])]}, {GROUP: {IN: 5}})
    [end] = [what for name, what in broker.said if name == "EndRequest"]
    assert end.commit is False
    assert not {"before_commit", "after_commit"} & set(reached)


async def test_nothing_is_asked_for_what_there_is_not(made: tuple[LaneProducer, Broker, list[str]]) -> None:
    producer, broker, _ = made
    await producer.transact({A: [(b"k", b"v", [])], B: []}, {})
    assert broker.names() == ["AddPartitionsToTxnRequest", "ProduceRequest", "EndTxnRequest"]
    assert broker.said[1][1].keys() == {A}
    broker.said.clear()
    await producer.transact({}, {GROUP: {IN: 5}})
    assert broker.names() == ["AddOffsetsToTxnRequest", "TxnOffsetCommitRequest", "EndTxnRequest"]
    broker.said.clear()
    await producer.transact({}, {})
    assert broker.said == []


async def test_a_partitions_batches_go_one_by_one_and_its_sequence_goes_on(
    made: tuple[LaneProducer, Broker, list[str]],
) -> None:
    producer, broker, _ = made
    large = [(b"%d" % at, os.urandom(BATCH_BYTES // 2), []) for at in range(3)]
    await producer.transact({A: large, B: [(b"k", b"v", [])]}, {})
    await producer.transact({A: [(b"3", b"v", [])]}, {})
    turns = [what for name, what in broker.said if name == "ProduceRequest"]
    assert [set(turn) for turn in turns] == [{A, B}, *[{A}] * (len(turns) - 1)]
    batches = [DefaultRecordBatch(turn[A]) for turn in turns]
    assert [record.key for batch in batches for record in batch] == [b"0", b"1", b"2", b"3"]
    counts = [batch.next_offset for batch in (DefaultRecordBatch(turn[A]) for turn in turns)]
    assert batches[0].base_sequence == 0
    for (before, count), (after, _) in pairwise(zip(batches, counts, strict=True)):
        assert after.base_sequence == before.base_sequence + count
    assert {(batch.producer_id, batch.producer_epoch, batch.is_transactional) for batch in batches} == {(7, 2, True)}


async def test_after_a_refused_record_it_is_aborted_and_nothing_committed(
    made: tuple[LaneProducer, Broker, list[str]],
) -> None:
    producer, broker, reached = made
    broker.fails["ProduceRequest"] = errors.MessageSizeTooLargeError("out")
    with pytest.raises(RecordError, match="3 bytes for out"):
        await producer.transact({A: [(b"k", b"abc", [])]}, {GROUP: {IN: 5}})
    [end] = [what for name, what in broker.said if name == "EndTxnRequest"]
    assert end._transaction_result is False
    assert not {"before_commit", "after_commit"} & set(reached)


async def test_what_one_of_two_is_refused_stops_the_commit(made: tuple[LaneProducer, Broker, list[str]]) -> None:
    producer, broker, reached = made
    broker.fails["TxnOffsetCommitRequest"] = errors.GroupAuthorizationFailedError("line.identify")
    with pytest.raises(errors.GroupAuthorizationFailedError):
        await producer.transact({A: [(b"k", b"v", [])]}, {GROUP: {IN: 5}})
    assert "ProduceRequest" in broker.names()
    assert "before_commit" not in reached


async def test_where_records_are_to_lie_elsewhere_nothing_is_committed(
    made: tuple[LaneProducer, Broker, list[str]],
) -> None:
    producer, broker, reached = made
    for broker.takes_them_itself in (False, True):
        where = TopicPartition(*A)
        await producer.transact({A: [(b"1", b"v", []), (b"2", b"v", [])]}, {}, {where: broker.begin + 2})
        reached.clear()
        with pytest.raises(ElsewhereError):
            await producer.transact({A: [(b"1", b"v", [])]}, {GROUP: {IN: 5}}, {where: broker.begin + 2})
        assert not {"before_commit", "after_commit"} & set(reached)
    ends = [what for name, what in broker.said if name.startswith("End")]
    assert [getattr(end, "commit", getattr(end, "_transaction_result", None)) for end in ends] == [True, False] * 2


async def test_offsets_of_several_groups_go_in_one_transaction(made: tuple[LaneProducer, Broker, list[str]]) -> None:
    producer, broker, _ = made
    offsets = {GROUP: {IN: 5}, "line.advance": {A: 6}}
    await producer.transact({}, offsets)
    broker.takes_them_itself = True
    await producer.transact({}, offsets)
    first, second = broker.names()[:5], broker.names()[5:]
    assert first == ["AddOffsetsToTxnRequest"] * 2 + ["TxnOffsetCommitRequest"] * 2 + ["EndTxnRequest"]
    assert second == ["CommitOffsetsRequest"] * 2 + ["EndRequest"]
    assert [what.offsets for name, what in broker.said if name == "CommitOffsetsRequest"] == list(offsets.values())


async def test_who_starts_fences_its_id_first_and_others_after_it(made: tuple[LaneProducer, Broker, list[str]]) -> None:
    producer, broker, _ = made
    await producer.start(["cell"])
    fenced = [what._transactional_id for name, what in broker.said if name == "InitProducerIdRequest"]
    assert fenced == ["line.identify-3", "cell"]


async def test_an_owner_is_proven_by_a_transaction_of_nothing(made: tuple[LaneProducer, Broker, list[str]]) -> None:
    producer, broker, _ = made
    await producer.prove(GROUP)
    assert broker.names() == ["AddOffsetsToTxnRequest", "EndTxnRequest"]
    broker.fails["AddOffsetsToTxnRequest"] = errors.ProducerFenced()
    with pytest.raises(errors.ProducerFenced):
        await producer.prove(GROUP)
