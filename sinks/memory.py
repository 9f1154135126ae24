"""A row sink that keeps rows in lists and fails on order: for tests of everything that writes rows."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas.errors import TerminalSinkError, TransientSinkError
from sinks.base import RowSink
from sinks.rows import TABLES


class MemorySink(RowSink):
    """Row sink in memory.

    Args:
        tables: table -> its columns; by default those of the archive.
        faults: what happens to the next calls of `insert` and `ping`, in order: an error is raised, None lets the call
            through. After the last, all calls go through.
        lose_replies: raise a fault only after the rows are kept, like a reply lost on the way.
    """

    def __init__(
        self,
        tables: Mapping[str, Sequence[str]] | None = None,
        faults: Iterable[Exception | None] = (),
        lose_replies: bool = False,
    ) -> None:
        self._columns = tables or {spec.table: spec.columns for spec in TABLES.values()}
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in self._columns}
        self.inserts: list[tuple[str, int]] = []
        """Each insert that kept rows: table and number of rows, in order."""
        self.faults = deque(faults)
        self.lose_replies = lose_replies
        self.closed = False

    async def insert(self, table: str, columns: Sequence[str], column_values: Sequence[Sequence[Any]]) -> int:
        """Keep rows; see `RowSink.insert`."""
        self._check(table, columns, column_values)
        fault = self._next_fault()
        if fault is not None and not self.lose_replies:
            raise fault
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*column_values, strict=True)]
        if rows:
            self.rows[table].extend(rows)
            self.inserts.append((table, len(rows)))
        if fault is not None:
            raise fault
        return len(rows)

    async def ping(self) -> None:
        """Return, unless a fault is due; see `RowSink.ping`."""
        fault = self._next_fault()
        if fault is not None:
            raise fault

    async def close(self) -> None:
        """Refuse further rows; see `RowSink.close`."""
        self.closed = True

    def _next_fault(self) -> Exception | None:
        if self.closed:
            return TransientSinkError("The sink is closed.")
        return self.faults.popleft() if self.faults else None

    def _check(self, table: str, columns: Sequence[str], column_values: Sequence[Sequence[Any]]) -> None:
        if len(columns) != len(column_values) or len({len(values) for values in column_values}) > 1:
            raise TerminalSinkError(f"Rows for {table} do not fit: columns and lists of values differ in length.")
        if table not in self._columns:
            raise TerminalSinkError(f"There is no table {table}.")
        if missing := [column for column in columns if column not in self._columns[table]]:
            raise TerminalSinkError(f"Table {table} has no column {', '.join(missing)}.")


__all__ = ["MemorySink"]
