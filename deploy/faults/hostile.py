"""Input as it should not be, seeded: what producers send on their worst days."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

POISON_SHARE = 0.01
PEOPLE = 60


WAITED_SECONDS_MAX = 0.05
"""Disorder has a fault of its own."""


def event(luck: Random, number: int, **changes: Any) -> dict[str, Any]:
    """A good native event of one of a few people, which has just happened."""
    person = luck.randrange(PEOPLE)
    moment = datetime.now(UTC) - timedelta(seconds=luck.random() * WAITED_SECONDS_MAX)
    return {
        "type": luck.choice(("page_view", "content_download", "form_submit")),
        "occurred_at": moment.isoformat(),
        "event_id": f"h{number}",
        "email": f"p{person}@hostile{person % 20}.com",
        "url": luck.choice(("https://x.io/pricing", "https://x.io/compare/rival", "https://x.io/blog/a")),
        "form": "demo",
        "asset": "guide",
    } | changes


def poison(luck: Random) -> bytes | None:
    """A value that is no event."""
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


def wrong_time(luck: Random) -> datetime:
    """A time that a wrong clock gives, or a late sender."""
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


def values(luck: Random, count: int) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Keys and values with poison, doubles, disorder and wrong clocks among good ones."""
    sent: list[bytes] = []
    for number in range(count):
        roll = luck.random()
        if roll < POISON_SHARE:
            yield luck.choice((None, b"", b"\xff\x00")), poison(luck)
        elif roll < 0.15 and sent:
            yield b"k", luck.choice(sent)  # a producer's retry, also long after
        elif roll < 0.25:
            yield b"k", orjson.dumps(event(luck, number, occurred_at=wrong_time(luck).isoformat()))
        else:
            sent.append(orjson.dumps(event(luck, number)))
            yield None, sent[-1]
