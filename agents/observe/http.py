"""/metrics, /healthz and /readyz of one worker; on loopback unless told otherwise."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from agents.metrics import Metrics
from schemas.errors import SettingsError


class HealthServer:
    """Serves what operators and orchestrators ask.

    Args:
        metrics: served at /metrics.
        refresh: brings gauges up to date before they are read.
        healthy: whether the process is worth keeping (/healthz).
        ready: whether it does its work (/readyz); else the reason.
    """

    def __init__(
        self, metrics: Metrics, refresh: Callable[[], None], healthy: Callable[[], str], ready: Callable[[], str]
    ) -> None:
        self._metrics, self._refresh, self._healthy, self._ready = metrics, refresh, healthy, ready
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            SettingsError: the address cannot be used.
        """
        app = web.Application()
        app.router.add_get("/metrics", self._serve_metrics)
        app.router.add_get("/healthz", lambda request: self._state(self._healthy()))
        app.router.add_get("/readyz", lambda request: self._state(self._ready()))
        runner = self._runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise SettingsError(
                f"/metrics cannot listen on {host}:{port} ({error.strerror}).",
                "Set TRIGGERPOINT_METRICS_PORT to a free port, or to 0 for any.",
            ) from error
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve_metrics(self, request: web.Request) -> web.Response:
        self._refresh()
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _state(self, problem: str) -> web.Response:
        return web.Response(text=(problem or "ok") + "\n", status=503 if problem else 200)
