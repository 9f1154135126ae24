"""Lanes: each input partition is worked in order, partitions side by side; a full lane holds back only itself.

A lane works in one go what waits of its partitions, again and again, and knows nothing of what the work is. It opens
when its partitions are assigned and closes before they are taken away, so that nothing is in work across a rebalance.
"""

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from agents.shell.kafka.retry import may_retry
from agents.shell.waiting import Batch, Pace, Part, Waiting
from schemas.errors import TriggerpointError

CLOSE_SECONDS = 8.0
"""A rebalance must not wait for a sink that is away; what is given up is neither committed nor lost."""

FIRST_SECONDS, MORE_SECONDS = 1.0, 0.1
"""How long a lane holds back the others for what is to come of one partition: after it has opened, when it is not known
yet where something waits, and later. Without it what lay for hours would be worked topic by topic."""

REOPEN_SECONDS = 0.5
REOPEN_SECONDS_MAX = 15.0

log = structlog.get_logger()


class LeftOutError(Exception):
    """A batch of the partition never came to its lane; to go on would commit past it."""


class CellLostError(Exception):
    """A cell cannot go on; what it had not committed is read and worked again."""


class Cell(Protocol):
    """Lanes of several stages that work together (`cell.py`)."""

    def add(self, stage: str, lanes: "Lanes") -> None:
        """Tell it a stage's lanes."""

    async def drive(self, lane: "Lane") -> None:
        """Work this lane with all others as long as all are here; returns at once if they are not.

        Raises:
            CellLostError: all of them must read anew.
            Exception: what stops them all.
        """

    def wake(self) -> None:
        """Something has come, or a lane is to close."""


class Work(Protocol):
    """What a lane does with batches."""

    async def open(self) -> None:
        """Become the owner: fence the former one, read offsets and state. May be called again after a fault."""

    async def process(self, parts: Sequence[Part]) -> None:
        """Work all of it and commit it. Records already committed are skipped.

        Raises:
            KafkaError: passing fault; the lane is opened anew and the same worked again.
        """

    async def tick(self) -> bool:
        """Called after each going, and when nothing came for a while: timers. Says whether it is to be called again
        after the pause between two goings."""

    async def close(self) -> None:
        """Give everything back."""


class Lane:
    """One lane.

    Args:
        name: for logs.
        partitions: those it works.
        work: what it does.
        idle_seconds: how long to wait for something to do before the next tick.
        on_fenced: called when another worker has taken the partition over; the lane ends.
        on_fatal: called with an error that must stop the worker; nothing of the batch is committed.
        on_retry: called with the error's name before work is done again.
        rejoin: asks the group for a new assignment; the lane has ended.
        pace: how it goes.
        cell: with whom it works as long as all are here.
    """

    def __init__(
        self,
        name: str,
        partitions: frozenset[TopicPartition],
        work: Work,
        idle_seconds: float,
        on_fenced: Callable[[], None],
        on_fatal: Callable[[BaseException], None],
        on_retry: Callable[[str], None],
        rejoin: Callable[[], None],
        pace: Pace,
        cell: Cell | None = None,
    ) -> None:
        self.name, self.work, self._cell = name, work, cell
        self.number = min((tp.partition for tp in partitions), default=0)
        self._rejoin = rejoin
        self._idle_seconds = idle_seconds
        self._on_fenced, self._on_fatal, self._on_retry = on_fenced, on_fatal, on_retry
        self._waiting, self._came = Waiting(pace, partitions), asyncio.Event()
        self._known = -math.inf
        self._in_work: list[Part] = []
        self._again = False
        self._pause_seconds, self._ended = pace.pause_seconds, -math.inf
        self._reached: dict[TopicPartition, int] = {}
        self._handed: set[TopicPartition] = set()
        self._patient_until: float | None = None
        self._called = False
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run(), name=f"lane {self.name}")

    def put(self, batch: Batch) -> None:
        """Hand a batch over. Never blocks: `full` is asked before the partition is fetched."""
        self._waiting.put(batch)
        self._wake()

    def full(self, tp: TopicPartition) -> bool:
        """Whether the lane wants no more batches of a partition for now."""
        return self._waiting.full(tp)

    def handed(self, tp: TopicPartition) -> bool:
        """Whether what comes of a partition is handed over, so that it need not be fetched."""
        return tp in self._handed

    def come(self) -> None:
        """Wait for nothing more: the cell gathers."""
        self._called = True
        self._came.set()

    @property
    def closing(self) -> bool:
        """Whether it is to end."""
        return self._closing.is_set()

    def hand_over(self, tp: TopicPartition) -> None:
        """From now on a partition is not read: its cell hands over what comes of it."""
        self._handed.add(tp)
        self._waiting.expect_no_more(tp)

    @property
    def waits(self) -> bool:
        """Whether anything waits for it."""
        return bool(self._waiting)

    def take(self) -> list[Part]:
        """What its cell is to work next; it is in work until `worked`.

        Raises:
            LeftOutError: a batch is missing.
        """
        if not self._waiting:
            return []
        now = asyncio.get_running_loop().time()
        if self._patient_until is None:
            self._patient_until = max(self._known, now + MORE_SECONDS)
        parts = self._waiting.take(now < self._patient_until)
        if parts:
            self._patient_until = None
            follow, self._reached = self._that_follow_on(parts)
            self._in_work += parts
            if len(follow) < len(parts):
                raise LeftOutError(f"{parts[len(follow)].batch.tp} does not go on where it was")
        return parts

    def worked(self, parts: Sequence[Part]) -> None:
        """These have been committed: the first of those in work."""
        for part in parts:
            if part.last:
                part.batch.done()
        self._in_work = self._in_work[len(parts) :]

    async def close(self) -> None:
        """Finish what is in work (or give it up, uncommitted, when that takes long), give up what waits."""
        self._closing.set()
        self._wake()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for batch in self._waiting.give_up():
            batch.done()

    async def _run(self) -> None:
        delay = REOPEN_SECONDS
        try:
            while not self._closing.is_set():
                try:
                    await self.work.open()
                    self._known = asyncio.get_running_loop().time() + FIRST_SECONDS
                    self.ready.set()
                    delay = REOPEN_SECONDS
                    await self._work_batches()
                except ProducerFenced:
                    raise
                except (KafkaError, TriggerpointError) as error:
                    if not may_retry(error):
                        raise
                    self._on_retry(type(error).__name__)
                    log.warning("lane_reopens", lane=self.name, error=repr(error), after_seconds=delay)
                    await self.work.close()
                    await self._pause(delay)
                    delay = min(delay * 2, REOPEN_SECONDS_MAX)
        except ProducerFenced:
            why = (
                "another worker owns the partition, or a transaction took longer than its timeout; nothing was written"
            )
            log.warning("lane_fenced", lane=self.name, why=why)
            self.ready.clear()
            self._on_fenced()
            self._rejoin()
        except CellLostError as error:
            log.warning("lane_reads_anew", lane=self.name, error=str(error))
            self.ready.clear()
            self._on_retry(type(error.__cause__ or error).__name__)
            self._rejoin()
        except LeftOutError as error:
            # the next assignment begins where the group has committed, which is before what is missing
            self._on_retry(type(error).__name__)
            log.error("lane_left_out_a_batch", lane=self.name, error=str(error), then="asks the group anew")
            self.ready.clear()
            self._rejoin()
        except Exception as error:
            log.error("lane_failed", lane=self.name, error=repr(error), exc_info=error)
            self._on_fatal(error)
        finally:
            for part in self._in_work:
                if part.last:
                    part.batch.done()
            await self.work.close()

    async def _work_batches(self) -> None:
        while not self._closing.is_set():
            if self._cell is not None and not self._in_work:
                self._called = False
                await self._cell.drive(self)
            if not self._in_work:
                self._in_work = await self._next()
            if self._in_work:
                parts, reached = self._that_follow_on(self._in_work)
                await self.work.process(parts)
                self._ended = asyncio.get_running_loop().time()
                self._reached = reached
                self.worked(parts)
            self._again = await self.work.tick()

    def _that_follow_on(self, parts: list[Part]) -> tuple[list[Part], dict[TopicPartition, int]]:
        """Parts as far as each goes on where its partition has been reached; and where it will be."""
        reached = dict(self._reached)
        for number, part in enumerate(parts):
            tp, batch = part.batch.tp, part.batch
            if part.first and batch.begins is not None and batch.begins != reached.get(tp):
                if not number:
                    raise LeftOutError(f"{tp.topic}:{tp.partition} goes on at {batch.begins}, not at {reached.get(tp)}")
                return parts[:number], reached
            if part.last:
                reached[tp] = batch.ends
        return parts, reached

    def _wake(self) -> None:
        self._came.set()
        if self._cell is not None:
            self._cell.wake()

    async def _next(self) -> list[Part]:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause_seconds if self._again else self._idle_seconds):
                await self._came.wait()
        if not self._waiting:
            self._came.clear()
        if self._closing.is_set() or self._called or not self._waiting:
            return []
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._ended + self._pause_seconds - loop.time())
        patient_until = max(self._known, loop.time() + MORE_SECONDS)
        while not (parts := self._waiting.take(loop.time() < patient_until)):
            self._came.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(patient_until):
                    await self._came.wait()
            if self._closing.is_set() or self._called:
                return []
        if not self._waiting:
            self._came.clear()
        return parts

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


class Lanes:
    """All lanes of one stage in this worker.

    Args:
        lane_of: partition -> name of its lane; co-partitioned inputs of a stateful stage share one.
        make: makes the lane of a name from the partitions it owns.
    """

    def __init__(
        self,
        lane_of: Callable[[TopicPartition], str],
        make: Callable[[str, frozenset[TopicPartition]], Lane],
    ) -> None:
        self._lane_of = lane_of
        self._make = make
        self._lanes: dict[str, Lane] = {}
        self._owned: set[TopicPartition] = set()
        self._shut = False

    def __len__(self) -> int:
        return len(self._lanes)

    def __iter__(self) -> Iterator[Lane]:
        return iter(list(self._lanes.values()))

    def lane(self, tp: TopicPartition) -> Lane:
        """Whose partition it is."""
        return self._lanes[self._lane_of(tp)]

    @property
    def ready(self) -> bool:
        """Whether every lane has its state."""
        return all(lane.ready.is_set() for lane in self._lanes.values())

    @property
    def owned(self) -> frozenset[TopicPartition]:
        """The partitions that are worked on."""
        return frozenset(self._owned)

    def shut(self) -> None:
        """Take no more assignments: the worker is stopping, and a rebalance may still come in."""
        self._shut = True

    def assign(self, partitions: set[TopicPartition]) -> None:
        """Open a lane for each assigned partition, before its first batch: timers run without traffic."""
        if self._shut:
            return
        owned: dict[str, set[TopicPartition]] = {}
        self._owned |= partitions
        for tp in partitions:
            owned.setdefault(self._lane_of(tp), set()).add(tp)
        for name, tps in sorted(owned.items()):
            lane = self._lanes[name] = self._make(name, frozenset(tps))
            lane.start()

    def put(self, batch: Batch) -> None:
        """Hand a batch to its lane; one of a partition that is not ours any more is given up."""
        lane = self._lanes.get(self._lane_of(batch.tp))
        if lane is None:
            batch.done()
        else:
            lane.put(batch)

    def full(self, tp: TopicPartition) -> bool:
        """Whether the partition should not be fetched for now."""
        lane = self._lanes.get(self._lane_of(tp))
        return lane is None or lane.full(tp)

    def handed(self, tp: TopicPartition) -> bool:
        """Whether what comes of a partition is handed over, so that it need not be fetched."""
        lane = self._lanes.get(self._lane_of(tp))
        return lane is not None and lane.handed(tp)

    async def close(self) -> None:
        """Close all lanes, side by side."""
        lanes, self._lanes, self._owned = list(self._lanes.values()), {}, set()
        await asyncio.gather(*(lane.close() for lane in lanes))
