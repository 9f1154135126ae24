"""The table writer: one insert for many lanes, the same rows after a passing fault, an error to all after another."""

import asyncio

import pytest
from aiokafka import TopicPartition

from agents.archive import ArchiveWork, TableWriter
from agents.clock import SystemClock
from agents.metrics import Metrics
from agents.shell.waiting import Batch, Part
from schemas.errors import TerminalSinkError, TransientSinkError
from schemas.topics import ACCOUNTS, EVENTS
from sinks.memory import MemorySink
from sinks.retry import RetryPolicy
from sinks.rows import ColumnBatch
from tests.builders import event


def writer(sink: MemorySink, rows_max: int = 100) -> TableWriter:
    return TableWriter(sink, RetryPolicy(first_seconds=0.001, cap_seconds=0.002), 0.01, rows_max, Metrics())


ONE = {"t": ("id",)}


def batch(*ids: str) -> ColumnBatch:
    return ColumnBatch("t", ("id",), [list(ids)])


async def test_what_waits_together_is_one_insert() -> None:
    sink = MemorySink(ONE)
    table = writer(sink)
    await asyncio.gather(table.write(batch("a", "b")), table.write(batch("c")))
    assert sink.inserts == [("t", 3)]
    assert [row["id"] for row in sink.rows["t"]] == ["a", "b", "c"]
    await table.close()
    assert sink.closed


async def test_an_insert_has_at_most_so_many_rows_unless_one_batch_has_more() -> None:
    sink = MemorySink(ONE)
    table = writer(sink, rows_max=2)
    await asyncio.gather(*(table.write(one) for one in (batch("a"), batch("b"), batch("c"), batch("d", "e", "f"))))
    assert sink.inserts == [("t", 2), ("t", 1), ("t", 3)]


async def test_a_passing_fault_is_waited_out_with_the_same_rows() -> None:
    sink = MemorySink(ONE, [TransientSinkError("away")] * 3)
    table = writer(sink)
    await table.write(batch("a"))
    assert sink.rows["t"] == [{"id": "a"}]


async def test_a_refusal_reaches_every_lane_that_waits() -> None:
    table = writer(MemorySink(ONE, [TerminalSinkError("no such column")]))
    results = await asyncio.gather(table.write(batch("a")), table.write(batch("b")), return_exceptions=True)
    assert [type(result) for result in results] == [TerminalSinkError, TerminalSinkError]


async def test_closing_does_not_wait_for_a_sink_that_is_away() -> None:
    sink = MemorySink(ONE, [TransientSinkError("away")] * 1000)
    table = TableWriter(sink, RetryPolicy(first_seconds=30, cap_seconds=60), 0.001, 10, Metrics())
    waiting = asyncio.create_task(table.write(batch("a")))
    async with asyncio.timeout(5):
        while len(sink.faults) == 1000:
            await asyncio.sleep(0)
        await table.close()
    waiting.cancel()


class Committed:
    def __init__(self) -> None:
        self.offsets: list[dict[TopicPartition, int]] = []

    async def commit_offsets(self, offsets: dict[TopicPartition, int]) -> None:
        self.offsets.append(dict(offsets))


class Fetched:
    def __init__(self, topic: str, offset: int, value: bytes | None, key: bytes | None = None) -> None:
        self.topic, self.partition, self.offset, self.timestamp = topic, 0, offset, 1_780_000_000_000
        self.value, self.key = value, key


def part_of(tp: TopicPartition, records: list[Fetched]) -> list[Part]:
    return [Part(Batch(tp, records, lambda: None), records, True, True)]


@pytest.mark.parametrize("value", [None, b"not json", b'{"account_id": 5}'])
async def test_what_others_write_wrong_is_passed_over_and_committed(value: bytes | None) -> None:
    sink, committed = MemorySink(), Committed()
    work = ArchiveWork({"accounts": ACCOUNTS}, writer(sink), lambda: committed, SystemClock(), Metrics())
    tp = TopicPartition("accounts", 0)
    good = b'{"account_id": "acme", "name": "Acme"}'
    await work.process(part_of(tp, [Fetched("accounts", 4, value), Fetched("accounts", 5, good)]))
    assert committed.offsets == [{tp: 6}]
    assert sink.inserts == [("accounts_log", 1)]


async def test_parts_of_a_partition_are_one_insert_and_one_commit() -> None:
    sink, committed = MemorySink(), Committed()
    work = ArchiveWork({"events": EVENTS}, writer(sink), lambda: committed, SystemClock(), Metrics())
    tp = TopicPartition("events", 0)
    parts = [part for at in range(3) for part in part_of(tp, [Fetched("events", at, event().encode())])]
    await work.process(parts)
    assert sink.inserts == [("events_log", 3)]
    assert committed.offsets == [{tp: 3}]


async def test_a_removed_account_makes_a_row() -> None:
    sink = MemorySink()
    work = ArchiveWork({"accounts": ACCOUNTS}, writer(sink), Committed, SystemClock(), Metrics())
    await work.process(part_of(TopicPartition("accounts", 0), [Fetched("accounts", 4, None, b"acme")]))
    assert sink.inserts == [("accounts_log", 1)]


async def test_offsets_are_committed_after_the_insert_only() -> None:
    sink, committed = MemorySink(faults=[TerminalSinkError("refused")]), Committed()
    work = ArchiveWork({"events": EVENTS}, writer(sink), lambda: committed, SystemClock(), Metrics())
    with pytest.raises(TerminalSinkError):
        await work.process(part_of(TopicPartition("events", 0), [Fetched("events", 0, event().encode())]))
    assert committed.offsets == []


async def test_a_foreign_record_on_our_own_topic_does_not_stop_the_archive() -> None:
    sink, committed = MemorySink(), Committed()
    work = ArchiveWork({"events": EVENTS}, writer(sink), lambda: committed, SystemClock(), Metrics())
    tp = TopicPartition("events", 0)
    await work.process(part_of(tp, [Fetched("events", 0, b"x"), Fetched("events", 1, event().encode())]))
    assert committed.offsets == [{tp: 2}]
    assert sink.inserts == [("events_log", 1)]
