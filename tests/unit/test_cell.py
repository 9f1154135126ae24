"""A cell on a log in memory: one transaction for two stages, and what ends it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, ProducerFenced

from agents.clock import clock_of
from agents.metrics import Metrics
from agents.shell import cell
from agents.shell.cell import MARK, SETTLE_RECORDS, Cell
from agents.shell.crash import pass_by
from agents.shell.kafka.producer import NOWHERE, ElsewhereError, LaneProducer
from agents.shell.lanes import Lane, Lanes
from agents.shell.outbox import Outbox, Outgoing
from agents.shell.state import StateView
from agents.shell.transactional import LaneSetup, TransactionalWork
from agents.shell.waiting import Batch, Pace

QUICK = Pace(pause_seconds=0)
RAW, MID, OUT = (TopicPartition(topic, 0) for topic in ("raw", "mid", "out"))


class Log:
    """Partitions, committed offsets, and who owns which id."""

    def __init__(self) -> None:
        self.records: defaultdict[TopicPartition, list[bytes | None]] = defaultdict(list)
        self.committed: dict[tuple[str, TopicPartition], int] = {}
        self.transactions: list[tuple[str, set[TopicPartition]]] = []
        self.owners: dict[str, object] = {}
        self.fails: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def values(self, tp: TopicPartition) -> list[bytes]:
        return [value for value in self.records[tp] if value is not None]


class Producer:
    """Of one id on the log; a transaction leaves its mark behind the records."""

    def __init__(self, log: Log, transactional_id: str) -> None:
        self._log, self._id = log, transactional_id

    async def start(self, fence_too: Iterable[str] = ()) -> None:
        for owned in (self._id, *fence_too):
            self._log.owners[owned] = self

    async def stop(self) -> None:
        pass

    async def prove(self, group: str) -> None:
        if self._log.owners[self._id] is not self:
            raise ProducerFenced

    async def transact(
        self,
        records: Mapping[tuple[str, int], Sequence[Outgoing]],
        offsets: Mapping[str, Mapping[TopicPartition, int]],
        ends: Mapping[TopicPartition, int] = NOWHERE,
    ) -> None:
        await self._log.gate.wait()
        await self.prove("")
        if self._log.fails:
            raise self._log.fails.pop(0)
        written = {TopicPartition(*where): [value for _, value, _ in sent] for where, sent in records.items()}
        for tp, end in ends.items():
            if len(self._log.records[tp]) + len(written[tp]) != end:
                raise ElsewhereError(str(tp))
        for tp, values in written.items():
            self._log.records[tp] += [*values, *[None] * MARK]
        for group, some in offsets.items():
            self._log.committed |= {(group, tp): offset for tp, offset in some.items()}
        self._log.transactions.append((self._id, set(written)))


class PassOn:
    """A verb that sends each record on and keeps a count in its state; a timer once for each key."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.seen: list[tuple[int, bytes]] = []

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        for record in records:
            self.seen.append((record.offset, record.value))
            out.send(self._target, record.key, record.value)
        return [0 for _ in records]

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        raise AssertionError("there are no timers")

    def stale(self, state: StateView) -> Sequence[bytes]:
        return ()

    def closed(self) -> None:
        pass


class World:
    """Two stages of one partition each: `one` reads raw and hands mid to `two`, which writes out."""

    def __init__(self, partitions: int = 1, pace: Pace = QUICK, idle_seconds: float = 0.01) -> None:
        self.idle_seconds = idle_seconds
        self.pace = pace
        self.log, self.metrics, self.partitions = Log(), Metrics(), partitions
        self.fatal: list[BaseException] = []
        self.retries: list[str] = []
        self.rejoined: list[str] = []
        self.fenced: list[str] = []
        self.done: list[str] = []
        self.far = 0
        self.verbs = {"one": PassOn("mid"), "two": PassOn("out")}
        self.cell = Cell(
            {"one": "mid", "two": None},
            {"one": partitions, "two": partitions},
            lambda topic: partitions,
            lambda: cast(LaneProducer, Producer(self.log, "cell")),
            self._behind,
            lambda: 0,
            self.metrics.lanes_together.set,
        )
        self.lanes = {"one": self._lanes("one"), "two": self._lanes("two")}

    def _lanes(self, stage: str) -> Lanes:
        def make(name: str, owned: frozenset[TopicPartition]) -> Lane:
            setup = LaneSetup(
                stage=stage,
                options={},
                group=stage,
                transactional_id=f"{stage}-{name}",
                fence_too=("cell",),
                inputs=owned,
                outputs={"mid": self.partitions, "out": self.partitions},
                committed=self._committed(stage),
                changelog=None,
                clock=clock_of("system"),
                watermark_ms=lambda: 0,
                metrics=self.metrics,
                timeout_seconds=60,
                grace_ms=0,
                timers_seconds=0.01,
                reach=pass_by,
                make_producer=lambda options, owner, *_: cast(LaneProducer, Producer(self.log, owner)),
            )
            told: tuple[Any, ...] = (
                lambda: self.fenced.append(stage),
                self.fatal.append,
                self.retries.append,
                lambda: self.rejoined.append(stage),
            )
            work = TransactionalWork(setup, self.verbs[stage])
            return Lane(stage, owned, work, self.idle_seconds, *told, self.pace, self.cell)

        lanes = Lanes(lambda tp: str(tp.partition), make)
        self.cell.add(stage, lanes)
        return lanes

    def _committed(self, stage: str) -> Callable[[Iterable[TopicPartition]], Any]:
        async def committed(tps: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
            return {tp: self.log.committed.get((stage, tp), 0) for tp in tps}

        return committed

    async def _behind(self, stage: str, topic: str) -> tuple[int, Mapping[TopicPartition, int]]:
        tps = [TopicPartition(topic, number) for number in range(self.partitions)]
        starts = {tp: self.log.committed.get((stage, tp), 0) for tp in tps}
        behind = [value for tp in tps for value in self.log.records[tp][starts[tp] :] if value is not None]
        return len(behind) + self.far, {tp: len(self.log.records[tp]) for tp in tps}

    def begin(self) -> None:
        self.lanes["one"].assign({TopicPartition("raw", number) for number in range(self.partitions)})
        self.lanes["two"].assign({TopicPartition("mid", number) for number in range(self.partitions)})

    @property
    def together(self) -> bool:
        lanes = self.metrics.registry.get_sample_value("triggerpoint_lanes_together")
        return lanes == 2 * self.partitions

    def give(self, tp: TopicPartition, *names: str, begins: int | None = None) -> None:
        """What a consumer has fetched from there."""
        stage = "one" if tp.topic == "raw" else "two"
        start = begins or 0
        records = [
            SimpleNamespace(
                topic=tp.topic, partition=tp.partition, offset=start + at, timestamp=0, key=b"k", value=name.encode()
            )
            for at, name in enumerate(names)
        ]
        batch = Batch(tp, records, lambda: self.done.append(names[-1]), begins, start + len(names))
        self.lanes[stage].put(batch)

    async def end(self) -> None:
        await asyncio.gather(*(lanes.close() for lanes in self.lanes.values()))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.end()


async def test_what_a_stage_writes_is_worked_by_the_next_in_the_same_transaction(world: World) -> None:
    world.begin()
    await until(lambda: world.together)
    world.give(RAW, "a", "b")
    await until(lambda: world.done == ["b"])
    world.give(RAW, "c", begins=2)
    await until(lambda: world.done == ["b", "c"])
    assert world.log.transactions == [("cell", {MID, OUT})] * 2
    assert world.log.values(OUT) == [b"a", b"b", b"c"]
    assert [world.log.records[MID][offset] for offset, _ in world.verbs["two"].seen] == [b"a", b"b", b"c"]
    assert world.log.committed == {("one", RAW): 3, ("two", MID): 4}
    assert world.lanes["two"].handed(MID)
    assert not world.lanes["one"].handed(RAW)


async def test_the_end_of_the_line_first_works_what_lies_before_it(world: World) -> None:
    world.log.records[MID] += [b"x", b"y", None]
    world.begin()
    world.give(MID, "x", "y")
    await until(lambda: world.together)
    assert world.log.values(OUT) == [b"x", b"y"]
    world.give(RAW, "a")
    await until(lambda: world.done == ["y", "a"])
    assert world.verbs["two"].seen == [(0, b"x"), (1, b"y"), (3, b"a")]
    assert world.log.records[MID][3] == b"a"


async def test_who_has_nothing_to_do_is_called() -> None:
    world = World(idle_seconds=3600)
    world.begin()
    await until(lambda: world.together)
    await world.end()


async def test_a_stage_far_behind_stops_nobody_else(world: World) -> None:
    world.far = SETTLE_RECORDS + 1
    world.begin()
    await until(lambda: isinstance(world.log.owners.get("cell"), Producer) and not world.lanes["one"].handed(RAW))
    world.give(RAW, "a")
    await until(lambda: world.done == ["a"])
    assert not world.together
    world.give(MID, "a")
    await until(lambda: world.log.values(OUT) == [b"a"])
    world.far = 0
    await until(lambda: world.together)


async def test_what_comes_while_a_transaction_commits_goes_with_the_next(world: World) -> None:
    world.begin()
    await until(lambda: world.together)
    world.log.gate.clear()
    for begins, name in enumerate("abcd"):
        world.give(RAW, name, begins=begins or None)
        await until(lambda name=name: (world.verbs["two"].seen or [(0, b"")])[-1][1] == name.encode())
    assert world.log.transactions == []
    world.log.gate.set()
    await until(lambda: world.done == ["a", "b", "c", "d"])
    assert len(world.log.transactions) == 2
    assert world.log.committed == {("one", RAW): 4, ("two", MID): 5}


async def test_a_going_takes_so_much_and_each_partition_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell, "RECORDS_MAX", 1)
    world = World(2, Pace(pause_seconds=0, fill_records=1, go_records=1))
    world.begin()
    await until(lambda: world.together)
    for begins, name in enumerate("abc"):
        world.give(RAW, name, begins=begins or None)
    world.give(TopicPartition("raw", 1), "x")
    await until(lambda: len(world.done) == 4)
    assert world.done.index("x") < 2
    assert world.log.committed[("one", RAW)] == 3
    assert world.log.committed[("one", TopicPartition("raw", 1))] == 1
    await world.end()


async def test_where_somebody_else_has_written_nothing_is_committed_and_all_read_anew(world: World) -> None:
    world.begin()
    await until(lambda: world.together)
    world.log.records[MID].append(b"not ours")
    world.give(RAW, "a")
    await until(lambda: sorted(world.rejoined) == ["one", "two"])
    assert world.log.transactions == []
    assert world.log.committed == {}
    assert world.done == ["a"]  # given back, so that the group can begin anew
    assert not world.together
    assert world.fatal == []


async def test_after_a_passing_fault_all_read_anew(world: World) -> None:
    world.begin()
    await until(lambda: world.together)
    world.log.fails.append(KafkaConnectionError())
    world.give(RAW, "a")
    await until(lambda: sorted(world.rejoined) == ["one", "two"])
    assert world.log.committed == {}
    assert set(world.retries) == {"KafkaConnectionError"}
    assert world.fatal == []


async def test_a_bug_stops_the_worker(world: World) -> None:
    world.begin()
    await until(lambda: world.together)
    world.log.fails.append(ValueError("bug"))
    world.give(RAW, "a")
    await until(lambda: bool(world.fatal))
    assert world.log.committed == {}
    assert world.rejoined == []


async def test_whoever_opens_a_lane_fences_the_cell(world: World) -> None:
    world.begin()
    await until(lambda: world.together)
    await Producer(world.log, "two-0").start(["cell"])
    world.give(RAW, "a")
    await until(lambda: sorted(world.fenced) == ["one", "two"])
    assert world.log.committed == {}


async def test_a_cell_whose_lane_has_another_owner_does_not_begin(world: World) -> None:
    class Late(Producer):
        async def start(self, fence_too: Iterable[str] = ()) -> None:
            await super().start(fence_too)
            world.log.owners["two-0"] = "another worker"

    world.cell._make_producer = lambda: cast(LaneProducer, Late(world.log, "cell"))
    world.begin()
    await until(lambda: sorted(world.fenced) == ["one", "two"])
    assert not world.together


async def test_when_a_stage_is_given_back_what_is_worked_is_committed_and_the_others_read_anew(world: World) -> None:
    world.begin()
    await until(lambda: world.together)
    world.give(RAW, "a")
    await until(lambda: world.done == ["a"])
    await world.lanes["two"].close()
    await until(lambda: world.rejoined == ["one"])
    assert world.log.committed == {("one", RAW): 1, ("two", MID): 1}
    assert not world.together
    assert world.retries == ["CellLostError"]


async def test_while_a_stage_is_elsewhere_lanes_go_by_themselves(world: World) -> None:
    world.lanes["one"].assign({RAW})
    world.give(RAW, "a")
    await until(lambda: world.done == ["a"])
    assert world.log.transactions == [("one-0", {MID})]
    assert not world.together
