"""`triggerpoint identity`: what an id is linked to and why, and how a link that is wrong is taken back."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from agents import settings
from agents.connection import clickhouse_sink
from agents.privacy.key import privacy_key
from agents.privacy.mark import known_key
from agents.settings import Settings
from deploy.cli.directory.ask import confirm
from deploy.cli.directory.topic import write_facts
from deploy.view.plain import plain
from pipeline.privacy.key import PrivacyKey
from schemas.base import ID_LENGTH_MAX, stable_id
from schemas.errors import SettingsError, SinkError
from schemas.identity import FactKind, IdentityFact

app = typer.Typer(no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
Subject = Annotated[
    str, typer.Argument(help="a:<visitor id>, u:<user id>, e:<mailbox>; or a mailbox as it is.", metavar="ID")
]
Account = Annotated[str, typer.Option("--account", help="Account id; `*` for any, as for your own staff.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it goes with every retraction.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
KINDS = ("a", "u", "e")
ANY = "*"

FACTS = """
SELECT kind, account_id, domain, other, person, method, confidence, reason, observed_at
FROM identity
WHERE subject = {subject:String}
ORDER BY observed_at, kafka_timestamp, kafka_offset
LIMIT {limit:UInt32}
"""


@app.command()
def show(
    subject: Subject,
    limit: Annotated[int, typer.Option(help="At most so many facts.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Show every fact about an id, oldest first: what it was linked to, by what, and what was taken back."""
    loaded = settings.load()
    given = subject_of(subject, privacy_key(loaded))
    rows = asyncio.run(_facts(loaded, given, limit))
    if as_json:
        for row in rows:
            typer.echo(orjson.dumps(row, option=orjson.OPT_UTC_Z))
        return
    if not rows:
        typer.echo(f"nothing is known of {given}")
        return
    table = Table("when", "what", "account", "seen with", "method", "sure", "why", title=plain(given))
    for row in rows:
        sure = f"{row['confidence']:g}" if row["confidence"] else ""
        account, method = row["account_id"] or row["domain"], row["method"]
        when = f"{row['observed_at']:%Y-%m-%d %H:%M}"
        cells = (when, row["kind"], account, row["other"], method, sure, row["reason"])
        table.add_row(*map(plain, cells))
    Console().print(table)


@app.command()
def unlink(
    subject: Subject,
    account: Account = ANY,
    reason: Reason = "unlinked by command",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say that an id is not of an account. What it did is taken out of the account again: score, stage and history are
    said anew, alerts raised on it are retracted. Of a user or mailbox, all that rests on its word goes, too."""
    loaded = settings.load()
    given = subject_of(subject, asyncio.run(known_key(loaded)))
    of = "any account" if account == ANY else f"account {account}"
    confirm(f"{given} is not of {of}: what it did there is taken back.", yes)
    _send(loaded, FactKind.UNLINK, given, account, reason, as_json)


@app.command()
def relink(
    subject: Subject,
    account: Account = ANY,
    reason: Reason = "linked again by command",
    as_json: AsJson = False,
) -> None:
    """Take an unlink back: what is known of the id counts again. Name the same account, or `*`, as the unlink did."""
    loaded = settings.load()
    _send(loaded, FactKind.RELINK, subject_of(subject, asyncio.run(known_key(loaded))), account, reason, as_json)


def subject_of(given: str, key: PrivacyKey) -> str:
    """The subject somebody means, under its pseudonym: clear ids are hashed, pseudonyms are taken as they are.

    Raises:
        SettingsError: it is none.
    """
    text = given.strip()
    kind, colon, rest = text.partition(":")
    if not colon and "@" in text:
        return key.subject(f"e:{text.lower()}")
    if not colon or kind not in KINDS or not rest or len(rest) > ID_LENGTH_MAX:
        raise SettingsError(
            f"`{given}` is no id.", "Write a:<visitor id>, u:<user id> or e:<mailbox>, as the views show it as subject."
        )
    return key.subject(f"{kind}:{rest.lower() if kind == 'e' else rest}")


def command_fact(kind: FactKind, subject: str, account_id: str, reason: str, now_ms: int) -> IdentityFact:
    """The fact a command says."""
    return IdentityFact(
        fact_id=stable_id("fact", kind, subject, account_id, now_ms),
        kind=kind,
        subject=subject,
        account_id=account_id,
        reason=reason,
        observed_ms=now_ms,
    )


def _send(loaded: Settings, kind: FactKind, subject: str, account_id: str, reason: str, as_json: bool) -> None:
    fact = command_fact(kind, subject, account_id, reason, time.time_ns() // 1_000_000)
    asyncio.run(write_facts(loaded, [fact]))
    if as_json:
        typer.echo(orjson.dumps({"fact_id": fact.fact_id, "kind": kind, "subject": subject, "account_id": account_id}))
    else:
        typer.echo(f"{kind}: {subject}, {account_id}; `triggerpoint identity show {subject}` shows what is known of it")


async def _facts(loaded: Settings, subject: str, limit: int) -> Sequence[Mapping[str, Any]]:
    sink = clickhouse_sink(loaded)
    try:
        return await sink.query(FACTS, {"subject": subject, "limit": limit})
    except SinkError as error:
        raise SettingsError(
            f"What was said of an id stands in ClickHouse: {error.what}",
            "`triggerpoint doctor` says whether it is there and migrated.",
        ) from error
    finally:
        await sink.close()
