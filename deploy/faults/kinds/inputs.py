"""Input as it should not be: broken, too large, doubled, out of order, late, of wrong clocks, all under one key; and
topics with holes in their offsets."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from agents.connection import connection_options
from deploy.faults.feeder import Sent
from deploy.faults.scene import Fault, Scene
from schemas.base import Source

RECORDS = 4000
QUICK_RECORDS = 600
POISON_SHARE = 0.01
PEOPLE = 60


def _event(luck: Random, number: int, **changes: Any) -> dict[str, Any]:
    person = luck.randrange(PEOPLE)
    moment = datetime.now(UTC) - timedelta(seconds=luck.random() * 3600)
    return {
        "type": luck.choice(("page_view", "content_download", "form_submit")),
        "occurred_at": moment.isoformat(),
        "event_id": f"h{number}",
        "email": f"p{person}@hostile{person % 20}.com",
        "url": luck.choice(("https://x.io/pricing", "https://x.io/compare/rival", "https://x.io/blog/a")),
        "form": "demo",
        "asset": "guide",
    } | changes


def _poison(luck: Random) -> bytes | None:
    return luck.choice(
        (
            None,
            b"",
            b"\xff\xfe\x00garbage",
            b'{"type": "page_view", "occurred_at": ',
            b"[" * 5000,
            b'{"type": 17, "occurred_at": {}, "email": []}',
            b"[" + b"1," * 3000 + b"1]",
            orjson.dumps({"type": "page_view", "occurred_at": "yesterday", "email": "a@b.com"}),
            os.urandom(64),
            orjson.dumps({"type": "page_view", "occurred_at": "2026-01-01T00:00:00Z", "url": "x" * 900_000}),
            orjson.dumps({"type": "page_view", "occurred_at": "2026-01-01T00:00:00Z", "email": "\u0000" * 150}),
        )
    )


def _wrong_times(luck: Random) -> datetime:
    now = datetime.now(UTC)
    return luck.choice(
        (
            now - timedelta(days=luck.randrange(2, 90)),
            now + timedelta(days=1),
            now - timedelta(days=1),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(2100, 1, 1, tzinfo=UTC),
        )
    )


async def _send(scene: Scene, values: Iterator[tuple[bytes | None, bytes | None]]) -> None:
    """Beside the world's traffic, a record here and there."""
    topics = scene.line.settings.topics
    names = [topics.raw(source)[0] for source in (Source.WEB, Source.EMAIL, Source.CRM, Source.SUPPORT)]
    chunk: list[Sent] = []
    for key, value in values:
        chunk.append((scene.luck.choice(names), key, value))
        if len(chunk) == 100:
            await scene.line.feeder.send(chunk)
            chunk = []
            await asyncio.sleep(0)
    await scene.line.feeder.send(chunk)


def _count(scene: Scene) -> int:
    return QUICK_RECORDS if scene.quick else RECORDS


async def _hostile(scene: Scene) -> None:
    """Poison, doubles, disorder and wrong clocks together."""
    worker = await scene.line.start()
    luck = scene.luck

    def values() -> Iterator[tuple[bytes | None, bytes | None]]:
        sent: list[bytes] = []
        for number in range(_count(scene)):
            roll = luck.random()
            if roll < POISON_SHARE:
                yield luck.choice((None, b"", b"\xff\x00")), _poison(luck)
            elif roll < 0.15 and sent:
                yield b"k", luck.choice(sent)  # a producer's retry, also long after
            elif roll < 0.25:
                yield b"k", orjson.dumps(_event(luck, number, occurred_at=_wrong_times(luck).isoformat()))
            else:
                sent.append(orjson.dumps(_event(luck, number)))
                yield None, sent[-1]

    await _send(scene, values())
    scene.expect(worker.running, "bad input must not end a worker")
    await scene.recovered(_count(scene))


async def _oversize(scene: Scene) -> None:
    """Fields, lists and records too large; what the broker takes of them is rejected with its beginning."""
    worker = await scene.line.start()
    luck, before = scene.luck, scene.line.feeder.refused

    def values() -> Iterator[tuple[bytes | None, bytes | None]]:
        for number in range(12 if scene.quick else 60):
            size = luck.choice((5_000, 200_000, 900_000, 1_040_000, 1_048_577, 1_900_000))
            yield b"k", orjson.dumps(_event(luck, number, url="https://x.io/" + "a" * size))
            yield b"k", b"[" + b",".join([orjson.dumps(_event(luck, number, event_id=None))] * (size // 300)) + b"]"

    await _send(scene, values())
    scene.expect(scene.line.feeder.refused > before, "the broker must refuse records beyond the topic's limit")
    scene.expect(worker.running, "large input must not end a worker")
    await scene.recovered()


async def _hot_key(scene: Scene) -> None:
    """Nine of ten events are of one person; the others must not wait for it."""
    await scene.line.start()
    luck = scene.luck

    def values() -> Iterator[tuple[bytes | None, bytes | None]]:
        for number in range(_count(scene) * 3):
            if luck.random() < 0.9:
                yield b"hot", orjson.dumps(_event(luck, number, email="hot@hostile1.com"))
            else:
                yield None, orjson.dumps(_event(luck, number))

    await _send(scene, values())
    await scene.recovered()


async def _gaps(scene: Scene) -> None:
    """Foreign transactions, every second one aborted, leave holes and end marks between the records."""
    await scene.line.start()
    settings, luck = scene.line.settings, scene.luck
    producer = AIOKafkaProducer(**connection_options(settings), transactional_id=f"{scene.line.name}.foreign")
    await producer.start()
    number = 0
    try:
        for turn in range(20 if scene.quick else 100):
            await producer.begin_transaction()
            for _ in range(luck.randint(1, 30)):
                number += 1
                value = orjson.dumps(_event(luck, number))
                await producer.send(settings.topics.raw(Source.WEB)[0], value, key=b"%d" % number)
            await (producer.abort_transaction() if turn % 2 else producer.commit_transaction())
    finally:
        await producer.stop()
    await scene.recovered()


INPUTS = (
    Fault("poison, doubles, disorder, wrong clocks", _hostile, quick=True),
    Fault("oversize", _oversize),
    Fault("90 % of traffic under one key", _hot_key),
    Fault("offset gaps by foreign transactions", _gaps),
)
