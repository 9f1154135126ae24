"""`triggerpoint watch`: the live view of a running installation."""

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from agents import settings as settings_module
from agents.journey import load_rules
from agents.settings import Settings
from agents.topics import connect_admin
from deploy.view import screen
from deploy.view.board import Board
from deploy.view.feed import Feed
from schemas.alert import Alert

REFRESH_SECONDS = 0.25


async def run(settings: Settings, metrics_url: str, history: bool, as_json: bool) -> None:
    """Show the view until Ctrl-C; one line per alert where there is no terminal."""
    console, board = Console(), Board(load_rules(settings.journey_file))
    plain = as_json or not sys.stdout.isatty()

    def on_alert(alert: Alert) -> None:
        if as_json:
            typer.echo(alert.encode())
        elif plain:
            screen.say(console, alert)

    await (await connect_admin(settings)).close()  # says clearly where no broker answers
    feed = Feed(settings, metrics_url, board, on_alert)
    await feed.start(from_beginning=history)
    try:
        if plain:
            await asyncio.Event().wait()
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                live.update(
                    screen.draw(board, f"{settings.bootstrap_servers}; Ctrl-C ends", *console.size), refresh=True
                )
                await asyncio.sleep(REFRESH_SECONDS)
    finally:
        await feed.stop()


def watch(
    metrics_url: Annotated[str, typer.Option(help="A worker's /metrics, for events/s and lag.")] = "",
    history: Annotated[bool, typer.Option(help="Begin with everything the topics still hold.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One alert a line, as it lies on Kafka.")] = False,
) -> None:
    """Accounts, stages, scores, and the newest alerts with their why, live."""
    settings = settings_module.load()
    url = metrics_url or f"http://{settings.metrics_host}:{settings.metrics_port or 6066}/metrics"
    asyncio.run(run(settings, url, history, as_json))
