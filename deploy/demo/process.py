"""The worker of the demo: the same process an installation runs, with settings of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from agents.settings import PREFIX
from schemas.errors import LocalStackError

STOP_SECONDS = 30.0
LOG_TAIL_BYTES = 2000
COMMAND = ("deploy.cli", "worker")


class WorkerProcess:
    """A `triggerpoint worker` process.

    Args:
        settings: settings by name, over those of the environment.
        log_file: where its log goes.
        metrics_url: its /metrics; readiness is asked beside it.
        command: the module that runs it, and its first arguments.
    """

    def __init__(
        self, settings: Mapping[str, str], log_file: Path, metrics_url: str, command: Sequence[str] = COMMAND
    ) -> None:
        self._command = command
        self._environment = os.environ | {PREFIX + name.upper(): value for name, value in settings.items()}
        self._log_file = log_file
        self.metrics_url = metrics_url
        self._ready_url = metrics_url.removesuffix("/metrics") + "/readyz"
        self._process: asyncio.subprocess.Process | None = None

    def change(self, **settings: str) -> None:
        """Start it with these settings from now on."""
        self._environment |= {PREFIX + name.upper(): value for name, value in settings.items()}

    async def start(self, *stages: str) -> None:
        """Start it; all stages by default."""
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        with self._log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self._command,
                *stages,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C ends the demo, and the demo ends the worker
            )

    async def wait_ready(self, seconds: float) -> None:
        """Wait until every stage has its partitions and state.

        Raises:
            LocalStackError: it ended, or is not ready in time; the text holds the end of its log.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while asyncio.get_running_loop().time() < deadline:
                self.check()
                try:
                    async with session.get(self._ready_url) as response:
                        if response.status == 200:
                            return
                except (aiohttp.ClientError, TimeoutError):
                    pass  # not listening yet
                await asyncio.sleep(0.1)
        raise LocalStackError(f"The worker is not ready after {seconds:g} s; its log ends: {self._log_tail()}")

    def said(self, event: str) -> bool:
        """Whether its log has an event of this name."""
        return event in self._log_file.read_text(errors="replace")

    def check(self) -> None:
        """Raises LocalStackError if the process has ended by itself."""
        if self._process is not None and self._process.returncode is not None:
            code = self._process.returncode
            raise LocalStackError(f"The worker ended with code {code}; its log ends: {self._log_tail()}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self.running:
            assert self._process is not None
            self._process.send_signal(number)

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its number; 0 before the start."""
        return self._process.pid if self._process is not None else 0

    @property
    def log(self) -> str:
        """All it has logged."""
        return self._log_file.read_text("utf-8", "replace")

    async def wait(self) -> int:
        """Wait for its end; the exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to finish what is in work and end; force it if that takes too long."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _log_tail(self) -> str:
        return self._log_file.read_bytes()[-LOG_TAIL_BYTES:].decode("utf-8", "replace")
