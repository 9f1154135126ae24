"""A bad road to ClickHouse: a proxy that loses, delays and refuses, as it is told."""

import asyncio
from enum import StrEnum

import aiohttp
from aiohttp import web

from deploy.local.ports import LOOPBACK, choose_port

BODY_BYTES_MAX = 1 << 30
SLOW_SECONDS = 3.0
SERVER_ERROR = 500
DROPPED = frozenset({"host", "transfer-encoding", "content-length", "connection", "content-encoding"})


class Road(StrEnum):
    """How the road is."""

    GOOD = "good"
    AWAY = "away"
    """Connections end at once."""
    SLOW = "slow"
    """Each answer takes seconds."""
    ERRORS = "errors"
    """Each request is answered by 500 or 503, and not passed on."""
    LOST_ANSWERS = "lost_answers"
    """Requests are done; of every second insert nobody hears."""


class Proxy:
    """Passes requests on to an endpoint.

    Args:
        target: the endpoint's URL.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.road = Road.GOOD
        self.url = ""
        self.disturbed = 0
        """Requests that did not simply go through."""
        self.failed = 0
        """Requests that the endpoint itself could not do."""

    async def start(self) -> None:
        """Listen on a free port."""
        self._session = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        port = choose_port("proxy", asked=None, wishes=())
        await web.TCPSite(self._runner, LOOPBACK, port).start()
        self.url = f"http://{LOOPBACK}:{port}"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        road = self.road
        self.disturbed += road is not Road.GOOD
        if road is Road.AWAY:
            return self._hang_up(request)
        if road is Road.ERRORS:
            await request.read()
            status = 503 if self.disturbed % 2 else 500
            return web.Response(status=status, text="Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)")
        if road is Road.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in DROPPED}
        if (encoding := request.headers.get("Content-Encoding")) is not None:
            headers["Content-Encoding"] = encoding
        async with self._session.request(
            request.method, self._target + request.path_qs, data=body, headers=headers
        ) as answer:
            content = await answer.read()
            self.failed += answer.status >= SERVER_ERROR
            if road is Road.LOST_ANSWERS and request.method == "POST" and self.disturbed % 2:
                return self._hang_up(request)
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in DROPPED}
            if (encoding := answer.headers.get("Content-Encoding")) is not None:
                kept["Content-Encoding"] = encoding
            return web.Response(status=answer.status, body=content, headers=kept)

    def _hang_up(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=500)
