"""ClickHouse over TLS: the local endpoint behind a real TLS front, and who is not trusted."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from agents.connection import clickhouse_sink
from agents.settings import Settings, load
from schemas.errors import SettingsError, TerminalSinkError

pytestmark = pytest.mark.integration


@pytest.fixture
async def front(url: str, tmp_path: Path) -> AsyncIterator[str]:
    """The endpoint's address by https; the authority lies in `ca.pem`, a foreign one in `foreign.pem`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trustme.CA().cert_pem.write_to_path(tmp_path / "foreign.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    behind = urlsplit(url)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(behind.hostname, behind.port)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while block := await reader.read(65_536):
            writer.write(block)
            await writer.drain()
    writer.close()


def settings(url: str, ca_file: Path | None) -> Settings:
    given = {"clickhouse_url": url, "clickhouse_database": "ready"}
    return load(**given, **({"clickhouse_ca_file": str(ca_file)} if ca_file else {}))


async def test_a_server_of_an_own_authority_is_trusted_by_its_file(front: str, tmp_path: Path) -> None:
    sink = clickhouse_sink(settings(front, tmp_path / "ca.pem"))
    assert await sink.query("SELECT 1 AS one") == [{"one": 1}]
    await sink.insert("stages_log", ["journey", "stage"], [["j"], ["aware"]])
    await sink.close()


@pytest.mark.parametrize("name", ["", "foreign.pem"])
async def test_a_server_that_is_not_trusted_is_refused_with_the_cure(front: str, tmp_path: Path, name: str) -> None:
    sink = clickhouse_sink(settings(front, tmp_path / name if name else None))
    with pytest.raises(TerminalSinkError, match="TRIGGERPOINT_CLICKHOUSE_CA_FILE"):
        await sink.ping()
    await sink.close()


async def test_https_where_none_is_spoken_says_so(url: str, tmp_path: Path) -> None:
    sink = clickhouse_sink(settings(url.replace("http://", "https://"), None))
    with pytest.raises(TerminalSinkError, match="does not speak TLS"):
        await sink.ping()
    await sink.close()


async def test_a_missing_file_is_named(front: str, tmp_path: Path) -> None:
    sink = clickhouse_sink(settings(front, tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match="TRIGGERPOINT_CLICKHOUSE_CA_FILE"):
        await sink.ping()
    await sink.close()


async def test_migrate_takes_address_and_authority_from_settings_and_files(front: str, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(front.replace("https://", "https://default:@") + "\n")
    given = {
        "TRIGGERPOINT_CLICKHOUSE_URL_FILE": str(tmp_path / "url"),
        "TRIGGERPOINT_CLICKHOUSE_CA_FILE": str(tmp_path / "ca.pem"),
        "TRIGGERPOINT_CLICKHOUSE_DATABASE": "ready",
    }
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.cli", "migrate", env=os.environ | given, stdout=pipe, stderr=pipe
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert out.decode() == "ready is up to date.\n"
