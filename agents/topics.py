"""Creates the catalogue's topics and checks them against the broker: start-up ends where records would be misplaced;
and says how far a group has read them."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CoordinatorLoadInProgressError, KafkaError, TopicAlreadyExistsError

from agents.connection import connection_options, why_unreachable
from agents.settings import Settings
from schemas.errors import TopicMismatchError
from schemas.topics import CATALOGUE, RAW, Topic

CREATE_SECONDS_MAX = 30


@dataclass(frozen=True)
class TopicStatus:
    """One topic as wanted and as found. `found_partitions` is 0 where it is missing."""

    name: str
    topic: Topic
    wanted_partitions: int
    found_partitions: int

    @property
    def problem(self) -> str:
        """What is wrong, or ''."""
        if not self.found_partitions:
            return "missing"
        # producers choose the partitions of their own topics
        if not self.topic.input and self.found_partitions != self.wanted_partitions:
            return f"has {self.found_partitions} partitions, must have {self.wanted_partitions}"
        return ""


def wanted(settings: Settings) -> list[tuple[str, Topic]]:
    """Each topic name of this installation with its catalogue entry, in the order of the data's way."""
    names = settings.topics
    raw = {topic: source for source, topic in RAW.items()}
    return [
        (name, topic)
        for topic in CATALOGUE
        for name in (names.raw(raw[topic]) if topic in raw else (names.name(topic),))
    ]


async def status(admin: AIOKafkaAdminClient, settings: Settings) -> list[TopicStatus]:
    """Every topic as wanted and as found."""
    topics = wanted(settings)
    existing = set(await admin.list_topics())
    described = await admin.describe_topics([name for name, _ in topics if name in existing])
    found = {entry["topic"]: len(entry["partitions"]) for entry in described}
    return [TopicStatus(name, topic, settings.partitions, found.get(name, 0)) for name, topic in topics]


async def create_missing(admin: AIOKafkaAdminClient, settings: Settings) -> list[str]:
    """Create what is missing and wait until the brokers know it; returns the names. Workers may do it at once."""
    missing = [entry for entry in await status(admin, settings) if not entry.found_partitions]
    if missing:
        try:
            await _create(admin, missing, settings.replication)  # one request takes a quarter of the time of many
        except TopicAlreadyExistsError:  # another worker was quicker with some; which, the answer does not say
            await asyncio.gather(*(_create_alone(admin, entry, settings.replication) for entry in missing))
    names = [entry.name for entry in missing]
    async with asyncio.timeout(CREATE_SECONDS_MAX):
        # the broker tells nobody when it knows a topic
        while set(names) - set(await admin.list_topics()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return names


async def _create(admin: AIOKafkaAdminClient, entries: Iterable[TopicStatus], replication: int) -> None:
    await admin.create_topics(
        [
            NewTopic(entry.name, entry.wanted_partitions, replication, topic_configs=dict(entry.topic.config))
            for entry in entries
        ]
    )


async def _create_alone(admin: AIOKafkaAdminClient, entry: TopicStatus, replication: int) -> None:
    with suppress(TopicAlreadyExistsError):
        await _create(admin, [entry], replication)


async def check(admin: AIOKafkaAdminClient, settings: Settings) -> Mapping[str, int]:
    """Topic name -> partitions on the broker.

    Raises:
        TopicMismatchError: a topic is missing, or one of our own has another partition count: keys would move to
            partitions whose state lies elsewhere.
    """
    entries = await status(admin, settings)
    problems = [f"{entry.name} {entry.problem}" for entry in entries if entry.problem]
    if problems:
        raise TopicMismatchError(
            f"Topics on {settings.bootstrap_servers} do not fit: {'; '.join(problems)}.",
            "Missing ones: `triggerpoint topics create`. Another partition count: set TRIGGERPOINT_PARTITIONS to what "
            "the broker has; to change it, use a new TRIGGERPOINT_TOPIC_PREFIX and replay.",
        )
    return {entry.name: entry.found_partitions for entry in entries}


async def connect_admin(settings: Settings) -> AIOKafkaAdminClient:
    """A started admin client.

    Raises:
        TopicMismatchError: no broker answers.
    """
    admin = AIOKafkaAdminClient(**connection_options(settings), request_timeout_ms=15_000)
    try:
        await admin.start()
    except KafkaError as error:
        await admin.close()
        why, mend = await why_unreachable(settings)
        raise TopicMismatchError(f"No way to Kafka at {settings.bootstrap_servers}: {why}", mend) from error
    return admin


async def committed_offsets(
    admin: AIOKafkaAdminClient, group: str, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """A group's committed offsets; 0 where there is none.

    Raises:
        CoordinatorLoadInProgressError: the broker does not know yet. Taken for "none", records would be worked twice.
    """
    wanted = sorted(partitions)
    found = await admin.list_consumer_group_offsets(group, partitions=wanted)
    if missing := [tp for tp in wanted if tp not in found]:
        raise CoordinatorLoadInProgressError(f"no answer about the committed offset of {missing}")
    return {tp: max(found[tp].offset, 0) for tp in wanted}
