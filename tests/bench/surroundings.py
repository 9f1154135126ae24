"""Where a bench runs: a broker and an engine of its own, a folder, and the rivals' environment."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import ports, stack
from deploy.local.report import Reporter
from deploy.local.service_start import ServiceStart
from deploy.local.services import KafkaService

ROOT = Path(__file__).parents[2]
RIVALS = ROOT / ".venv-bench" / "bin" / "python"
QUIET_SECONDS, QUIET_SECONDS_QUICK = 2.0, 0.5
NO_ENGINE = "http://127.0.0.1:1"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Bench:
    """One bench's surroundings.

    Args:
        bootstrap: its broker.
        clickhouse_url: its engine; `NO_ENGINE` where it has none.
        folder: of everything it writes; deleted at the end.
        quiet_seconds: a contestant that gives nothing for so long, and rests, is done.
        rivals: the interpreter that has quixstreams.
    """

    bootstrap: str
    clickhouse_url: str
    folder: Path
    quiet_seconds: float = QUIET_SECONDS
    rivals: Path = RIVALS

    def tag(self, name: str) -> tuple[str, Path]:
        """A name nobody had before, and a folder for it."""
        tag = f"{name}-{next(_numbers)}"
        folder = self.folder / tag
        (folder / "faust").mkdir(parents=True)
        return tag, folder


@contextmanager
def surroundings(folder: Path, engine: bool, quick: bool) -> Iterator[Bench]:
    """A broker, and an engine where somebody writes to it; gone at the end."""
    quiet_seconds = QUIET_SECONDS_QUICK if quick else QUIET_SECONDS
    data_dir = folder / "stack"
    data_dir.mkdir(parents=True)
    port = ports.choose_port("Kafka", asked=None, wishes=())
    try:
        if engine:
            engine_port = ports.choose_port("ClickHouse", asked=None, wishes=())
            addresses = stack.up(data_dir, kafka_port=port, clickhouse_port=engine_port)
            yield Bench(addresses.bootstrap_servers, addresses.clickhouse_url, folder, quiet_seconds)
        else:
            broker = ServiceStart(KafkaService(data_dir), port, Reporter(None))
            broker.begin()
            yield Bench(broker.finish(), NO_ENGINE, folder, quiet_seconds)
    finally:
        stack.wipe(data_dir)
