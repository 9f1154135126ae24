"""Input of the classic job: seeded, the same bytes for every contestant."""

import random
from collections.abc import Iterator
from zlib import crc32

import orjson

from tests.bench.kafka import Stamped

Part = dict[int, list[Stamped]]
"""Some records, by partition."""

PARTITIONS = 4
VALUE_BYTES = 322
CHUNK_RECORDS = 500_000


def records(
    count: int, accounts: int, partitions: int = PARTITIONS, seed: int = 1, most: int = CHUNK_RECORDS
) -> Iterator[Part]:
    """Records by partition, so many at once; each key always in the same one."""
    rng = random.Random(seed)
    for start in range(0, count, most):
        made: Part = {partition: [] for partition in range(partitions)}
        for at in range(start, min(start + most, count)):
            account = f"account-{rng.randrange(accounts):07d}"
            key = account.encode()
            made[crc32(key) % partitions].append((key, _value(at, account, rng.randrange(100)), None))
        yield made


def _value(at: int, account: str, amount: int) -> bytes:
    event = {
        "event_id": f"{at:020d}",
        "account": account,
        "type": "page_view",
        "occurred_at": "2026-11-22T10:00:00.000Z",
        "amount": amount,
        "url": "https://seller.example/product/pricing?utm_source=newsletter",
        "user_agent": "",
    }
    short = VALUE_BYTES - len(orjson.dumps(event))
    event["user_agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)".ljust(short)[:short]
    return orjson.dumps(event)
