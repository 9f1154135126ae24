"""The order of things in `make run`."""

import asyncio
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from agents import topics
from agents.journey import load_rules
from agents.journey.load import own_journey
from agents.journey.publish import activate
from agents.observe.lag import lag_meter
from agents.settings import Settings, load
from agents.stages import STAGES
from deploy.demo.figures import Held, Kept, count_handovers, count_held, count_unmatched
from deploy.demo.joining import joining_lines
from deploy.demo.process import WorkerProcess
from deploy.demo.teams import Teams
from deploy.local import ports, stack
from deploy.simulate import Publisher, PublishReport, WorldSpec
from deploy.view import screen
from deploy.view.board import Board
from deploy.view.feed import Feed
from schemas.alert import Alert
from sinks.migrate import migrate

DAY_SECONDS = 86_400
READY_SECONDS = 60.0
DRAIN_SECONDS = 120.0
STILL_ROUNDS, STILL_SECONDS = 2, 1.0
"""Nothing is left when so many rounds after each other found nothing: a worker just started fires its timers first."""
REFRESH_SECONDS = 0.25
SAID_ONCE = ("activities", "transitions", "alerts", "digests", "handovers")


@dataclass(frozen=True)
class Plan:
    """What to run.

    Args:
        data_dir: the stack's folder.
        seconds: length of the live part; None until Ctrl-C.
        seed: which simulated market; None for a new one each time.
        companies, days: size of the market and its simulated span.
        days_per_second: how fast simulated time runs.
        keep: leave the stack running at the end.
    """

    data_dir: Path
    seconds: float | None
    seed: int | None = None
    companies: int = 700
    days: float = 270.0
    days_per_second: float = 0.5
    keep: bool = False


async def run(plan: Plan, console: Console) -> dict[str, Any]:
    """Run the demo; returns the figures of its last line.

    Raises:
        TriggerpointError: something needed is not to be had; the text says what and how to mend it.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    ran_before = stack.status(plan.data_dir).healthy
    addresses = await asyncio.to_thread(stack.up, plan.data_dir, console=console)
    stack_up_at = time.monotonic()
    try:
        return await _run_line(plan, addresses, console, stop, stack_up_at)
    finally:
        if ran_before or plan.keep:
            console.print("The local stack stays up; `.venv/bin/triggerpoint local down` ends it.")
        else:
            await asyncio.to_thread(stack.down, plan.data_dir, console=console)
            console.print(
                "Data stays; `.venv/bin/triggerpoint local up` serves it again, `local wipe` deletes it.",
                soft_wrap=True,
            )


async def _run_line(
    plan: Plan, addresses: stack.StackAddresses, console: Console, stop: asyncio.Event, stack_up_at: float
) -> dict[str, Any]:
    now = datetime.now(UTC)
    seed = plan.seed if plan.seed is not None else int(now.timestamp())
    spec = WorldSpec(seed=seed, companies=plan.companies, days=plan.days, start=now - timedelta(days=plan.days))
    speed = plan.days_per_second * DAY_SECONDS
    metrics_port = ports.choose_port("metrics", asked=None, wishes=(6066,))
    own = {
        "bootstrap_servers": addresses.bootstrap_servers,
        "kafka_security": "PLAINTEXT",  # the local stack's, whatever is set for another
        "clickhouse_url": addresses.clickhouse_url,
        "clickhouse_url_file": "",
        "metrics_port": str(metrics_port),
        "data_dir": str(plan.data_dir),
        "clock": f"replay:{int(now.timestamp() * 1000)}:{spec.start_ms}:{speed}",
    }
    settings = load(**own)
    metrics_url = f"http://{settings.metrics_host}:{metrics_port}/metrics"
    console.print("making topics and tables ...")
    admin = await topics.connect_admin(settings)
    try:
        await topics.create_missing(admin, settings)
        await topics.check(admin, settings)
    finally:
        await admin.close()
    await asyncio.to_thread(migrate, addresses.clickhouse_url, settings.clickhouse_database)
    if settings.journey_file is not None:  # who sets it here means it, whatever an earlier run left active
        text, _ = own_journey(settings.journey_file)
        await activate(settings, text, "make run", f"from {settings.journey_file.name}")
    worker = WorkerProcess(own, plan.data_dir / "logs" / "worker.log", metrics_url)
    show = _Show(plan, settings, metrics_url, console, worker, stack_up_at)
    console.print("starting the worker ...")
    await worker.start()
    try:
        await worker.wait_ready(READY_SECONDS)
        console.print(joining_lines(settings, metrics_url), markup=False, highlight=False, soft_wrap=True)
        report = await show.live(spec, speed, now, stop)
        await show.drain()
        await worker.stop()
        # the simulated clock ran on, and timers with it: work off what they raised meanwhile, while it stands still
        worker.change(clock=f"{own['clock']}:{time.time_ns() // 1_000_000}")
        await worker.start()
        await worker.wait_ready(READY_SECONDS)
        lag = await show.drain(to_the_end=True)
    finally:
        await show.close()
        await worker.stop()
    held = await count_held(settings)
    figures = figures_of(held, report, lag, show.first_alert_seconds, addresses)
    figures["unmatched_domains"] = await count_unmatched(settings)
    kept = await count_handovers(settings)
    figures |= {"handovers": kept.handovers, "breached": kept.breached}
    _report(console, figures, held, kept)
    return figures


class _Show:
    """The live part: traffic in, view on."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        metrics_url: str,
        console: Console,
        worker: WorkerProcess,
        stack_up_at: float,
    ) -> None:
        self._plan, self._settings, self._console, self._worker = plan, settings, console, worker
        self._stack_up_at = stack_up_at
        self.board = Board(load_rules(settings.journey_file))
        self.first_alert_seconds: float | None = None
        self._feed = Feed(settings, metrics_url, self.board, self._on_alert)
        self._teams = Teams(settings)
        self._note = joining_lines(settings, metrics_url)

    async def live(self, spec: WorldSpec, speed: float, anchor: datetime, stop: asyncio.Event) -> PublishReport:
        """Publish and show until the time is over or `stop` is set."""
        await self._feed.start(from_beginning=False)
        await self._teams.start()
        publishing = asyncio.create_task(
            Publisher().publish(
                self._settings.bootstrap_servers, self._settings.topics, spec, speed=speed, stop=stop, anchor=anchor
            )
        )
        ends_at = time.monotonic() + self._plan.seconds if self._plan.seconds is not None else float("inf")
        await self._show_until(lambda: time.monotonic() >= ends_at or stop.is_set() or publishing.done())
        while not stop.is_set() and time.monotonic() < ends_at and self._plan.seconds is None:
            await self._show_until(stop.is_set)  # the simulated span has reached today; others may still join in
        stop.set()
        await self._teams.stop()
        return await publishing

    async def drain(self, to_the_end: bool = False) -> int:
        """Wait until what lies before each stage now has passed it, stage by stage; what is left then, in records.

        Args:
            to_the_end: again and again until nothing is left: what one stage did may be another's, or an earlier one's.
        """
        self._console.print("waiting for the line to work off what was sent ...")
        async with lag_meter(self._settings) as meter:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    still = 0
                    while still < (STILL_ROUNDS if to_the_end else 1):
                        for stage in STAGES:
                            await meter.passed(stage)
                        await asyncio.sleep(STILL_SECONDS if to_the_end else 0)
                        still = 0 if to_the_end and await meter.total(STAGES) else still + 1
            self._worker.check()
            return await meter.total(STAGES)

    async def close(self) -> None:
        """Stop the view, and the teams if they still work."""
        await self._teams.stop()
        await self._feed.stop()

    async def _show_until(self, over: Callable[[], bool]) -> None:
        if not self._console.is_terminal:
            while not over():
                self._worker.check()
                self._teams.check()
                await asyncio.sleep(REFRESH_SECONDS)
            return
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            while not over():
                self._worker.check()
                self._teams.check()
                live.update(screen.draw(self.board, self._note, *self._console.size), refresh=True)
                await asyncio.sleep(REFRESH_SECONDS)

    def _on_alert(self, alert: Alert) -> None:
        if self.first_alert_seconds is None:
            self.first_alert_seconds = round(time.monotonic() - self._stack_up_at, 2)
        if not self._console.is_terminal:
            screen.say(self._console, alert)


def figures_of(
    held: Mapping[str, Held],
    report: PublishReport,
    lag: int,
    first_alert_seconds: float | None,
    addresses: stack.StackAddresses,
) -> dict[str, Any]:
    """The last line. Counts are of everything the topics hold; `clickhouse` is what the archive has of the same.

    `activities`, `transitions` and `alerts` are those that stand; `restated` says how many were said anew or taken back
    beside them. `consistent` is true when nothing is behind, nothing of them was said twice, and each view has exactly
    what stands on its topics.
    """
    return {
        "events_in": held["events"].records + held["rejected"].records,
        "events": held["events"].records,
        "duplicates": held["events"].records - held["events"].stands,
        "rejected": held["rejected"].records,
        **{view: held[view].stands for view in SAID_ONCE},
        "restated": {view: held[view].records - held[view].stands for view in SAID_ONCE},
        "clickhouse_rows": sum(entry.rows for entry in held.values()),
        "clickhouse": {view: entry.rows for view, entry in held.items()},
        "first_alert_seconds": first_alert_seconds,
        "lag": lag,
        "consistent": lag == 0
        and all(entry.rows == entry.stands for entry in held.values())
        and not any(held[view].twice for view in SAID_ONCE),
        "sent": report.sent,
        "sent_bad": report.bad,
        "sent_duplicates": report.duplicates,
        "bootstrap_servers": addresses.bootstrap_servers,
        "clickhouse_url": addresses.clickhouse_url,
    }


def _report(console: Console, figures: Mapping[str, Any], held: Mapping[str, Held], kept: Kept) -> None:
    table = Table("what", "records on topics", "stands", "rows in ClickHouse")
    for view, entry in held.items():
        table.add_row(view, f"{entry.records:,}", f"{entry.stands:,}", f"{entry.rows:,}")
    console.print(table)
    console.print(
        f"{kept.handovers} alerts were handed over, {kept.answered} answered, {kept.breached} too late for some clock;"
        " the view `handover_compliance` tells by whom",
        soft_wrap=True,
    )
    agrees = "topics and ClickHouse agree" if figures["consistent"] else "topics and ClickHouse DO NOT agree"
    unmatched = f"{figures['unmatched_domains']} companies were seen that are no accounts"
    console.print(f"{unmatched}; `.venv/bin/triggerpoint domains unmatched` lists them", soft_wrap=True)
    console.print(f"{agrees}; lag {figures['lag']}; first alert after {figures['first_alert_seconds']} s")
