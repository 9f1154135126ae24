"""A disk that is full: the broker's, where all state lies, and the engine's."""

import asyncio
import errno
import os
import shutil
from pathlib import Path

from deploy.faults.scene import Fault, Scene

FULL_SECONDS = 10.0
"""How long there is no room, at least."""


async def _disk_full(scene: Scene) -> None:
    """No room for the broker nor for the engine; a worker waits until there is."""
    worker = await scene.line.start()
    await scene.line.passed()
    ballast = scene.line.stack_dir / "ballast"
    proxy = scene.line.proxy
    before = proxy.failed
    loop = asyncio.get_running_loop()
    until = loop.time() + FULL_SECONDS
    try:
        while loop.time() < until:
            await asyncio.to_thread(_fill, ballast)  # what they free is taken, too
            await asyncio.sleep(0.2)
    finally:
        alive = scene.line.broker_runs()
        ballast.unlink(missing_ok=True)
    scene.notes.append(
        f"{proxy.failed - before} requests failed at the engine; the broker {'lived on' if alive else 'ended'}"
    )
    scene.expect(not alive or proxy.failed > before, "somebody must have wanted room")
    await scene.line.start_broker()
    await scene.recovered()
    scene.expect(worker.running, "a worker must wait for room")


def _fill(path: Path) -> None:
    """Take all room there is, down to the last block."""
    with path.open("ab", buffering=0) as file:
        size = shutil.disk_usage(path.parent).free
        while size:
            try:
                os.posix_fallocate(file.fileno(), path.stat().st_size, size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2
            else:
                size = min(size, shutil.disk_usage(path.parent).free)


DISK = (Fault("disk full, of broker and ClickHouse", _disk_full, small_disk=True),)
