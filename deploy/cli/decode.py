"""`triggerpoint decode`: what the pipeline makes of a record, without a broker. For whoever sets up a producer."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline.ingest import RawRecord, ingest
from schemas.base import Source
from schemas.event import Event


def decode(
    source: Annotated[Source, typer.Argument(help="Which input topic family the record is for.")],
    file: Annotated[
        Path | None, typer.Argument(help="File with one record; standard input if none.", exists=True, dir_okay=False)
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a record of its own.")] = False,
) -> None:
    """Print each resulting event or rejection as a JSON line; exit code 1 if anything was rejected."""
    data = file.read_bytes() if file else sys.stdin.buffer.read()
    records = data.splitlines() if lines else [data]
    rejected = False
    for offset, value in enumerate(records):
        raw = RawRecord(source, "decode", 0, offset, time.time_ns() // 1_000_000, None, value)
        for outcome in ingest(raw):
            rejected |= not isinstance(outcome, Event)
            typer.echo(outcome.encode())
    if rejected:
        raise typer.Exit(1)
