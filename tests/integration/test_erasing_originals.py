"""Originals of refused input hold clear ids: an erasure finds them wherever a producer put one, and no others."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from clickhouse_client import archive
from clickhouse_story import day

from deploy.privacy.tables import Needles, Tables
from schemas.base import Source
from schemas.rejected import Rejected, RejectReason, as_text, kept_headers
from sinks.clickhouse import ClickHouseSink
from sinks.migrate import migrate

pytestmark = pytest.mark.integration
DATABASE = "originals"
JANE = Needles(["p-5e8c1f0a94b7d2630c1e@acme.com", "p-00000000000000000017"], ("jane@acme.com", "u-17"))
HERS: dict[str, dict[str, Any]] = {
    "text": {"value": b'{"email": "Jane@ACME.com"'},
    "link": {"value": b'{"url": "https://x.io/?to=jane%40acme.com"'},
    "escaped": {"value": rb'{"email": "jane\u0040acme.com"'},
    "user": {"value": b'{"userId":"u-17","type":7'},
    "bytes": {"value": b'\xff\xfe {"email": "jane@acme.com"}'},
    "key": {"key": b"jane@acme.com"},
    "bare-key": {"key": b"u-17"},
    "header": {"headers": [("trace", b"1"), ("from", b"Jane <jane@acme.com>")]},
    "bare-header": {"headers": [("user", b"U-17")]},
    "detail": {"detail": "email: jane@acme.com is no mailbox"},
    "pseudonym": {"detail": "p-5e8c1f0a94b7d2630c1e@acme.com was erased"},
}
OTHERS: dict[str, dict[str, Any]] = {
    "joe": {"value": b'{"email": "joe@acme.com"', "key": b"joe@acme.com", "headers": [("from", b"joe@acme.com")]},
    "number": {"value": b'{"id": "u-170"', "key": b"u-171", "headers": [("user", b"u-1"), ("odd", b"\xff\x00")]},
    "nothing": {"value": None},
}


def refused(name: str, offset: int, given: dict[str, Any]) -> Rejected:
    value, encoding = as_text(given.get("value", b"{"))
    return Rejected(
        rejected_id=name,
        source=Source.WEB,
        reason=RejectReason.BAD_JSON,
        detail=given.get("detail", "not JSON"),
        topic="site",
        partition=0,
        offset=offset,
        index=-1,
        received_at=day(1),
        key=as_key(given.get("key")),
        value=value,
        encoding=encoding,
        headers=kept_headers(given.get("headers", ())),
    )


def as_key(key: bytes | None) -> str | None:
    return None if key is None else kept_headers([("", key)])[0][1]


@pytest.fixture
async def sink(url: str) -> AsyncIterator[ClickHouseSink]:
    migrate(url, DATABASE)
    made = ClickHouseSink(url, DATABASE)
    yield made
    await made.close()


async def test_originals_go_wherever_the_clear_id_stood(sink: ClickHouseSink) -> None:
    records = [refused(name, at, given) for at, (name, given) in enumerate((HERS | OTHERS).items())]
    await archive(sink, records)
    tables = Tables(sink, DATABASE)
    exported = await tables.rows(JANE)
    assert {row["rejected_id"] for row in exported["rejected_log"]} == set(HERS)
    assert await tables.erase(JANE) == {"rejected_log": len(HERS)}
    left = await sink.query("SELECT * FROM rejected_log")
    assert {row["rejected_id"] for row in left} == set(OTHERS)
    assert "jane" not in str(left).lower()
    assert await tables.counts(JANE) == {}
