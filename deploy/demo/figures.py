"""What topics and ClickHouse hold at the end, counted in both, and whether they agree."""

from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.connection import clickhouse_sink, connection_options
from agents.settings import Settings
from deploy.demo.standing import Said, standing
from schemas.topics import (
    ACTIVITIES,
    ALERTS,
    ANSWERS,
    DIGESTS,
    EVENTS,
    HANDOVERS,
    HELD,
    IDENTITY,
    REJECTED,
    TRANSITIONS,
    Topic,
)

COUNTED: dict[str, tuple[tuple[Topic, ...], str]] = {
    "events": ((EVENTS,), "event_id"),
    "rejected": ((REJECTED,), "rejected_id"),
    "identity": ((IDENTITY,), "fact_id"),
    "activities": ((ACTIVITIES,), "activity_id"),
    "transitions": ((TRANSITIONS,), "transition_id"),
    "alerts": (tuple(ALERTS.values()), "alert_id"),
    "digests": ((DIGESTS,), "digest_id"),
    "alerts_held": ((HELD,), "held_id"),
    "feedback": ((ANSWERS,), "answer_id"),
    "handovers": ((HANDOVERS,), "entry_id"),
}
"""View in ClickHouse -> its topics, and the id by which a row is one."""


@dataclass(frozen=True)
class Held:
    """Records on the topics, what of them stands, statements said twice, and rows in the view."""

    records: int
    stands: int
    twice: int
    rows: int


async def count_held(settings: Settings) -> dict[str, Held]:
    """Count everything the line has written."""
    sink = clickhouse_sink(settings)
    consumer = AIOKafkaConsumer(**connection_options(settings), isolation_level="read_committed")
    await consumer.start()
    try:
        held = {}
        for view, (topics, id_field) in COUNTED.items():
            records, stands, twice = 0, 0, 0
            for topic in topics:
                partitions = [TopicPartition(settings.topics.name(topic), at) for at in range(settings.partitions)]
                said = await _said(consumer, partitions)
                found = standing(said, id_field)
                records, stands, twice = records + len(said), stands + found.ids, twice + found.twice
            rows = await sink.query(f"SELECT count() AS n FROM {view}")  # noqa: S608 - names of the list above
            held[view] = Held(records, stands, twice, int(rows[0]["n"]))
        return held
    finally:
        await consumer.stop()
        await sink.close()


async def count_unmatched(settings: Settings) -> int:
    """Company domains that were seen and are no account's."""
    sink = clickhouse_sink(settings)
    try:
        return int((await sink.query("SELECT count() AS n FROM unmatched_domains"))[0]["n"])
    finally:
        await sink.close()


@dataclass(frozen=True)
class Kept:
    """How hand-overs went: how many there were, and how many with a time that was over."""

    handovers: int
    breached: int
    answered: int


async def count_handovers(settings: Settings) -> Kept:
    """Hand-overs as the ledger stands."""
    sink = clickhouse_sink(settings)
    try:
        sql = "SELECT count() AS handovers, countIf(breached) AS breached, countIf(status != 'open') AS answered"
        found = (await sink.query(f"{sql} FROM handover_status"))[0]
        return Kept(int(found["handovers"]), int(found["breached"]), int(found["answered"]))
    finally:
        await sink.close()


async def _said(consumer: Any, partitions: list[TopicPartition]) -> list[Said]:
    ends = await consumer.end_offsets(partitions)
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    said: list[Said] = []
    while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            said += [(record.partition, record.offset, orjson.loads(record.value)) for record in records]
    return said
