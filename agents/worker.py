"""One worker process: the chosen stages, the directory, the metrics endpoint, from start to a clean end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from agents import topics
from agents.archive import TableWriter
from agents.clock import Clock, clock_of
from agents.connection import clickhouse_sink, connection_options
from agents.directory import DirectoryReader
from agents.handover.load import load_policy
from agents.journey.follow import follow_journeys
from agents.journey.load import own_journey, stage_rows
from agents.metrics import Metrics
from agents.networks.load import networks_for
from agents.observe.http import HealthServer
from agents.observe.lag import LagMeter, lag_meter
from agents.observe.tasks import dump_tasks
from agents.observe.watchdog import Owned, Watchdog
from agents.outlooks.follow import OutlookFollower
from agents.outlooks.learn import keep_learning
from agents.privacy.erasures import ErasureReader
from agents.privacy.key import privacy_key
from agents.privacy.mark import hold_to_mark
from agents.runtime import Runtime
from agents.settings import Settings
from agents.shell.app import Stage, StageApp, Watch, build_app, stop_app
from agents.shell.collector import calm_collector
from agents.shell.crash import CrashPoint
from agents.shell.follow import Following, Reader
from agents.shell.seams import SEAMS, Seams
from agents.stages import STAGES, build_stages
from agents.watermark import Watermark
from pipeline.rules.model import Rules
from schemas.errors import SettingsError, TerminalSinkError, TransientSinkError
from schemas.topics import ACCOUNTS, ERASURES, OUTLOOKS
from sinks.retry import RetryPolicy

CLOSE_SECONDS = 15.0
EXIT_UNCLEAN = 70

log = structlog.get_logger()


class Worker:
    """Runs stages until told to stop, or until an error that must stop it.

    Args:
        settings: the worker's settings.
        stages: names out of `STAGES`; all by default.
        seams: where fault tests get in.
    """

    def __init__(self, settings: Settings, stages: Iterable[str] = STAGES, seams: Seams | None = None) -> None:
        self._settings = settings
        self._seams = seams or seams_of(settings)
        self._chosen = tuple(stages)
        self.metrics = Metrics(version("triggerpoint"))
        self._apps: list[StageApp] = []
        self._closers: list[Any] = []
        self._fatal: asyncio.Future[BaseException] | None = None
        self.lag: LagMeter | None = None
        self.http: HealthServer | None = None
        self._writer: TableWriter | None = None

    async def start(self) -> None:
        """Check the surroundings, then start everything.

        Raises:
            TriggerpointError: broker, topics, engine or settings do not fit; the text says how to mend it.
        """
        settings, metrics = self._settings, self.metrics
        self._fatal = asyncio.get_running_loop().create_future()
        own = own_journey(settings.journey_file)
        options = connection_options(settings)
        key = privacy_key(settings)
        make_folder(settings.data_dir)
        policy = await asyncio.to_thread(load_policy, settings.handover_file)
        networks = await asyncio.to_thread(
            networks_for, settings, self._chosen
        )  # takes a second or two with all of the net in it
        admin = await topics.connect_admin(settings)
        self._closers.append(admin.close)
        await topics.create_missing(admin, settings)
        partitions = await topics.check(admin, settings)
        await hold_to_mark(settings, key)
        clock = clock_of(settings.clock)
        seeding = bool({"identify", "advance"} & set(self._chosen))
        accounts, erased, learned = map(settings.topics.name, (ACCOUNTS, ERASURES, OUTLOOKS))
        directory = DirectoryReader(options, accounts, partitions[accounts], metrics)
        erasures = ErasureReader(options, erased, partitions[erased])
        outlooks = OutlookFollower(options, learned, partitions[learned])
        # what stages ask is read to its end before any begins
        async with side_by_side() as starting:
            for reader in (directory, erasures, outlooks):
                starting.create_task(self._attend(reader))
            following = starting.create_task(
                follow_journeys(settings, own, seeding, partitions, clock, metrics, self._write_stages, policy.hours)
            )
            meters = starting.create_task(self._start_meters(clock))
        journeys, watermark = following.result(), meters.result()
        assert self.lag is not None
        self._end_with(journeys)
        if "archive" in self._chosen and settings.learn_minutes:
            self._keep(keep_learning(settings, partitions[learned], metrics), "learn")
        runtime = Runtime(
            settings=settings,
            clock=clock,
            metrics=metrics,
            options=options,
            directory=directory.current,
            rules=journeys.current,
            outlooks=outlooks.current,
            handover=policy,
            partitions=partitions,
            watermark_ms=watermark.now_ms,
            committed=lambda group, tps: topics.committed_offsets(admin, group, tps),
            behind=self.lag.before,
            key=key,
            erasures=erasures.book,
            networks=networks,
            seams=self._seams,
        )
        await self._start_stages(runtime, journeys.current().rules)

    async def _start_stages(self, runtime: Runtime, rules: Rules) -> None:
        """Build and start them, and serve what is to be seen of them."""
        settings = self._settings
        stages = build_stages(runtime, self._chosen, partial(self._make_writer, rules))
        for stage in stages:
            app = build_app(
                stage, self._consumer_options(runtime.options, stage), settings.data_dir, self._watch(stage.name)
            )
            self._apps.append(app)
        if "archive" in self._chosen:
            await check_tables(settings)
        # started side by side: each waits for its group's first assignment
        await asyncio.gather(*(app.start() for app in self._apps))
        self.http = HealthServer(self.metrics, self._refresh, self._unhealthy, self._unready)
        await self.http.start(settings.metrics_host, settings.metrics_port)
        self._closers.append(self.http.stop)
        endpoint = f"http://{settings.metrics_host}:{self.http.port}"
        log.info("worker_started", stages=list(self._chosen), metrics=endpoint)

    async def _attend(self, reader: Reader) -> None:
        """Start it; stop it with the worker, and the worker with it."""
        await reader.start()
        self._end_with(reader)

    def _end_with(self, following: Following) -> None:
        self._closers.append(following.stop)
        following.on_end(self._on_task_end)

    async def wait(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set.

        Raises:
            BaseException: what stopped the worker; nothing of the batch it happened in was committed.
        """
        assert self._fatal is not None
        stopping = asyncio.ensure_future(stop.wait())
        watching = asyncio.ensure_future(self._watch_apps())
        waiting: set[asyncio.Future[Any]] = {stopping, watching, self._fatal}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        watching.cancel()
        if self._fatal.done():
            raise self._fatal.result()

    async def stop(self) -> bool:
        """Finish what is in work, leave the groups. What is not committed is worked again by others.

        Returns:
            Whether everything let go in time; if not, threads may keep the process alive.
        """
        clean = True
        for result in await asyncio.gather(*(stop_app(app) for app in self._apps), return_exceptions=True):
            if isinstance(result, BaseException):
                clean = False
                log.error("stop_failed", error=repr(result))
        for close in reversed(self._closers):
            try:
                await asyncio.wait_for(close(), CLOSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - the others must be closed too
                clean = False
                log.error("close_failed", error=repr(error))
        self._apps.clear()
        self._closers.clear()
        return clean

    @property
    def ready(self) -> bool:
        """Whether every stage has its partitions and their state."""
        return not self._unready()

    def _make_writer(self, rules: Rules) -> TableWriter:
        settings = self._settings
        sink = clickhouse_sink(settings)
        writer = TableWriter(
            sink, RetryPolicy(), settings.archive_flush_seconds, settings.archive_rows_max, self.metrics
        )
        self._closers.append(writer.close)
        self._writer = writer
        self._write_stages(rules)
        return writer

    def _write_stages(self, rules: Rules) -> None:
        """Tell ClickHouse the stages of the journey that counts; waits for an engine that is away."""
        if self._writer is not None:
            self._keep(self._writer.write(stage_rows(rules)), "stages")

    def _keep(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run it beside everything else, until the worker stops."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._on_task_end)
        self._closers.append(partial(_cancelled, task))

    async def _start_meters(self, clock: Clock) -> Watermark:
        """Lag for the metrics, and the watermark; each with clients of its own, so that neither waits for the other."""
        exits = AsyncExitStack()
        self._closers.append(exits.aclose)
        self.lag = await exits.enter_async_context(lag_meter(self._settings))
        watermark = Watermark(await exits.enter_async_context(lag_meter(self._settings)), clock, self.metrics)
        watchdog = Watchdog(self._settings.stall_seconds, self._owned)
        measuring = self.lag.measure(self._chosen, self.metrics, watchdog.look)
        for name, work in (("lag", measuring), ("watermark", watermark.follow())):
            task = asyncio.create_task(work, name=name)
            task.add_done_callback(self._on_task_end)
            exits.push_async_callback(_cancelled, task)
        return watermark

    def _consumer_options(self, options: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
        timeout_ms = int(self._settings.session_timeout_seconds * 1000)
        return {
            **options,
            "group_id": stage.group,
            "client_id": f"triggerpoint-{stage.name}",
            "max_poll_records": self._settings.poll_records_max,
            "session_timeout_ms": timeout_ms,
            "heartbeat_interval_ms": min(3000, timeout_ms // 3),
            "rebalance_timeout_ms": 60_000,
            # a sink may be away for long; that must not look like a dead worker
            "max_poll_interval_ms": 4 * 3_600_000,
        }

    def _on_task_end(self, task: asyncio.Task[None]) -> None:
        """A task that ends by an error took something away that nobody would miss until too late."""
        error = None if task.cancelled() else task.exception()
        if error is not None and self._fatal is not None and not self._fatal.done():
            log.error("task_failed", name=task.get_name(), error=repr(error), exc_info=error)
            self._fatal.set_result(error)

    def _watch(self, stage: str) -> Watch:
        self.metrics.fenced.labels(stage)  # a series from the start, else the first one would not be seen to rise

        def fatal(error: BaseException) -> None:
            if self._fatal is not None and not self._fatal.done():
                self._fatal.set_result(error)

        def fenced() -> None:
            self.metrics.fenced.labels(stage).inc()
            self.metrics.lanes.labels(stage).dec()

        return Watch(
            on_fatal=fatal,
            on_fenced=fenced,
            on_retry=lambda cause: self.metrics.retries.labels(stage, cause).inc(),
            on_lanes=self.metrics.lanes.labels(stage).set,
        )

    async def _watch_apps(self) -> None:
        """Faust notes a crash on the app and goes on existing; that must end the worker."""
        while True:
            for app in self._apps:
                if app.crashed:
                    self._watch(app.conf.id).on_fatal(app.crash_reason or RuntimeError(f"{app.conf.id} crashed"))
                    return
            await asyncio.sleep(1)

    def _owned(self, stage: str) -> Owned:
        """What the watchdog must know of a stage."""
        lanes = next((app.lanes for app in self._apps if app.conf.id == self._settings.group(stage)), None)
        away = stage == "archive" and self._writer is not None and self._writer.away
        return Owned(lanes.owned if lanes else frozenset(), away, self.metrics.recovered_by(stage))

    def _refresh(self) -> None:
        for stage in self._chosen:
            self.metrics.refresh_age(stage)

    def _unhealthy(self) -> str:
        return "stopping after an error" if self._fatal is not None and self._fatal.done() else ""

    def _unready(self) -> str:
        waiting = [app.conf.id for app in self._apps if not app.has_assignment or not app.lanes.ready]
        return f"waiting for partitions or state: {', '.join(waiting)}" if waiting or not self._apps else ""


@asynccontextmanager
async def side_by_side() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks that are all through at the end; of one that fails the error is raised as it is, and the others end."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def check_tables(settings: Settings) -> None:
    """See whether ClickHouse is ready for the archive. One that is away is waited for later; one without tables is not.

    Raises:
        SettingsError: it answers, and the tables are not there.
    """
    sink = clickhouse_sink(settings, connect_seconds=2)
    try:
        found = await sink.query(
            "SELECT count() AS n FROM system.tables WHERE database = {database:String} AND name = 'events_log'",
            {"database": settings.clickhouse_database},
        )
    except TransientSinkError as error:
        log.warning("clickhouse_away", error=str(error), then="the archive waits for it")
        return
    except TerminalSinkError as error:
        raise SettingsError(str(error), "Run `triggerpoint migrate`.") from error
    finally:
        await sink.close()
    if not found[0]["n"]:
        raise SettingsError(
            f"ClickHouse has no tables in database {settings.clickhouse_database}.", "Run `triggerpoint migrate`."
        )


def make_folder(folder: Path) -> None:
    """Make the worker's folder.

    Raises:
        SettingsError: it cannot be made or written.
    """
    try:
        (folder / "faust").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"TRIGGERPOINT_DATA_DIR {folder} cannot be made: {error.strerror}.", "Name a folder this user may write."
        ) from error


def seams_of(settings: Settings) -> Seams:
    """The crash point that is set, or nothing.

    Raises:
        SettingsError: there is no such point.
    """
    return Seams(reach=CrashPoint(settings.crash_at).of) if settings.crash_at else SEAMS


async def run_worker(settings: Settings, stages: Iterable[str] = STAGES, seams: Seams | None = None) -> None:
    """Run until SIGINT or SIGTERM.

    Args:
        settings, stages, seams: see `Worker`.

    Raises:
        TriggerpointError: start-up failed, or an error stopped the worker.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, dump_tasks)
    worker = Worker(settings, stages, seams)
    failed = True
    try:
        await worker.start()
        calm_collector()
        await worker.wait(stop)
        failed = False
    finally:
        if not await worker.stop():
            os._exit(EXIT_UNCLEAN if failed else 0)  # a thread that hangs would keep the process for ever
