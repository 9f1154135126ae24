"""`triggerpoint journey learn`: what accounts do next, from the history in ClickHouse, now."""

import asyncio
import sys
from typing import Annotated

import orjson
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from agents import settings, topics
from agents.outlooks.learn import Learned
from agents.outlooks.learn import learn as learn_now
from agents.settings import Settings
from pipeline.alerts.outlook import ENOUGH
from schemas.errors import JourneyError
from schemas.topics import OUTLOOKS


def learn(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Learn from ClickHouse what accounts do next from each stage and after each trigger, and tell the workers now
    instead of within the hour."""
    found, written = asyncio.run(_learn(settings.load()))
    if as_json:
        told = {"changed": written, "outlooks": [orjson.loads(one.encode()) for _, one in sorted(found.items())]}
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
        return
    table = Table(
        "stage", "trigger", "next", "how likely", "median days", "next steps", "still there", "told as learned"
    )
    for (stage, trigger), one in sorted(found.items()):
        for at, step in enumerate(one.steps):
            head = (stage, trigger) if not at else ("", "")
            enough = "yes" if not at and one.moved >= ENOUGH else ""
            counts = (str(one.moved), str(one.waiting)) if not at else ("", "")
            table.add_row(*head, step.stage, f"{step.probability:.0%}", f"{step.median_days:.1f}", *counts, enough)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)
    typer.echo(f"{len(found)} outlooks, {written} changed; told as learned from {ENOUGH} next steps on")


async def _learn(loaded: Settings) -> tuple[Learned, int]:
    admin = await topics.connect_admin(loaded)
    try:
        await topics.create_missing(admin, loaded)
        partitions = (await topics.check(admin, loaded))[loaded.topics.name(OUTLOOKS)]
    finally:
        await admin.close()
    try:
        return await learn_now(loaded, partitions)
    except KafkaError as error:
        raise JourneyError(
            f"The broker at {loaded.bootstrap_servers} did not take what was learned: {error}.",
            "`triggerpoint doctor` may say why.",
        ) from error
