"""`triggerpoint doctor`: what is set, what answers, what does not fit, and how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import orjson
import typer

from agents import settings as settings_module
from agents import topics
from agents.connection import clickhouse_sink
from agents.handover.load import load_policy
from agents.journey.load import load_rules
from agents.networks import networks_of
from agents.privacy import retention
from agents.privacy.mark import known_key
from agents.settings import Settings
from schemas.errors import SettingsError, TriggerpointError

Check = Callable[[Settings], Awaitable[str]]


async def check_broker(settings: Settings) -> str:
    """The broker answers."""
    admin = await topics.connect_admin(settings)
    try:
        count = len(await admin.list_topics())
        return (
            f"{settings.bootstrap_servers} answers by {settings.kafka_security}, {count} topics{_open_line(settings)}"
        )
    finally:
        await admin.close()


def _open_line(settings: Settings) -> str:
    if settings.kafka_security == "SASL_PLAINTEXT" and settings.kafka_sasl_mechanism == "PLAIN":
        return "; whoever listens on the way has the password: SASL_SSL protects it"
    return ""


async def check_topics(settings: Settings) -> str:
    """All topics are there with the right partitions."""
    admin = await topics.connect_admin(settings)
    try:
        return f"{len(await topics.check(admin, settings))} topics fit the catalogue"
    finally:
        await admin.close()


async def check_key(settings: Settings) -> str:
    """The privacy key is there, and the line's."""
    return f"fingerprint {(await known_key(settings)).fingerprint}"


async def check_retention(settings: Settings) -> str:
    """Records and rows stay as long as the settings say."""
    admin = await topics.connect_admin(settings)
    try:
        if other := await retention.differing(admin, settings):
            words = ", ".join(f"{name} {found} days instead of {days}" for name, (days, found) in sorted(other.items()))
            raise SettingsError(f"Topics keep records for another time: {words}.", "Run `triggerpoint topics create`.")
    finally:
        await admin.close()
    sink = clickhouse_sink(settings)
    try:
        rows = await sink.query(
            """SELECT name, extract(engine_full, 'toInterval[A-Za-z]+[(][0-9]+[)]') AS kept FROM system.tables
            WHERE database = {database:String} AND endsWith(name, '_log') ORDER BY name""",
            {"database": settings.clickhouse_database},
        )
    finally:
        await sink.close()
    days = {row["name"].removesuffix("_log"): _words(row["kept"]) for row in rows}
    return "topics as set; tables: " + ", ".join(f"{name} {kept}" for name, kept in days.items())


def _words(kept: str) -> str:
    number = "".join(filter(str.isdigit, kept))
    unit = next((unit for unit in ("Day", "Month", "Year") if unit.lower() in kept.lower()), "")
    return f"{number} {unit.lower()}s" if number and unit else "always"


async def check_clickhouse(settings: Settings) -> str:
    """ClickHouse answers and has our tables."""
    sink = clickhouse_sink(settings)
    try:
        await sink.ping()
        rows = await sink.query("SELECT version() AS version", {})
        tables = await sink.query(
            "SELECT count() AS n FROM system.tables WHERE database = {database:String}",
            {"database": settings.clickhouse_database},
        )
        if not tables[0]["n"]:
            raise SettingsError(f"Database {settings.clickhouse_database} is empty.", "Run `triggerpoint migrate`.")
        return f"version {rows[0]['version']}, {tables[0]['n']} tables and views"
    finally:
        await sink.close()


async def check_networks(settings: Settings) -> str:
    """Address data are whole, if there are any: without them companies are known by what is said only."""
    networks = await asyncio.to_thread(networks_of, settings)
    builds = [networks.asn.build if networks.asn else "", networks.database_build, networks.lists_build]
    return ", ".join(filter(None, builds)) or "no address data; `triggerpoint data update` fetches some"


async def check_policy(settings: Settings) -> str:
    """The policy of dispatch and hand-overs can be read, and names triggers and stages that there are."""
    policy = await asyncio.to_thread(load_policy, settings.handover_file)
    rules = await asyncio.to_thread(load_rules, settings.journey_file)
    strange = sorted(policy.named_triggers() - {rule.name for rule in rules.triggers})
    strange += sorted({stage for route in policy.routes for stage in route.when.stage} - set(rules.stage_by_name))
    if strange:
        raise SettingsError(
            f"The policy names triggers or stages the journey {rules.name} does not have: {', '.join(strange)}.",
            "Mend TRIGGERPOINT_HANDOVER_FILE, or the journey; `triggerpoint journey show` lists what there is.",
        )
    return f"version {policy.version}: {len(policy.owners)} owners with rules, {len(policy.routes)} routes"


CHECKS: dict[str, Check] = {
    "broker": check_broker,
    "topics": check_topics,
    "privacy key": check_key,
    "clickhouse": check_clickhouse,
    "retention": check_retention,
    "networks": check_networks,
    "policy": check_policy,
}


async def _run(settings: Settings) -> list[dict[str, str]]:
    results = []
    for name, check in CHECKS.items():
        try:
            results.append({"check": name, "state": "ok", "text": await check(settings)})
        except TriggerpointError as error:
            results.append({"check": name, "state": "failed", "text": error.what, "mend": error.mend})
    return results


def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a check.")] = False) -> None:
    """Check settings, broker, topics, ClickHouse, address data and policy; exit code 1 if something does not fit."""
    results = asyncio.run(_run(settings_module.load()))
    for result in results:
        if as_json:
            typer.echo(orjson.dumps(result))
        else:
            typer.echo(f"{result['state']:>6}  {result['check']}: {result['text']} {result.get('mend', '')}".rstrip())
    if any(result["state"] != "ok" for result in results):
        raise typer.Exit(1)
