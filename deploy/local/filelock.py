"""Let one process at a time change a folder, by a lock the kernel drops when the holder dies."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import LocalStackError

_POLL_SECONDS = 0.05


@contextmanager
def file_lock(
    path: Path, *, wait_seconds: float, doing: str, tell: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the lock file for the time of the block.

    Args:
        path: the lock file; its folder is made. The holder may delete it: whoever waits then takes a new one.
        wait_seconds: how long to wait for another holder.
        doing: what the other holder is probably doing, for the error text.
        tell: told once if there is another holder to wait for.

    Raises:
        LocalStackError: the lock was not free in time, or the folder cannot be written.
    """
    descriptor = _acquire(path, time.monotonic() + wait_seconds, doing, tell or (lambda text: None))
    try:
        yield
    finally:
        os.close(descriptor)  # closing drops the lock


def _acquire(path: Path, deadline: float, doing: str, tell: Callable[[str], None]) -> int:
    told = False
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise LocalStackError(
                f"{path.parent} cannot be written: {error.strerror}.", "Choose another folder or mend its rights."
            ) from error
        if _try_lock(descriptor):
            if _still_names(path, descriptor):
                return descriptor
            os.close(descriptor)  # the former holder deleted it: this lock guards nothing
            continue
        os.close(descriptor)
        if time.monotonic() > deadline:
            raise LocalStackError(f"Another process is {doing} ({path}).", "Wait for it or end it, then try again.")
        if not told:
            tell(f"another process is {doing}: waiting for it")
            told = True
        time.sleep(_POLL_SECONDS)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _still_names(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
