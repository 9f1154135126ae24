"""The two services of the stack behind one shape, and what is remembered of them between runs."""

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from deploy.local import clickhouse, kafka
from deploy.local.lock import read_lock
from deploy.local.ports import LOOPBACK, choose_port
from deploy.local.process import ProcessMark
from deploy.local.report import Reporter


@dataclass(frozen=True)
class Remembered:
    """What is remembered of one service.

    Args:
        port: where it listens, or did last.
        mark: its process, if it was started and not stopped since.
        version: of what it runs, or did last.
    """

    port: int = 0
    mark: ProcessMark | None = None
    version: str = ""


class Service(ABC):
    """One service of the stack, in one data directory."""

    name: str
    usual_port: int
    start_seconds: float
    stop_seconds: float

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    @property
    @abstractmethod
    def data(self) -> Path:
        """The folder of its data."""

    @abstractmethod
    def start(self, port: int, reporter: Reporter) -> ProcessMark:
        """Start it on a port, without waiting; raises LocalStackError."""

    @abstractmethod
    def is_healthy(self, remembered: Remembered) -> bool:
        """Tell whether our own process serves on the remembered port."""

    @abstractmethod
    def version(self, port: int) -> str:
        """The version of what serves there."""

    @abstractmethod
    def failure_text(self) -> str:
        """The ends of its logs."""

    @abstractmethod
    def address(self, port: int) -> str:
        """What clients are told."""


class KafkaService(Service):
    """The broker."""

    name = "Kafka"
    usual_port = kafka.USUAL_PORT
    start_seconds = kafka.START_SECONDS
    stop_seconds = kafka.STOP_SECONDS

    @property
    def data(self) -> Path:
        """The folder of its topics."""
        return kafka.KafkaFolders(self.data_dir).logs

    def start(self, port: int, reporter: Reporter) -> ProcessMark:
        """Start the broker, downloading and formatting first where needed."""
        # Only the broker itself uses it, so it need not be remembered: by chance, two stacks hardly meet on it.
        controller_port = choose_port("Kafka's controller", asked=None, wishes=(), avoid=(port,))
        return kafka.start(self.data_dir, port=port, controller_port=controller_port, reporter=reporter)

    def is_healthy(self, remembered: Remembered) -> bool:
        """Tell whether the broker answers a metadata request."""
        return kafka.is_healthy(self.data_dir, remembered.mark, remembered.port)

    def version(self, port: int) -> str:
        """The pinned version."""
        return read_lock().version

    def failure_text(self) -> str:
        """The ends of its logs."""
        return kafka.failure_text(self.data_dir)

    def address(self, port: int) -> str:
        """Bootstrap servers."""
        return f"{LOOPBACK}:{port}"


class ClickHouseService(Service):
    """The ClickHouse endpoint."""

    name = "ClickHouse"
    usual_port = clickhouse.USUAL_PORT
    start_seconds = clickhouse.START_SECONDS
    stop_seconds = clickhouse.STOP_SECONDS

    @property
    def data(self) -> Path:
        """The engine's folder."""
        return clickhouse.folder(self.data_dir)

    def start(self, port: int, reporter: Reporter) -> ProcessMark:
        """Start the endpoint."""
        return clickhouse.start(self.data_dir, port=port)

    def is_healthy(self, remembered: Remembered) -> bool:
        """Tell whether the endpoint answers a ping and a query."""
        return clickhouse.is_healthy(remembered.mark, remembered.port)

    def version(self, port: int) -> str:
        """What the engine says."""
        return clickhouse.version(port)

    def failure_text(self) -> str:
        """The end of its log."""
        return clickhouse.failure_text(self.data_dir)

    def address(self, port: int) -> str:
        """URL of the HTTP interface."""
        return f"http://{LOOPBACK}:{port}"


class Memory:
    """What the stack remembers between runs, in `stack.json`: ports, so that addresses stay, and processes.

    Args:
        data_dir: the stack's folder.
    """

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "stack.json"

    def get(self, service: Service) -> Remembered:
        """What is remembered of a service; a damaged file counts as empty."""
        try:
            entry = self._load()[service.name]
            mark = entry["mark"]
            return Remembered(int(entry["port"]), ProcessMark(**mark) if mark else None, str(entry["version"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            return Remembered()

    def put(self, service: Service, remembered: Remembered) -> None:
        """Remember a service, in one step, so that a reader never sees half of it."""
        entries = {**self._load(), service.name: asdict(remembered)}
        scratch = self.path.with_name(self.path.name + ".new")
        scratch.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
        scratch.replace(self.path)

    def forget_process(self, service: Service) -> None:
        """Keep the port, forget the process."""
        if self.get(service).mark is not None:
            self.put(service, replace(self.get(service), mark=None))

    def _load(self) -> dict[str, Any]:
        try:
            loaded = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return loaded if isinstance(loaded, dict) else {}
