"""`triggerpoint identify`: which company is behind a mailbox or an event, and why."""

import sys
import time
from typing import Annotated, Any

import orjson
import typer

from pipeline.directory import EMPTY
from pipeline.identify import Match, match_event, match_mailbox
from pipeline.ingest import RawRecord, ingest
from schemas.base import Source
from schemas.event import Event


def explain(text: str) -> dict[str, Any]:
    """The answer for one input: keys input, kind, account_id, domain, name, method, confidence, abstained, reasons."""
    text = text.strip()
    if text.startswith("{"):
        outcome = ingest(RawRecord(Source.WEB, "identify", 0, 0, time.time_ns() // 1_000_000, None, text.encode()))[0]
        if not isinstance(outcome, Event):
            return _answer(text, "event", None, [f"rejected, {outcome.reason}: {outcome.detail}"])
        return _answer(text, "event", match_event(outcome, EMPTY), [])
    if "@" in text:
        return _answer(text, "email", match_mailbox(text.lower(), EMPTY), [])
    return _answer(text, "ip", None, ["an address alone names nobody"])


def _answer(text: str, kind: str, match: Match | None, reasons: list[str]) -> dict[str, Any]:
    if match is None and not reasons:
        reasons = ["nothing in it names a company: a free, throw-away or placeholder mailbox, or no mailbox at all"]
    return {
        "input": text,
        "kind": kind,
        "account_id": match.account_id if match else None,
        "domain": match.domain if match else None,
        "name": match.name if match else None,
        "method": match.method if match else None,
        "confidence": match.confidence if match else 0.0,
        "abstained": match is None,
        "reasons": [match.reason] if match else reasons,
    }


def identify(
    text: Annotated[
        str | None, typer.Argument(help="Mailbox, address or JSON web event; lines of stdin if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per input line.")] = False,
) -> None:
    """Say which company is behind an input, how it is known and how surely, or why nobody is named."""
    inputs = [text] if text is not None else (line for line in sys.stdin if line.strip())
    for given in inputs:
        answer = explain(given)
        if as_json:
            typer.echo(orjson.dumps(answer))
        elif answer["abstained"]:
            typer.echo(f"{answer['input']}: nobody named; {'; '.join(answer['reasons'])}")
        else:
            sure = f"{answer['method']}, confidence {answer['confidence']:g}"
            typer.echo(
                f"{answer['input']}: {answer['name']} ({answer['account_id']}) by {sure}: {answer['reasons'][0]}"
            )
