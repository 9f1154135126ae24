"""`triggerpoint privacy`: what is known of a person, and forgetting it."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from agents import settings
from agents.clock import clock_of
from agents.connection import clickhouse_sink
from agents.privacy.key import privacy_key
from agents.privacy.mark import known_key
from agents.settings import Settings
from deploy.cli.directory.ask import confirm
from deploy.cli.directory.identity import subject_of
from deploy.privacy import erase as steps
from deploy.privacy.person import Person, document, find
from deploy.privacy.states import Tell
from deploy.privacy.tables import Tables
from pipeline.privacy.key import PrivacyKey, is_pseudonym
from schemas.kept.erasure import Erasure

ROUNDS_MAX = 3
UNFINISHED = 3

app = typer.Typer(no_args_is_help=True)
Who = Annotated[str, typer.Argument(help="Mailbox, u:<user id> or a:<visitor id>; pseudonyms too.", metavar="PERSON")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


@app.command()
def pseudonym(person: Who) -> None:
    """Show under which id a person is known, in topics and in ClickHouse."""
    typer.echo(subject_of(person, privacy_key(settings.load())))


@app.command()
def export(
    person: Who,
    to: Annotated[Path, typer.Option(help="File to write; it must not be there yet.")] = Path("person.json"),
) -> None:
    """Write everything that states and ClickHouse hold of a person into a JSON file."""
    loaded = settings.load()
    found, content = asyncio.run(_export(loaded, person))
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(content, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
    rows = sum(map(len, content["tables"].values()))
    typer.echo(f"{to}: {len(found.subjects)} ids, {found.held.count} records of states, {rows} rows")


@app.command()
def erase(
    person: Who,
    forbid: Annotated[bool, typer.Option("--and-forbid", help="Drop what the person does from now on, too.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the workers, in each round.")] = 120.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a person: in states, open alerts and ClickHouse; what is read of the past again is dropped from now on.

    Exit code 3 if the workers did not finish in time: run it again.
    """
    loaded = settings.load()
    confirm(f"Everything about {person} is erased, for good.", yes)
    report = asyncio.run(_erase(loaded, person, forbid, wait))
    if as_json:
        typer.echo(orjson.dumps(report.as_json()))
    else:
        _show(report)
    if not report.worked_off or report.left:
        raise typer.Exit(UNFINISHED)


async def _export(loaded: Settings, given: str) -> tuple[Person, dict[str, Any]]:
    key = await known_key(loaded)
    sink = clickhouse_sink(loaded)
    try:
        tables = Tables(sink, loaded.clickhouse_database)
        with _progress() as tell:
            found = await _find(loaded, tables, key, given, tell)
        return found, await document(found, tables, key)
    finally:
        await sink.close()


async def _erase(loaded: Settings, given: str, forbid: bool, wait: float) -> steps.Report:
    key = await known_key(loaded)
    sink = clickhouse_sink(loaded)
    try:
        tables = Tables(sink, loaded.clickhouse_database)
        with _progress() as tell:
            found = await _find(loaded, tables, key, given, tell)
            report = steps.Report(found.subjects)
            counts = await tables.counts(found.needles)
            for _ in range(ROUNDS_MAX):
                if forbid or found.held.count or counts:
                    report.erased_ms = clock_of(loaded.clock).now_ms()
                    await _round(loaded, tables, found, report, forbid, wait, tell)
                    forbid = False
                found = await _find(loaded, tables, key, given, tell, found)
                counts = await tables.counts(found.needles)
                report.left = {stage: len(held) for stage, held in found.held.by_stage.items() if held} | counts
                if not report.left or not report.worked_off:
                    break
            if report.erased_ms and report.worked_off:  # open alerts said anew come last, stages after the states
                report.worked_off = await steps.work_off(loaded, wait)
        return report
    finally:
        await sink.close()


async def _round(
    loaded: Settings, tables: Tables, found: Person, report: steps.Report, forbid: bool, wait: float, tell: Tell
) -> None:
    for stage, held in found.held.by_stage.items():
        report.states[stage] = report.states.get(stage, 0) + len(held)
    report.accounts = sorted({*report.accounts, *found.held.accounts()})
    report.ids = tuple(dict.fromkeys((*report.ids, *found.subjects)))
    erasures = [Erasure(subject=one, erased_ms=report.erased_ms, forbid=forbid) for one in found.subjects]
    await steps.send(loaded, erasures, steps.facts_of(found, report.erased_ms))
    report.worked_off = await steps.work_off(loaded, wait, lambda lag: tell(f"{lag} records before the workers", 0))
    await steps.erase_rows(tables, found, report)


async def _find(
    loaded: Settings, tables: Tables, key: PrivacyKey, given: str, tell: Tell, before: Person | None = None
) -> Person:
    subject = subject_of(given, key)
    plain = given.strip().rpartition(":")[2].lower()
    clear = "" if is_pseudonym(plain) else plain
    found = await find(loaded, tables, key, subject, clear, tell)
    if before is None:
        return found
    # what was erased in a round before is looked for as well
    subjects = tuple(dict.fromkeys((*before.subjects, *found.subjects)))
    return Person(subjects, found.held, tuple(sorted({*before.clear, *found.clear})))


@contextmanager
def _progress() -> Iterator[Tell]:
    with Progress(TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading states", total=1)

        def tell(what: str, share: float) -> None:
            progress.update(task, description=f"{what} {share:.0%}" if share else what, completed=share)

        yield tell


def _show(report: steps.Report) -> None:
    if not report.erased_ms:
        typer.echo(f"nothing is known of {', '.join(report.ids)}")
        return
    typer.echo(f"erased: {', '.join(report.ids)}")
    for stage, count in report.states.items():
        typer.echo(f"  states of {stage}: {count} records held an id")
    typer.echo(f"  taken out of accounts: {', '.join(report.accounts) or 'none'}")
    for table, count in report.rows.items():
        typer.echo(f"  {table}: {count} rows")
    if report.left:
        typer.echo(f"still there: {report.left}; are workers running? Run it again.", err=True)
