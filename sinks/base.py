"""What a row sink promises. One contract suite (`tests/contract/test_row_sinks.py`) runs on every implementation."""

from collections.abc import Sequence
from typing import Any, Protocol


class RowSink(Protocol):
    """Takes rows for good, or says whether trying again makes sense. Knows nothing of nouns or topics."""

    async def insert(self, table: str, columns: Sequence[str], column_values: Sequence[Sequence[Any]]) -> int:
        """Write rows, given column by column, and return how many once they are safe.

        The same rows may be given again after an error: their ids are the same, and reads show them once.

        Raises:
            TransientSinkError: the sink is away, slow or busy; some rows may have arrived.
            TerminalSinkError: the sink refuses these rows for good.
        """
        ...

    async def ping(self) -> None:
        """Return when the sink answers.

        Raises:
            TransientSinkError: it does not.
            TerminalSinkError: it answers, but not to us: wrong password, say.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. May be called twice."""
        ...
