"""Input as it should not be: broken, too large, doubled, out of order, late, of wrong clocks, all under one key."""

import asyncio
from collections.abc import Iterator, Sequence

import orjson

from deploy.faults.feeder import Sent
from deploy.faults.hostile import event, values
from deploy.faults.scene import Fault, Scene
from schemas.base import Source

RECORDS = 4000
QUICK_RECORDS = 600
SKEWS_DAYS = (0, 1, -1, 74 * 365, -56 * 365)
"""How far the producer's clock is off: a day, and to the years 2100 and 1970."""

DAY_MS = 86_400_000


SOURCES = (Source.WEB, Source.EMAIL, Source.CRM, Source.SUPPORT)


async def send(
    scene: Scene, values: Iterator[tuple[bytes | None, bytes | None]], sources: Sequence[Source] = SOURCES
) -> None:
    """Beside the world's traffic, a record here and there."""
    topics = scene.line.settings.topics
    names = [topics.raw(source)[0] for source in sources]
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
    """Poison, doubles, disorder and wrong clocks together, also of the producer."""
    worker = await scene.line.start()
    for days in SKEWS_DAYS:
        scene.line.feeder.skew_ms = days * DAY_MS
        await send(scene, values(scene.luck, _count(scene) // len(SKEWS_DAYS)))
    scene.expect(worker.running, "bad input must not end a worker")
    await scene.recovered(_count(scene))


async def _oversize(scene: Scene) -> None:
    """Fields, lists and records too large; what the broker takes of them is rejected with its beginning."""
    worker = await scene.line.start()
    luck, before = scene.luck, scene.line.feeder.refused

    def made() -> Iterator[tuple[bytes | None, bytes | None]]:
        for number in range(12 if scene.quick else 24):
            size = luck.choice((5_000, 200_000, 900_000, 1_040_000, 1_048_577, 1_900_000))
            yield b"k", orjson.dumps(event(luck, number, url="https://x.io/" + "a" * size))
            yield b"k", b"[" + b",".join([orjson.dumps(event(luck, number, event_id=None))] * (size // 300)) + b"]"

    await send(scene, made())
    scene.expect(scene.line.feeder.refused > before, "the broker must refuse records beyond the topic's limit")
    scene.expect(worker.running, "large input must not end a worker")
    await scene.recovered()


async def _hot_key(scene: Scene) -> None:
    """Nine of ten events are of one person; the others must not wait for it."""
    await scene.line.start()
    luck = scene.luck

    def made() -> Iterator[tuple[bytes | None, bytes | None]]:
        for number in range(_count(scene) * 3):
            if luck.random() < 0.9:
                yield b"hot", orjson.dumps(event(luck, number, email="hot@hostile1.com"))
            else:
                yield None, orjson.dumps(event(luck, number))

    await send(scene, made(), (Source.WEB,))  # elsewhere so many of a wrong type would stop ingest
    await scene.recovered()


INPUTS = (
    Fault("poison, doubles, disorder, wrong clocks", _hostile),
    Fault("oversize", _oversize),
    Fault("90 % of traffic under one key", _hot_key),
)
