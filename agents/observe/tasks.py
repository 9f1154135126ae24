"""Where every task of a worker stands, for the log."""

import asyncio
from collections.abc import Iterator
from typing import Any

import structlog

log = structlog.get_logger()


def dump_tasks() -> None:
    """Log where every task stands: for a worker that seems to stand still (`kill -USR1`)."""
    for task in asyncio.all_tasks():
        frames = [f"{frame.f_code.co_filename}:{frame.f_lineno}" for frame in _frames(task)]
        log.warning("task", name=task.get_name(), at=frames)


def _frames(task: asyncio.Task[Any]) -> Iterator[Any]:
    """Frames of a task from the outermost coroutine to what it awaits."""
    awaited: Any = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None:
            yield frame
        awaited = getattr(awaited, "cr_await", None)
