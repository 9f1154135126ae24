"""`triggerpoint demo`: everything at once, on this machine. `make run` calls it."""

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from deploy.demo.run import Plan, run
from schemas.errors import LocalStackError


def demo(
    seconds: Annotated[
        float | None, typer.Option("--for", help="Seconds of live traffic; until Ctrl-C if none.")
    ] = None,
    data_dir: Annotated[Path, typer.Option(envvar="TRIGGERPOINT_DATA_DIR", help="Folder of the stack.")] = Path(
        ".data"
    ),
    seed: Annotated[int | None, typer.Option(help="Which simulated market; a new one each time if none.")] = None,
    companies: Annotated[int, typer.Option(help="Companies in the market.")] = 700,
    days: Annotated[float, typer.Option(help="Days the market is simulated for, ending now.")] = 270.0,
    days_per_second: Annotated[float, typer.Option(help="Simulated days in a second.")] = 0.5,
    keep: Annotated[bool, typer.Option(help="Leave the local stack running at the end.")] = False,
) -> None:
    """Start a real broker, a real engine and a worker, send the traffic of a simulated market, and show what happens.

    The last line is a JSON object with the figures; exit code 1 if topics and ClickHouse do not agree at the end.
    """
    plan = Plan(data_dir, seconds, seed, companies, days, days_per_second, keep)
    console = Console()
    figures = asyncio.run(run(plan, console))
    typer.echo(orjson.dumps(figures))
    if not figures["consistent"]:
        raise LocalStackError("Topics and ClickHouse do not agree.", f"See {data_dir / 'logs' / 'worker.log'}.")
