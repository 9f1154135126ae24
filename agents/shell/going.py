"""What goes into one transaction: outputs, state and offsets, of one lane or of all that work together."""

from collections.abc import Callable
from typing import Protocol

from aiokafka import TopicPartition

from agents.shell.outbox import NO_HEADERS, Outbox, Outgoing
from agents.shell.state import StateStore, StateView, headers_of


class Contributor(Protocol):
    """Whose work is in a going."""

    def committed(self, began: float) -> None:
        """It has been committed.

        Args:
            began: `time.monotonic()` when its transaction began.
        """


class Going:
    """Collects them before anything is done.

    Args:
        partitions: topic name -> number of partitions.
    """

    def __init__(self, partitions: Callable[[str], int]) -> None:
        self.out = Outbox(partitions)
        self.offsets: dict[str, dict[TopicPartition, int]] = {}
        """Group -> consumed partition -> next offset to read."""
        self.works: set[Contributor] = set()
        """Those that have worked something in it."""
        self.records = 0
        """Worked so far, by all its lanes."""
        self._views: dict[StateStore, tuple[StateView, TopicPartition | None]] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.offsets or self.out or any(view.writes for view, _ in self._views.values()))

    def view(self, store: StateStore, changelog: TopicPartition | None) -> StateView:
        """A lane's state under what this going has written to it.

        Args:
            changelog: partition of the state; None for a stateless stage.
        """
        found = self._views.get(store)
        if found is None:
            found = self._views[store] = StateView(store), changelog
        return found[0]

    def reach(self, group: str, tp: TopicPartition, offset: int, records: int) -> None:
        """A group has worked so many records of a partition, up to this offset."""
        self.offsets.setdefault(group, {})[tp] = offset
        self.records += records

    def seal(self) -> dict[tuple[str, int], list[Outgoing]]:
        """All records, the changelogs' among them, by topic and partition.

        From now on memory has the state as if they had been committed: what comes next is worked on it. Should they not
        be, nothing in memory is trusted any more.
        """
        records = self.out.records
        for view, changelog in self._views.values():
            if view.writes:
                assert changelog is not None
                records[changelog.topic, changelog.partition] = [
                    (key, value, headers_of(due_ms, marked) if due_ms or marked else NO_HEADERS)
                    for key, (value, due_ms, marked) in view.writes.items()
                ]
                view.commit()
        return records
