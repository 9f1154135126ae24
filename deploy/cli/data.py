"""`triggerpoint data`: who announces which addresses, fetched once and kept; and which data answers rest on."""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from agents import settings
from agents.networks import ATTRIBUTION, asn_files_of, kept_data
from agents.settings import Settings
from deploy.data import keep, npm
from deploy.local.report import Reporter
from pipeline.lists import builds
from schemas.errors import SettingsError

app = typer.Typer(no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command("update")
def update(
    version: Annotated[str, typer.Option(help="Of the package; `latest` is what its registry calls so.")] = npm.VERSION,
    from_file: Annotated[
        list[Path] | None, typer.Option("--from-file", help="Files fetched by other means; give it once for each.")
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="More of them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch networks and their holders (33 MB, CC BY 4.0) by the npm client, or take them from files; restart workers.

    Workers and `triggerpoint identify` use what is kept by themselves where TRIGGERPOINT_ASN_FILE is not set.
    """
    loaded = settings.load()
    reporter = Reporter(Console(stderr=True))
    given = [*(from_file or ()), *(more or ())]
    if more and not from_file:
        raise typer.BadParameter("put --from-file before the files")
    if given:
        kept, new = keep.take(loaded.cache_dir, given, reporter), True
    else:
        kept, new = keep.update(loaded.cache_dir, version, reporter)
    if as_json:
        typer.echo(orjson.dumps({"new": new, **kept.model_dump(mode="json")}))
        return
    typer.echo(f"{kept.build}: {'kept' if new else 'is there already'}, {kept.ranges} ranges, in {loaded.cache_dir}")
    typer.echo("Workers read it at their next start." if new else "Nothing was fetched.")
    typer.echo(ATTRIBUTION)


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """Which data are there, which of them are used, and which versions the lists have that come as packages."""
    loaded = settings.load()
    said = _status(loaded)
    if as_json:
        sys.stdout.write(orjson.dumps(said).decode() + "\n")
        return
    typer.echo(f"networks used: {said['used']}")
    kept = said["kept"]
    typer.echo(f"networks kept: {_line(kept, loaded) if kept else 'none; `triggerpoint data update` fetches them'}")
    if said["problem"]:
        typer.echo(f"problem: {said['problem']}")
    typer.echo(f"IP database: {loaded.mmdb_file or 'none given (TRIGGERPOINT_MMDB_FILE)'}")
    typer.echo(f"lists of ranges: {loaded.ranges_file or 'none given (TRIGGERPOINT_RANGES_FILE)'}")
    typer.echo(f"lists in packages: {', '.join(said['lists'])}")
    if said["attribution"]:
        typer.echo(said["attribution"])


def _status(loaded: Settings) -> dict[str, Any]:
    kept, used, problem = None, "", ""
    try:
        kept = kept_data(loaded.cache_dir)
        _, used = asn_files_of(loaded.asn_file, loaded.cache_dir)
    except SettingsError as error:
        problem = str(error)
    return {
        "used": used or "none",
        "kept": kept.model_dump(mode="json") if kept else None,
        "cache_dir": str(loaded.cache_dir),
        "problem": problem,
        "mmdb_file": str(loaded.mmdb_file or ""),
        "ranges_file": loaded.ranges_file,
        "lists": list(builds.ALL),
        "attribution": ATTRIBUTION if used or kept else "",
    }


def _line(kept: dict[str, Any], loaded: Settings) -> str:
    size = sum(file["size"] for file in kept["files"]) / 1e6
    return (
        f"{kept['build']}, {kept['ranges']} ranges, {size:.0f} MB, by {kept['source']} on {kept['fetched_at'][:10]}, "
        f"in {loaded.cache_dir}"
    )
