"""Input topics with holes in their offsets: of transactions of others, and of compaction."""

import asyncio

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.connection import connection_options
from agents.topics import connect_admin
from deploy.faults.feeder import Sent
from deploy.faults.hostile import event
from deploy.faults.line import PARTITIONS
from deploy.faults.scene import Fault, Scene
from schemas.base import Source
from schemas.topics import FEEDBACK

COMPACTED_RECORDS = 400
KEYS = 20
COMPACTION_SECONDS = 120.0
COMPACTING = {"cleanup.policy": "compact", "segment.ms": "200", "min.cleanable.dirty.ratio": "0.001"}


async def _foreign(scene: Scene) -> None:
    """Foreign transactions, every second one aborted, leave holes and end marks between the records."""
    await scene.line.start()
    settings, luck = scene.line.settings, scene.luck
    producer = AIOKafkaProducer(**connection_options(settings), transactional_id=f"{scene.line.name}.foreign")
    await producer.start()
    number = 0
    try:
        for turn in range(20 if scene.quick else 100):
            await producer.begin_transaction()
            for _ in range(luck.randint(1, 30)):
                number += 1
                value = orjson.dumps(event(luck, number))
                await producer.send(settings.topics.raw(Source.WEB)[0], value, key=b"%d" % number)
            await (producer.abort_transaction() if turn % 2 else producer.commit_transaction())
    finally:
        await producer.stop()
    await scene.recovered()


async def _compacted(scene: Scene) -> None:
    """Most of what lay on an input topic is compacted away before a worker reads it; what is left is worked once."""
    settings, luck = scene.line.settings, scene.luck
    topic = settings.topics.name(FEEDBACK)
    accounts = [message.key.decode() for message in scene.line.directory if message.key]

    def made(count: int) -> list[Sent]:
        return [
            (topic, b"%d" % luck.randrange(KEYS), _answer(number, luck.choice(accounts))) for number in range(count)
        ]

    await scene.line.feeder.send(made(COMPACTED_RECORDS))
    await _configure(scene, topic, COMPACTING)
    async with asyncio.timeout(COMPACTION_SECONDS):
        while not (gone := await _gone(scene, topic)):
            await scene.line.feeder.send(made(KEYS))  # the segment that is written to is never compacted
    await _configure(scene, topic, {})  # what a worker has read must lie there for the oracle
    scene.tell(f"{gone} records are compacted away")
    await scene.line.start()
    await scene.recovered()


def _answer(number: int, account: str) -> bytes:
    return orjson.dumps(
        {"alert_id": f"a{number}", "account_id": account, "verdict": "done", "occurred_at": "2026-05-01T09:00:00+02:00"}
    )


async def _configure(scene: Scene, topic: str, changes: dict[str, str]) -> None:
    """The topic's own settings, and these over them."""
    admin = await connect_admin(scene.line.settings)
    try:
        configs = dict(FEEDBACK.config) | changes
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=configs)])
    finally:
        await admin.close()


async def _gone(scene: Scene, topic: str) -> int:
    """Offsets of a topic that no record lies at any more."""
    consumer = AIOKafkaConsumer(**connection_options(scene.line.settings), enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, at) for at in range(PARTITIONS)]
        ends = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        lying = 0
        while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
            for tp, records in (await consumer.getmany(timeout_ms=100)).items():
                lying += sum(1 for record in records if record.offset < ends[tp])
        return int(sum(ends.values())) - lying
    finally:
        await consumer.stop()


GAPS = (
    Fault("offset gaps by foreign transactions", _foreign),
    Fault("offset gaps by compaction", _compacted),
)
