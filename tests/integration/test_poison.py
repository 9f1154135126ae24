"""Poison: one in a hundred is rejected and the line goes on; nothing but poison stops it; what is too large is told."""

import time
from collections.abc import Callable

import orjson
import pytest
from aiokafka.admin import NewTopic

from agents.observe.lag import lag_of
from agents.topics import connect_admin
from schemas.base import Source
from schemas.topics import EVENTS, RECORD_BYTES_MAX, REJECTED
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration
Records = list[tuple[bytes | None, bytes | None, int | None]]


def visits(count: int, bad_every: int, name: str) -> Records:
    stamp_ms = int(time.time() * 1000) - 60_000
    found: Records = []
    for at in range(count):
        good = {"type": "page_view", "occurred_at": stamp_ms / 1000, "anonymous_id": f"{name}-{at}", "url": "/p"}
        found.append((b"one key", b"\xff poison" if at % bad_every == 0 else orjson.dumps(good), stamp_ms + at))
    return found


async def test_one_in_a_hundred_passes_and_nothing_but_poison_stops_ingest(make_line: Callable[..., Line]) -> None:
    line = make_line(rejected_window_records=200, poll_records_max=100)
    topic = line.settings.topics.raw(Source.WEB)[0]
    worker = await line.start("ingest")
    await line.produce(topic, visits(2000, 100, "good"))

    async def worked_off() -> bool:
        return await lag_of(line.settings, ("ingest",)) == 0

    async def all_in() -> bool:
        return len(await line.committed(EVENTS)) + len(await line.committed(REJECTED)) == 2000 and await worked_off()

    await until(all_in)
    assert len(await line.committed(REJECTED)) == 20

    await line.produce(topic, visits(600, 1, "poison"))
    assert await worker.wait() == 2
    log = (line.settings.data_dir / "worker-0.log").read_text()
    assert f"records in a row on {topic}, partition" in log
    assert "bad_encoding" in log
    assert "TRIGGERPOINT_REJECTED_SHARE_MAX=1" in log
    # what was committed before is whole: rejected and offsets go together
    rejected = len(await line.committed(REJECTED)) - 20
    assert rejected < 200
    assert await lag_of(line.settings, ("ingest",)) == 600 - rejected

    line.given["rejected_share_max"] = "1"
    await line.start("ingest")
    await line.produce(topic, visits(10, 100, "after")[1:])

    async def went_on() -> bool:
        return len(await line.committed(EVENTS)) == 1980 + 9 and await worked_off()

    await until(went_on)
    assert len(await line.committed(REJECTED)) == 620


async def test_input_that_is_too_large_is_rejected_with_its_size_and_beginning(make_line: Callable[..., Line]) -> None:
    line = make_line(input_topics="web=big.site")
    admin = await connect_admin(line.settings)
    try:
        await admin.create_topics([NewTopic("big.site", 1, 1, topic_configs={"max.message.bytes": str(16 << 20)})])
    finally:
        await admin.close()
    await line.start("ingest", "archive")
    text = "a" * 200
    base = {"type": "page_view", "occurred_at": "2026-11-22T10:00:00Z", "anonymous_id": "v", "properties": {"t": text}}
    fits = orjson.dumps(base) + b" " * (RECORD_BYTES_MAX - len(orjson.dumps(base)))
    sizes = (RECORD_BYTES_MAX + 1, 10_000_000)
    # the worst to quote: control characters take six bytes each in JSON, and these are no UTF-8
    large = [b'"' + b"\x01" * (sizes[0] - 2) + b'"', b"\xff" * sizes[1]]
    await line.produce("big.site", [(b"k", value, None) for value in (*large, fits)], max_request_size=16 << 20)

    async def all_in() -> bool:
        return len(await line.committed(REJECTED)) == 2 and len(await line.committed(EVENTS)) == 1

    await until(all_in)
    found = sorted(await line.committed(REJECTED), key=lambda item: item["offset"])
    assert [(item["reason"], item["size"], item["offset"]) for item in found] == [
        ("oversize", sizes[0], 0),
        ("oversize", sizes[1], 1),
    ]
    assert all(f"the value has {size} bytes" in item["detail"] for item, size in zip(found, sizes, strict=True))

    async def archived() -> bool:
        return await line.rows("SELECT size FROM rejected ORDER BY size") == [{"size": size} for size in sizes]

    await until(archived)


async def test_the_largest_record_gives_events_that_fit(make_line: Callable[..., Line]) -> None:
    """Out of one mebibyte come ten thousand events, or one with everything as long as it may be."""
    line = make_line()
    await line.start("ingest")
    topic = line.settings.topics.raw(Source.WEB)[0]
    small = {"type": "page_view", "occurred_at": "2026-11-22T10:00:00Z"}
    many = orjson.dumps([small | {"anonymous_id": f"v{at}"} for at in range(10_000)])
    long = {f"p{at}": "\u202e" + "\x1f" * 1000 for at in range(50)}
    wide = small | {"anonymous_id": "wide", "title": "t" * 1000, "properties": long}
    assert max(len(many), len(orjson.dumps(wide))) <= RECORD_BYTES_MAX
    await line.produce(topic, [(None, many, None), (None, orjson.dumps(wide), None)])

    async def all_in() -> bool:
        return len(await line.committed(EVENTS)) == 10_001

    await until(all_in)
    assert await line.committed(REJECTED) == []
