"""A map that never changes: a changed copy shares with it whatever did not change."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

SHELVES = 1024
_EMPTY: tuple[dict[Hashable, object], ...] = ({},) * SHELVES


class FrozenMap(Generic[K, V]):
    """Entries on shelves by their key's hash. A change copies the shelves it touches and the list of shelves, so that
    one of 100,000 entries costs a copy of about 100, not of all; a look-up costs one step more than in a dict.

    Args:
        entries: what it begins with; none of the values is None.
    """

    __slots__ = ("_length", "_shelves")

    def __init__(self, entries: Mapping[K, V] | None = None) -> None:
        self._shelves: tuple[dict[K, V], ...] = _EMPTY  # type: ignore[assignment]
        self._length = 0
        if entries:
            self._take(entries)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[K]:
        for shelf in self._shelves:
            yield from shelf

    def get(self, key: K) -> V | None:
        """The value of a key; None if there is none."""
        return self._shelves[hash(key) % SHELVES].get(key)

    def with_changes(self, changes: Mapping[K, V | None]) -> "FrozenMap[K, V]":
        """A copy with values set, or removed where None."""
        made: FrozenMap[K, V] = FrozenMap()
        made._shelves, made._length = self._shelves, self._length
        made._take(changes)
        return made

    def _take(self, changes: Mapping[K, V | None]) -> None:
        shelves = list(self._shelves)
        own: set[int] = set()
        for key, value in changes.items():
            at = hash(key) % SHELVES
            if at not in own:
                own.add(at)
                shelves[at] = shelves[at].copy()
            shelf = shelves[at]
            before = len(shelf)
            if value is None:
                shelf.pop(key, None)
            else:
                shelf[key] = value
            self._length += len(shelf) - before
        self._shelves = tuple(shelves)
