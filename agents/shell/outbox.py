"""What one batch wants to send and to write to state, collected before anything is done."""

from collections import defaultdict
from collections.abc import Callable

from schemas.topics import partition_of

Header = tuple[str, bytes]
Outgoing = tuple[bytes | None, bytes | None, list[Header]]


class Outbox:
    """Outputs of one batch, by topic and partition, in order; and counts to add once it has been committed.

    Args:
        partitions: topic name -> number of partitions.
    """

    def __init__(self, partitions: Callable[[str], int]) -> None:
        self._partitions = partitions
        self.records: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        self._on_commit: list[Callable[[], None]] = []

    def send(self, topic: str, key: bytes, value: bytes, headers: list[Header] | None = None) -> None:
        """Send a record to the partition its key belongs to."""
        self.records[topic, partition_of(key, self._partitions(topic))].append((key, value, headers or []))

    def count(self, after_commit: Callable[[], None]) -> None:
        """Call this once the batch is committed: metrics count what happened, not what was tried."""
        self._on_commit.append(after_commit)

    def committed(self) -> None:
        """Tell the counters that the batch is committed."""
        for after_commit in self._on_commit:
            after_commit()
