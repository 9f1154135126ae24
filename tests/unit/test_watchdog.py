"""The watchdog: who stands still, and who only waits."""

import pytest
from aiokafka import TopicPartition

from agents.observe.lag import Stand
from agents.observe.watchdog import Owned, Watchdog
from schemas.errors import StalledError

TP, OTHER = TopicPartition("t", 0), TopicPartition("t", 1)


class Worker:
    """What the watchdog sees: a clock, and what the worker has."""

    def __init__(self) -> None:
        self.now = 0.0
        self.owned = Owned(frozenset({TP}), excused=False, recovered=0)
        self.dog = Watchdog(30, lambda stage: self.owned, lambda: self.now)

    def watch(self, seconds: int, committed: int = 7, lag: int = 3, step: int = 2, of: TopicPartition = TP) -> float:
        longest = 0.0
        for _ in range(0, seconds, step):
            self.now += step
            longest = self.dog.look("identify", {of: Stand(committed, lag)})
        return longest


def test_a_partition_that_stands_still_while_records_wait_ends_the_worker() -> None:
    worker = Worker()
    assert worker.watch(30) == 28
    with pytest.raises(StalledError, match=r"identify has committed nothing of t:0 for 32 s, and 3 records wait"):
        worker.watch(4)


def test_who_commits_or_has_nothing_to_do_goes_on() -> None:
    worker = Worker()
    for committed in range(20):
        worker.watch(20, committed)
    worker.watch(500, 19, lag=0)


def test_partitions_of_others_are_theirs_to_watch() -> None:
    assert Worker().watch(500, of=OTHER) == 0


def test_a_far_end_that_is_away_is_waited_for_and_the_clock_begins_behind_it() -> None:
    worker = Worker()
    worker.owned = Owned(frozenset({TP}), excused=True, recovered=0)
    worker.watch(500)
    worker.owned = Owned(frozenset({TP}), excused=False, recovered=0)
    assert worker.watch(30) == 30


def test_reading_state_back_is_no_standstill() -> None:
    worker = Worker()
    for recovered in range(50):
        worker.owned = Owned(frozenset({TP}), excused=False, recovered=recovered)
        worker.watch(20)


def test_time_in_which_nobody_could_look_does_not_count() -> None:
    worker = Worker()
    worker.watch(20)
    worker.now += 600
    assert worker.watch(20) == 18
