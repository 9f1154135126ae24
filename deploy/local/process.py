"""Start, recognise and stop the stack's own processes; a process that merely got the same number is left alone."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from schemas.errors import LocalStackError

_LOG_KEEP_BYTES = 10_000_000
_TAIL_LINES = 15
# The start time psutil computes moves a little when the machine's clock is set.
_CLOCK_SLACK_SECONDS = 5.0
_EXEC_SECONDS = 5.0

# Handles of children of this very process, kept so that they are reaped when they end.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class ProcessMark:
    """What is remembered of a started process to know it again.

    Args:
        pid: its number.
        created: when the system started it, seconds since the epoch.
        token: a text its command line holds, e.g. the path of its data.
    """

    pid: int
    created: float
    token: str


def spawn(argv: Sequence[str], *, token: str, env: Mapping[str, str], cwd: Path, output: Path) -> ProcessMark:
    """Start a process in its own session (Ctrl-C in this terminal does not reach it), its output to a file.

    Args:
        argv: the command; it must hold `token`.
        token: see ProcessMark.
        env: variables added to this process's own.
        cwd: its working folder.
        output: file its output is appended to; a big one is moved aside first.

    Raises:
        LocalStackError: it cannot be started at all.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.exists() and output.stat().st_size > _LOG_KEEP_BYTES:
        output.replace(output.with_name(output.name + ".1"))
    try:
        with output.open("ab") as log:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **env},
                cwd=cwd,
                start_new_session=True,
            )
    except OSError as error:
        raise LocalStackError(f"{argv[0]} cannot be started: {error.strerror}.", "Run `make setup` again.") from error
    _children[child.pid] = child
    try:
        process = psutil.Process(child.pid)
        mark = ProcessMark(child.pid, process.create_time(), token)
        # The system lets us go on a moment before the child's new command line can be read, by which it is known.
        deadline = time.monotonic() + _EXEC_SECONDS
        while not process.cmdline() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
    except psutil.Error:  # gone already: whoever waits for its health will say so with its log
        mark = ProcessMark(child.pid, 0.0, token)
    return mark


def find(mark: ProcessMark | None) -> psutil.Process | None:
    """Give the live process of a mark, or None if it ended or its number belongs to another by now."""
    if mark is None or _reaped(mark.pid):
        return None
    try:
        process = psutil.Process(mark.pid)
        same = (
            abs(process.create_time() - mark.created) < _CLOCK_SLACK_SECONDS
            and process.status() != psutil.STATUS_ZOMBIE
            and any(mark.token in argument for argument in process.cmdline())
        )
    except psutil.Error:  # ended just now, or of another user: not ours either way
        same = False
    if same:
        return process
    _reaped(mark.pid)  # it may have ended since it was asked
    return None


def _reaped(pid: int) -> bool:
    """Whether it was a child of this process that has ended; it is forgotten then."""
    child = _children.get(pid)
    if child is None or child.poll() is None:
        return False
    del _children[pid]
    return True


def listens(process: psutil.Process, port: int) -> bool:
    """Tell whether this very process listens on the port: a stranger's answer there proves nothing."""
    try:
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            for connection in process.net_connections("tcp")
            if connection.laddr
        )
    except psutil.Error:
        return False


def stop(mark: ProcessMark | None, *, patience_seconds: float) -> bool:
    """End the process of a mark: ask, wait, then force.

    Returns:
        Whether it ran and ended by being asked (False: it did not run, or had to be killed).
    """
    process = find(mark)
    if process is None:
        return False
    try:
        process.terminate()
        process.wait(patience_seconds)
        clean = True
    except psutil.NoSuchProcess:
        clean = True
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(patience_seconds)
        clean = False
    child = _children.pop(process.pid, None)
    if child is not None:
        child.poll()
    return clean


def log_tail(*paths: Path) -> str:
    """Give the last lines of log files, for error texts."""
    tails = []
    for path in paths:
        if path.exists():
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - 8192))
                lines = file.read().decode("utf-8", "replace").splitlines()[-_TAIL_LINES:]
            if lines:
                tails.append(f"--- last lines of {path}\n" + "\n".join(lines))
    return "\n".join(tails)


def end_on_sigterm() -> None:
    """SIGTERM interrupts this process like Ctrl-C, so that it ends what it has started; a second one does not
    interrupt that."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
