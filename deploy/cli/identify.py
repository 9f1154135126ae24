"""`triggerpoint identify`: which company is behind a mailbox, an address or an event, and the whole chain of why."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from agents import settings
from agents.networks import load_networks
from deploy.cli.directory.accounts import directory_of
from pipeline.directory import EMPTY, Directory
from pipeline.identify import weigh
from pipeline.identity.answer import NOBODY, Answer, Verdict
from pipeline.identity.chain import PROVIDERS
from pipeline.identity.clues import Clues
from pipeline.identity.ids import with_real_ids
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.identity.ranges import number_of
from pipeline.ingest import RawRecord, ingest
from schemas.base import Source
from schemas.event import Event
from schemas.identity import SubjectState

MOMENT_MS = 1_780_000_000_000
"""A mailbox or an address alone has no time; the answer does not depend on it."""


def explain(text: str, directory: Directory = EMPTY, networks: Networks = NO_NETWORKS) -> dict[str, Any]:
    """The answer for one input: keys input, kind, account_id, domain, name, method, confidence, abstained, reasons."""
    text = text.strip()
    kind, event = _event_of(text)
    if not isinstance(event, Event):
        return _answer(text, kind, NOBODY, [event])
    real = with_real_ids(event)
    reasons = ["placeholder ids were taken for absent"] if real is not event else []
    verdict = weigh(real, SubjectState(), directory, networks)
    return _answer(text, kind, verdict, [verdict.why, *reasons, *_chain(real, directory, networks)])


def _event_of(text: str) -> tuple[str, Event | str]:
    """Kind of input, and the event it stands for or why there is none."""
    if text.startswith("{"):
        received_ms = time.time_ns() // 1_000_000
        outcome = ingest(RawRecord(Source.WEB, "identify", 0, 0, received_ms, None, text.encode()))[0]
        return "event", outcome if isinstance(outcome, Event) else f"rejected, {outcome.reason}: {outcome.detail}"
    if "@" in text:
        return "email", _bare(email=text.lower())
    if number_of(text) is not None:
        return "ip", _bare(ip=text)
    return "unknown", "neither a mailbox nor an IP address nor a JSON event"


def _bare(**fields: str) -> Event:
    return Event(
        event_id="identify",
        source=Source.WEB,
        format="native",
        type="page_view",
        occurred_ms=MOMENT_MS,
        received_ms=MOMENT_MS,
        origin="identify:0:0:0",
        **fields,
    )


def _chain(event: Event, directory: Directory, networks: Networks) -> list[str]:
    clues = Clues(event, SubjectState(), directory, networks)
    lines: list[str] = []
    for provider in PROVIDERS:
        answers = provider.ask(clues)
        lines += map(_line, answers)
        if not answers:
            lines.append(f"{provider.method}: abstains: {provider.silence(clues)}")
    return lines


def _line(answer: Answer) -> str:
    data = f", data {answer.build}" if answer.build else ""
    return f"{answer.method}: {answer.account_id}, rank {answer.rank}, {answer.confidence:g}: {answer.reason}{data}"


def _answer(text: str, kind: str, verdict: Verdict, reasons: list[str]) -> dict[str, Any]:
    winner = verdict.winner
    return {
        "input": text,
        "kind": kind,
        "account_id": winner.account_id if winner else None,
        "domain": winner.domain if winner else None,
        "name": winner.name if winner else None,
        "method": winner.method if winner else None,
        "confidence": winner.confidence if winner else 0.0,
        "abstained": winner is None,
        "reasons": [winner.reason, *reasons] if winner else reasons,
    }


def identify(
    text: Annotated[
        str | None, typer.Argument(help="Mailbox, address or JSON web event; lines of stdin if none.")
    ] = None,
    accounts: Annotated[Path | None, typer.Option(help="Directory, a CSV file as for `accounts import`.")] = None,
    asn_file: Annotated[str, typer.Option(help="Networks and holders; those of the settings if none.")] = "",
    mmdb: Annotated[Path | None, typer.Option(help="An IP database; that of the settings if none.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per input line.")] = False,
) -> None:
    """Say which company is behind an input, how it is known and how surely, or why nobody is named."""
    loaded = settings.load()
    directory = directory_of(accounts) if accounts else EMPTY
    networks = load_networks(asn_file or loaded.asn_file, mmdb or loaded.mmdb_file)
    inputs = [text] if text is not None else (line for line in sys.stdin if line.strip())
    for given in inputs:
        answer = explain(given, directory, networks)
        if as_json:
            sys.stdout.write(orjson.dumps(answer).decode() + "\n")
        else:
            _show(answer)


def _show(answer: dict[str, Any]) -> None:
    first, *chain = answer["reasons"]
    if answer["abstained"]:
        typer.echo(f"{answer['input']}: nobody named; {first}")
    else:
        sure = f"{answer['method']}, confidence {answer['confidence']:g}"
        typer.echo(f"{answer['input']}: {answer['name']} ({answer['account_id']}) by {sure}: {first}")
    for line in chain:
        typer.echo(f"  {line}")
