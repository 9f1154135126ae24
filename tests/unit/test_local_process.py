"""Starting, recognising and stopping processes; ports; locks between processes."""

import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from deploy.local import process as local_process
from deploy.local.filelock import file_lock
from deploy.local.ports import LOOPBACK, choose_port, is_free
from deploy.local.process import ProcessMark, end_on_sigterm, find, listens, log_tail, spawn, stop
from schemas.errors import LocalStackError

SLEEPER = "import sys, time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER


def started(tmp_path: Path, code: str = SLEEPER) -> ProcessMark:
    output = tmp_path / "out.log"
    mark = spawn([sys.executable, "-c", code, "tok-1"], token="tok-1", env={}, cwd=tmp_path, output=output)
    deadline = time.monotonic() + 20
    while "ready" not in output.read_text():
        assert time.monotonic() < deadline, "the child did not start"
        assert find(mark) is not None
    return mark


def test_a_started_process_is_known_and_stopped(tmp_path: Path) -> None:
    mark = started(tmp_path)
    process = find(mark)
    assert process is not None
    assert psutil.Process(mark.pid).pid == process.pid
    assert stop(mark, patience_seconds=10)
    assert find(mark) is None
    assert not psutil.pid_exists(mark.pid), "no zombie stays"
    assert not stop(mark, patience_seconds=1)


def test_a_process_that_does_not_listen_to_reason_is_killed(tmp_path: Path) -> None:
    mark = started(tmp_path, STUBBORN)
    assert not stop(mark, patience_seconds=0.2)
    assert find(mark) is None


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE) as stranger:
        created = psutil.Process(stranger.pid).create_time()
        assert find(ProcessMark(stranger.pid, created, "tok-1")) is None, "its command line is another"
        assert not stop(ProcessMark(stranger.pid, created, "tok-1"), patience_seconds=1)
        assert stranger.poll() is None
        stranger.kill()
    mark = started(tmp_path)
    try:
        assert find(replace(mark, created=mark.created - 3600)) is None, "it was started at another time"
    finally:
        stop(mark, patience_seconds=10)


def test_a_process_lives_in_its_own_session_with_its_log(tmp_path: Path) -> None:
    code = "import os; print('alone', os.getsid(0) == os.getpid(), flush=True); input()"
    command = [sys.executable, "-c", code, "tok-1"]
    mark = spawn(command, token="tok-1", env={}, cwd=tmp_path, output=tmp_path / "out.log")
    deadline = time.monotonic() + 20
    while find(mark) is not None:  # its standard input is closed: input() ends it
        assert time.monotonic() < deadline
    tail = log_tail(tmp_path / "out.log", tmp_path / "missing.log")
    assert "alone True" in tail
    assert "EOFError" in tail


def test_a_process_that_ends_while_it_is_looked_for_leaves_no_zombie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = spawn([sys.executable, "-c", "pass", "tok-1"], token="tok-1", env={}, cwd=tmp_path, output=tmp_path / "log")
    deadline = time.monotonic() + 20
    while psutil.Process(mark.pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
    child = local_process._children[mark.pid]
    real, running = child.poll, [None]
    monkeypatch.setattr(child, "poll", lambda: running.pop() if running else real())
    assert find(mark) is None
    assert not psutil.pid_exists(mark.pid)


def test_a_missing_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="cannot be started"):
        spawn([str(tmp_path / "no")], token="x", env={}, cwd=tmp_path, output=tmp_path / "log")


def test_ports_asked_for_wished_for_and_free() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert listens(psutil.Process(), port)
        with pytest.raises(LocalStackError, match=f"Port {port} for Kafka is taken"):
            choose_port("Kafka", asked=port, wishes=())
        other = choose_port("Kafka", asked=None, wishes=(port,))
        assert other != port
        assert choose_port("Kafka", asked=None, wishes=(port, other)) == other
        assert choose_port("Kafka", asked=None, wishes=(other,), avoid=(other,)) != other
    assert not listens(psutil.Process(), port)


def test_a_lock_is_held_by_one_and_told_to_the_other(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.lock"
    with (
        file_lock(path, wait_seconds=1, doing="testing"),
        pytest.raises(LocalStackError, match="Another process is testing"),
        file_lock(path, wait_seconds=0.1, doing="testing"),
    ):
        pass
    with file_lock(path, wait_seconds=0, doing="testing"):
        pass


def test_a_deleted_lock_file_guards_nothing(tmp_path: Path) -> None:
    path = tmp_path / "b.lock"
    inside = threading.Semaphore(0)
    held = []

    def second() -> None:
        with file_lock(path, wait_seconds=10, doing="testing"):
            held.append(path.exists())
            inside.release()

    with file_lock(path, wait_seconds=1, doing="testing"):
        thread = threading.Thread(target=second)
        thread.start()
        path.unlink()
        assert inside.acquire(timeout=10), "a new file is a new lock"
    thread.join()
    assert held == [True]


def test_a_second_sigterm_does_not_interrupt_the_cleaning_up() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        end_on_sigterm()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
