"""A cell: all lanes of a worker that has the whole line to itself, worked in one transaction.

Lane by lane an alert's way is a transaction for each stage, read by the next once it is committed. A worker that owns
every partition of these stages can do it in one: what a stage writes is handed to the next within the same going, at
the offsets at which it will lie, and the stages' groups commit as if they had read it. Were anything to lie elsewhere,
or anybody else to have become an owner, the transaction is aborted, and the groups begin anew from what they have
committed.

While one transaction commits, what comes is worked already and goes with the next.

Fencing: the cell has an id of its own. Whoever opens a lane fences first the lane's id and then the cell's; a cell
fences its own id and then has every lane prove that it still has its own. So of two who take themselves for the owner
at most one commits.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from agents.shell.collector import collect_idle
from agents.shell.going import Going
from agents.shell.kafka.producer import ElsewhereError, LaneProducer
from agents.shell.kafka.retry import may_retry
from agents.shell.lanes import CellLostError, Lane, Lanes
from agents.shell.outbox import Outgoing
from agents.shell.transactional import NOTHING, TransactionalWork
from agents.shell.waiting import Part
from schemas.errors import TriggerpointError

PAUSE_SECONDS = 0.01
"""Between two looks at what has come: what comes record by record goes in fewer hands."""

IDLE_SECONDS = 0.5
RECORDS_MAX = 1000
"""A going that has so many takes no more: what it hands over is worked in it, too."""

TURNS = 10
"""Of the loop, which a stage gives to all others when it has worked: a request and its answer, or what is fetched, go
through several hands, each in a turn of its own, and would else wait for a stage in each."""

TIMER_SECONDS = 0.005
"""For so long timers of a lane fire between two looks."""

MARK = 1
"""The mark that ends a transaction takes an offset in each of its partitions."""

SETTLE_RECORDS = 5000
"""So many a stage works within seconds."""

SETTLE_SECONDS = 0.1
GATHER_SECONDS = 2.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Leg:
    """One stage of the line.

    Args:
        name: of the stage.
        hands: topic it hands to the next one, none at the end.
        lanes: its lanes in this worker.
        total: partitions of all its inputs.
    """

    name: str
    hands: str | None
    lanes: Lanes
    total: int


@dataclass(frozen=True, slots=True)
class Handed:
    """A record as the next stage would read it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


Behind = Callable[[str, str], Awaitable[tuple[int, Mapping[TopicPartition, int]]]]
"""(stage, topic) -> how many of the topic's records the stage has not committed yet, and where its partitions end."""


class Cell:
    """See the module's text.

    Args:
        stages: names, in the line's order, and the topic each hands to the next.
        totals: partitions of all inputs of each.
        partitions: topic name -> number of partitions.
        make_producer: makes the producer of the cell's id.
        behind: asks the broker.
        now_ms: the pipeline's time.
        on_lanes: told how many lanes go together, 0 at the end.
    """

    def __init__(
        self,
        stages: Mapping[str, str | None],
        totals: Mapping[str, int],
        partitions: Callable[[str], int],
        make_producer: Callable[[], LaneProducer],
        behind: Behind,
        now_ms: Callable[[], int],
        on_lanes: Callable[[int], None],
    ) -> None:
        self._stages, self._totals, self._partitions = stages, totals, partitions
        self._make_producer, self._behind, self._now_ms = make_producer, behind, now_ms
        self._on_lanes = on_lanes
        self._legs: dict[str, Leg] = {}
        self._here: set[Lane] = set()
        self._over: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._came = asyncio.Event()
        self._ends: dict[TopicPartition, int] = {}
        """Where the partitions that are handed over will end, all goings so far committed."""
        self._turn = 0
        self._took: dict[Lane, int] = {}
        """In which turn each lane last took something."""

    def add(self, stage: str, lanes: Lanes) -> None:
        """Tell it a stage's lanes."""
        self._legs[stage] = Leg(stage, self._stages[stage], lanes, self._totals[stage])

    def wake(self) -> None:
        """Something has come, or a lane is to close."""
        self._came.set()

    async def drive(self, lane: Lane) -> None:
        """Work this lane with all others, as long as all are here; returns at once if they are not.

        Raises:
            CellLostError: what the lane has taken must be read anew.
            Exception: what went wrong for all of them.
        """
        if not self._whole():
            return
        if self._over is None:
            self._over = asyncio.get_running_loop().create_future()
        over = self._over
        self._here.add(lane)
        for other in set(self._lanes()) - self._here:
            other.come()  # it may have nothing to do for long
        if self._task is None and self._here == set(self._lanes()):
            self._task = asyncio.create_task(self._run(over), name="cell")
        await self._gathered(lane)
        if self._task is None and not over.done():  # it may have begun and ended meanwhile
            self._here.discard(lane)
            return
        try:
            await asyncio.shield(over)
        except (CellLostError, ProducerFenced):
            if not lane.closing:
                raise

    def _lanes(self) -> list[Lane]:
        return [lane for stage in self._stages for lane in self._legs[stage].lanes]

    def _whole(self) -> bool:
        return self._legs.keys() == self._stages.keys() and all(
            len(leg.lanes.owned) == leg.total and leg.lanes.ready for leg in self._legs.values()
        )

    async def _gathered(self, lane: Lane) -> None:
        """Wait a while for the others to come to the end of their goings."""
        deadline = time.monotonic() + GATHER_SECONDS
        while self._task is None and self._whole() and not lane.closing and time.monotonic() < deadline:
            self._came.clear()
            await self._sleep(SETTLE_SECONDS)

    async def _run(self, over: "asyncio.Future[None]") -> None:
        producer = self._make_producer()
        error: BaseException | None = None
        try:
            await producer.start()
            for lane in self._lanes():
                await self._work_of(lane).prove()
            await self._settle(producer)
            log.info("cell_begins", lanes=len(self._here))
            self._on_lanes(len(self._here))
            await self._go_on(producer)
        except ProducerFenced as found:
            error = found
        except ElsewhereError as found:
            error = CellLostError(str(found))
        except (KafkaError, TriggerpointError) as found:
            error = found
            if may_retry(found):
                error = CellLostError(repr(found))
                error.__cause__ = found
        except Exception as found:  # noqa: BLE001 - each lane is told
            error = found
        finally:
            await producer.stop()
            self._on_lanes(0)
            log.info("cell_ends", why=repr(error) if error else "not all lanes are here any more")
            self._task, self._over, self._here, self._ends, self._took = None, None, set(), {}, {}
            if not over.done():
                over.set_exception(error or CellLostError("not all lanes of the line are here any more"))
                over.exception()

    async def _settle(self, producer: LaneProducer) -> None:
        """From the end of the line, let each stage work what lies before it; then what comes is handed to it.

        The stages before it wait for that, but not long: far behind, all go on reading what lies on the broker.
        """
        legs = [self._legs[stage] for stage in self._stages]
        for at in range(len(legs) - 1, 0, -1):
            topic = legs[at - 1].hands
            assert topic is not None
            while True:
                behind, ends = await self._behind(legs[at].name, topic)
                if self._ending():
                    return
                if not behind:
                    break
                going = _Together(self._partitions)
                await self._pass(going, legs if behind > SETTLE_RECORDS else legs[at:])
                if going:
                    await self._commit(producer, going, *self._seal(going))
                else:
                    await self._sleep(SETTLE_SECONDS)
            self._ends |= ends
            for tp in ends:
                legs[at].lanes.lane(tp).hand_over(tp)

    async def _go_on(self, producer: LaneProducer) -> None:
        """Work what comes, and commit what is worked whenever the transaction before is through."""
        legs = [self._legs[stage] for stage in self._stages]
        committing: asyncio.Task[None] | None = None
        going, again = _Together(self._partitions), False
        try:
            while not self._ending():
                self._came.clear()
                before = going.records
                if before < RECORDS_MAX:
                    again = self._wake(going)
                    await self._pass(going, legs)
                worked = going.records > before
                if committing is not None and committing.done():
                    committing.result()
                    committing = None
                if committing is None and going:
                    committing = asyncio.create_task(self._commit(producer, going, *self._seal(going)))
                    committing.add_done_callback(lambda _: self.wake())
                    going = _Together(self._partitions)
                if not (worked and any(lane.waits for lane in self._here)):
                    await self._sleep(0.0 if again else IDLE_SECONDS)
            if committing is not None:
                await committing
            if going:
                await self._commit(producer, going, *self._seal(going))
        finally:
            if committing is not None:  # after an error nobody waits for it any more
                committing.cancel()
                await asyncio.gather(committing, return_exceptions=True)

    async def _sleep(self, seconds: float) -> None:
        collect_idle()
        await asyncio.sleep(PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._came.wait()

    def _ending(self) -> bool:
        return not self._whole() or any(lane.closing for lane in self._here)

    def _wake(self, going: Going) -> bool:
        return sum(self._work_of(lane).wake(going, TIMER_SECONDS) for lane in self._lanes()) > 0

    async def _pass(self, going: "_Together", legs: Sequence[Leg]) -> None:
        """Let each stage in turn work what has come, and what the one before has just written."""
        handed: str | None = None
        self._turn += 1
        for leg in legs:
            # who took last comes last; else the first would always take all there is room for
            for lane in sorted(leg.lanes, key=lambda lane: self._took.get(lane, 0)):
                work = self._work_of(lane)
                parts = lane.take() if going.records < RECORDS_MAX else []
                if parts:
                    self._took[lane] = self._turn
                    going.taken.setdefault(lane, []).extend(parts)
                worked = work.work(parts, going, self._handed(handed, lane, going) if handed else NOTHING)
                for _ in range(TURNS if worked else 1):
                    await asyncio.sleep(0)
            handed = leg.hands

    def _handed(self, topic: str, lane: Lane, going: "_Together") -> Mapping[TopicPartition, Sequence[Handed]]:
        """What the stage before has written for a lane and not handed to it yet."""
        tp = TopicPartition(topic, lane.number)
        begins = self._ends.get(tp)
        if begins is None:
            return NOTHING
        sent, done = going.out.sent_to(*tp), going.handed.get(tp, 0)
        now_ms = self._now_ms()
        going.handed[tp] = len(sent)
        records = [
            Handed(topic, tp.partition, begins + at, now_ms, key, value, headers)
            for at, (key, value, headers) in enumerate(sent[done:], done)
        ]
        return {tp: records}

    def _seal(
        self, going: "_Together"
    ) -> tuple[Mapping[tuple[str, int], Sequence[Outgoing]], Mapping[TopicPartition, int]]:
        """Its records, and where those that are handed over end."""
        records = going.seal()
        ends: dict[TopicPartition, int] = {}
        for tp in [tp for tp in self._ends if tp in records]:
            if going.handed.get(tp) != len(records[tp]):  # what is handed over next would go past the others
                raise CellLostError(f"of {len(records[tp])} records for {tp} {going.handed.get(tp)} were handed over")
            ends[tp] = self._ends[tp] + len(records[tp])
            self._ends[tp] = ends[tp] + MARK
        return records, ends

    async def _commit(
        self,
        producer: LaneProducer,
        going: "_Together",
        records: Mapping[tuple[str, int], Sequence[Outgoing]],
        ends: Mapping[TopicPartition, int],
    ) -> None:
        began = time.monotonic()
        await producer.transact(records, going.offsets, ends)
        going.out.committed()
        for work in going.works:
            work.committed(began)
        for lane, parts in going.taken.items():
            lane.worked(parts)

    @staticmethod
    def _work_of(lane: Lane) -> TransactionalWork:
        return cast(TransactionalWork, lane.work)


class _Together(Going):
    """A going of all lanes: what each has taken for it, and how much of its outputs has been handed over."""

    def __init__(self, partitions: Callable[[str], int]) -> None:
        super().__init__(partitions)
        self.taken: dict[Lane, list[Part]] = {}
        self.handed: dict[TopicPartition, int] = {}
