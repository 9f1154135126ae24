"""What lies on the topics and in ClickHouse at the end."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import BaseModel

from agents.connection import connection_options
from agents.settings import Settings
from agents.stages import ARCHIVED
from agents.topics import wanted
from deploy.demo.figures import COUNTED
from deploy.faults.trace import TRACE, Step
from schemas.base import Record
from sinks.clickhouse import ClickHouseSink
from sinks.rows import rows_of

Place = tuple[int, int]
"""Partition and offset."""


@dataclass(frozen=True)
class Held:
    """All committed records.

    Args:
        records: partition -> its records in offset order.
        steps: the trace.
        partitions: topic name -> number of partitions.
    """

    records: Mapping[TopicPartition, Sequence[Any]]
    steps: Sequence[Step]
    partitions: Mapping[str, int]


async def read_held(settings: Settings) -> Held:
    """Read every topic of the installation, as a `read_committed` subscriber."""
    names = [name for name, _ in wanted(settings)]
    trace = settings.topic_prefix + TRACE
    consumer = AIOKafkaConsumer(
        **connection_options(settings), enable_auto_commit=False, isolation_level="read_committed", fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        found = (await consumer._client.fetch_all_metadata())._partitions  # noqa: SLF001 - no public way without a topic
        partitions = {name: len(found[name]) for name in (*names, trace)}
        records: dict[TopicPartition, list[Any]] = {
            TopicPartition(name, at): [] for name, count in partitions.items() for at in range(count)
        }
        ends = {tp: end for tp, end in (await consumer.end_offsets(list(records))).items() if end}
        if ends:
            consumer.assign(list(ends))
            await consumer.seek_to_beginning(*ends)
            while [tp for tp in ends if await consumer.position(tp) < ends[tp]]:
                for tp, some in (await consumer.getmany(timeout_ms=100)).items():
                    records[tp] += [record for record in some if record.offset < ends[tp]]
    finally:
        await consumer.stop()
    steps = [Step.decode(record.value) for record in records.pop(TopicPartition(trace, 0))]
    return Held(records, steps, partitions)


Ends = Callable[[str], Awaitable[dict[TopicPartition, int]]]


@asynccontextmanager
async def ends_of(settings: Settings, names: Sequence[str]) -> AsyncIterator[Ends]:
    """Gives a function from an isolation level to where topics end for a subscriber of it."""
    async with AsyncExitStack() as open_ones:
        consumers = {}
        for level in ("read_uncommitted", "read_committed"):
            consumer = AIOKafkaConsumer(**connection_options(settings), enable_auto_commit=False, isolation_level=level)
            await consumer.start()
            open_ones.push_async_callback(consumer.stop)
            consumers[level] = consumer
        counts = {
            name: len(entry)
            for name, entry in (await consumer._client.fetch_all_metadata())._partitions.items()  # noqa: SLF001 - as above
            if name in names
        }
        tps = [TopicPartition(name, at) for name, count in counts.items() for at in range(count)]

        async def ends(level: str) -> dict[TopicPartition, int]:
            return dict(await consumers[level].end_offsets(tps))

        yield ends


@dataclass(frozen=True)
class Rows:
    """What ClickHouse has.

    Args:
        places: topic name -> partition and offset on Kafka that its rows come from.
        ids: topic name -> ids of its rows.
        doubles: view -> rows beyond one for each id.
    """

    places: Mapping[str, frozenset[Place]]
    ids: Mapping[str, frozenset[str]]
    doubles: Mapping[str, int]


def id_field(noun: type[BaseModel]) -> str:
    """The field of a noun that names one record: its first."""
    return next(iter(noun.model_fields))


async def read_rows(settings: Settings) -> Rows:
    """Ask the tables for the places of their rows, and the views for doubles."""
    sink = ClickHouseSink(settings.clickhouse_url.get_secret_value(), settings.clickhouse_database)
    try:
        places: dict[str, frozenset[Place]] = {}
        ids: dict[str, frozenset[str]] = {}
        for topic in ARCHIVED:
            table = rows_of(cast(type[Record], topic.noun), (), ()).table
            name = settings.topics.name(topic)
            sql = (
                f"SELECT {id_field(topic.noun)} AS id, kafka_partition AS p, kafka_offset AS o"  # noqa: S608 - our own
                f" FROM {table} WHERE kafka_topic = {{t:String}}"
            )
            rows = await sink.query(sql, {"t": name})
            places[name] = frozenset((row["p"], row["o"]) for row in rows)
            ids[name] = frozenset(row["id"] for row in rows)
        doubles = {}
        for view, (_, field) in COUNTED.items():
            sql = f"SELECT count() - uniqExact({field}) AS n FROM {view}"  # noqa: S608 - names of our own
            doubles[view] = int((await sink.query(sql))[0]["n"])
        return Rows(places, ids, doubles)
    finally:
        await sink.close()
