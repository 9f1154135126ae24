"""The ClickHouse engine inside this process (chDB): run one statement, give its answer whole or piece by piece."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from deploy.local.endpoint.connections import Connections
from deploy.local.endpoint.request import Answer, Request, engine_errors
from deploy.local.endpoint.statement import Statement

_HELD_BACK_BYTES = 1 << 20
# The engine gives each block of a streamed answer as a document of its own: only these can simply be joined.
_JOINABLE = frozenset({"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"})


class Engine:
    """The one engine of a process, on one folder. It runs requests side by side, from any thread.

    Args:
        path: the engine's folder; no other process may have it open.

    Raises:
        RuntimeError: the engine cannot open the folder.
    """

    def __init__(self, path: Path) -> None:
        self._connections = Connections(path)
        self.version: str = self._connections.keeper.query("SELECT version()", "TSV").bytes().decode().strip()

    def close(self) -> None:
        """Close the engine; nothing may be running any more."""
        self._connections.close()

    def run(self, request: Request) -> Answer:
        """Run one statement.

        Raises:
            EngineError: with the engine's text; while reading the pieces of an incomplete answer, too.
        """
        statement = request.statement
        with engine_errors(), ExitStack() as stack:
            connection = stack.enter_context(self._connections.lend(request))
            if statement.insert_format is not None:
                return _insert(connection, statement, request)
            form = (statement.output_format or request.default_format) if statement.gives_rows else None
            if not statement.streams or request.whole or form not in _JOINABLE:
                return _whole(connection, request, form)
            pieces = _stream(connection, request, form)
            head, ended = _hold_back(pieces)
            if ended:
                return Answer(form, {}, complete=True, pieces=iter(head))
            # from here on the connection belongs to whoever reads the pieces
            return Answer(form, {}, complete=False, pieces=_Rest(head, pieces, stack.pop_all()))


class _Rest:
    """The pieces of an answer that is still being made; ends the query when it is closed early."""

    def __init__(self, head: list[bytes], pieces: Iterator[bytes], stack: ExitStack) -> None:
        self._head = iter(head)
        self._pieces = pieces
        self._stack = stack

    def __iter__(self) -> "_Rest":
        return self

    def __next__(self) -> bytes:
        for piece in self._head:
            return piece
        try:
            with engine_errors():
                return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the query and give its connection back."""
        close = getattr(self._pieces, "close", None)
        try:
            if close is not None:
                close()
        finally:
            self._stack.close()


def _insert(connection: Any, statement: Statement, request: Request) -> Answer:
    if request.parameters and statement.insert_format == "Values":
        # only as a whole query do values take parameters
        result = connection.query(
            b"".join([statement.sql, b"VALUES", request.data]).decode(), params=dict(request.parameters)
        )
        return _no_rows(result.rows_written(), result.bytes_written())
    with _file_of(request.data) as path:
        # chDB's streamed insert says nothing of a part that cannot be written, on a full disk say
        source = f" FROM INFILE '{path}' COMPRESSION 'none' ".encode()
        sql = statement.sql[: statement.source_at] + source + statement.sql[statement.source_at :]
        form = statement.insert_format or request.default_format
        result = connection.query(f"{sql.decode()} FORMAT {form}", "TabSeparated", params=dict(request.parameters))
    return _no_rows(result.rows_written(), result.bytes_written())


@contextmanager
def _file_of(data: bytes | memoryview) -> Iterator[str]:
    """Path of a file with these bytes, in memory where the system can."""
    with ExitStack() as stack:
        if hasattr(os, "memfd_create"):
            number = os.memfd_create("insert", os.MFD_CLOEXEC)
            stack.callback(os.close, number)
            path = f"/proc/self/fd/{number}"
        else:
            file = stack.enter_context(tempfile.NamedTemporaryFile())
            number, path = file.fileno(), file.name
        view = memoryview(data)
        while view:
            view = view[os.write(number, view) :]
        yield path


def _no_rows(rows: int, size: int) -> Answer:
    counts = {"read_rows": rows, "read_bytes": size, "written_rows": rows, "written_bytes": size}
    return Answer(None, counts, complete=True, pieces=iter(()))


def _whole(connection: Any, request: Request, form: str | None) -> Answer:
    sql = request.statement.sql.decode()
    result = connection.query(sql, form or "TabSeparated", params=dict(request.parameters))
    body = result.bytes()
    counts = {
        "read_rows": result.storage_rows_read(),
        "read_bytes": result.storage_bytes_read(),
        "written_rows": result.rows_written(),
        "written_bytes": result.bytes_written(),
        "result_rows": result.rows_read(),
        "result_bytes": len(body),
        "elapsed_ns": int(result.elapsed() * 1e9),
    }
    return Answer(form, counts, complete=True, pieces=iter([body] if body else ()))


def _stream(connection: Any, request: Request, form: str | None) -> Iterator[bytes]:
    result = connection.send_query(request.statement.sql.decode(), form, params=dict(request.parameters))
    try:
        while (piece := result.fetch()) is not None:
            yield piece.bytes()
    finally:
        result.close()


def _hold_back(pieces: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """Take the first pieces, so that an early failure is still told by the status line; tells if those were all."""
    head: list[bytes] = []
    size = 0
    for piece in pieces:
        head.append(piece)
        size += len(piece)
        if size >= _HELD_BACK_BYTES:
            return head, False
    return head, True
