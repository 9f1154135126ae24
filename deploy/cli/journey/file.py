"""`triggerpoint journey check`, `show`, `diff`, `try`: a journey's file."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from agents import settings
from agents.journey import DEFAULT, load_rules, read_file
from deploy.cli.journey.whatif import ACTIVE, journey_named, on_history, since_of
from deploy.cli.journey.whatif import show as show_history
from deploy.journeys.table import as_json as journey_json
from deploy.journeys.table import tables
from pipeline.journeyfile.fault import Fault
from pipeline.rules.diff import differences

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Since = Annotated[str, typer.Option(help="Of the history, count alerts from this date on.")]
LastDays = Annotated[float, typer.Option(help="Of the history, count alerts of the last days.")]
Accounts = Annotated[bool, typer.Option("--accounts", help="Name every account that would stand elsewhere.")]
GivenFile = Annotated[
    Path | None, typer.Argument(help="A journey; the one of TRIGGERPOINT_JOURNEY_FILE, else the shipped one, if none.")
]


def check(file: GivenFile = None, as_json: AsJson = False) -> None:
    """Say everything that is wrong with a file, with lines; then what can never happen. Exit code 1 if it is wrong."""
    path = _chosen(file)
    name, reading = str(path or DEFAULT), read_file(path)
    rules = reading.rules
    if as_json:
        found = {
            "file": name,
            "ok": rules is not None,
            "version": rules.version if rules else None,
            "errors": [_fields(fault) for fault in reading.faults],
            "warnings": [_fields(doubt) for doubt in reading.doubts],
        }
        sys.stdout.write(orjson.dumps(found).decode() + "\n")
    else:
        for fault in reading.faults:
            typer.echo(fault.at(name))
        for doubt in reading.doubts:
            typer.echo(f"{doubt.at(name)} (warning)")
        if rules is not None:
            counts = (
                f"{len(rules.stages)} stages, {len(rules.triggers)} triggers, {len(rules.activities)} activity types"
            )
            typer.echo(f"{name} is fine: {rules.name}, version {rules.version}; {counts}.")
        else:
            typer.echo(f"{len(reading.faults)} to mend.")
    if rules is None:
        raise typer.Exit(1)


def show(file: GivenFile = None, as_json: AsJson = False) -> None:
    """Stages and the way into them, trigger points and what to do, points, as tables."""
    rules = load_rules(_chosen(file))
    if as_json:
        sys.stdout.write(orjson.dumps(journey_json(rules)).decode() + "\n")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160  # into a file or another program: nothing to fit
    for table in tables(rules):
        console.print(table)


def diff(
    old: Annotated[str, typer.Argument(help="A journey: a file, `active`, or a version that was active.")],
    new: Annotated[str, typer.Argument(help="Another.")],
    history: Annotated[bool, typer.Option("--history", help="And on the recorded history: who moves, alerts.")] = False,
    since: Since = "",
    days: LastDays = 0.0,
    accounts: Accounts = False,
    as_json: AsJson = False,
) -> None:
    """What is different between two journeys, in words: thresholds, points, messages; not comments and layout."""
    loaded = settings.load()
    before, after = journey_named(loaded, old), journey_named(loaded, new)
    lines = list(differences(before, after))
    if not as_json:
        for line in lines:
            typer.echo(line)
        same = f"Both mean the same: version {before.version}"
        typer.echo(f"{len(lines)} different: version {before.version} -> {after.version}" if lines else same)
    if history:
        show_history(on_history(loaded, before, after, since_of(since, days), accounts), before, after, lines, as_json)
    elif as_json:
        found = {"old": before.version, "new": after.version, "differences": lines}
        sys.stdout.write(orjson.dumps(found).decode() + "\n")


def try_(
    file: Annotated[str, typer.Argument(help="A journey.")],
    since: Since = "",
    days: LastDays = 0.0,
    accounts: Accounts = False,
    as_json: AsJson = False,
) -> None:
    """What would be different from the active journey, on the recorded history; nothing live is touched."""
    diff(ACTIVE, file, True, since, days, accounts, as_json)


def _chosen(file: Path | None) -> Path | None:
    return file if file is not None else settings.load().journey_file


def _fields(fault: Fault) -> dict[str, object]:
    return {"line": fault.line, "path": fault.path, "what": fault.what}
