"""`triggerpoint local`: the broker and the engine on this machine."""

import dataclasses
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agents.settings import Settings
from deploy.local import stack
from schemas.errors import LocalStackError

app = typer.Typer(
    help="A real Kafka and a real ClickHouse engine on this machine, without Docker.", no_args_is_help=True
)

_console = Console(stderr=True)

DataDir = Annotated[
    Path,
    typer.Option("--data-dir", envvar="TRIGGERPOINT_DATA_DIR", help="Folder of all data of the local stack."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts.")]
Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="By default the port it had, the usual or a free one.")
]

_DEFAULT = Path(".data")


@app.command()
def up(
    data_dir: DataDir = _DEFAULT, kafka_port: Port = None, clickhouse_port: Port = None, as_json: AsJson = False
) -> None:
    """Start what does not run yet and wait until both serve."""
    with _told():
        addresses = stack.up(data_dir, console=_console, kafka_port=kafka_port, clickhouse_port=clickhouse_port)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(addresses)))
        return
    usual = Settings.model_fields
    if addresses.bootstrap_servers != usual["bootstrap_servers"].default:
        typer.echo(f"export TRIGGERPOINT_BOOTSTRAP_SERVERS={addresses.bootstrap_servers}")
    if addresses.clickhouse_url != usual["clickhouse_url"].default.get_secret_value():
        typer.echo(f"export TRIGGERPOINT_CLICKHOUSE_URL={addresses.clickhouse_url}")


@app.command()
def down(data_dir: DataDir = _DEFAULT) -> None:
    """Stop both; the data stays."""
    with _told():
        stack.down(data_dir, console=_console)


@app.command()
def status(data_dir: DataDir = _DEFAULT, as_json: AsJson = False) -> None:
    """Show how both are; the exit code is 0 only if both serve."""
    with _told():
        now = stack.status(data_dir)
    if as_json:
        typer.echo(json.dumps({**dataclasses.asdict(now), "healthy": now.healthy}, default=os.fspath))
    else:
        Console().print(_table(now))
    raise typer.Exit(0 if now.healthy else 1)


@app.command()
def wipe(
    data_dir: DataDir = _DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop both and delete their data; the download cache stays."""
    if not yes and _console.is_terminal:
        typer.confirm(f"Delete all data of the local stack in {data_dir.absolute()}?", abort=True, err=True)
    with _told():
        stack.wipe(data_dir, console=_console)


def _table(now: stack.StackStatus) -> Table:
    table = Table("service", "state", "address", "process", "version", "data", title=f"local stack in {now.data_dir}")
    for service in (now.kafka, now.clickhouse):
        state = "serves" if service.healthy else "does not answer" if service.running else "down"
        size = f"{service.data_bytes / 1e6:.2f} MB"
        table.add_row(service.name, state, service.address, str(service.pid or ""), service.version, size)
    return table


@contextmanager
def _told() -> Iterator[None]:
    """Tell an expected failure as what happened and how to mend it, without a traceback."""
    try:
        yield
    except LocalStackError as error:
        _console.print(error.what, style="red", markup=False, highlight=False, soft_wrap=True)
        if error.mend:
            _console.print(error.mend, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
