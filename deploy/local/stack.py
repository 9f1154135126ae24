"""The local stack as a whole: up, down, status, wipe. One data directory is one stack; several live side by side."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy.local import process
from deploy.local.filelock import file_lock
from deploy.local.report import Reporter
from deploy.local.service_start import ServiceStart
from deploy.local.services import ClickHouseService, KafkaService, Memory, Service
from schemas.errors import LocalStackError

_ROOM_BYTES = 500_000_000
_LOCK_WAIT_SECONDS = 180.0
# These mean something in the engine's addresses or in the broker's settings.
_BARRED = frozenset("?,%$\n")


@dataclass(frozen=True)
class StackAddresses:
    """Where the stack serves."""

    bootstrap_servers: str
    clickhouse_url: str


@dataclass(frozen=True)
class ServiceStatus:
    """How one service is.

    Args:
        name: Kafka or ClickHouse.
        running: whether its process lives.
        healthy: whether it answers.
        pid: its process, while it runs.
        address: where it serves, or will again.
        version: of what it runs, or ran last.
        data_bytes: what its data takes on the disk.
    """

    name: str
    running: bool
    healthy: bool
    pid: int | None
    address: str
    version: str
    data_bytes: int


@dataclass(frozen=True)
class StackStatus:
    """How the stack is."""

    data_dir: Path
    kafka: ServiceStatus
    clickhouse: ServiceStatus

    @property
    def healthy(self) -> bool:
        """Whether both serve."""
        return self.kafka.healthy and self.clickhouse.healthy


def up(
    data_dir: Path,
    *,
    console: Console | None = None,
    kafka_port: int | None = None,
    clickhouse_port: int | None = None,
) -> StackAddresses:
    """Start what does not run yet and wait until both serve. Doing it again changes nothing.

    Args:
        data_dir: folder of all data of this stack.
        console: where to tell what is done; None for silence.
        kafka_port: the broker's port; by default the one it had, else 9092, else a free one.
        clickhouse_port: the endpoint's port; by default the one it had, else 8123, else a free one.

    Raises:
        LocalStackError: no room, a port asked for is taken, the broker cannot be downloaded or does not start.
    """
    data_dir = _prepared(data_dir)
    reporter = Reporter(console)
    with _locked(data_dir, reporter):
        # ClickHouse first: it comes up while Kafka is still downloaded or formatted
        starts = [
            ServiceStart(ClickHouseService(data_dir), clickhouse_port, reporter),
            ServiceStart(KafkaService(data_dir), kafka_port, reporter),
        ]
        try:
            for start in starts:
                start.begin()
            clickhouse, kafka = (start.finish() for start in starts)
        except BaseException:  # Ctrl-C too: half a stack helps nobody
            for start in starts:
                start.undo()
            raise
    return StackAddresses(kafka, clickhouse)


def down(data_dir: Path, *, console: Console | None = None) -> None:
    """Stop both services in order, forcing them if they do not end when asked.

    Only processes that this stack started are touched.

    Args:
        data_dir: the stack's folder.
        console: where to tell what is done; None for silence.
    """
    data_dir = data_dir.expanduser().absolute()
    reporter = Reporter(console)
    if not _is_stack(data_dir):
        reporter.line(f"no local stack in {data_dir}")
        return
    with _locked(data_dir, reporter):
        _stop_all(data_dir, reporter)


def status(data_dir: Path) -> StackStatus:
    """Tell how the stack is, without changing anything."""
    data_dir = data_dir.expanduser().absolute()
    clickhouse, kafka = (_status(service) for service in (ClickHouseService(data_dir), KafkaService(data_dir)))
    return StackStatus(data_dir, kafka, clickhouse)


def wipe(data_dir: Path, *, console: Console | None = None) -> None:
    """Stop the stack and delete its data, logs and remembered ports. The download cache stays.

    Only what the stack made is deleted; the folder itself goes if nothing else is in it.

    Args:
        data_dir: the stack's folder.
        console: where to tell what is done; None for silence.
    """
    data_dir = data_dir.expanduser().absolute()
    reporter = Reporter(console)
    if not _is_stack(data_dir):
        reporter.line(f"no local stack in {data_dir}")
        return
    with _locked(data_dir, reporter):
        _stop_all(data_dir, reporter)
        for name in ("kafka", "clickhouse", "run"):
            shutil.rmtree(data_dir / name, ignore_errors=True)
        for pattern in (
            "stack.json*",
            "clickhouse.lock",
            "logs/kafka*",
            "logs/clickhouse*",
            "stack.lock",
            "privacy.key",
        ):
            for path in data_dir.glob(pattern):
                path.unlink(missing_ok=True)
        for folder in (data_dir / "logs", data_dir):
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
    reporter.line(f"wiped {data_dir}")


def _prepared(data_dir: Path) -> Path:
    data_dir = data_dir.expanduser().absolute()
    if barred := _BARRED & set(str(data_dir)):
        raise LocalStackError(f"{data_dir} cannot be a data directory.", f"Take a path without {' '.join(barred)!r}.")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        raise LocalStackError(f"{data_dir} cannot be made: {error}.", "Choose another --data-dir.") from error
    if free < _ROOM_BYTES:
        raise LocalStackError(
            f"Only {free / 1e6:.0f} MB free on the disk of {data_dir}; the stack wants {_ROOM_BYTES / 1e6:.0f} MB.",
            "Make room or choose another --data-dir.",
        )
    return data_dir


def _is_stack(data_dir: Path) -> bool:
    """Tell whether a stack was ever started there: folders of the same names elsewhere are not ours to touch."""
    return (data_dir / "stack.json").exists() or (data_dir / "stack.lock").exists()


@contextmanager
def _locked(data_dir: Path, reporter: Reporter) -> Iterator[None]:
    doing = "starting or stopping this stack"
    with file_lock(data_dir / "stack.lock", wait_seconds=_LOCK_WAIT_SECONDS, doing=doing, tell=reporter.line):
        yield


def _stop_all(data_dir: Path, reporter: Reporter) -> None:
    memory = Memory(data_dir)
    for service in (KafkaService(data_dir), ClickHouseService(data_dir)):
        mark = memory.get(service).mark
        running = process.find(mark)
        if running is None:
            reporter.line(f"{service.name} does not run")
        else:
            with reporter.working(f"stopping {service.name}"):
                clean = process.stop(mark, patience_seconds=service.stop_seconds)
            forced = "" if clean else f", by force: it did not end within {service.stop_seconds:.0f} s"
            reporter.line(f"{service.name} stopped (process {running.pid}{forced})")
        memory.forget_process(service)


def _status(service: Service) -> ServiceStatus:
    known = Memory(service.data_dir).get(service)
    running = process.find(known.mark)
    return ServiceStatus(
        name=service.name,
        running=running is not None,
        healthy=running is not None and service.is_healthy(known),
        pid=running.pid if running else None,
        address=service.address(known.port) if known.port else "",
        version=known.version,
        data_bytes=_bytes_on_disk(service.data),
    )


def _bytes_on_disk(folder: Path) -> int:
    """What a folder really takes: the broker makes its index files big and empty."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except FileNotFoundError:  # merged or rolled away just now
            continue
    return total
