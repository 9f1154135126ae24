"""A lane's state: encoded records in memory, a compacted changelog on Kafka, and a queue of due times.

Values stay encoded: bytes are small, cost the garbage collector nothing, and are decoded once per key and batch. A due
time travels as a changelog header, so that recovery need not decode values.
"""

from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush

from agents.shell.outbox import Header

DUE = "due"
STALE_MAX = 1024


class StateStore:
    """What is committed for one partition: key -> value, and when each key wants to be woken."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._dues: dict[bytes, int] = {}
        self._queue: list[tuple[int, bytes]] = []
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> bytes | None:
        """The committed value of a key."""
        return self._values.get(key)

    def apply(self, key: bytes, value: bytes | None, due_ms: int) -> None:
        """Take over a committed write, or a record read back from the changelog; None forgets the key."""
        old = self._values.pop(key, None)
        if old is not None:
            self.bytes -= len(key) + len(old)
        if value is None:
            self._dues.pop(key, None)
            return
        self._values[key] = value
        self.bytes += len(key) + len(value)
        if due_ms:
            if self._dues.get(key) != due_ms:
                self._dues[key] = due_ms
                heappush(self._queue, (due_ms, key))
                if len(self._queue) > 2 * len(self._dues) + STALE_MAX:  # times move with every write; drop the old ones
                    self._queue = [(due, waiting) for waiting, due in self._dues.items()]
                    heapify(self._queue)
        else:
            self._dues.pop(key, None)

    def due(self, now_ms: int, limit: int) -> list[bytes]:
        """At most `limit` keys whose time has come, earliest first. They stay due until written with a new time."""
        found: list[tuple[int, bytes]] = []
        while self._queue and self._queue[0][0] <= now_ms and len(found) < limit:
            due_ms, key = heappop(self._queue)
            if self._dues.get(key) == due_ms:  # else: written anew since, with another time
                found.append((due_ms, key))
        for entry in found:
            heappush(self._queue, entry)
        return [key for _, key in found]

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All committed keys and values."""
        return iter(self._values.items())


class StateView:
    """The state as one batch sees it: committed values under the batch's own writes."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self.writes: dict[bytes, tuple[bytes | None, int]] = {}

    def get(self, key: bytes) -> bytes | None:
        """The newest value of a key."""
        write = self.writes.get(key)
        return write[0] if write else self._store.get(key)

    def put(self, key: bytes, value: bytes | None, due_ms: int = 0) -> None:
        """Write a value (None forgets the key), to be woken at `due_ms` (0: never)."""
        self.writes[key] = (value, due_ms)

    def commit(self) -> None:
        """Make the writes the committed state; call after the transaction has committed."""
        for key, (value, due_ms) in self.writes.items():
            self._store.apply(key, value, due_ms)


def due_headers(due_ms: int) -> list[Header]:
    """Changelog headers that carry a due time."""
    return [(DUE, str(due_ms).encode())] if due_ms else []


def due_of(headers: "tuple[Header, ...] | list[Header] | Mapping[str, bytes]") -> int:
    """The due time in a changelog record's headers; 0 if none."""
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        if name == DUE:
            return int(value)
    return 0
