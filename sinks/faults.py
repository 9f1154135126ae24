"""Which of ClickHouse's errors pass by themselves and which stay. Decided in one place, on the server's error code."""

import re
from collections.abc import Mapping

from clickhouse_connect.driver.exceptions import Error, InterfaceError, OperationalError, ProgrammingError

from schemas.errors import SinkError, TerminalSinkError, TransientSinkError

PASSING: Mapping[int, str] = {
    74: "CANNOT_READ_FROM_FILE_DESCRIPTOR",
    75: "CANNOT_WRITE_TO_FILE_DESCRIPTOR",
    159: "TIMEOUT_EXCEEDED",
    160: "TOO_SLOW",
    198: "DNS_ERROR",
    201: "QUOTA_EXCEEDED",
    202: "TOO_MANY_SIMULTANEOUS_QUERIES",
    203: "NO_FREE_CONNECTION",
    209: "SOCKET_TIMEOUT",
    210: "NETWORK_ERROR",
    218: "TABLE_IS_DROPPED",
    225: "NO_ZOOKEEPER",
    236: "ABORTED",
    241: "MEMORY_LIMIT_EXCEEDED",
    242: "TABLE_IS_READ_ONLY",
    243: "NOT_ENOUGH_SPACE",
    252: "TOO_MANY_PARTS",
    279: "ALL_CONNECTION_TRIES_FAILED",
    285: "TOO_FEW_LIVE_REPLICAS",
    286: "UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE",
    319: "UNKNOWN_STATUS_OF_INSERT",
    394: "QUERY_WAS_CANCELLED",
    425: "SYSTEM_ERROR",
    439: "CANNOT_SCHEDULE_TASK",
    473: "DEADLOCK_AVOIDED",
    499: "S3_ERROR",
    693: "AWS_ERROR",
    733: "TABLE_IS_BEING_RESTARTED",
    735: "QUERY_WAS_CANCELLED_BY_CLIENT",
    745: "SERVER_OVERLOADED",
    749: "TCP_CONNECTION_LIMIT_REACHED",
    762: "HTTP_CONNECTION_LIMIT_REACHED",
    763: "SESSION_REFUSED",
    776: "RESOURCE_LIMIT_EXCEEDED",
    777: "MEMORY_RESERVATION_KILLED",
    778: "MEMORY_RESERVATION_FAILED",
    999: "KEEPER_EXCEPTION",
}
"""Busy, full, restarting or cut off: the same rows may go through later."""

MENDS: Mapping[int, str] = {
    16: "The table is of another version: run `triggerpoint migrate`.",
    60: "The table is missing: run `triggerpoint migrate`.",
    81: "The database is missing: run `triggerpoint migrate`.",
    164: "The user may only read: grant INSERT, or name another user in TRIGGERPOINT_CLICKHOUSE_URL.",
    192: "The user is unknown: see TRIGGERPOINT_CLICKHOUSE_URL.",
    193: "The password is wrong: see TRIGGERPOINT_CLICKHOUSE_URL.",
    194: "A password is needed: see TRIGGERPOINT_CLICKHOUSE_URL.",
    497: "The user lacks a right: grant it on this database.",
    516: "User or password is wrong: see TRIGGERPOINT_CLICKHOUSE_URL.",
}

_PASSING_STATUS = re.compile(r"HTTP status (5\d\d|429|408)\b")
_TEXT_LENGTH_MAX = 600


def classed(error: Exception, doing: str, mend_passing: str = "") -> SinkError:
    """One of the client's errors as ours, with what was being done, and how to mend it where it passes by itself.
    An error not known to pass is taken to stay: a worker that stops is seen, one that waits for ever is not."""
    text = f"{doing}: {_short(error)}"
    code = error.code if isinstance(error, Error) else None
    if code is not None:
        if code in PASSING:
            return TransientSinkError(text, mend_passing)
        return TerminalSinkError(text, MENDS.get(code, ""))
    if isinstance(error, OSError) or _is_network(error) or _PASSING_STATUS.search(str(error)):
        return TransientSinkError(text, mend_passing)
    return TerminalSinkError(text)


def _is_network(error: Exception) -> bool:
    """Errors without a code: the client raises OperationalError for what urllib3 reports, and while connecting."""
    return isinstance(error, OperationalError) or (
        isinstance(error, InterfaceError) and not isinstance(error, ProgrammingError)
    )


def _short(error: Exception) -> str:
    reason = error.__cause__ if isinstance(error, OperationalError) and error.__cause__ is not None else error
    text = " ".join(str(reason).split()) or type(error).__name__
    return text if len(text) <= _TEXT_LENGTH_MAX else text[:_TEXT_LENGTH_MAX] + " …"


__all__ = ["MENDS", "PASSING", "classed"]
