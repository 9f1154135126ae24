"""A lane's state: encoded records in memory, a compacted changelog on Kafka, and a queue of due times.

Values stay encoded: bytes are small, cost the garbage collector nothing, and are decoded once per key and batch. A due
time travels as a changelog header, and so does a mark, so that recovery need not decode values.
"""

from collections.abc import Mapping, Set
from heapq import heapify, heappop, heappush
from types import MappingProxyType

from agents.shell.outbox import Header

DUE = "due"
MARK = "mark"
STALE_MAX = 1024


class StateStore:
    """What is committed for one partition: key -> value, when each key wants to be woken, and which keys are marked.

    What a mark means is the handler's; it finds the few keys that have one without a look at the others.
    """

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._dues: dict[bytes, int] = {}
        self._queue: list[tuple[int, bytes]] = []
        self._marked: set[bytes] = set()
        self.bytes = 0
        self.fired_ms = 0
        """All timers due by then have fired; 0 while that is not known."""

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> bytes | None:
        """The committed value of a key."""
        return self._values.get(key)

    @property
    def marked(self) -> Set[bytes]:
        """The keys that are marked."""
        return self._marked

    @property
    def committed(self) -> Mapping[bytes, bytes]:
        """All committed keys and values; follows what is committed later."""
        return MappingProxyType(self._values)

    def apply(self, key: bytes, value: bytes | None, due_ms: int, marked: bool = False) -> None:
        """Take over a committed write, or a record read back from the changelog; None forgets the key."""
        old = self._values.get(key)
        if old is not None:
            self.bytes -= len(key) + len(old)
        if marked and value is not None:
            self._marked.add(key)
        else:
            self._marked.discard(key)
        if value is None:
            self._values.pop(key, None)
            self._dues.pop(key, None)
            return
        self._values[key] = value  # over the old one: taken out and put in again, a large table is made anew each time
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


class StateView:
    """The state as one batch sees it: committed values under the batch's own writes."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self.writes: dict[bytes, tuple[bytes | None, int, bool]] = {}

    def get(self, key: bytes) -> bytes | None:
        """The newest value of a key."""
        write = self.writes.get(key)
        return write[0] if write else self._store.get(key)

    @property
    def marked(self) -> Set[bytes]:
        """The keys that are marked, as committed."""
        return self._store.marked

    @property
    def fired_ms(self) -> int:
        """All timers due by then have fired; 0 while that is not known."""
        return self._store.fired_ms

    @property
    def committed(self) -> Mapping[bytes, bytes]:
        """All there is, as committed: to look through many keys at once."""
        return self._store.committed

    def put(self, key: bytes, value: bytes | None, due_ms: int = 0, marked: bool = False) -> None:
        """Write a value (None forgets the key), to be woken at `due_ms` (0: never)."""
        self.writes[key] = (value, due_ms, marked)

    def commit(self) -> None:
        """Make the writes the committed state; call after the transaction has committed."""
        for key, (value, due_ms, marked) in self.writes.items():
            self._store.apply(key, value, due_ms, marked)


def headers_of(due_ms: int, marked: bool) -> list[Header]:
    """Changelog headers that carry a due time and a mark."""
    headers = [(DUE, str(due_ms).encode())] if due_ms else []
    return [*headers, (MARK, b"")] if marked else headers


def read_headers(headers: "tuple[Header, ...] | list[Header] | Mapping[str, bytes]") -> tuple[int, bool]:
    """The due time in a changelog record's headers, 0 if none; and whether the key is marked."""
    found = dict(headers)
    return int(found.get(DUE, 0)), MARK in found
