"""Connections to the engine: one of its own for each request, or that of a session, with settings for one statement."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import chdb

from deploy.local.endpoint.request import EngineError, ExternalTable, Request

# clickhouse-local guesses a SELECT before bare expressions; a server does not.
_CONNECT_SETTINGS = "implicit_select=0"
_CONFIG_FILE = Path(__file__).parents[2] / "clickhouse" / "config.d" / "keep-free-space.xml"
_MAX_SESSIONS = 256
# After these the current database of a session may be another.
_MOVES = frozenset({"USE", "DROP", "RENAME"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_START_DATABASE = "default"
_SESSION_LOCKED, _UNKNOWN_SETTING = 373, 115


@dataclass
class _Session:
    connection: Any
    expires: float
    database: str = _START_DATABASE  # "" while it is not known
    lock: threading.Lock = field(default_factory=threading.Lock)


class Connections:
    """All connections to the one engine of this process.

    A request without a session has a connection of its own (0.1 ms), so that no setting, database or temporary table
    leaks into another. Methods may be called from any thread.

    Args:
        path: the engine's folder; no other process may have it open.

    Raises:
        RuntimeError: the engine cannot open the folder.
    """

    def __init__(self, path: Path) -> None:
        self._address = f"{path}?{_CONNECT_SETTINGS}&config-file={quote(str(_CONFIG_FILE))}"
        self._sessions: dict[str, _Session] = {}
        self._guard = threading.Lock()
        self.keeper = chdb.connect(self._address)  # the engine stays open as long as one connection is

    def close(self) -> None:
        """Close all connections and with the last one the engine, which ends its background work."""
        with self._guard:
            for session in self._sessions.values():
                session.connection.close()
            self._sessions.clear()
        self.keeper.close()

    @contextmanager
    def lend(self, request: Request) -> Iterator[Any]:
        """Lend a connection on which the request's database, settings and tables hold.

        Raises:
            EngineError: its session is in use, or a setting or table is refused.
        """
        with self._bare(request) as (connection, database), _applied(connection, database, request):
            for table in request.tables:
                _create(connection, table)
            try:
                yield connection
            finally:
                for table in request.tables:
                    connection.query(f"DROP TEMPORARY TABLE IF EXISTS {_identifier(table.name)}")

    @contextmanager
    def _bare(self, request: Request) -> Iterator[tuple[Any, str]]:
        """Lend a connection together with the name of its current database."""
        if not request.session_id:
            connection = chdb.connect(self._address)
            try:
                yield connection, _START_DATABASE
            finally:
                connection.close()
            return
        session = self._session(request.session_id)
        if not session.lock.acquire(blocking=False):
            raise EngineError(
                _SESSION_LOCKED,
                f"Code: {_SESSION_LOCKED}. DB::Exception: Session {request.session_id} is locked by a concurrent "
                "client. (SESSION_IS_LOCKED)",
            )
        try:
            if not session.database:
                row = session.connection.query("SELECT currentDatabase() FORMAT RawBLOB", "RawBLOB")
                session.database = row.bytes().decode()
            yield session.connection, session.database
        finally:
            if request.statement.kind in _MOVES:
                session.database = ""
            session.expires = time.monotonic() + request.session_seconds
            session.lock.release()

    def _session(self, session_id: str) -> _Session:
        now = time.monotonic()
        with self._guard:
            session = self._sessions.pop(session_id, None) or _Session(chdb.connect(self._address), now + 60.0)
            self._sessions[session_id] = session  # last in the dict: the least recently used one is the first
            for other_id, other in list(self._sessions.items()):
                stale = other.expires < now or len(self._sessions) > _MAX_SESSIONS
                if stale and other is not session and other.lock.acquire(blocking=False):
                    del self._sessions[other_id]
                    other.connection.close()
            return session


@contextmanager
def _applied(connection: Any, database: str, request: Request) -> Iterator[None]:
    """Settings and database of a request hold for it only, also inside a session, which keeps its own."""
    names = [_setting(name) for name in request.settings]
    moves = request.database not in {"", database}
    before: list[str] = []
    if names and request.session_id:  # without a session the connection ends here, and nothing has to be put back
        columns = ", ".join(f"toString(getSetting({_literal(name)}))" for name in names)
        before = connection.query(f"SELECT {columns}", "TabSeparated").bytes().decode().rstrip("\n").split("\t")
    if moves:
        connection.query(f"USE {_identifier(request.database)}")
    if names:
        connection.query("SET " + ", ".join(f"{name} = {_literal(request.settings[name])}" for name in names))
    try:
        yield
    finally:
        if moves and request.session_id:
            connection.query(f"USE {_identifier(database)}")
        if before:  # a tab-separated row escapes its values just as a literal wants them
            pairs = (f"{name} = '{value}'" for name, value in zip(names, before, strict=True))
            connection.query(f"SET {', '.join(pairs)}")


def _create(connection: Any, table: ExternalTable) -> None:
    name = _identifier(table.name)
    connection.query(f"CREATE TEMPORARY TABLE {name} ({table.structure}) ENGINE = Memory")
    writer = connection.send_insert(f"INSERT INTO {name}", table.format)
    writer.append(table.data)
    writer.finish()


def _setting(name: str) -> str:
    if not _NAME.match(name):
        raise EngineError(
            _UNKNOWN_SETTING, f"Code: {_UNKNOWN_SETTING}. DB::Exception: Unknown setting {name!r}. (UNKNOWN_SETTING)"
        )
    return name


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _identifier(text: str) -> str:
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`") + "`"
