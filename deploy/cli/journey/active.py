"""`triggerpoint journey activate`, `active`, `history`, `rollback`: which journey counts, without a restart."""

import asyncio
import getpass
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from agents import settings
from agents.journey.load import own_journey
from agents.journey.past import counting, read_activations
from agents.journey.publish import activate as publish
from deploy.cli.directory.ask import confirm
from deploy.cli.journey.find import find
from pipeline.journeyfile.read import read_rules
from pipeline.rules.diff import differences
from schemas.authored.activation import Activation

By = Annotated[str, typer.Option(help="Who does it; the user of this machine if empty.")]
Note = Annotated[str, typer.Option(help="Why.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def activate(
    file: Annotated[Path, typer.Argument(help="A journey.")],
    by: By = "",
    note: Note = "",
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a file, show what is different from the active journey, and make it the active one: all workers follow
    within a second, without a restart."""
    text, _ = own_journey(file)
    _go_live(text, by, note or f"from {file.name}", yes, dry_run, as_json)


def rollback(
    version: Annotated[str, typer.Argument(help="Version of a journey that was active, or the first digits of it.")],
    by: By = "",
    note: Note = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make a journey that was active before the active one again; nothing is deleted."""
    past = asyncio.run(read_activations(settings.load()))
    before = find(past, version)
    _go_live(before.text, by, note or f"back to activation {before.number}", yes, False, as_json)


def active(
    text: Annotated[bool, typer.Option("--text", help="The file as it was written.")] = False, as_json: AsJson = False
) -> None:
    """Say which journey counts, since when and by whom."""
    loaded = settings.load()
    found = counting(asyncio.run(read_activations(loaded)))
    if found is None:
        _, rules = own_journey(loaded.journey_file)
        message = f"None is active: each worker goes by its own file; here {rules.name}, version {rules.version}."
        typer.echo(orjson.dumps({"active": None}).decode() if as_json else message)
        raise typer.Exit(1)
    if text:
        typer.echo(found.text, nl=False)
    else:
        typer.echo(found.encode() if as_json else _line(found))


def history(as_json: Annotated[bool, typer.Option("--json", help="One JSON object an activation.")] = False) -> None:
    """Show every activation there ever was, the newest first."""
    past = asyncio.run(read_activations(settings.load()))
    if as_json:
        for one in reversed(past):
            typer.echo(one.encode())
        return
    counts = counting(past)
    table = Table("", "number", "version", "name", "activated (UTC)", "by", "note")
    for one in reversed(past):
        mark = "active" if one == counts else "" if read_rules(one.text).rules else "no journey: passed over"
        when = f"{one.activated_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(mark, str(one.number), one.rule_version, one.name, when, one.activated_by, one.note)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def _go_live(text: str, by: str, note: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    loaded = settings.load()
    reading = read_rules(text)
    assert reading.rules is not None
    now = counting(asyncio.run(read_activations(loaded)))
    before = read_rules(now.text).rules if now is not None else own_journey(loaded.journey_file)[1]
    assert before is not None
    lines = list(differences(before, reading.rules))
    found: dict[str, Any] = {
        "old": before.version,
        "new": reading.rules.version,
        "differences": lines,
        "activated": None,
    }
    if not as_json:
        for doubt in reading.doubts:
            typer.echo(f"line {doubt.line}: {doubt.what} (warning)", err=True)
        for line in lines:
            typer.echo(line)
    wanted = now is None or before.version != reading.rules.version
    if wanted and not dry_run:
        confirm(f"Make {reading.rules.name}, version {reading.rules.version}, the active journey?", yes)
        made = asyncio.run(publish(loaded, text, by or _user(), note))
        found["activated"] = orjson.loads(made.encode()) if made is not None else None
    if as_json:
        sys.stdout.write(orjson.dumps(found).decode() + "\n")
    elif found["activated"]:
        number = found["activated"]["number"]
        typer.echo(f"{len(lines)} different; active: version {reading.rules.version} (activation {number})")
    else:
        typer.echo(f"{len(lines)} different" if wanted else f"Nothing to do: version {before.version} is active")


def _line(one: Activation) -> str:
    when = f"{one.activated_at:%Y-%m-%d %H:%M:%S} UTC"
    by = f" by {one.activated_by}" if one.activated_by else ""
    return f"{one.name}, version {one.rule_version}: activation {one.number}, {when}{by}; {one.note}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no name for its user
        return ""
