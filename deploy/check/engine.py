"""SQL run on the real schema: a throw-away ClickHouse engine with all migrations applied, in a process of its own.

A process of its own, since an engine is tied to one folder for the life of a process. Reads a JSON list of queries from
standard input, writes a JSON list of answers: `{"columns": {name: type}}` or `{"error": text}`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer
from clickhouse_connect.driver.client import Client

from deploy.check.result import TOOL_SECONDS
from sinks.connection import ClickHouseTarget, connect
from sinks.migrate import apply

DATABASE = "triggerpoint"


@dataclass(frozen=True)
class Answer:
    """What came of one query: the result's columns with their types, or an error."""

    columns: dict[str, str] = field(default_factory=dict)
    error: str = ""


def ask(queries: Sequence[str], migrations: Path) -> list[Answer]:
    """Run queries on empty tables.

    Args:
        queries: SELECTs without macros.
        migrations: folder of the numbered SQL files.

    Raises:
        RuntimeError: the engine did not start, or a migration failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "deploy.check.engine", str(migrations)],
        input=json.dumps(list(queries)),
        capture_output=True,
        text=True,
        timeout=TOOL_SECONDS,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise RuntimeError(f"the throw-away engine failed: {last}")
    return [Answer(**answer) for answer in json.loads(done.stdout)]


def main(migrations: Path) -> None:
    """Migrate a new folder, then answer."""
    queries = json.loads(sys.stdin.read())
    with tempfile.TemporaryDirectory(prefix="triggerpoint-check-") as folder:
        client = connect(ClickHouseTarget(f"chdb:{folder}", ""))
        apply(client, migrations, DATABASE)
        answers = [_answer(client, query) for query in queries]
        client.close()
    typer.echo(json.dumps(answers))


def _answer(client: Client, query: str) -> dict[str, dict[str, str] | str]:
    try:
        client.query(query)
        # an empty result comes without its columns, so they are asked for
        columns = client.query(f"DESCRIBE TABLE ({query})").result_rows
    except Exception as error:  # noqa: BLE001 - whatever the engine says of a panel's query is the finding
        return {"error": str(error).splitlines()[0]}
    return {"columns": {name: kind for name, kind, *_ in columns}}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
