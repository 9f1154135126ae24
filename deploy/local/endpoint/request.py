"""What goes into the engine and what comes out: one statement with all that came with it, and its answer."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from deploy.local.endpoint.statement import Statement

_CODE = re.compile(r"Code: (\d+)\. ")
_VERSION_SUFFIX = re.compile(r" \(version [^)]*\)$")
_UNKNOWN_EXCEPTION = 1002


class EngineError(Exception):
    """The engine refused or failed.

    Args:
        code: ClickHouse's number of the error, 1002 where it gave none.
        text: the engine's own text.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class ExternalTable:
    """A table that lives for one request, sent along with it."""

    name: str
    structure: str
    format: str
    data: bytes


@dataclass(frozen=True)
class Request:
    """One statement with all that came with it.

    Args:
        statement: the statement, taken apart.
        data: for an insert: its rows in the insert's format.
        parameters: values of `{name:Type}`, escaped as the HTTP interface has them.
        settings: engine settings for this statement only.
        database: its current database; "" for the session's.
        session_id: "" for none.
        session_seconds: how long the session is kept after its last use.
        default_format: answer format where the statement names none.
        whole: materialise the answer, so that its counts are known before the first byte.
        tables: tables sent along.
    """

    statement: Statement
    data: bytes | memoryview = b""
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str = ""
    session_id: str = ""
    session_seconds: float = 60.0
    default_format: str = "TabSeparated"
    whole: bool = False
    tables: tuple[ExternalTable, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the engine gave.

    Args:
        format: of the body; None where the statement gives no rows.
        counts: rows and bytes as X-ClickHouse-Summary names them, as far as known.
        complete: whether `pieces` holds the whole answer already, so that nothing can fail any more.
        pieces: the body; must be closed if it is not read to its end.
    """

    format: str | None
    counts: Mapping[str, int]
    complete: bool
    pieces: Iterator[bytes]

    def close(self) -> None:
        """End the query if its answer was not read to the end, and give its connection back."""
        close = getattr(self.pieces, "close", None)
        if close is not None:
            close()


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn the binding's errors into ours; its prefixes are cut off."""
    try:
        yield
    except (RuntimeError, UnicodeError) as error:
        text = str(error)
        match = _CODE.search(text)
        if match is None:
            raise EngineError(_UNKNOWN_EXCEPTION, f"Code: {_UNKNOWN_EXCEPTION}. DB::Exception: {text}") from error
        raise EngineError(int(match.group(1)), _VERSION_SUFFIX.sub("", text[match.start() :])) from error
