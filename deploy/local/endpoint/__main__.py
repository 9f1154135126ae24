"""The local stand-in for a ClickHouse server: its HTTP interface, on loopback, over the engine inside this process.

Not a production server: one user, no passwords, no replication. `triggerpoint local up` starts it as
`python -m deploy.local.endpoint`.
"""

import argparse
import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from deploy.local.endpoint.codec import choose_encoding, compress_all, compressor
from deploy.local.endpoint.engine import Engine
from deploy.local.endpoint.http import (
    MAX_BODY_BYTES,
    answer_headers,
    error_response,
    is_foreign,
    read_request,
    stream_failure,
)
from deploy.local.endpoint.request import Answer, EngineError
from deploy.local.filelock import file_lock
from deploy.local.ports import LOOPBACK

logger = logging.getLogger("clickhouse")

# Each query spreads over the cores by itself; more of them at once gain nothing.
_THREADS = 16
# A query with its parameters may stand in the address; aiohttp allows 8 KB unless told otherwise.
_MAX_LINE_BYTES = 1 << 20
_SMALLEST_COMPRESSED = 4096
# aiohttp waits this long twice, before and after it cancels what is left; `down` must not lose its patience first.
_DRAIN_SECONDS = 4.0
_LOCK_WAIT_SECONDS = 10.0

T = TypeVar("T")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Endpoint:
    """The HTTP interface over one engine.

    Args:
        engine: the engine; it stays its maker's to close.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="engine")

    def application(self) -> web.Application:
        """Make the web application."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_keep_out_web_pages])
        app.router.add_get("/ping", self._ping)
        for method in ("GET", "POST", "PUT"):
            app.router.add_route(method, "/", self._query)
        return app

    def close(self) -> None:
        """Wait for what still runs in the engine."""
        self._pool.shutdown(cancel_futures=True)

    async def _ping(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="Ok.\n", headers=answer_headers(self._engine.version))

    async def _query(self, request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and "query" not in request.query:
            return await self._ping(request)
        started = time.perf_counter_ns()
        query_id = request.query.get("query_id", "")
        try:
            parsed = await read_request(request, self._in_thread)
            answer = await self._in_thread(self._engine.run, parsed)
        except EngineError as error:
            logger.warning("query %s refused: %.300s", query_id or "without id", error.text)
            return error_response(error, self._engine.version, query_id)
        headers = answer_headers(self._engine.version, answer, query_id, time.perf_counter_ns() - started)
        encoding = ""
        if request.query.get("enable_http_compression") in {"1", "true"}:
            encoding = choose_encoding(request.headers.get("Accept-Encoding", ""))
        if answer.complete:
            return await self._whole(answer, headers, encoding)
        return await self._streamed(request, answer, headers, encoding)

    async def _whole(self, answer: Answer, headers: dict[str, str], encoding: str) -> web.Response:
        pieces = list(answer.pieces)
        if not encoding or sum(map(len, pieces)) < _SMALLEST_COMPRESSED:
            return web.Response(body=b"".join(pieces), headers=headers)
        body = await self._in_thread(compress_all, iter(pieces), encoding)
        return web.Response(body=body, headers={**headers, "Content-Encoding": encoding})

    async def _streamed(
        self, request: web.Request, answer: Answer, headers: dict[str, str], encoding: str
    ) -> web.StreamResponse:
        tag, mark = stream_failure()
        headers["X-ClickHouse-Exception-Tag"] = tag
        if encoding:
            headers["Content-Encoding"] = encoding
        response = web.StreamResponse(headers=headers)
        outgoing = _Outgoing(answer, encoding, mark)
        try:
            await response.prepare(request)
            while (piece := await self._in_thread(outgoing.next)) is not None:
                await response.write(piece)
            await response.write_eof()
        finally:
            # also when the client went away: the query must end and give its connection back
            await asyncio.shield(self._in_thread(outgoing.close))
        return response

    def _in_thread(self, work: Callable[..., T], *arguments: object) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


class _Outgoing:
    """The encoded pieces of an answer, taken and closed from different threads."""

    def __init__(self, answer: Answer, encoding: str, mark: Callable[[str], bytes]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._pieces = self._encoded(encoding, mark)

    def next(self) -> bytes | None:
        with self._lock:
            return next(self._pieces, None)

    def close(self) -> None:
        with self._lock:
            self._pieces.close()
            self._answer.close()

    def _encoded(self, encoding: str, mark: Callable[[str], bytes]) -> Generator[bytes, None, None]:
        feed = compressor(encoding)
        try:
            for piece in self._answer.pieces:
                if encoded := feed(piece):
                    yield encoded
        except EngineError as error:
            # the status line is long gone: the failure is marked in the body, as ClickHouse does it
            logger.warning("a query failed while its answer was sent: %.300s", error.text)
            yield feed(mark(error.text))
        if rest := feed(None):
            yield rest


@web.middleware
async def _keep_out_web_pages(request: web.Request, handler: _Handler) -> web.StreamResponse:
    if is_foreign(request):
        raise web.HTTPForbidden(text="This engine answers to programs on this machine only.\n")
    return await handler(request)


async def serve(engine: Engine, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then let running queries end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    endpoint = Endpoint(engine)
    runner = web.AppRunner(
        endpoint.application(),
        access_log=None,
        auto_decompress=False,  # ours knows lz4 as well, and one way for all is enough
        max_line_size=_MAX_LINE_BYTES,
        max_field_size=_MAX_LINE_BYTES,
        shutdown_timeout=_DRAIN_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        logger.info("serving chDB %s on %s:%d, process %d", engine.version, LOOPBACK, port, os.getpid())
        await stop.wait()
        logger.info("stopping")
    finally:
        await runner.cleanup()
        endpoint.close()


def main() -> None:
    """Serve the engine of one folder; the command line of the endpoint's process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", type=Path, required=True, help="the engine's folder")
    parser.add_argument("--port", type=int, required=True, help=f"port on {LOOPBACK}")
    arguments = parser.parse_args()
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.INFO, format="%(asctime)sZ %(levelname)s %(name)s: %(message)s")
    path: Path = arguments.path
    # the engine itself would let a second process in and spoil the data
    with file_lock(path.with_name(path.name + ".lock"), wait_seconds=_LOCK_WAIT_SECONDS, doing="serving this folder"):
        engine = Engine(path)
        try:
            asyncio.run(serve(engine, arguments.port))
        finally:
            engine.close()
            logger.info("stopped")


if __name__ == "__main__":
    main()
