"""Bring one service of the stack up."""

import time
from dataclasses import replace

from deploy.local import process
from deploy.local.ports import choose_port, is_free
from deploy.local.report import Reporter
from deploy.local.services import Memory, Remembered, Service
from schemas.errors import LocalStackError

_POLL_SECONDS = 0.05
_PORT_CLASHES = 3


class ServiceStart:
    """Bring one service up: recognise it, start it, wait for it, try another port if somebody was quicker.

    Args:
        service: the service.
        asked: the port the user asked for, if any.
        reporter: told what is done.
    """

    def __init__(self, service: Service, asked: int | None, reporter: Reporter) -> None:
        self._service = service
        self._asked = asked
        self._reporter = reporter
        self._memory = Memory(service.data_dir)
        self._clashed: set[int] = set()
        self._started = False

    def begin(self) -> None:
        """Start the service unless it serves already.

        Raises:
            LocalStackError: it runs on another port than asked for, or cannot be started.
        """
        service, known = self._service, self._memory.get(self._service)
        running = process.find(known.mark)
        if running is None:
            self._launch(known)
            return
        if self._asked not in {None, known.port}:
            raise LocalStackError(
                f"{service.name} of this stack runs on port {known.port} already, not {self._asked}.",
                "Stop it first with `triggerpoint local down`.",
            )
        if self._wait_healthy(service.start_seconds):
            self._reporter.line(f"{service.name} runs already on {service.address(known.port)} (process {running.pid})")
            return
        self._reporter.line(f"{service.name} (process {running.pid}) does not answer: starting it anew")
        process.stop(known.mark, patience_seconds=service.stop_seconds)
        self._launch(known)

    def finish(self) -> str:
        """Wait until the service serves and give its address.

        Raises:
            LocalStackError: it ended or does not answer; with the end of its log.
        """
        service = self._service
        if self._started:
            with self._reporter.working(f"waiting for {service.name}"):
                while not self._wait_healthy(service.start_seconds):
                    self._retry_or_raise()
            known = self._memory.get(service)
            version = service.version(known.port)
            self._memory.put(service, replace(known, version=version))
            pid = known.mark.pid if known.mark else 0
            self._reporter.line(f"{service.name} {version} serves on {service.address(known.port)} (process {pid})")
        return service.address(self._memory.get(service).port)

    def undo(self) -> None:
        """Stop the service if this start launched it."""
        if self._started:
            process.stop(self._memory.get(self._service).mark, patience_seconds=self._service.stop_seconds)
            self._memory.forget_process(self._service)

    def _launch(self, known: Remembered) -> None:
        service = self._service
        wishes = [port for port in (known.port, service.usual_port) if port and port not in self._clashed]
        port = choose_port(service.name, asked=self._asked, wishes=wishes, avoid=self._clashed)
        if self._asked is None and wishes and port != wishes[0]:
            self._reporter.line(f"port {wishes[0]} is taken by another process: {service.name} takes {port}")
        self._started = True
        mark = service.start(port, self._reporter)
        self._memory.put(service, Remembered(port, mark, known.version))

    def _wait_healthy(self, seconds: float) -> bool:
        """Wait until it answers; gives up early when its process ends."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            known = self._memory.get(self._service)
            if self._service.is_healthy(known):
                return True
            if process.find(known.mark) is None:
                return False
            time.sleep(_POLL_SECONDS)
        return False

    def _retry_or_raise(self) -> None:
        service, known = self._service, self._memory.get(self._service)
        ended = process.find(known.mark) is None
        # Between choosing a port and listening on it there is a moment in which another stack may take it.
        if ended and not is_free(known.port) and len(self._clashed) < _PORT_CLASHES:
            if self._asked is None:
                self._clashed.add(known.port)
                self._reporter.line(f"port {known.port} was taken by another process just now")
            self._launch(known)
            return
        what = "ended while it started" if ended else f"does not answer after {service.start_seconds:.0f} s"
        raise LocalStackError(
            f"{service.name} {what} (port {known.port}).\n{service.failure_text()}\n",
            "If its data is damaged and of no worth, `triggerpoint local wipe` starts anew.",
        )
