"""`triggerpoint domains`: company domains that are no account's, and how one becomes an account's."""

import asyncio
import time
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from agents import settings
from agents.connection import clickhouse_sink
from agents.settings import Settings
from deploy.cli.directory.ask import confirm
from deploy.cli.directory.topic import Present, read_directory, write_directory, write_facts
from deploy.view.plain import plain
from pipeline.accounts.promote import Waiting, promoted, with_domain
from pipeline.directory import Directory
from pipeline.domains import work_domain
from schemas.account import Account
from schemas.errors import SettingsError, SinkError

app = typer.Typer(no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
SURE_PEOPLE = 2
"""A domain one person uses may be anybody's; from two mailboxes on it is a company."""

LIST = """
SELECT domain, people, subjects, facts, first_seen_at, last_seen_at
FROM unmatched_domains
WHERE people >= {people:UInt32}
ORDER BY people DESC, subjects DESC, domain
LIMIT {limit:UInt32}
"""
WAITING = """
SELECT DISTINCT subject, person, user_id
FROM identity
WHERE kind = 'unmatched' AND domain = {domain:String}
    AND subject NOT IN (SELECT subject FROM identity WHERE kind IN ('link', 'passed'))
ORDER BY subject, person, user_id
"""


@app.command()
def unmatched(
    min_people: Annotated[int, typer.Option(help="Only domains with so many mailboxes seen.")] = 0,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List company domains that were seen and are no account's, most people first."""
    rows = asyncio.run(_query(settings.load(), LIST, {"people": min_people, "limit": limit}))
    if as_json:
        for row in rows:
            typer.echo(orjson.dumps(row, option=orjson.OPT_UTC_Z))
        return
    if not rows:
        typer.echo("no unmatched domains" + (f" with {min_people} people" if min_people else ""))
        return
    table = Table("domain", "people", "ids", "facts", "first seen", "last seen", "")
    for row in rows:
        hint = "" if row["people"] >= SURE_PEOPLE else "one person at most: may wait for a second"
        seen = (f"{row[name]:%Y-%m-%d %H:%M}" for name in ("first_seen_at", "last_seen_at"))
        table.add_row(plain(row["domain"]), str(row["people"]), str(row["subjects"]), str(row["facts"]), *seen, hint)
    Console().print(table)
    typer.echo("`triggerpoint domains promote <domain>` makes one an account's")


@app.command()
def promote(
    domain: Annotated[str, typer.Argument(help="Company domain.")],
    account_id: Annotated[str, typer.Option(help="An account there is, or the new one's id; the domain if none.")] = "",
    name: Annotated[str, typer.Option(help="Name of a new account; the domain if none.")] = "",
    owner: Annotated[str, typer.Option(help="Who owns a new account.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a domain an account's, a new one's or one there is. What its people did so far is then attributed to it."""
    company = work_domain(domain)
    if not company:
        raise SettingsError(f"`{domain}` is no company's domain.", "Free, throw-away and school domains are nobody's.")
    loaded = settings.load()
    present = asyncio.run(read_directory(loaded))
    now_ms = time.time_ns() // 1_000_000
    account = account_for(present, company, account_id, name, owner, now_ms)
    waiting = asyncio.run(_waiting(loaded, company))
    new = account.account_id not in present.accounts
    what = f"{company} becomes a domain of {'the new account ' if new else ''}{account.account_id} ({account.name})"
    confirm(f"{what}; {len(waiting)} ids wait for it.", yes)
    facts = promoted(waiting, account.account_id, company, now_ms)
    asyncio.run(write_directory(loaded, {account.account_id: account}, present))
    asyncio.run(write_facts(loaded, facts))
    if as_json:
        done = {"domain": company, "account_id": account.account_id, "new": new, "facts": len(facts)}
        typer.echo(orjson.dumps(done))
        return
    typer.echo(f"{what}; {len(facts)} facts sent")
    if not facts:
        typer.echo("Nothing was waiting for it, as far as ClickHouse knows; what comes from now on is the account's.")


def account_for(present: Present, domain: str, account_id: str, name: str, owner: str, now_ms: int) -> Account:
    """The account a domain goes to, with the domain.

    Raises:
        SettingsError: another account has the domain, or the account is not the one that was meant.
    """
    for holder in Directory(present.accounts).owners(domain, now_ms):
        if holder.account_id != account_id:
            raise SettingsError(
                f"{domain} is a domain of {holder.account_id} ({holder.name}).",
                f"Give --account-id {holder.account_id} to attribute what still waits, or change that account first.",
            )
    known = present.accounts.get(account_id or domain)
    if known is not None:
        if name or owner:
            raise SettingsError(
                f"There is an account {known.account_id} ({known.name}) already.",
                "Leave out --name and --owner to add the domain to it, or choose another --account-id.",
            )
        return with_domain(known, domain)
    if account_id and not name:
        raise SettingsError(f"There is no account {account_id}.", "Give --name, too, to make it.")
    return Account(account_id=account_id or domain, name=name or domain, domains=(domain,), owner=owner)


async def _waiting(loaded: Settings, domain: str) -> list[Waiting]:
    rows = await _query(loaded, WAITING, {"domain": domain})
    return [(row["subject"], row["person"], row["user_id"]) for row in rows]


async def _query(loaded: Settings, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    sink = clickhouse_sink(loaded)
    try:
        return await sink.query(sql, parameters)
    except SinkError as error:
        raise SettingsError(
            f"Which domains are unmatched stands in ClickHouse: {error.what}",
            "`triggerpoint doctor` says whether it is there and migrated. Without it, `triggerpoint accounts import` "
            "adds accounts; what waits is then named at its person's next event.",
        ) from error
    finally:
        await sink.close()
