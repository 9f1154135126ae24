"""Input of the line: a simulated market's traffic, the same bytes for every contestant."""

import pickle
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zlib import crc32

from deploy.simulate import WorldSpec, accounts, messages
from schemas.topics import TopicNames
from tests.bench.kafka import Stamped

DAYS = 10.0
"""Below the retention of input topics: the broker would delete what is older while it is read."""

PACE = 9.0
"""So that journeys of three months fit."""

RECORDS_A_COMPANY = 70


@dataclass(frozen=True)
class Load:
    """What is sent.

    Args:
        directory: key and value of each account.
        traffic: input topic (without prefix), key, value and sending time in ms, in order.
    """

    directory: list[tuple[bytes, bytes]]
    traffic: list[tuple[str, bytes | None, bytes, int]]

    def by_partition(self, prefix: str, partitions: int, until: int) -> dict[str, dict[int, list[Stamped]]]:
        """The first records of the traffic, by topic with prefix and partition."""
        made: dict[str, dict[int, list[Stamped]]] = {}
        for at, (topic, key, value, sent_ms) in enumerate(self.traffic[:until]):
            partition = (at if key is None else crc32(key)) % partitions
            made.setdefault(prefix + topic, {}).setdefault(partition, []).append((key, value, sent_ms))
        return made


def make(records: int, seed: int = 7, companies: int | None = None) -> Load:
    """So many records of a market that ends now, in the order they are sent."""
    names = TopicNames()
    spec = WorldSpec(
        seed=seed,
        companies=companies or max(50, records // RECORDS_A_COMPANY),
        days=DAYS,
        start=datetime.now(UTC) - timedelta(days=DAYS),
        pace=PACE,
    )
    directory = [(message.key or b"", message.value) for message in accounts(spec)]
    found = islice((message for message in messages(spec) if message.source is not None), records)
    traffic = [
        (names.raw(message.source)[0], message.key, message.value, message.sent_ms)
        for message in found
        if message.source is not None
    ]
    return Load(directory, traffic)


def save(load: Load, path: Path) -> None:
    """Put it where the contestants' processes find it."""
    path.write_bytes(pickle.dumps(load))


def read(path: Path) -> Load:
    """What this bench itself has put there."""
    found = pickle.loads(path.read_bytes())
    assert isinstance(found, Load)
    return found
