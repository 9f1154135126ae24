"""`triggerpoint topics`: what the catalogue wants and what the broker has."""

import asyncio
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from agents import settings, topics
from agents.topics import TopicStatus

app = typer.Typer(no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a topic.")]


async def _status(create: bool) -> tuple[list[TopicStatus], list[str]]:
    loaded = settings.load()
    admin = await topics.connect_admin(loaded)
    try:
        created = await topics.create_missing(admin, loaded) if create else []
        return await topics.status(admin, loaded), created
    finally:
        await admin.close()


@app.command()
def create(as_json: AsJson = False) -> None:
    """Create what is missing, then check."""
    entries, created = asyncio.run(_status(create=True))
    _show(entries, as_json)
    if not as_json:
        typer.echo(f"created {len(created)}, {len(entries) - len(created)} were there")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Compare the broker with the catalogue; exit code 1 where something is missing or does not fit."""
    entries, _ = asyncio.run(_status(create=False))
    _show(entries, as_json)
    if any(entry.problem for entry in entries):
        raise typer.Exit(1)


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
    table = Table("topic", "noun", "key", "producer", "consumer", "keeps", "partitions", "problem")
    for entry in entries:
        topic = entry.topic
        keeps = "newest of key" if topic.compacted else f"{topic.retention_days} days"
        table.add_row(
            entry.name,
            topic.noun.__name__,
            topic.key,
            topic.producer,
            topic.consumer,
            keeps,
            str(entry.found_partitions),
            entry.problem,
        )
    Console().print(table)
