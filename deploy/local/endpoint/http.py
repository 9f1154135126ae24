"""ClickHouse's HTTP interface as data: a web request becomes an engine request, an answer becomes headers."""

import json
import secrets
import urllib.parse
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from aiohttp import hdrs, web

from deploy.local.endpoint.codec import CodecError, decompress
from deploy.local.endpoint.request import Answer, EngineError, ExternalTable, Request
from deploy.local.endpoint.statement import StatementError, split_statement

MAX_BODY_BYTES = 1 << 30

# Names in the query string that speak to the server's HTTP side, not to the engine.
_TRANSPORT = frozenset(
    {
        "add_http_cors_header", "buffer_size", "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version", "close_session", "compress", "database", "decompress", "default_format",
        "enable_http_compression", "password", "query", "query_id", "quota_key", "role",
        "send_progress_in_http_headers", "session_check", "session_id", "session_timeout", "stacktrace", "user",
        "wait_end_of_query",
    }
)  # fmt: skip
_TRANSPORT_PREFIXES = ("http_", "param_")
_SYNTAX_ERROR, _UNKNOWN_COMPRESSION, _NOT_IMPLEMENTED, _READONLY, _BAD_ARGUMENTS = 62, 89, 48, 164, 36
_NOT_FOUND = frozenset({46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336})
_SERVER_SIDE = frozenset({49, 241, 1002})  # logical error, memory limit, unknown
_STATUS = {_NOT_IMPLEMENTED: 501, 159: 408, 202: 503}
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_MAX_SESSION_SECONDS = 3600.0
_Thread = Callable[..., Awaitable[Any]]


def is_foreign(request: web.Request) -> bool:
    """Tell whether a web page sent this: the engine has no password, so only programs of this machine may ask."""
    origin = request.headers.get(hdrs.ORIGIN)
    names = [urllib.parse.urlsplit(f"//{request.host}").hostname]
    if origin is not None:
        names.append(urllib.parse.urlsplit(origin).hostname)
    return any(name not in _LOOPBACK_NAMES for name in names)


async def read_request(request: web.Request, in_thread: _Thread) -> Request:
    """Read a web request whole.

    Args:
        request: GET with the statement in the query string, or POST with it in the body, in both, or in form fields.
        in_thread: runs a function outside the event loop.

    Raises:
        EngineError: it is not one statement, cannot be decompressed, or wants what this stand-in has not.
    """
    values = dict(request.query)
    files: dict[str, bytes] = {}
    if request.content_type == "multipart/form-data":
        fields, files = await _read_form(request)
        values.update(fields)
        body = b""
    else:
        body = await request.read()
    for name in ("compress", "decompress"):
        if values.get(name) in {"1", "true"}:
            raise _error(_NOT_IMPLEMENTED, f"{name}=1 (native block compression) is not offered by the local stand-in")
    headers = request.headers
    made: Request = await in_thread(_make, values, headers, body, files)
    if request.method in {"GET", "HEAD"} and not made.statement.changes_nothing:
        raise _error(_READONLY, "Cannot execute query in readonly mode: GET only reads, use POST. (READONLY)")
    return made


async def _read_form(request: web.Request) -> tuple[dict[str, str], dict[str, bytes]]:
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        else:
            fields[name] = value if isinstance(value, str) else bytes(value).decode()
    return fields, files


def _make(values: Mapping[str, str], headers: Mapping[str, str], body: bytes, files: Mapping[str, bytes]) -> Request:
    text = _plain(body, headers.get("Content-Encoding", ""))
    query = values.get("query", "").encode()
    if query:
        text = query + b"\n" + text if text else query  # a server reads the body as what follows the query
    try:
        statement = split_statement(text)
    except StatementError as error:
        raise _error(_SYNTAX_ERROR, f"{error}. (SYNTAX_ERROR)") from error
    tables = tuple(_external(name, data, values) for name, data in files.items())
    no_settings = {f"{table.name}_{part}" for table in tables for part in ("structure", "types", "format")}
    return Request(
        statement=statement,
        # a view: a copy of a big insert would cost its size once more
        data=memoryview(text)[statement.data_start :] if statement.insert_format is not None else b"",
        parameters={name.removeprefix("param_"): value for name, value in values.items() if name.startswith("param_")},
        settings={
            name: value
            for name, value in values.items()
            if name not in _TRANSPORT and not name.startswith(_TRANSPORT_PREFIXES) and name not in no_settings
        },
        database=values.get("database") or headers.get("X-ClickHouse-Database", ""),
        session_id=values.get("session_id", ""),
        session_seconds=_session_seconds(values.get("session_timeout", "60")),
        default_format=headers.get("X-ClickHouse-Format") or values.get("default_format") or "TabSeparated",
        whole=values.get("wait_end_of_query") in {"1", "true"},
        tables=tables,
    )


def _plain(body: bytes, encoding: str) -> bytes:
    try:
        text = decompress(body, encoding.strip().lower())
    except CodecError as error:
        raise _error(_UNKNOWN_COMPRESSION, f"{error}. (UNKNOWN_COMPRESSION_METHOD)") from error
    if len(text) > MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, len(text))
    return text


def _session_seconds(text: str) -> float:
    try:
        return min(_MAX_SESSION_SECONDS, max(0.0, float(text)))
    except ValueError as error:
        raise _error(_BAD_ARGUMENTS, f"session_timeout is not a number: {text!r}. (BAD_ARGUMENTS)") from error


def _external(name: str, data: bytes, values: Mapping[str, str]) -> ExternalTable:
    structure = values.get(f"{name}_structure", "")
    if not structure:
        kinds = _split_types(values.get(f"{name}_types", ""))
        structure = ", ".join(f"_{number} {kind}" for number, kind in enumerate(kinds, start=1))
    if not structure:
        raise _error(_BAD_ARGUMENTS, f"external table {name} has no structure. (BAD_ARGUMENTS)")
    return ExternalTable(name, structure, values.get(f"{name}_format", "TabSeparated"), data)


def _split_types(text: str) -> Iterator[str]:
    depth = start = 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield text[start:position].strip()
            start = position + 1
    if text[start:].strip():
        yield text[start:].strip()


def answer_headers(
    version: str, answer: Answer | None = None, query_id: str = "", elapsed_ns: int = 0
) -> dict[str, str]:
    """Give the headers of an answer; without one, those every answer has.

    Args:
        version: the engine's version.
        answer: what the engine gave.
        query_id: the client's, else one is made up.
        elapsed_ns: time the request took so far.
    """
    headers = {
        "Server": f"triggerpoint-local (chDB {version}; local stand-in, not a ClickHouse server)",
        "X-ClickHouse-Server-Display-Name": "triggerpoint-local",
        "X-ClickHouse-Timezone": "UTC",
    }
    if answer is None:
        return headers
    names = ("read_rows", "read_bytes", "written_rows", "written_bytes", "result_rows", "result_bytes")
    counts = {name: str(answer.counts.get(name, 0)) for name in names}
    summary = {**counts, "total_rows_to_read": counts["read_rows"], "elapsed_ns": str(elapsed_ns)}
    headers["X-ClickHouse-Summary"] = json.dumps(summary, separators=(",", ":"))
    headers["X-ClickHouse-Query-Id"] = query_id or secrets.token_hex(16)
    headers["Content-Type"] = _content_type(answer.format)
    if answer.format is not None:
        headers["X-ClickHouse-Format"] = answer.format
    return headers


def _content_type(form: str | None) -> str:
    name = form or "TabSeparated"
    if name.startswith(("TabSeparated", "TSV")):
        return "text/tab-separated-values; charset=UTF-8"
    if name.startswith("CSV"):
        return "text/csv; charset=UTF-8"
    if name.startswith("JSON"):
        return "application/x-ndjson; charset=UTF-8" if "EachRow" in name else "application/json; charset=UTF-8"
    if name.startswith(("Pretty", "Vertical", "Markdown", "Values")):
        return "text/plain; charset=UTF-8"
    return "application/octet-stream"


def error_response(error: EngineError, version: str, query_id: str) -> web.Response:
    """Answer with the engine's own text and number, under the status a server gives such an error."""
    if error.code in _NOT_FOUND:
        status = 404
    elif error.code in _SERVER_SIDE:
        status = 500
    else:
        status = _STATUS.get(error.code, 400)
    headers = {**answer_headers(version), "X-ClickHouse-Exception-Code": str(error.code)}
    if query_id:
        headers["X-ClickHouse-Query-Id"] = query_id
    return web.Response(status=status, text=f"{error.text} (version {version})\n", headers=headers)


def stream_failure() -> tuple[str, Callable[[str], bytes]]:
    """Give a tag for the header of a streamed answer, and what to write into the body if it fails half way."""
    tag = secrets.token_hex(8)

    def mark(text: str) -> bytes:
        message = text.encode()
        return b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n" % (
            tag.encode(), message, len(message) + 1, tag.encode(),
        )  # fmt: skip

    return tag, mark


def _error(code: int, text: str) -> EngineError:
    return EngineError(code, f"Code: {code}. DB::Exception: {text}")
