"""What a worker listens on: its metrics, on loopback, and nothing else; Faust's own web is off."""

from collections.abc import Callable
from urllib.parse import urlsplit

import psutil
import pytest

from tests.integration.conftest import Line

pytestmark = pytest.mark.integration
READY_SECONDS = 240.0


async def test_a_worker_listens_on_loopback_for_metrics_and_on_nothing_else(make_line: Callable[..., Line]) -> None:
    line = make_line()
    worker = await line.start("ingest", "identify", ready=False)
    await worker.wait_ready(READY_SECONDS)
    assert worker._process is not None
    process = psutil.Process(worker._process.pid)
    listening = [
        (connection.laddr.ip, connection.laddr.port)
        for one in (process, *process.children(recursive=True))
        for connection in one.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == [("127.0.0.1", urlsplit(worker.metrics_url).port)]
