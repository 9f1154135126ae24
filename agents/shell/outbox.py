"""What one batch wants to send and to write to state, collected before anything is done."""

from collections.abc import Callable

from schemas.topics import partition_of

Header = tuple[str, bytes]
Outgoing = tuple[bytes | None, bytes | None, list[Header]]
NO_HEADERS: list[Header] = []
"""Shared by all records without headers; nobody adds to it."""


class Outbox:
    """Outputs of one batch, by topic and partition, in order; and counts to add once it has been committed.

    Args:
        partitions: topic name -> number of partitions.
    """

    def __init__(self, partitions: Callable[[str], int]) -> None:
        self._partitions = partitions
        self._by_topic: dict[str, list[list[Outgoing]]] = {}
        self._on_commit: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return bool(self._by_topic or self._on_commit)

    def send(self, topic: str, key: bytes, value: bytes, headers: list[Header] = NO_HEADERS) -> None:
        """Send a record to the partition its key belongs to."""
        by_partition = self._by_topic.get(topic)
        if by_partition is None:
            by_partition = self._by_topic[topic] = [[] for _ in range(self._partitions(topic))]
        by_partition[partition_of(key, len(by_partition))].append((key, value, headers))

    @property
    def records(self) -> dict[tuple[str, int], list[Outgoing]]:
        """What is to be sent, by topic and partition."""
        return {
            (topic, partition): records
            for topic, by_partition in self._by_topic.items()
            for partition, records in enumerate(by_partition)
            if records
        }

    def sent_to(self, topic: str, partition: int) -> list[Outgoing]:
        """What is to be sent to one partition so far."""
        by_partition = self._by_topic.get(topic)
        return by_partition[partition] if by_partition else []

    def count(self, after_commit: Callable[[], None]) -> None:
        """Call this once the batch is committed: metrics count what happened, not what was tried."""
        self._on_commit.append(after_commit)

    def committed(self) -> None:
        """Tell the counters that the batch is committed."""
        for after_commit in self._on_commit:
            after_commit()
