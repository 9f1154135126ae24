"""What waits for a lane: batches of its partitions, taken side by side in time.

A lane that catches up has much waiting of busy topics and little of quiet ones. Taken topic by topic, accounts would
live through their history in disorder. So it is taken in rounds, in which all go on to the same moment: where the
busiest have had their fill, or where one ends of which more is to come.
"""

import heapq
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aiokafka import TopicPartition

WAITING_BYTES_MAX = 4 << 20
"""Of one partition; beside it one more fetch may come."""


@dataclass(frozen=True)
class Pace:
    """How a lane goes.

    Args:
        pause_seconds: shortest time from the end of one going to the next: the broker has then ended the transaction,
            and what comes record by record goes in fewer of them. What comes first after a while does not wait.
        fill_records: of the busiest partition in one round, while others wait beside it.
        go_records: after so many no further round is begun in the same going; one partition alone goes up to them, and
            where so many wait of a partition it is not fetched.
        in_time: records of a round go in the order of their timestamps (each partition's in its own order), not
            partition by partition.
        gather_seconds: shortest time between two fetches that bring little.
        timers_seconds: for how long timers fire in one going: all other lanes wait while a handler is at work, and many
            clocks ring at once: when an office opens, say.
    """

    pause_seconds: float = 0.02
    fill_records: int = 500
    go_records: int = 1000
    in_time: bool = False
    gather_seconds: float = 0.005
    timers_seconds: float = 0.02


@dataclass(frozen=True)
class Batch:
    """What was fetched from one partition at once.

    Args:
        tp: the partition.
        records: aiokafka records, in offset order.
        done: called when the batch is committed or given up, whichever comes; tells Faust it is no longer in work.
        begins, ends: the consumer's position before and after it; before is None for the first of an assignment.
        size_bytes: of its records' values.
        more: whether the broker had more behind it.
    """

    tp: TopicPartition
    records: Sequence[Any]
    done: Callable[[], None]
    begins: int | None = None
    ends: int = 0
    size_bytes: int = 0
    more: bool = False


@dataclass(frozen=True)
class Part:
    """Records of one batch that are worked in one go.

    Args:
        batch: whose.
        records: in order.
        first, last: whether the batch begins and ends with them.
    """

    batch: Batch
    records: Sequence[Any]
    first: bool
    last: bool


class Waiting:
    """Batches by partition, in order.

    Args:
        pace: how much is taken at once.
        partitions: those of which it is not known yet whether something is to come.
    """

    def __init__(self, pace: Pace, partitions: Iterable[TopicPartition] = ()) -> None:
        self._pace = pace
        self._batches: dict[TopicPartition, deque[Batch]] = {}
        self._begun: dict[TopicPartition, int] = {}
        self._records: Counter[TopicPartition] = Counter()
        self._bytes: Counter[TopicPartition] = Counter()
        self._more = set(partitions)

    def __bool__(self) -> bool:
        return any(self._batches.values())

    def put(self, batch: Batch) -> None:
        """One more batch of its partition."""
        self._batches.setdefault(batch.tp, deque()).append(batch)
        self._records[batch.tp] += len(batch.records)
        self._bytes[batch.tp] += batch.size_bytes
        if batch.more:
            self._more.add(batch.tp)
        else:
            self._more.discard(batch.tp)

    def expect_no_more(self, tp: TopicPartition) -> None:
        """Nobody waits for what is to come of a partition."""
        self._more.discard(tp)

    def full(self, tp: TopicPartition) -> bool:
        """Whether enough waits of a partition, a batch that is begun counted whole. Small batches do not fill: what
        came while the lane was at work is to go next, all of it."""
        return self._records[tp] >= self._pace.go_records or self._bytes[tp] >= WAITING_BYTES_MAX

    def take(self, patient: bool = True) -> list[Part]:
        """What is to be worked next, in one go; it waits no more.

        Args:
            patient: nothing goes past a partition of which more is to come; False where that did not come in time.
        """
        if not patient:
            self._more -= self._lacking()
        parts: list[Part] = []
        count = 0
        while count < self._pace.go_records and (found := self._round(self._pace.go_records - count)):
            parts += in_time(found) if self._pace.in_time else found
            count += sum(len(part.records) for part in found)
        return parts

    def _lacking(self) -> set[TopicPartition]:
        return {tp for tp in self._more if not self._batches.get(tp)}

    def _round(self, most: int) -> list[Part]:
        if self._lacking():
            return []
        alone = sum(map(bool, self._batches.values())) == 1
        fill = most if alone else self._pace.fill_records
        until_ms, busiest = self._until(fill)
        parts: list[Part] = []
        for tp, batches in self._batches.items():
            room = fill if tp == busiest else None
            while batches:
                batch, start = batches[0], self._begun.get(tp, 0)
                end = len(batch.records)
                if room is not None:
                    end = min(end, start + room)
                    room -= end - start
                elif until_ms is not None:
                    end = bisect_right(batch.records, until_ms, lo=start, key=lambda record: int(record.timestamp))
                last = end == len(batch.records)
                if end > start or last:
                    parts.append(Part(batch, batch.records[start:end], start == 0, last))
                if not last:
                    self._begun[tp] = end
                    break
                batches.popleft()
                self._begun.pop(tp, None)
                self._records[tp] -= len(batch.records)
                self._bytes[tp] -= batch.size_bytes
        return parts

    def give_up(self) -> list[Batch]:
        """All that waits, which then waits no more."""
        given = [batch for batches in self._batches.values() for batch in batches]
        self._batches.clear()
        self._begun.clear()
        self._records.clear()
        self._bytes.clear()
        return given

    def _until(self, fill: int) -> tuple[int | None, TopicPartition | None]:
        """To which moment all go on, and the partition that has its fill there, or ends there while more is to come;
        None where nobody has."""
        found: tuple[int | None, TopicPartition | None] = (None, None)
        for tp, batches in self._batches.items():
            at = self._begun.get(tp, 0) + fill - 1
            record = None
            for batch in batches:
                if at < len(batch.records):
                    record = batch.records[at]
                    break
                at -= len(batch.records)
            else:
                if batches and tp in self._more:
                    record = batches[-1].records[-1]
            if record is not None and (found[0] is None or record.timestamp < found[0]):
                found = (int(record.timestamp), tp)
        return found


def in_time(parts: Iterable[Part]) -> list[Part]:
    """Parts cut and merged by their records' timestamps; each partition's stay in its own order."""
    by_partition: dict[TopicPartition, list[Part]] = {}
    for part in parts:
        by_partition.setdefault(part.batch.tp, []).append(part)
    if len(by_partition) == 1:
        return list(parts)
    partitions = list(by_partition.values())
    merged = heapq.merge(*(_moments(each, number) for number, each in enumerate(partitions)))
    found: list[Part] = []
    for (number, at), run in groupby(merged, key=lambda moment: moment[1:3]):
        part = partitions[number][at]
        places = [place for *_, place in run]
        start, end = places[0], places[-1] + 1
        first, last = part.first and not start, part.last and end == len(part.records)
        found.append(Part(part.batch, part.records[start:end], first, last))
    return found


def _moments(parts: Sequence[Part], number: int) -> Iterator[tuple[int, int, int, int]]:
    """Timestamp, number of the partition, of the part and of the record; never back in time."""
    reached_ms = 0
    for at, part in enumerate(parts):
        for place, record in enumerate(part.records):
            reached_ms = max(reached_ms, int(record.timestamp))
            yield reached_ms, number, at, place
