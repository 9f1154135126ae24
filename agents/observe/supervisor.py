"""A parent that keeps a worker going: starts it anew when it crashes, stands still or does not answer.

The child is the worker as it is without a parent. It ends by itself when it notices that it stands still; what it
cannot notice (a loop that hangs, a process that was stopped) shows in its /healthz, which then does not answer.
"""

import asyncio
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp
import structlog

PROBE_SECONDS = 2.0
BACKOFF_SECONDS_MAX = 60.0
STEADY_SECONDS = 300.0
"""A worker that ran so long has earned a quick restart."""

STOP_SECONDS = 90.0
NOT_BY_A_RESTART = 2
"""Exit code of a worker whose settings, topics or journey are wrong."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Patience:
    """How long a worker may be silent.

    Args:
        start_seconds: until its first healthy answer.
        silent_seconds: between two healthy answers.
        backoff_seconds: before the first restart; doubled with each further one.
    """

    start_seconds: float = 300.0
    silent_seconds: float = 60.0
    backoff_seconds: float = 1.0


class Supervisor:
    """See the module's text.

    Args:
        command: starts the worker.
        environment: its environment.
        health_url: its /healthz.
        patience: how long it may be silent.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], health_url: str, patience: Patience
    ) -> None:
        self._command, self._environment, self._health_url = command, environment, health_url
        self._patience = patience
        self.restarts = 0
        self.pid = 0
        """The child's number."""
        self.healthy = False
        """Whether the child has given a healthy answer last."""

    async def run(self, stop: asyncio.Event) -> int:
        """Keep a worker running until told to stop.

        Returns:
            The exit code: the worker's own where a restart would not mend it, or after it was told to stop.
        """
        delay = self._patience.backoff_seconds
        while True:
            began = time.monotonic()
            child = await asyncio.create_subprocess_exec(*self._command, env=dict(self._environment))
            self.pid, self.healthy = child.pid, False
            why = await self._watch(child, stop)
            if not why:
                return await _end(child)
            code = child.returncode
            if code == NOT_BY_A_RESTART:
                return code
            if time.monotonic() - began > STEADY_SECONDS:
                delay = self._patience.backoff_seconds
            self.restarts += 1
            log.error("worker_restarts", why=why, code=code, restarts=self.restarts, after_seconds=delay)
            try:
                await asyncio.wait_for(stop.wait(), delay)
                return 0
            except TimeoutError:
                delay = min(delay * 2, BACKOFF_SECONDS_MAX)

    async def _watch(self, child: asyncio.subprocess.Process, stop: asyncio.Event) -> str:
        """Wait until the child has ended or been ended, and say why; '' if it is to stop."""
        healthy_at, limit = time.monotonic(), self._patience.start_seconds
        ended, stopping = asyncio.ensure_future(child.wait()), asyncio.ensure_future(stop.wait())
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PROBE_SECONDS)) as session:
                while True:
                    await asyncio.wait({ended, stopping}, timeout=PROBE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                    if stopping.done():
                        return ""
                    if ended.done():
                        return "it ended"
                    self.healthy = await self._answers(session)
                    if self.healthy:
                        healthy_at, limit = time.monotonic(), self._patience.silent_seconds
                    elif time.monotonic() - healthy_at > limit:
                        child.kill()
                        await ended
                        return f"no healthy answer for {limit:g} s"
        finally:
            ended.cancel()
            stopping.cancel()

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(self._health_url) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


async def _end(child: asyncio.subprocess.Process) -> int:
    """Ask the child to finish what is in work; force it if that takes too long."""
    if child.returncode is None:
        child.send_signal(signal.SIGTERM)
    try:
        return await asyncio.wait_for(child.wait(), STOP_SECONDS)
    except TimeoutError:
        child.kill()
        return await child.wait()
