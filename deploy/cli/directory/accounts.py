"""`triggerpoint accounts`: the account directory, from a CSV file onto its topic, and what is there."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from agents import settings
from deploy.cli.directory.ask import confirm
from deploy.cli.directory.topic import Present, read_directory, write_directory
from deploy.view.plain import plain
from pipeline.accounts.compare import Comparison, compare
from pipeline.accounts.table import Problem, Sheet, read_accounts
from pipeline.directory import Directory
from schemas.account import Account, DomainPeriod, Suppression, suppression_of
from schemas.errors import SettingsError, TriggerpointError

app = typer.Typer(no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="CSV file; lists within a cell go by `;`.")]
AccountId = Annotated[str, typer.Argument(help="Account id.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object an account.")]
PROBLEMS_SHOWN = 50


@app.command("import")
def import_(
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong and what would change.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Remove accounts that are not in the file.")] = False,
    skip_unknown: Annotated[bool, typer.Option("--skip-unknown", help="Leave out columns we do not know.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: counts and problems.")] = False,
) -> None:
    """Check a file of accounts, all of it first, then write what differs from the directory; exit code 1, and nothing
    written, if anything is wrong."""
    loaded = settings.load()
    sheet = _read(file, skip_unknown)
    problems, comparison, away = list(sheet.problems), None, ""
    present = Present({}, {})
    if not problems:
        try:
            present = asyncio.run(read_directory(loaded))
            problems = [] if replace else sheet.against(present.accounts)
            comparison = compare(present.accounts, sheet.accounts, replace=replace)
        except TriggerpointError as error:
            if not dry_run:
                raise
            away = str(error)
    written = 0
    if comparison and not problems and not dry_run:
        if comparison.removed:
            confirm(f"{len(comparison.removed)} accounts are not in {file} and will be removed.", yes)
        asyncio.run(write_directory(loaded, comparison.changes, present))
        written = len(comparison.changes)
    _report(sheet, problems, comparison, written, as_json)
    if away:
        typer.echo(f"not compared with the directory: {away}", err=True)
    if problems:
        raise typer.Exit(1)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the directory as it is now on its topic."""
    accounts = asyncio.run(read_directory(settings.load())).accounts.values()
    if as_json:
        for account in accounts:
            sys.stdout.write(account.encode().decode() + "\n")
        return
    table = Table(
        "account", "name", "domains", "owner", "team", "tier", "status", "ranges", "never by IP", "suppressed"
    )
    for account in accounts:
        cells = (
            account.account_id,
            account.name,
            ", ".join((*account.domains, *map(_period, account.domain_periods))),
            account.owner,
            account.team,
            account.tier,
            account.status,
            str(len(account.office_ranges)),
            "yes" if account.never_by_ip else "",
            account.suppressed,
        )
        table.add_row(*map(plain, cells))
    Console().print(table)


@app.command()
def show(account_id: AccountId, as_json: AsJson = False) -> None:
    """Show all that the directory knows of one account."""
    account = _one(asyncio.run(read_directory(settings.load())), account_id)
    if as_json:
        typer.echo(account.encode())
        return
    for name, value in account:
        parts = [_period(part) if isinstance(part, DomainPeriod) else str(part) for part in _many(value)]
        typer.echo(f"{name:>15}  {', '.join(parts)}".rstrip())


@app.command()
def suppress(
    account_id: AccountId,
    reason: Annotated[str, typer.Option(help=f"Why: {', '.join(Suppression)}.")] = "",
    clear: Annotated[bool, typer.Option("--clear", help="Let it raise alerts again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep an account out: it raises no alert while it is suppressed. Takes effect at once."""
    if bool(reason) == clear:
        raise SettingsError("Give either --reason or --clear.", f"Reasons are {', '.join(Suppression)}.")
    if reason and suppression_of(reason) is None:
        raise SettingsError(f"`{reason}` is no reason.", f"Reasons are {', '.join(Suppression)}.")
    loaded = settings.load()
    present = asyncio.run(read_directory(loaded))
    account = _one(present, account_id).model_copy(update={"suppressed": str(suppression_of(reason) or "")})
    asyncio.run(write_directory(loaded, {account_id: account}, present))
    said = f"{account_id} is suppressed: {account.suppressed}" if reason else f"{account_id} is no longer suppressed"
    typer.echo(account.encode() if as_json else said)


def directory_of(file: Path) -> Directory:
    """The directory of a CSV file.

    Raises:
        SettingsError: the file cannot be read, or something in it is wrong.
    """
    sheet = _read(file)
    if sheet.problems:
        raise SettingsError(
            f"{file}: {sheet.problems[0]}", f"`triggerpoint accounts import --dry-run {file}` lists all."
        )
    return Directory({account.account_id: account for account in sheet.accounts})


def _read(file: Path, skip_unknown: bool = False) -> Sheet:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return read_accounts(lines, skip_unknown=skip_unknown)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}.", "Name a CSV file in UTF-8.") from error


def _one(present: Present, account_id: str) -> Account:
    account = present.accounts.get(account_id)
    if account is None:
        raise SettingsError(f"There is no account {account_id}.", "`triggerpoint accounts list` shows all.")
    return account


def _report(
    sheet: Sheet, problems: Sequence[Problem], comparison: Comparison | None, written: int, as_json: bool
) -> None:
    counts = {
        "added": len(comparison.added),
        "changed": len(comparison.changed),
        "removed": len(comparison.removed),
        "unchanged": comparison.unchanged,
    } if comparison else {}  # fmt: skip
    if as_json:
        listed = [{"line": item.line, "column": item.column, "what": item.what, "mend": item.mend} for item in problems]
        figures: dict[str, Any] = {"accounts": len(sheet.accounts), "written": written, **counts, "problems": listed}
        typer.echo(orjson.dumps(figures))
        return
    for problem in problems[:PROBLEMS_SHOWN]:
        typer.echo(str(problem), err=True)
    if len(problems) > PROBLEMS_SHOWN:
        typer.echo(f"and {len(problems) - PROBLEMS_SHOWN} more", err=True)
    if problems:
        typer.echo(f"{len(sheet.accounts)} accounts are right, {len(problems)} problems: nothing written")
        return
    typer.echo(f"{len(sheet.accounts)} accounts are right, {written} records written")
    if counts:
        typer.echo(", ".join(f"{count} {what}" for what, count in counts.items()))


def _many(value: Any) -> Sequence[Any]:
    if isinstance(value, tuple):
        return value
    return () if value is None else (value,)


def _period(period: DomainPeriod) -> str:
    dates = [f"from {period.valid_from}"] if period.valid_from else []
    dates += [f"until {period.valid_to}"] if period.valid_to else []
    return f"{period.domain} ({' '.join((period.kind, *dates))})"
