"""`triggerpoint accounts`: the account directory, from a CSV file onto its topic, and what is there."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from agents import settings, topics
from agents.connection import connection_options
from agents.directory import change_of
from agents.settings import Settings
from pipeline.directory import Directory
from pipeline.identity.accounts import Problem, read_accounts
from schemas.account import Account
from schemas.errors import SettingsError
from schemas.topics import ACCOUNTS

app = typer.Typer(no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="CSV file; lists within a cell go by `;`.")]
PROBLEMS_SHOWN = 50


@app.command("import")
def import_(
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: accounts, written, problems.")] = False,
) -> None:
    """Check a file of accounts, all of it first, then write them; exit code 1, and nothing written, if any is wrong."""
    accounts, problems = _read(file)
    written = 0
    if not problems and not dry_run:
        written = asyncio.run(_write(settings.load(), accounts))
    if as_json:
        listed = [{"line": item.line, "column": item.column, "what": item.what, "mend": item.mend} for item in problems]
        typer.echo(orjson.dumps({"accounts": len(accounts), "written": written, "problems": listed}))
    else:
        for problem in problems[:PROBLEMS_SHOWN]:
            typer.echo(str(problem), err=True)
        if len(problems) > PROBLEMS_SHOWN:
            typer.echo(f"and {len(problems) - PROBLEMS_SHOWN} more", err=True)
        wrong = f", {len(problems)} problems: nothing written" if problems else ""
        typer.echo(f"{len(accounts)} accounts are right{wrong}" if problems or dry_run else f"{written} written")
    if problems:
        raise typer.Exit(1)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object an account.")] = False) -> None:
    """Show the directory as it is now on its topic."""
    accounts = asyncio.run(fetch(settings.load()))
    if as_json:
        for account in accounts:
            sys.stdout.write(account.encode().decode() + "\n")
        return
    table = Table("account", "name", "domains", "owner", "tier", "status", "ranges", "never by IP", "suppressed")
    for account in accounts:
        table.add_row(
            account.account_id,
            account.name,
            ", ".join(account.domains),
            account.owner,
            account.tier,
            account.status,
            str(len(account.office_ranges)),
            "yes" if account.never_by_ip else "",
            account.suppressed,
        )
    Console().print(table)


def directory_of(file: Path) -> Directory:
    """The directory of a CSV file.

    Raises:
        SettingsError: the file cannot be read, or something in it is wrong.
    """
    accounts, problems = _read(file)
    if problems:
        raise SettingsError(f"{file}: {problems[0]}", f"`triggerpoint accounts import --dry-run {file}` lists all.")
    return Directory({account.account_id: account for account in accounts})


def _read(file: Path) -> tuple[list[Account], list[Problem]]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return read_accounts(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}.", "Name a CSV file in UTF-8.") from error


async def _write(loaded: Settings, accounts: list[Account]) -> int:
    admin = await topics.connect_admin(loaded)
    try:
        await topics.create_missing(admin, loaded)
    finally:
        await admin.close()
    producer = AIOKafkaProducer(**connection_options(loaded), enable_idempotence=True)
    await producer.start()
    try:
        for account in accounts:
            await producer.send(loaded.topics.name(ACCOUNTS), account.encode(), account.account_id.encode())
        await producer.flush()
    finally:
        await producer.stop()
    return len(accounts)


async def fetch(loaded: Settings) -> list[Account]:
    """All accounts on the topic, by id; none where there is no such topic."""
    consumer = AIOKafkaConsumer(
        **connection_options(loaded), enable_auto_commit=False, isolation_level="read_committed"
    )
    found: dict[str, Account] = {}
    try:
        await consumer.start()
        name = loaded.topics.name(ACCOUNTS)
        partitions = [TopicPartition(name, at) for at in sorted(await _partitions(consumer, name))]
        if not partitions:
            return []
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    try:
                        change = change_of(record.key, record.value)
                    except ValidationError:
                        typer.echo(f"{name}:{record.partition}:{record.offset} is no account", err=True)
                        continue
                    if change is None:
                        continue
                    account_id, account = change
                    found.pop(account_id, None)
                    if account is not None:
                        found[account_id] = account
    finally:
        await consumer.stop()
    return sorted(found.values(), key=lambda account: account.account_id)


async def _partitions(consumer: AIOKafkaConsumer, name: str) -> set[int]:
    await consumer.topics()  # fetches the metadata
    return set(consumer.partitions_for_topic(name) or ())
