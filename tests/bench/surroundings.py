"""Where a bench runs: a broker and an engine of its own, a folder, and the rivals' environment."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import ports, stack

ROOT = Path(__file__).parents[2]
RIVALS = ROOT / ".venv-bench" / "bin" / "python"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Bench:
    """One bench's surroundings.

    Args:
        bootstrap: its broker.
        clickhouse_url: its engine.
        folder: of everything it writes; deleted at the end.
        rivals: the interpreter that has quixstreams.
    """

    bootstrap: str
    clickhouse_url: str
    folder: Path
    rivals: Path = RIVALS

    def tag(self, name: str) -> tuple[str, Path]:
        """A name nobody had before, and a folder for it."""
        tag = f"{name}-{next(_numbers)}"
        folder = self.folder / tag
        (folder / "faust").mkdir(parents=True)
        return tag, folder


@contextmanager
def surroundings(folder: Path) -> Iterator[Bench]:
    """A broker and an engine, gone at the end."""
    data_dir = folder / "stack"
    data_dir.mkdir(parents=True)
    addresses = stack.up(
        data_dir,
        kafka_port=ports.choose_port("Kafka", asked=None, wishes=()),
        clickhouse_port=ports.choose_port("ClickHouse", asked=None, wishes=()),
    )
    try:
        yield Bench(addresses.bootstrap_servers, addresses.clickhouse_url, folder)
    finally:
        stack.wipe(data_dir)
