"""`triggerpoint migrate`: make and update the tables and views in ClickHouse."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from agents import settings
from schemas.errors import TriggerpointError
from sinks.migrate import Migration
from sinks.migrate import migrate as apply_missing
from sinks.migrate import pending as find_missing
from sinks.retention import keep_rows

Url = Annotated[str, typer.Option("--url", help="http[s]://[user:password@]host:port; that of the settings if empty.")]
Database = Annotated[str, typer.Option("--database", help="Database, made if need be; that of the settings if empty.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "--plan", help="Say what would be applied, and change nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts.")]

_console = Console(stderr=True)


def migrate(
    url: Url = "",
    database: Database = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Apply the SQL files that ClickHouse does not have yet, in order; safe to run again at any time."""
    loaded = settings.load()
    url = url or loaded.clickhouse_url.get_secret_value()
    database = database or loaded.clickhouse_database
    try:
        if dry_run:
            migrations = find_missing(url, database, ca_file=loaded.clickhouse_ca_file)
        else:
            cluster = loaded.clickhouse_cluster
            migrations = apply_missing(url, database, ca_file=loaded.clickhouse_ca_file, cluster=cluster)
            if loaded.table_days:
                keep_rows(url, database, loaded.table_days, ca_file=loaded.clickhouse_ca_file, cluster=cluster)
    except TriggerpointError as error:
        _console.print(error.what, style="red", markup=False, highlight=False)
        if error.mend:
            _console.print(error.mend, markup=False, highlight=False)
        raise typer.Exit(1) from error
    if as_json:
        names = [migration.name for migration in migrations]
        typer.echo(json.dumps({"database": database, "dry_run": dry_run, "migrations": names}))
    else:
        _report(migrations, database, dry_run)


def _report(migrations: Sequence[Migration], database: str, dry_run: bool) -> None:
    if not migrations:
        typer.echo(f"{database} is up to date.")
    for migration in migrations:
        verb = "would apply" if dry_run else "applied"
        typer.echo(f"{verb} {migration.name} ({len(migration.statements)} statements)")


__all__ = ["migrate"]
