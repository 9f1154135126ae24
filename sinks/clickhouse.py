"""Writes rows to ClickHouse over HTTP, and reads from it for the command line and the live view.

The client is the synchronous one, in threads of its own: it is the same for a server and for the engine in process, and
building an insert's body never holds up the event loop's timers by more than a block.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client

from schemas.errors import TerminalSinkError, TransientSinkError, TriggerpointError
from sinks.base import RowSink
from sinks.connection import ClickHouseTarget, connect
from sinks.faults import classed

T = TypeVar("T")

INSERT_SETTINGS: Mapping[str, Any] = {
    # each insert is already big; wait for its own part to be written
    "async_insert": 0,
    # one late batch may touch many months; the default of 100 would refuse it for ever
    "max_partitions_per_insert_block": 0,
}


class ClickHouseSink(RowSink):
    """Row sink on ClickHouse. Connects at first use, so that a worker can start while ClickHouse is away.

    Args:
        url: `http[s]://[user:password@]host[:port]`, or `chdb:<folder>` for the engine in this process.
        database: database of our tables.
        ca_file: certificates (PEM) by which a server's is trusted; the system's if None.
        connect_seconds: longest wait for a connection.
        send_seconds: longest wait for an answer.
        threads: inserts and queries that may run at once.
    """

    def __init__(
        self,
        url: str,
        database: str,
        *,
        ca_file: Path | None = None,
        connect_seconds: float = 5.0,
        send_seconds: float = 60.0,
        threads: int = 4,
    ) -> None:
        self._target = ClickHouseTarget(url, database, connect_seconds, send_seconds, ca_file)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="clickhouse")
        self._closed = False
        self._connecting = Lock()
        self._client: Client | None = None
        self._types: dict[str, dict[str, str]] = {}

    async def insert(self, table: str, columns: Sequence[str], column_values: Sequence[Sequence[Any]]) -> int:
        """Write rows as one insert and return once the server has them; see `RowSink.insert`."""
        lengths = {len(values) for values in column_values}
        if len(columns) != len(column_values) or len(lengths) > 1:
            raise TerminalSinkError(
                f"Rows for {table} do not fit: {len(columns)} columns, {len(column_values)} lists of {lengths} values."
            )
        rows = lengths.pop() if lengths else 0
        if rows:
            await self._run(lambda: self._insert(table, columns, column_values), f"Inserting {rows} rows into {table}")
        return rows

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a query as dicts; parameters as `{name:Type}` in the SQL. Times are aware and UTC.

        Raises:
            SinkError: as with `insert`.
        """
        return await self._run(
            lambda: list(self._connected().query(sql, parameters=dict(parameters or {})).named_results()), "Reading"
        )

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that changes something, and return once it is done; parameters as with `query`.

        Raises:
            SinkError: as with `insert`.
        """
        await self._run(lambda: self._connected().command(sql, parameters=dict(parameters or {})), "Changing")

    async def ping(self) -> None:
        """Return when ClickHouse answers a query; see `RowSink.ping`."""
        await self._run(lambda: self._connected().command("SELECT 1"), "Asking whether it is there")

    async def close(self) -> None:
        """Let go of connections; what still runs in a thread ends there, unheard."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(client.close)

    async def _run(self, call: Callable[[], T], doing: str) -> T:
        if self._closed:
            raise TransientSinkError(f"{doing}: the sink is closed.")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except TriggerpointError:
            raise
        except Exception as error:
            raise classed(error, f"{doing} at {self._target.shown}") from error

    def _insert(self, table: str, columns: Sequence[str], column_values: Sequence[Sequence[Any]]) -> None:
        client = self._connected()
        types = self._types_of(client, table, columns)
        try:
            client.insert(
                table,
                column_values,
                column_names=list(columns),
                column_type_names=types,
                column_oriented=True,
                settings=dict(INSERT_SETTINGS),
            )
        except Exception:
            self._types.pop(table, None)  # it may have been the table that changed
            raise

    def _types_of(self, client: Client, table: str, columns: Sequence[str]) -> list[str]:
        """Types of the columns, asked for once a table: the client would ask before every insert."""
        known = self._types.get(table)
        if known is None or not known.keys() >= set(columns):
            known = {row[0]: row[1] for row in client.query(f"DESCRIBE TABLE `{table}`").result_rows}
            self._types[table] = known
        if missing := [column for column in columns if column not in known]:
            raise TerminalSinkError(
                f"Table {table} at {self._target.shown} has no column {', '.join(missing)}.",
                "The table is of another version: run `triggerpoint migrate`.",
            )
        return [known[column] for column in columns]

    def _connected(self) -> Client:
        with self._connecting:
            if self._client is None:
                self._client = connect(self._target)
            return self._client


__all__ = ["INSERT_SETTINGS", "ClickHouseSink"]
