"""Timers of a lane: some at a time, none twice in a going, and fired only once all of them are."""

from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition

from agents.clock import clock_of
from agents.metrics import Metrics
from agents.shell import transactional
from agents.shell.crash import pass_by
from agents.shell.going import Going
from agents.shell.kafka.producer import LaneProducer
from agents.shell.outbox import Outbox
from agents.shell.state import StateView
from agents.shell.transactional import LaneSetup, TransactionalWork

NOW_MS = 1_000
CHANGELOG = TopicPartition("changelog", 0)


class Clocks:
    """Each key's timer rings once; `stale` ones are as told."""

    def __init__(self) -> None:
        self.woken: list[bytes] = []
        self.unfit: list[bytes] = []

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        for key in records:
            state.put(key, b"handled", due_ms=NOW_MS)
        return []

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        assert now_ms == NOW_MS
        self.woken += keys
        for key in keys:
            state.put(key, b"woken")

    def stale(self, state: StateView) -> Sequence[bytes]:
        return self.unfit

    def closed(self) -> None:
        pass


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def work(clocks: Clocks) -> TransactionalWork:
    async def nothing(tps: Any) -> dict[TopicPartition, int]:
        return {}

    setup = LaneSetup(
        stage="advance",
        options={},
        group="advance",
        transactional_id="advance-0",
        fence_too=(),
        inputs=frozenset(),
        outputs={},
        committed=nothing,
        changelog=CHANGELOG,
        clock=clock_of("system"),
        watermark_ms=lambda: NOW_MS,
        metrics=Metrics(),
        timeout_seconds=60,
        grace_ms=0,
        timers_seconds=0.0,
        reach=pass_by,
        make_producer=LaneProducer,
    )
    made = TransactionalWork(setup, clocks)
    for key in (b"a", b"b", b"c"):
        made._store.apply(key, b"waits", NOW_MS - 1)
    return made


def going() -> Going:
    return Going(lambda topic: 1)


def test_at_least_one_fires_however_short_the_time(work: TransactionalWork, clocks: Clocks) -> None:
    for number in range(1, 4):
        one = going()
        assert work.wake(one, 0.0) is (number < 3)
        assert len(clocks.woken) == number
        assert work._store.fired_ms == (NOW_MS if number == 3 else 0)
        assert list(one.seal()) == [CHANGELOG]
    assert sorted(clocks.woken) == [b"a", b"b", b"c"]


def test_all_fire_that_there_is_time_for(work: TransactionalWork, clocks: Clocks) -> None:
    assert work.wake(going(), 60.0) is False
    assert sorted(clocks.woken) == [b"a", b"b", b"c"]
    assert work._store.fired_ms == NOW_MS


def test_more_than_a_going_takes_are_left(
    work: TransactionalWork, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactional, "TIMERS_MAX", 2)
    assert work.wake(going(), 60.0) is True
    assert len(clocks.woken) == 2
    assert work._store.fired_ms == 0


def test_none_fires_twice_in_a_going(work: TransactionalWork, clocks: Clocks) -> None:
    one = going()
    work.wake(one, 0.0)
    assert work.wake(one, 60.0) is False
    assert sorted(clocks.woken) == [b"a", b"b", b"c"]


def test_what_the_going_has_written_rings_in_the_next(work: TransactionalWork, clocks: Clocks) -> None:
    one = going()
    clocks.handle([b"b"], one.view(work._store, CHANGELOG), one.out)
    work.wake(one, 60.0)
    assert sorted(clocks.woken) == [b"a", b"c"]
    assert work._store.fired_ms == 0  # one of those due by now has not fired yet
    one.seal()
    work.wake(going(), 60.0)
    assert sorted(clocks.woken) == [b"a", b"b", b"c"]
    assert work._store.fired_ms == NOW_MS


def test_what_is_stale_is_brought_up_to_date_once_it_is_known_what_has_fired(
    work: TransactionalWork, clocks: Clocks
) -> None:
    clocks.unfit = [b"c"]
    one = going()
    work.wake(one, 60.0)
    one.seal()
    assert sorted(clocks.woken) == [b"a", b"b", b"c"]
    work.wake(going(), 60.0)
    assert clocks.woken[3:] == [b"c"]
