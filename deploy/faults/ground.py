"""What an installation stands on: the run's stack, or one of its own on a small disk of its own."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import ports, stack
from deploy.local.process import find
from deploy.local.services import ClickHouseService, KafkaService, Memory

DISK_MIB = 900
"""A stack wants half a GB free when it starts."""


@dataclass(frozen=True)
class Ground:
    """A stack.

    Args:
        addresses: broker and engine.
        folder: where its data lie.
    """

    addresses: stack.StackAddresses
    folder: Path


def why_no_disk(folder: Path) -> str:
    """Mount a small disk, in memory, at a folder that is made; says why it cannot be had here, or ''."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "there is no `mount` here"
    return f"mounting is not permitted here: {done.stderr.strip()}" if done.returncode else ""


@asynccontextmanager
async def stack_on(disk: Path) -> AsyncIterator[Ground]:
    """A stack on a small disk, which is unmounted at the end."""
    try:
        yield Ground(await asyncio.to_thread(_up, disk), disk)
    finally:
        await asyncio.to_thread(end, disk)
        await asyncio.to_thread(shutil.copytree, disk / "logs", disk.with_name("disk-logs"), dirs_exist_ok=True)
        await asyncio.to_thread(subprocess.run, ["umount", "--lazy", str(disk)], check=False)


def end(folder: Path) -> None:
    """End a stack at once: nobody needs what it would still write."""
    memory = Memory(folder)
    for service in (KafkaService(folder), ClickHouseService(folder)):
        running = find(memory.get(service).mark)
        if running is not None:
            running.kill()
            running.wait()


def _up(folder: Path) -> stack.StackAddresses:
    return stack.up(
        folder,
        kafka_port=ports.choose_port("Kafka", asked=None, wishes=()),
        clickhouse_port=ports.choose_port("ClickHouse", asked=None, wishes=()),
    )
