"""`triggerpoint identify`: which company is behind a mailbox, an address or an event, and the whole chain of why."""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from agents import settings
from agents.networks import ATTRIBUTION, load_networks
from agents.settings import Settings
from deploy.cli.directory.accounts import directory_of
from deploy.cli.directory.topic import read_directory
from deploy.explain import explain
from deploy.local.report import Reporter
from pipeline.directory import EMPTY, Directory
from schemas.base import Source
from schemas.errors import TriggerpointError

LIVE_SECONDS = 5.0
"""How long the broker may take to give the directory; without it answers go on, and say so."""


def identify(
    text: Annotated[
        str | None, typer.Argument(help="Mailbox, address or JSON event; lines of stdin if none.", show_default=False)
    ] = None,
    accounts: Annotated[
        Path | None, typer.Option(help="Directory, a CSV file as for `accounts import`; the broker's if none.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no broker: an empty directory.")] = False,
    asn_file: Annotated[str, typer.Option(help="Networks and holders; those of the settings if none.")] = "",
    mmdb: Annotated[Path | None, typer.Option(help="An IP database; that of the settings if none.")] = None,
    ranges_file: Annotated[str, typer.Option(help="Lists of ranges; those of the settings if none.")] = "",
    source: Annotated[Source | None, typer.Option(help="Topic family of events; found out if none.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per input line.")] = False,
) -> None:
    """Say which company is behind an input, how it is known and how surely, or why nobody is named.

    The directory is the broker's, unless a file is named; what was used is said on stderr.
    """
    loaded = settings.load()
    with Reporter(Console(stderr=True)).working("reading network data"):
        networks = load_networks(
            asn_file or loaded.asn_file, mmdb or loaded.mmdb_file, ranges_file or loaded.ranges_file, loaded.cache_dir
        )
    directory = _directory(loaded, accounts, offline)
    lines: Iterable[str | bytes] = [text] if text is not None else sys.stdin.buffer
    for line in lines:
        answer = explain(line, directory, networks, source)
        sys.stdout.write(orjson.dumps(answer).decode() + "\n" if as_json else _shown(answer))
        sys.stdout.flush()  # whoever pipes lines in one by one waits for each answer
    if networks.asn is not None:
        typer.echo(ATTRIBUTION, err=as_json)


def _directory(loaded: Settings, accounts: Path | None, offline: bool) -> Directory:
    if accounts is not None:
        directory, whence = directory_of(accounts), str(accounts)
    elif offline:
        directory, whence = EMPTY, "--offline"
    else:
        directory, whence = _live(loaded)
    typer.echo(f"directory: {len(directory)} accounts ({whence})", err=True)
    return directory


def _live(loaded: Settings) -> tuple[Directory, str]:
    broker = loaded.bootstrap_servers
    try:
        found = asyncio.run(asyncio.wait_for(read_directory(loaded), LIVE_SECONDS))
    except (KafkaError, OSError, TimeoutError, TriggerpointError) as error:
        why = str(error) or f"no answer within {LIVE_SECONDS:g} s"
        return EMPTY, f"broker {broker}: {why}; give --accounts FILE, or --offline"
    return Directory(found.accounts), f"broker {broker}"


def _shown(answer: dict[str, Any]) -> str:
    first, *chain = answer["reasons"]
    if answer["abstained"]:
        head = f"{answer['input']}: nobody named; {first}"
    else:
        sure = f"{answer['method']}, confidence {answer['confidence']:g}"
        head = f"{answer['input']}: {answer['name']} ({answer['account_id']}) by {sure}: {first}"
    return "\n  ".join((head, *chain)) + "\n"
