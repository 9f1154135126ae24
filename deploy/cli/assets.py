"""`triggerpoint assets`: the list of content there is, from a CSV file onto its topic."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from agents import settings, topics
from agents.connection import connection_options
from agents.journey.load import own_journey
from agents.journey.past import counting, read_activations
from agents.settings import Settings
from agents.shell.follow import read_present
from deploy.cli.directory.ask import confirm
from pipeline.assets.table import read_assets
from pipeline.journeyfile.read import read_rules
from schemas.authored.asset import Asset
from schemas.errors import SettingsError
from schemas.topics import ASSETS, partition_of

app = typer.Typer(no_args_is_help=True)
PROBLEMS_SHOWN = 50


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV file with the column asset; stages go by `;`.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong and what would change.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Take off the list what is not in the file.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take off without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: counts and problems.")] = False,
) -> None:
    """Check a file of assets, all of it first, then write what differs from the list; exit code 1, and nothing written,
    if anything is wrong."""
    loaded = settings.load()
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            listed = read_assets(lines, asyncio.run(_stages(loaded)))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}.", "Give a CSV file in UTF-8.") from error
    changes: dict[str, Asset | None] = {}
    if not listed.problems:
        known = asyncio.run(_read(loaded))
        changes = {name: asset for name, asset in listed.assets.items() if known.get(name) != asset}
        gone = [name for name in known if name not in listed.assets] if replace else []
        if gone and not dry_run:
            confirm(f"{len(gone)} assets are not in {file} and will be taken off the list.", yes)
        changes |= dict.fromkeys(gone)
        if changes and not dry_run:
            asyncio.run(_write(loaded, changes))
    removed = sum(asset is None for asset in changes.values())
    counts = {"assets": len(listed.assets), "changed": len(changes) - removed, "removed": removed}
    if as_json:
        problems = [{"line": one.line, "column": one.column, "what": one.what} for one in listed.problems]
        sys.stdout.write(orjson.dumps(counts | {"written": not dry_run, "problems": problems}).decode() + "\n")
    else:
        for problem in listed.problems[:PROBLEMS_SHOWN]:
            typer.echo(str(problem))
        said = f"{len(listed.problems)} to mend; nothing was written" if listed.problems else ""
        would = "would be " if dry_run else ""
        typer.echo(said or f"{counts['assets']} assets; {counts['changed']} {would}written, {removed} {would}taken off")
    if listed.problems:
        raise typer.Exit(1)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object an asset.")] = False) -> None:
    """Show the list as it is now on its topic; what is used stands in ClickHouse (view `asset_use`)."""
    known = asyncio.run(_read(settings.load()))
    if as_json:
        for _, asset in sorted(known.items()):
            typer.echo(asset.encode())
        return
    table = Table("asset", "title", "kind", "page", "owner", "stages")
    for _, asset in sorted(known.items()):
        table.add_row(asset.asset, asset.title, asset.kind, asset.url, asset.owner, ", ".join(asset.stages))
    Console(highlight=False, markup=False).print(table)


async def _stages(loaded: Settings) -> frozenset[str]:
    """Stages of the journey that counts; of the own file where no broker can be asked."""
    active = counting(await read_activations(loaded))
    rules = read_rules(active.text).rules if active is not None else own_journey(loaded.journey_file)[1]
    assert rules is not None
    return frozenset(rules.stage_by_name)


async def _read(loaded: Settings) -> dict[str, Asset]:
    records = await read_present(connection_options(loaded), loaded.topics.name(ASSETS), await _partitions(loaded))
    known: dict[str, tuple[int, Asset | None]] = {}
    for record in records:
        name = (record.key or b"").decode("utf-8", "replace")
        try:
            asset = Asset.model_validate_json(record.value) if record.value else None
        except ValidationError:
            typer.echo(f"{record.topic}:{record.partition}:{record.offset} is no asset", err=True)
            continue
        if name not in known or record.timestamp >= known[name][0]:
            known[name] = (record.timestamp, asset)
    return {name: asset for name, (_, asset) in known.items() if asset is not None}


async def _partitions(loaded: Settings) -> int:
    admin = await topics.connect_admin(loaded)
    try:
        await topics.create_missing(admin, loaded)
        return (await topics.check(admin, loaded))[loaded.topics.name(ASSETS)]
    finally:
        await admin.close()


async def _write(loaded: Settings, changes: Mapping[str, Asset | None]) -> None:
    name, partitions = loaded.topics.name(ASSETS), await _partitions(loaded)
    producer = AIOKafkaProducer(**connection_options(loaded), enable_idempotence=True)
    try:
        await producer.start()
        sent = []
        for key, asset in changes.items():
            raw = key.encode()
            value = asset.encode() if asset is not None else None
            sent.append(await producer.send(name, value, raw, partition=partition_of(raw, partitions)))
        await asyncio.gather(*sent)
    except KafkaError as error:
        raise SettingsError(
            f"{name} did not take the assets: {error}.", "`triggerpoint doctor` may say why."
        ) from error
    finally:
        await producer.stop()
