"""`triggerpoint simulate`: traffic of made-up companies to real topics, with the truth about it beside."""

import asyncio
import base64
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from aiokafka.errors import KafkaConnectionError, KafkaError
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from agents import settings
from agents.connection import connection_options, why_unreachable
from deploy.simulate import (
    Message,
    Progress,
    Publisher,
    PublishError,
    PublishReport,
    WorldSpec,
    iter_accounts,
    messages,
    truth,
    write_truth,
)
from deploy.simulate.replay import Pacer
from schemas.topics import ACCOUNTS, TopicNames

PLAIN_SECONDS = 2.0

_console = Console(stderr=True)


def simulate(
    companies: Annotated[int, typer.Option(min=1, help="How many companies go a journey.")] = 60,
    days: Annotated[float, typer.Option(min=0.01, help="Length of the simulated span.")] = 90.0,
    seed: Annotated[int, typer.Option(help="Which world: the same seed gives the same people.")] = 7,
    start: Annotated[str, typer.Option(help="ISO time of the first event; by default now less the days.")] = "",
    rate: Annotated[float | None, typer.Option(min=0.001, help="Messages a second.")] = None,
    speed: Annotated[float | None, typer.Option(min=0.001, help="Simulated seconds a second.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="As fast as possible, which is also the default.")] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="Messages at most.")] = None,
    bootstrap_servers: Annotated[
        str, typer.Option(help="Brokers; by default TRIGGERPOINT_BOOTSTRAP_SERVERS or 127.0.0.1:9092.")
    ] = "",
    prefix: Annotated[
        str | None, typer.Option(help="Put before topic names; by default TRIGGERPOINT_TOPIC_PREFIX.")
    ] = None,
    truth_dir: Annotated[Path | None, typer.Option(help="Write what is true into this folder.")] = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print JSON lines instead of sending to Kafka.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
) -> None:
    """Send the traffic of a simulated world: directory first, then web, mail, trial, CRM, support, social events."""
    if fast and (rate or speed):
        raise typer.BadParameter("--fast goes with neither --rate nor --speed")
    spec = WorldSpec(seed=seed, companies=companies, days=days, start=_start(start, days))
    if truth_dir:
        _console.print(f"writing the truth to {truth_dir}", markup=False, highlight=False)
        write_truth(truth(spec), truth_dir)
    given = {"bootstrap_servers": bootstrap_servers} if bootstrap_servers else {}
    loaded = settings.load(**given)
    names = TopicNames(loaded.topic_prefix if prefix is None else prefix, loaded.input_topics)
    if stdout:
        _print_lines(spec, names, Pacer(rate, speed, spec.start_ms), limit)
        return
    options = connection_options(loaded)
    servers = ",".join(options.pop("bootstrap_servers"))

    async def run(progress: Callable[[Progress], None]) -> PublishReport:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, stop.set)
        return await Publisher(options).publish(
            servers, names, spec, rate_per_second=rate, speed=speed, progress=progress, stop=stop, limit=limit
        )

    try:
        report = _with_progress(run)
    except KafkaConnectionError:
        why, mend = asyncio.run(why_unreachable(loaded))
        _fail(f"No way to Kafka at {servers}: {why} {mend}")
    except KafkaError as error:
        _fail(f"{error} (brokers {servers}).")
    except PublishError as error:
        _fail(str(error))
    typer.echo(orjson.dumps(_summary(spec, report)) if as_json else _sentence(report))


def _fail(text: str) -> NoReturn:
    _console.print(f"error: {text}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2) from None


def _start(text: str, days: float) -> datetime:
    if not text:
        return datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--start {text!r} is no ISO time, e.g. 2026-01-05T00:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _with_progress(run: Callable[[Callable[[Progress], None]], Any]) -> PublishReport:
    """A bar on a terminal, a line every two seconds elsewhere; both on standard error."""
    if not _console.is_terminal:
        told = [time.monotonic()]

        def plain(now: Progress) -> None:
            if time.monotonic() - told[0] >= PLAIN_SECONDS:
                told[0] = time.monotonic()
                _console.print(_line(now), markup=False, highlight=False)

        return asyncio.run(run(plain))  # type: ignore[no-any-return]
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=_console, transient=True) as bar:
        task = bar.add_task("connecting", total=1.0)
        return asyncio.run(  # type: ignore[no-any-return]
            run(lambda now: bar.update(task, completed=now.share, description=_line(now)))
        )


def _line(now: Progress) -> str:
    when = datetime.fromtimestamp(now.simulated_ms / 1000, UTC) if now.sent else None
    reached = f", simulated time {when:%Y-%m-%d %H:%M}" if when else ""
    return f"{now.sent:,} messages, {now.per_second:,.0f}/s{reached}, {now.share:.0%}"


def _print_lines(spec: WorldSpec, names: TopicNames, pacer: Pacer, limit: int | None) -> None:
    """Directory and traffic as JSON lines; a reader that goes away ends it quietly."""
    write = sys.stdout.buffer.write
    try:
        for message in iter_accounts(spec):
            write(_as_line(names.name(ACCOUNTS), message))
        for ordinal, message in enumerate(islice(messages(spec), limit)):
            if wait := pacer.wait(ordinal, message.sent_ms):
                sys.stdout.buffer.flush()
                time.sleep(wait)
            assert message.source is not None
            write(_as_line(names.raw(message.source)[0], message))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        sys.stderr.close()


def _as_line(topic: str, message: Message) -> bytes:
    line: dict[str, Any] = {"topic": topic, "sent_ms": message.sent_ms, "key": (message.key or b"").decode() or None}
    try:
        line["value"] = message.value.decode()
    except UnicodeDecodeError:
        line["value_base64"] = base64.b64encode(message.value).decode()
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _summary(spec: WorldSpec, report: PublishReport) -> dict[str, Any]:
    figures = asdict(report) | {"by_topic": dict(report.by_topic), "seconds": round(report.seconds, 3)}
    return figures | {"companies": spec.companies, "seed": spec.seed, "start": spec.start, "days": spec.days}


def _sentence(report: PublishReport) -> str:
    lines = [
        f"{report.accounts:,} accounts and {report.sent:,} messages in {report.seconds:.1f} s"
        f" ({report.sent / max(report.seconds, 0.001):,.0f}/s){', stopped' if report.stopped else ''}:"
        f" {report.machine:,} by machines, {report.duplicates:,} resent, {report.bad:,} broken on purpose"
    ]
    lines += [f"  {count:>9,}  {topic}" for topic, count in sorted(report.by_topic.items())]
    return "\n".join(lines)
