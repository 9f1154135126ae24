"""Stage 6: everything -> ClickHouse. Big columnar inserts, one a second and table; offsets are committed after them.

The far end stands outside the transaction: rows carry deterministic ids, an insert is retried with the same rows for
as long as the far end is away, and views drop what came twice.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

import structlog
from aiokafka import TopicPartition

from agents.clock import Clock
from agents.metrics import Metrics
from agents.shell.crash import Reach, pass_by
from agents.shell.waiting import Part
from schemas.base import Record
from schemas.errors import RecordError, TransientSinkError
from schemas.topics import Topic
from sinks.base import RowSink
from sinks.retry import RetryPolicy, delay_seconds
from sinks.rows import ColumnBatch, rows_of

log = structlog.get_logger()


class Committer(Protocol):
    """Commits offsets of the stage's group (Faust's consumer, see `shell/transport.py`)."""

    async def commit_offsets(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit offsets now."""


class TableWriter:
    """Gathers column batches of all lanes into one insert a table, at most one each `flush_seconds`.

    Args:
        sink: the far end.
        retry: how long to wait between tries.
        flush_seconds: longest time rows wait.
        rows_max: rows of one insert.
        metrics: as everywhere.
    """

    def __init__(
        self, sink: RowSink, retry: RetryPolicy, flush_seconds: float, rows_max: int, metrics: Metrics
    ) -> None:
        self._sink, self._retry, self._metrics = sink, retry, metrics
        self._flush_seconds, self._rows_max = flush_seconds, rows_max
        self._waiting: dict[str, list[tuple[ColumnBatch, asyncio.Future[None]]]] = {}
        self._flushers: dict[str, asyncio.Task[None]] = {}
        self._refused: set[str] = set()

    async def write(self, batch: ColumnBatch) -> None:
        """Write a batch's rows; returns when they are in the table.

        Raises:
            TerminalSinkError: the far end refuses them for good.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._metrics.insert_retries.labels(batch.table)  # a series from the start
        self._waiting.setdefault(batch.table, []).append((batch, done))
        self._metrics.buffered_rows.labels(batch.table).inc(batch.rows)
        if batch.table not in self._flushers:
            self._flushers[batch.table] = asyncio.create_task(self._flush_all(batch.table), name=f"flush {batch.table}")
        try:
            await done
        except asyncio.CancelledError:
            # given up by a rebalance while the far end is away: its rows must not pile up
            waiting = self._waiting.get(batch.table, [])
            kept = [entry for entry in waiting if entry[1] is not done]
            if len(kept) < len(waiting):
                waiting[:] = kept
                self._metrics.buffered_rows.labels(batch.table).dec(batch.rows)
            raise

    @property
    def away(self) -> bool:
        """Whether the far end is waited for."""
        return bool(self._refused)

    async def close(self) -> None:
        """Give up what waits (its offsets are not committed, so it comes again), and let the far end go."""
        flushers = list(self._flushers.values())
        for flusher in flushers:
            flusher.cancel()
        await asyncio.gather(*flushers, return_exceptions=True)
        await self._sink.close()

    async def _flush_all(self, table: str) -> None:
        try:
            while self._waiting.get(table):
                await asyncio.sleep(self._flush_seconds)
                taken = self._take(table)
                rows = sum(batch.rows for batch, _ in taken)
                try:
                    await self._insert(table, [batch for batch, _ in taken])
                except Exception as error:  # noqa: BLE001 - each waiting lane must hear of it, whatever it is
                    for _, done in taken:
                        if not done.done():
                            done.set_exception(error)
                else:
                    for _, done in taken:
                        if not done.done():
                            done.set_result(None)
                finally:
                    self._metrics.buffered_rows.labels(table).dec(rows)
        finally:
            del self._flushers[table]

    def _take(self, table: str) -> list[tuple[ColumnBatch, asyncio.Future[None]]]:
        waiting, rows = self._waiting[table], 0
        taken: list[tuple[ColumnBatch, asyncio.Future[None]]] = []
        while waiting and (not taken or rows + waiting[0][0].rows <= self._rows_max):
            taken.append(waiting.pop(0))
            rows += taken[-1][0].rows
        return taken

    async def _insert(self, table: str, batches: Sequence[ColumnBatch]) -> None:
        columns = batches[0].columns
        values = [[value for batch in batches for value in batch.column_values[at]] for at in range(len(columns))]
        attempt = 0
        while True:
            began = time.monotonic()
            try:
                await self._sink.insert(table, columns, values)
            except TransientSinkError as error:
                attempt += 1
                self._refused.add(table)
                delay = delay_seconds(self._retry, attempt, random.random())  # noqa: S311 - jitter is no secret
                self._metrics.insert_retries.labels(table).inc()
                log.warning("sink_waits", table=table, error=str(error), after_seconds=round(delay, 2), attempt=attempt)
                await asyncio.sleep(delay)
                continue
            break
        self._refused.discard(table)
        rows = len(values[0])
        self._metrics.insert_seconds.labels(table).observe(time.monotonic() - began)
        self._metrics.rows.labels(table).inc(rows)
        self._metrics.inserts.labels(table).inc()


class ArchiveWork:
    """Work of one archive lane: make rows, wait for the insert, commit the offset.

    Args:
        topics: topic name -> catalogue entry.
        writer: shared by all lanes.
        committer: commits offsets of the group.
        clock, metrics: as everywhere.
        reach: told of crash points.
    """

    def __init__(
        self,
        topics: Mapping[str, Topic],
        writer: TableWriter,
        committer: Callable[[], Committer],
        clock: Clock,
        metrics: Metrics,
        reach: Reach = pass_by,
    ) -> None:
        self._topics, self._writer, self._committer = topics, writer, committer
        self._clock, self._metrics, self._reach = clock, metrics, reach

    async def open(self) -> None:
        """Nothing to open: the group's offsets are read by the consumer, and rows may come twice."""

    async def process(self, parts: Sequence[Part]) -> None:
        """Insert what is there of the lane's one partition, then commit its offset."""
        tp, records = parts[0].batch.tp, [record for part in parts for record in part.records]
        if not records:
            return
        began = time.monotonic()
        coordinates = [(record.topic, record.partition, record.offset, record.timestamp) for record in records]
        topic = self._topics[tp.topic]
        # a record that is not what it should be stays where it lies, and is not worth stopping for: nothing hangs on it
        values = [record.value for record in records]
        keys = [record.key for record in records] if topic.compacted else ()
        rows = rows_of(cast(type[Record], topic.noun), values, coordinates, self._refuse, keys)
        self._reach("before_insert")
        if rows.rows:
            await self._writer.write(rows)
        self._reach("after_insert")
        await self._committer().commit_offsets({tp: records[-1].offset + 1})
        self._reach("after_offsets_committed")
        metrics = self._metrics
        metrics.records.labels("archive").inc(len(records))
        metrics.batch_records.labels("archive").observe(len(records))
        metrics.batch_seconds.labels("archive").observe(time.monotonic() - began)
        metrics.committed("archive")
        age_seconds = max(0.0, time.time() - records[-1].timestamp / 1000)
        metrics.latency_seconds.labels("archive").observe(age_seconds)

    def _refuse(self, index: int, error: RecordError) -> None:
        self._metrics.unreadable.inc()
        log.error("record_refused", error=str(error))

    async def tick(self) -> bool:
        """No timers."""
        return False

    async def close(self) -> None:
        """Nothing to give back: the writer is shared."""
