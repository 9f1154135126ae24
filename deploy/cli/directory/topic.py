"""The accounts topic, read to its end and written; and facts for `identify`."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from agents import topics
from agents.connection import connection_options
from agents.directory import Newest, change_of
from agents.settings import Settings
from schemas.account import Account
from schemas.errors import SettingsError
from schemas.identity import IdentityFact
from schemas.topics import ACCOUNTS, IDENTITY, partition_of

PROGRESS_FROM = 2000
"""Accounts from which on a write takes long enough to show how far it is."""


@dataclass(frozen=True, slots=True)
class Present:
    """The directory as it is on its topic.

    Args:
        accounts: account id -> account.
        partitions: account id -> partition its newest record lies on. Producers part keys differently; an account must
            stay where it is, or compaction would keep two of it.
    """

    accounts: Mapping[str, Account]
    partitions: Mapping[str, int]


async def read_directory(loaded: Settings) -> Present:
    """All accounts; none where the topic is missing.

    Raises:
        TriggerpointError: the broker does not answer.
    """
    name = loaded.topics.name(ACCOUNTS)
    admin = await topics.connect_admin(loaded)
    try:
        count = next(entry.found_partitions for entry in await topics.status(admin, loaded) if entry.name == name)
    finally:
        await admin.close()
    if not count:
        return Present({}, {})
    consumer = AIOKafkaConsumer(
        **connection_options(loaded), enable_auto_commit=False, isolation_level="read_committed"
    )
    try:
        await consumer.start()
        return await _read(consumer, [TopicPartition(name, at) for at in range(count)])
    except KafkaError as error:
        raise _away(loaded, error) from error
    finally:
        await consumer.stop()


async def write_directory(loaded: Settings, changes: Mapping[str, Account | None], present: Present) -> None:
    """Write changed accounts, and a tombstone for each that is None; progress is shown where there are many.

    Raises:
        SettingsError: the broker does not take them.
    """
    name, sent = loaded.topics.name(ACCOUNTS), []
    async with producing(loaded) as producer:
        with Progress(console=Console(stderr=True), disable=len(changes) < PROGRESS_FROM) as progress:
            task = progress.add_task("writing accounts", total=len(changes))
            for key, account in changes.items():
                value = account.encode() if account else None
                sent.append(await producer.send(name, value, key.encode(), partition=present.partitions.get(key)))
                progress.advance(task)
            await asyncio.gather(*sent)


async def write_facts(loaded: Settings, facts: Sequence[IdentityFact]) -> None:
    """Send facts to the subjects they are about.

    Raises:
        SettingsError: the broker does not take them.
    """
    name, sent = loaded.topics.name(IDENTITY), []
    async with producing(loaded) as producer:
        partitions = len(await producer.partitions_for(name))
        for fact in facts:
            key = fact.subject.encode()
            sent.append(await producer.send(name, fact.encode(), key, partition=partition_of(key, partitions)))
        await asyncio.gather(*sent)


@asynccontextmanager
async def producing(loaded: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer to topics that are there; what the broker does not take is said in our words."""
    await _create_topics(loaded)
    producer = AIOKafkaProducer(**connection_options(loaded), enable_idempotence=True)
    try:
        await producer.start()
        yield producer
    except KafkaError as error:
        raise _away(loaded, error) from error
    finally:
        await producer.stop()


async def _read(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> Present:
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    newest, found, where = Newest(), dict[str, Account](), dict[str, int]()
    while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for record in records:
                try:
                    change = change_of(record.key, record.value)
                except ValidationError:
                    typer.echo(f"{record.topic}:{record.partition}:{record.offset} is no account", err=True)
                    continue
                if change is None or not newest.is_newer(change[0], record):
                    continue
                key, account = change
                found.pop(key, None)
                where[key] = record.partition
                if account is not None:
                    found[key] = account
    return Present({key: found[key] for key in sorted(found)}, where)


async def _create_topics(loaded: Settings) -> None:
    admin = await topics.connect_admin(loaded)
    try:
        await topics.create_missing(admin, loaded)
    finally:
        await admin.close()


def _away(loaded: Settings, error: KafkaError) -> SettingsError:
    return SettingsError(
        f"The broker at {loaded.bootstrap_servers} does not answer as it should: {error}.",
        "`triggerpoint doctor` may say why.",
    )
