"""`triggerpoint topics`: what the catalogue wants and what the broker has."""

import asyncio
import sys
from typing import Annotated

import orjson
import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from agents import settings, topics
from agents.connection import connection_options
from agents.privacy import retention
from agents.settings import Settings
from agents.topics import TopicStatus
from schemas.errors import SettingsError
from schemas.text import visible
from schemas.topics import CATALOGUE

WIDE_COLUMNS = 140

app = typer.Typer(no_args_is_help=True)
Servers = Annotated[str, typer.Option(help="Brokers; those of the settings if empty.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a topic.")]


async def _status(create: bool) -> tuple[list[TopicStatus], list[str]]:
    loaded = settings.load()
    admin = await topics.connect_admin(loaded)
    try:
        created = await topics.create_missing(admin, loaded) if create else []
        if create and (adjusted := await retention.adjust(admin, loaded)):
            typer.echo(f"retention changed: {', '.join(adjusted)}", err=True)
        return await topics.status(admin, loaded), created
    finally:
        await admin.close()


@app.command()
def create(as_json: AsJson = False) -> None:
    """Create what is missing, then check."""
    entries, created = asyncio.run(_status(create=True))
    _show(entries, as_json)
    if any(entry.problem for entry in entries):
        typer.echo("some topics do not fit: see the last column", err=True)
        raise typer.Exit(1)
    if not as_json:
        typer.echo(f"created {len(created)}, {len(entries) - len(created)} were there")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Compare the broker with the catalogue; exit code 1 where something is missing or does not fit."""
    entries, _ = asyncio.run(_status(create=False))
    _show(entries, as_json)
    if any(entry.problem for entry in entries):
        raise typer.Exit(1)


@app.command()
def write(
    topic: Annotated[str, typer.Argument(help="Name of the topic.")],
    bootstrap_servers: Servers = "",
    key_field: Annotated[
        str,
        typer.Option(help="Field of each JSON line to key it by; by default, on a compacted topic, its first."),
    ] = "",
) -> None:
    """Write each line of standard input as one record."""
    loaded = settings.load(**_given(bootstrap_servers))
    own = {loaded.topics.name(entry) for entry in CATALOGUE if not entry.input}
    if topic in own:
        raise SettingsError(
            f"{topic} is the pipeline's own topic.", "Write to an input topic: `topics check` lists them."
        )
    keys = {loaded.topics.name(entry): next(iter(entry.noun.model_fields)) for entry in CATALOGUE if entry.compacted}
    asyncio.run(_write(loaded, topic, key_field or keys.get(topic, "")))


@app.command()
def read(
    topic: Annotated[str, typer.Argument(help="Name of the topic.")],
    bootstrap_servers: Servers = "",
    from_beginning: Annotated[bool, typer.Option(help="Begin with what is there.")] = True,
    limit: Annotated[int, typer.Option(help="End after so many records; 0: go on until Ctrl-C.")] = 0,
) -> None:
    """Print the value of each committed record as one line."""
    asyncio.run(_read(settings.load(**_given(bootstrap_servers)), topic, from_beginning, limit))


def _given(bootstrap_servers: str) -> dict[str, str]:
    return {"bootstrap_servers": bootstrap_servers} if bootstrap_servers else {}


def key_of(line: bytes, field: str) -> bytes:
    """The key of a JSON line.

    Raises:
        SettingsError: the line is no JSON object, or lacks the field.
    """
    try:
        return str(orjson.loads(line)[field]).encode()
    except (ValueError, KeyError, TypeError) as error:
        shown = line[:80].decode("utf-8", "replace")
        raise SettingsError(
            f"`{shown}` has no key: it is no JSON object with `{field}`.", "See --key-field."
        ) from error


async def _must_exist(loaded: Settings, topic: str) -> None:
    admin = await topics.connect_admin(loaded)
    try:
        if topic not in await admin.list_topics():
            raise SettingsError(
                f"There is no topic {topic} on {loaded.bootstrap_servers}.",
                "`triggerpoint topics create` makes the pipeline's.",
            )
    finally:
        await admin.close()


async def _write(loaded: Settings, topic: str, key_field: str) -> None:
    await _must_exist(loaded, topic)
    producer = AIOKafkaProducer(**connection_options(loaded), enable_idempotence=True)
    await producer.start()
    try:
        sent = []
        for line in sys.stdin.buffer:
            value = line.rstrip(b"\n")
            sent.append(await producer.send(topic, value, key=key_of(value, key_field) if key_field else None))
        await asyncio.gather(*sent)
        typer.echo(f"{len(sent)} records on {topic}", err=True)
    except KafkaError as error:
        raise SettingsError(
            f"{topic} did not take the records: {error}.", "`triggerpoint doctor` may say why."
        ) from error
    finally:
        await producer.stop()


async def _read(loaded: Settings, topic: str, from_beginning: bool, limit: int) -> None:
    await _must_exist(loaded, topic)
    consumer = AIOKafkaConsumer(
        topic,
        **connection_options(loaded),
        isolation_level="read_committed",
        auto_offset_reset="earliest" if from_beginning else "latest",
    )
    await consumer.start()
    try:
        count = 0
        async for record in consumer:
            value = record.value if record.value is not None else b"null"
            # as it is for a program; what would steer a terminal is shown as its code
            typer.echo(visible(value.decode("utf-8", "replace")) if sys.stdout.isatty() else value)
            count += 1
            if count == limit:
                return
    finally:
        await consumer.stop()


def _show(entries: list[TopicStatus], as_json: bool) -> None:
    if as_json:
        for entry in entries:
            line = {
                "topic": entry.name,
                "noun": entry.topic.noun.__name__,
                "key": entry.topic.key,
                "partitions": entry.found_partitions,
                "problem": entry.problem,
            }
            typer.echo(orjson.dumps(line))
        return
    console = Console()
    wide = console.width >= WIDE_COLUMNS
    table = Table(box=None, pad_edge=False)
    for name in ("topic", "partitions", "problem", "noun", "keeps", *(("key", "producer", "consumer") if wide else ())):
        table.add_column(name, no_wrap=name == "topic", overflow="fold")
    for entry in entries:
        topic = entry.topic
        keeps = "newest of key" if topic.compacted else f"{topic.retention_days} days"
        cells = [entry.name, str(entry.found_partitions), entry.problem or "ok", topic.noun.__name__, keeps]
        table.add_row(*cells, *((topic.key, topic.producer, topic.consumer) if wide else ()))
    console.print(table)
