"""Learning what comes next: ClickHouse knows the history of all accounts; what is different goes onto its topic.

Each worker with the archive does so now and then. Several of them find the same; who finds nothing new writes nothing.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from agents.connection import clickhouse_sink, connection_options
from agents.metrics import Metrics
from agents.outlooks.follow import known_with
from agents.settings import Settings
from agents.shell.follow import read_present
from pipeline.alerts.outlook import outlooks_of, same
from schemas.errors import TriggerpointError
from schemas.learned.outlook import Outlook
from schemas.topics import OUTLOOKS, partition_of

SQL = "SELECT stage, trigger, next_stage, probability, median_days, took, moved, waiting FROM next_steps"

log = structlog.get_logger()

Learned = Mapping[tuple[str, str], Outlook]


async def learn(settings: Settings, partitions: int) -> tuple[Learned, int]:
    """Ask the view, and write what is different.

    Args:
        partitions: of the outlooks topic.

    Returns:
        All there is to know, and how many outlooks were written, those that are no more among them.

    Raises:
        SinkError: ClickHouse is away, or has no such view.
        KafkaError: the broker does not take them.
    """
    sink = clickhouse_sink(settings)
    try:
        found = outlooks_of(await sink.query(SQL), datetime.now(UTC))
    finally:
        await sink.close()
    topic, options = settings.topics.name(OUTLOOKS), connection_options(settings)
    known = known_with({}, await read_present(options, topic, partitions))
    changes: dict[bytes, bytes | None] = {
        outlook.key: outlook.encode() for at, outlook in found.items() if not same(known.get(at), outlook)
    }
    changes |= {outlook.key: None for at, outlook in known.items() if at not in found}
    if changes:
        producer = AIOKafkaProducer(**options, enable_idempotence=True)
        try:
            await producer.start()
            sent = [
                await producer.send(topic, value, key, partition=partition_of(key, partitions))
                for key, value in changes.items()
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()
    return found, len(changes)


async def keep_learning(settings: Settings, partitions: int, metrics: Metrics) -> None:
    """Learn at once, and then every so many minutes, until cancelled. What is away is asked again next time."""
    while True:
        try:
            found, written = await learn(settings, partitions)
            metrics.outlooks.set(len(found))
            log.info("outlooks_learned", outlooks=len(found), changed=written)
        except (TriggerpointError, KafkaError) as error:
            metrics.learn_errors.inc()
            log.warning("learning_waits", error=str(error), again_minutes=settings.learn_minutes)
        await asyncio.sleep(settings.learn_minutes * 60)
