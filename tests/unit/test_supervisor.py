"""The supervisor, on real processes: a child that crashes, hangs, was stopped, or whose settings are wrong."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from agents.observe.supervisor import Patience, Supervisor
from deploy.local.ports import choose_port

CHILD = """
import http.server, os, pathlib, sys, threading, time
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
notes = pathlib.Path(sys.argv[2])
with notes.open("a") as file: file.write(f"{os.getpid()}\\n")
life = len(notes.read_text().splitlines())
if sys.argv[3] == "wrong": sys.exit(2)
if sys.argv[3] == "crash" and life == 1: sys.exit(1)
if sys.argv[3] == "mute" and life == 1: time.sleep(600)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
PATIENCE = Patience(start_seconds=6, silent_seconds=3, backoff_seconds=0.05)
Start = Callable[[str], tuple[Supervisor, "asyncio.Task[int]", asyncio.Event]]


@pytest.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.setattr("agents.observe.supervisor.PROBE_SECONDS", 0.2)
    running: list[tuple[asyncio.Task[int], asyncio.Event]] = []

    def begin(kind: str) -> tuple[Supervisor, "asyncio.Task[int]", asyncio.Event]:
        port = choose_port("health", asked=None, wishes=())
        command = [sys.executable, "-c", CHILD, str(port), str(tmp_path / "lives"), kind]
        supervisor = Supervisor(command, os.environ, f"http://127.0.0.1:{port}/healthz", PATIENCE)
        stop = asyncio.Event()
        task = asyncio.create_task(supervisor.run(stop))
        running.append((task, stop))
        return supervisor, task, stop

    yield begin
    for task, stop in running:
        stop.set()
        await task


def lives(folder: Path) -> list[int]:
    path = folder / "lives"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("kind", ["crash", "mute"])
async def test_a_worker_that_crashes_or_never_answers_is_started_anew(start: Start, tmp_path: Path, kind: str) -> None:
    supervisor, task, _ = start(kind)
    await until(lambda: len(lives(tmp_path)) == 2)
    assert supervisor.restarts == 1
    assert not task.done()


async def test_a_worker_that_was_stopped_is_killed_and_started_anew(start: Start, tmp_path: Path) -> None:
    supervisor, _, _ = start("well")
    await until(lambda: supervisor.healthy)
    os.kill(supervisor.pid, signal.SIGSTOP)
    await until(lambda: len(lives(tmp_path)) == 2)
    assert supervisor.restarts == 1


async def test_what_a_restart_does_not_mend_ends_it(start: Start, tmp_path: Path) -> None:
    _, task, _ = start("wrong")
    assert await asyncio.wait_for(task, 60) == 2
    assert len(lives(tmp_path)) == 1


async def test_told_to_stop_it_stops_the_worker(start: Start, tmp_path: Path) -> None:
    supervisor, task, stop = start("well")
    await until(lambda: len(lives(tmp_path)) == 1)
    stop.set()
    await asyncio.wait_for(task, 60)
    with pytest.raises(ProcessLookupError):
        os.kill(supervisor.pid, 0)
