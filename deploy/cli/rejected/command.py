"""`triggerpoint rejected list|show|replay`."""

import asyncio
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from agents import settings as settings_module
from agents.clock import clock_of
from agents.settings import Settings
from deploy.cli.rejected.find import Place, Wanted, find, names_of, whole
from deploy.cli.rejected.send import Outlook, Sender, outlook, partitions_of
from deploy.view.plain import plain
from schemas.errors import SettingsError
from schemas.rejected import Rejected, RejectedStatus, RejectReason
from schemas.text import visible

SHOWN_DETAIL_MAX = 200
PROGRESS_FROM = 1000

app = typer.Typer(no_args_is_help=True)
Ids = Annotated[list[str] | None, typer.Argument(help="Ids, or `topic:partition:offset[:index]`; all if none.")]
Reasons = Annotated[list[RejectReason] | None, typer.Option("--reason", help="Of this reason; several times for more.")]
OfSource = Annotated[str, typer.Option("--source", help="Of this source: web, email, …, feedback.")]
OfTopic = Annotated[str, typer.Option("--topic", help="That lay on this topic.")]
Partition = Annotated[int | None, typer.Option(help="That lay on this partition.")]
Offsets = Annotated[str, typer.Option(help="An offset, or `first..last`.")]
Since = Annotated[str, typer.Option(help="Taken by the broker since: ISO time, or `36h`, `7d`.")]
Until = Annotated[str, typer.Option(help="Taken before: ISO time, or `36h`, `7d` ago.")]
Having = Annotated[str, typer.Option("--text", help="With this text in value, key or detail.")]
Status = Annotated[list[RejectedStatus] | None, typer.Option("--status", help="Of this status; default: rejected.")]
Limit = Annotated[int, typer.Option(min=0, help="So many at most, the oldest first; 0: all.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]


@app.command("list")
def list_(
    ids: Ids = None,
    reason: Reasons = None,
    source: OfSource = "",
    topic: OfTopic = "",
    partition: Partition = None,
    offset: Offsets = "",
    since: Since = "",
    until: Until = "",
    text: Having = "",
    status: Status = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """What was refused and why, oldest first; a JSON object each with --json."""
    loaded = settings_module.load()
    wanted = _wanted(ids, reason, source, topic, partition, offset, since, until, text, status)
    found = asyncio.run(find(loaded, wanted))
    shown = found[:limit] if limit else found
    if as_json:
        for place in shown:
            typer.echo(orjson.dumps(place.rejected.model_dump(mode="json", exclude={"value", "headers"})))
        return
    _print_table(shown)
    counts = Counter(place.rejected.reason for place in found)
    by_reason = ", ".join(f"{reason} {count:,}" for reason, count in counts.most_common())
    more = f", the oldest {len(shown):,} shown" if len(shown) < len(found) else ""
    typer.echo(f"{len(found):,} records{more}{': ' if by_reason else ''}{by_reason}", err=True)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Id, or `topic:partition:offset[:index]`.")],
    raw: Annotated[bool, typer.Option("--raw", help="Only the original bytes, as they were.")] = False,
    as_json: AsJson = False,
) -> None:
    """One refused record with all it has, and what would come of it now."""
    loaded = settings_module.load()
    found = asyncio.run(_whole(loaded, Wanted(ids=frozenset((name,)))))
    if not found:
        raise SettingsError(f"Nothing refused is named {name}.", "`triggerpoint rejected list` has the names.")
    if len(found) > 1:
        names = ", ".join(sorted(f"{name}:{rejected.index}" for rejected in found))
        raise SettingsError(f"{name} are several items.", f"Name one: {names}.")
    rejected = found[0]
    if raw:
        sys.stdout.buffer.write(rejected.original_value() or b"")
        return
    prospect = outlook(loaded, rejected, clock_of(loaded.clock).now_ms())
    if as_json:
        typer.echo(orjson.dumps(rejected.model_dump(mode="json") | {"outlook": prospect.text}))
        return
    for field, value in rejected.model_dump(mode="json", exclude={"value"}).items():
        typer.echo(f"{field:>12}  {visible(str(value))}")
    value_text = (rejected.original_value() or b"").decode("utf-8", "replace")
    typer.echo(f"{'value':>12}  {visible(value_text)}")
    typer.echo(f"{'now':>12}  {prospect.text}")


@app.command()
def replay(
    ids: Ids = None,
    reason: Reasons = None,
    source: OfSource = "",
    topic: OfTopic = "",
    partition: Partition = None,
    offset: Offsets = "",
    since: Since = "",
    until: Until = "",
    text: Having = "",
    limit: Limit = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of each.")] = False,
    usable: Annotated[bool, typer.Option("--usable", help="Only those that would be used now.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send refused records back to their input topics, once each, to be worked as if they came when they came."""
    loaded = settings_module.load()
    wanted = _wanted(ids, reason, source, topic, partition, offset, since, until, text, [RejectedStatus.REJECTED])
    places = asyncio.run(find(loaded, wanted))
    places = places[:limit] if limit else places
    prospects = asyncio.run(_outlooks(loaded, places)) if dry_run or usable else []
    if usable:
        good = {prospect.rejected_id for prospect in prospects if prospect.usable}
        places = [place for place in places if place.rejected.rejected_id in good]
        prospects = [prospect for prospect in prospects if prospect.usable]
    if dry_run:
        _print_outlooks(places, prospects, as_json)
        return
    if not places:
        _say(as_json, 0, [], "nothing to send back")
        return
    topics_named = ", ".join(sorted({place.rejected.topic for place in places}))
    if not yes:
        typer.confirm(f"Send {len(places):,} records back to {visible(topics_named)}?", abort=True)
    sent, refused = asyncio.run(_send(loaded, places))
    _say(as_json, sent, refused, f"sent {sent:,} back to {visible(topics_named)}")
    if refused:
        raise typer.Exit(1)


async def _whole(loaded: Settings, wanted: Wanted) -> list[Rejected]:
    return [rejected async for rejected in whole(loaded, await find(loaded, wanted))]


async def _outlooks(loaded: Settings, places: list[Place]) -> list[Outlook]:
    now_ms = clock_of(loaded.clock).now_ms()
    return [outlook(loaded, rejected, now_ms) async for rejected in whole(loaded, places)]


async def _send(loaded: Settings, places: list[Place]) -> tuple[int, list[str]]:
    sender = Sender(loaded, await partitions_of(loaded))
    with Progress(console=Console(stderr=True), disable=len(places) < PROGRESS_FROM, transient=True) as progress:
        task = progress.add_task("sending back", total=len(places))
        return await sender.send(whole(loaded, places), lambda sent: progress.update(task, completed=sent))


def _say(as_json: bool, sent: int, refused: list[str], text: str) -> None:
    if as_json:
        typer.echo(orjson.dumps({"sent": sent, "not_sent": refused}))
        return
    for why in refused:
        typer.echo(f"not sent: {visible(why)}", err=True)
    typer.echo(text)


def _print_table(places: list[Place]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("received", "record", "reason", "status", "detail"):
        table.add_column(name, no_wrap=name in ("received", "reason", "status"), overflow="fold")
    for place in places:
        one = place.rejected
        sent = f"{one.status} {one.replays}x" if one.replays else str(one.status)
        record = f"{one.topic}:{one.partition}:{one.offset}:{one.index}"
        cells = (f"{one.received_at:%Y-%m-%d %H:%M:%S}", record, one.reason, sent, one.detail[:SHOWN_DETAIL_MAX])
        table.add_row(*map(plain, cells))
    Console().print(table)


def _print_outlooks(places: list[Place], prospects: list[Outlook], as_json: bool) -> None:
    names = {place.rejected.rejected_id: max(names_of(place.rejected), key=len) for place in places}
    for prospect in prospects:
        if as_json:
            line = {"rejected_id": prospect.rejected_id, "usable": prospect.usable, "outlook": prospect.text}
            typer.echo(orjson.dumps(line))
        else:
            typer.echo(f"{visible(names[prospect.rejected_id])}  {prospect.text}")
    good = sum(prospect.usable for prospect in prospects)
    typer.echo(f"{good:,} of {len(prospects):,} would be used; nothing was sent", err=True)


def _wanted(
    ids: list[str] | None,
    reasons: list[RejectReason] | None,
    source: str,
    topic: str,
    partition: int | None,
    offset: str,
    since: str,
    until: str,
    text: str,
    statuses: list[RejectedStatus] | None,
) -> Wanted:
    first, last = _span(offset)
    return Wanted(
        frozenset(ids or ()),
        frozenset(reasons or ()),
        source,
        topic,
        partition,
        first,
        last,
        _moment(since, "--since"),
        _moment(until, "--until"),
        text,
        frozenset(statuses or (RejectedStatus.REJECTED,)),
    )


def _span(offset: str) -> tuple[int, int | None]:
    if not offset:
        return 0, None
    first, dots, last = offset.partition("..")
    try:
        return int(first or 0), (int(last) if last else None) if dots else int(first)
    except ValueError:
        raise typer.BadParameter(f"--offset {offset!r} is neither a number nor `first..last`") from None


def _moment(text: str, option: str) -> datetime | None:
    if not text:
        return None
    seconds = {"m": 60, "h": 3600, "d": 86_400}.get(text[-1:])
    if seconds and text[:-1].isdecimal():
        return datetime.fromtimestamp(time.time() - int(text[:-1]) * seconds, UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r} is neither an ISO time nor such as `36h` or `7d`") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
