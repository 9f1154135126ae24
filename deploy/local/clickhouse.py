"""One ClickHouse endpoint on this machine, as a process: start it, ask for its health."""

import http.client
import os
import sys
import urllib.parse
from pathlib import Path

import deploy
from deploy.local.ports import LOOPBACK
from deploy.local.process import ProcessMark, find, listens, log_tail, spawn

START_SECONDS = 30.0
STOP_SECONDS = 20.0
USUAL_PORT = 8123
_PROBE_SECONDS = 5.0


def folder(data_dir: Path) -> Path:
    """Where the engine keeps its tables; the path is also what marks the process as this stack's."""
    return data_dir / "clickhouse"


def log_file(data_dir: Path) -> Path:
    """What the endpoint writes about itself."""
    return data_dir / "logs" / "clickhouse.log"


def start(data_dir: Path, *, port: int) -> ProcessMark:
    """Start the endpoint; does not wait until it serves.

    Args:
        data_dir: the stack's folder.
        port: where clients connect.

    Raises:
        LocalStackError: the process does not start.
    """
    path = folder(data_dir)
    path.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "deploy.local.endpoint", "--path", str(path), "--port", str(port)]
    root = str(Path(deploy.__file__).resolve().parent.parent)
    environment = {
        "TZ": "UTC",  # the engine takes its time zone from here
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
    }
    return spawn(command, token=str(path), env=environment, cwd=data_dir, output=log_file(data_dir))


def is_healthy(mark: ProcessMark | None, port: int) -> bool:
    """Tell whether our own endpoint answers a ping and a query."""
    process = find(mark)
    return process is not None and listens(process, port) and _get(port, "/ping") == "Ok." and version(port) != ""


def version(port: int) -> str:
    """Ask the engine for its version; "" where it does not answer."""
    return _get(port, "/?" + urllib.parse.urlencode({"query": "SELECT version()"}))


def failure_text(data_dir: Path) -> str:
    """The end of its log and where it lies, for the error of an endpoint that does not serve."""
    return log_tail(log_file(data_dir)) or f"Its log {log_file(data_dir)} is empty."


def _get(port: int, target: str) -> str:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    return body if response.status == http.HTTPStatus.OK else ""
