"""Lanes: order within, retry after passing faults, stop at a bug, give up at a rebalance. Recorded actions."""

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError, ProducerFenced

from agents.shell import lanes
from agents.shell.lanes import Cell, Lane, Lanes
from agents.shell.waiting import Batch, Pace, Part
from schemas.errors import TerminalSinkError, TransientSinkError

TP = TopicPartition("t", 0)


class RecordedWork:
    """Writes down what it was told to do; raises what it is given, once each."""

    def __init__(self, faults: Sequence[BaseException] = (), ticks: int = 0) -> None:
        self.actions: list[str] = []
        self.faults, self.ticks = list(faults), ticks
        self.gate = asyncio.Event()
        self.gate.set()

    async def open(self) -> None:
        self.actions.append("open")

    async def process(self, parts: Sequence[Part]) -> None:
        await self.gate.wait()
        self.actions += [f"process {part.records[0]}" for part in parts]
        if self.faults:
            raise self.faults.pop(0)

    async def tick(self) -> bool:
        self.actions.append("tick")
        self.ticks -= 1
        return self.ticks > 0

    async def close(self) -> None:
        self.actions.append("close")


class Told:
    def __init__(self) -> None:
        self.fatal: list[BaseException] = []
        self.retries: list[str] = []
        self.fenced = 0
        self.rejoined = 0
        self.done: list[str] = []

    def lane(self, work: RecordedWork, idle_seconds: float = 0.01, cell: Cell | None = None) -> Lane:
        told = self._fence, self.fatal.append, self.retries.append, self._rejoin
        return Lane("t/0", frozenset({TP}), work, idle_seconds, *told, Pace(), cell)

    def _fence(self) -> None:
        self.fenced += 1

    def _rejoin(self) -> None:
        self.rejoined += 1

    def batch(self, name: str) -> Batch:
        return Batch(TP, [name], lambda: self.done.append(name))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "REOPEN_SECONDS", 0.001)
    monkeypatch.setattr(lanes, "CLOSE_SECONDS", 0.05)


async def test_batches_are_worked_in_order_then_given_back() -> None:
    told, work = Told(), RecordedWork()
    lane = told.lane(work)
    for name in "abc":
        lane.put(told.batch(name))
    lane.start()
    await until(lambda: told.done == ["a", "b", "c"])
    await lane.close()
    assert [action for action in work.actions if action.startswith("process")] == [
        "process a",
        "process b",
        "process c",
    ]
    assert (work.actions[0], work.actions[-1]) == ("open", "close")


async def test_more_timers_than_one_going_takes_do_not_wait_for_the_next_idle_moment() -> None:
    told, work = Told(), RecordedWork(ticks=4)
    lane = told.lane(work, idle_seconds=3600)
    lane.put(told.batch("a"))
    lane.start()
    await until(lambda: work.ticks == 0)
    await lane.close()
    assert work.actions[:6] == ["open", "process a", "tick", "tick", "tick", "tick"]


@pytest.mark.parametrize("fault", [KafkaConnectionError(), TransientSinkError("away")])
async def test_a_passing_fault_opens_the_lane_anew_and_works_the_same_batch(fault: Exception) -> None:
    told, work = Told(), RecordedWork([fault])
    lane = told.lane(work)
    lane.put(told.batch("a"))
    lane.start()
    await until(lambda: told.done == ["a"])
    await lane.close()
    assert [action for action in work.actions if action != "tick"] == [
        "open",
        "process a",
        "close",
        "open",
        "process a",
        "close",
    ]
    assert told.retries == [type(fault).__name__]


@pytest.mark.parametrize("fault", [ValueError("bug"), MessageSizeTooLargeError(), TerminalSinkError("no column")])
async def test_what_will_not_pass_stops_the_worker(fault: Exception) -> None:
    told, work = Told(), RecordedWork([fault])
    lane = told.lane(work)
    lane.put(told.batch("a"))
    lane.start()
    await until(lambda: bool(told.fatal))
    lane.put(told.batch("b"))
    await lane.close()
    assert told.fatal == [fault]
    assert "process b" not in work.actions
    assert sorted(told.done) == ["a", "b"]


async def test_a_fenced_lane_ends_quietly() -> None:
    told, work = Told(), RecordedWork([ProducerFenced()])
    lane = told.lane(work)
    lane.put(told.batch("a"))
    lane.start()
    await until(lambda: told.fenced == 1)
    await lane.close()
    assert (told.fatal, told.retries) == ([], [])


async def test_closing_gives_up_what_waits_and_what_hangs() -> None:
    told, work = Told(), RecordedWork()
    work.gate.clear()
    lane = told.lane(work)
    for name in "ab":
        lane.put(told.batch(name))
    lane.start()
    await until(lambda: "open" in work.actions)
    await lane.close()
    assert sorted(told.done) == ["a", "b"]
    assert not any(action.startswith("process") for action in work.actions)


async def test_only_a_full_lane_is_held_back() -> None:
    told = Told()
    made: dict[str, Lane] = {}

    def make(name: str, owned: frozenset[TopicPartition]) -> Lane:
        work = RecordedWork()
        work.gate.clear()
        made[name] = told.lane(work)
        return made[name]

    group = Lanes(lambda tp: str(tp.partition), make)
    one, two = TopicPartition("t", 1), TopicPartition("t", 2)
    assert group.full(one)
    group.assign({one, two, TopicPartition("u", 1)})
    assert sorted(made) == ["1", "2"]
    group.put(Batch(one, ["a"] * Pace().go_records, lambda: None))
    assert group.full(one)
    assert not group.full(two)
    await group.close()
    given_back: list[str] = []
    group.put(Batch(one, ["late"], lambda: given_back.append("late")))
    assert given_back == ["late"]


async def test_what_does_not_come_holds_the_others_back_for_a_moment_only() -> None:
    work, told = RecordedWork(), Told()
    lane, other = told.lane(work), TopicPartition("u", 0)
    records = [SimpleNamespace(timestamp=at) for at in (1, 2)]
    lane.put(Batch(TP, records[:1], lambda: told.done.append("more to come"), more=True))
    lane.put(Batch(other, records[1:], lambda: told.done.append("after it")))
    lane.start()
    await until(lambda: told.done == ["more to come", "after it"])
    await lane.close()
    assert told.fatal == []


async def test_a_batch_that_never_came_is_not_committed_past() -> None:
    work, told = RecordedWork(), Told()
    lane = told.lane(work)
    lane.start()
    for name, begins, ends in (("a", None, 10), ("b", 10, 25), ("d", 40, 50), ("e", 50, 60)):
        lane.put(Batch(TP, [name], lambda name=name: told.done.append(name), begins, ends))
    await until(lambda: told.rejoined == 1)
    assert [action for action in work.actions if action.startswith("process")] == ["process a", "process b"]
    assert told.retries == ["LeftOutError"]
    assert not lane.ready.is_set()
    await lane.close()
    assert told.done == ["a", "b", "d", "e"]


async def test_the_first_batch_of_an_assignment_is_missed_too() -> None:
    work, told = RecordedWork(), Told()
    lane = told.lane(work)
    lane.start()
    lane.put(Batch(TP, ["b"], lambda: None, 10, 25))
    await until(lambda: told.rejoined == 1)
    assert "process b" not in work.actions
    await lane.close()
