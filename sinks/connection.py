"""One way to connect to ClickHouse, for the sink and for migrations: a server, the local endpoint, or in process."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from schemas.errors import SettingsError, TerminalSinkError
from sinks.faults import classed

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class ClickHouseTarget:
    """Where ClickHouse is.

    Args:
        url: `http[s]://[user:password@]host[:port]`, or `chdb:<folder>` for the engine in this process (one folder a
            process; for tests and tools).
        database: database of our tables; '' for the server's default.
        connect_seconds: longest wait for a connection.
        send_seconds: longest wait for an answer.
        ca_file: certificates (PEM) by which a server's is trusted; the system's if None.
    """

    url: str = field(repr=False)
    database: str
    connect_seconds: float = 5.0
    send_seconds: float = 60.0
    ca_file: Path | None = None

    @property
    def shown(self) -> str:
        """The address without user and password, for messages."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}:{parts.path}" if parts.scheme == "chdb" else f"{parts.scheme}://{_host_port(self.url)}"


def connect(target: ClickHouseTarget) -> Client:
    """A client that has spoken to the server once. May be used from several threads: it holds no session.

    Raises:
        SettingsError: the URL is not one.
        SinkError: no connection, or refused; transient or terminal as in `sinks.faults`.
    """
    logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)  # it warns of each error that it raises as well
    parts = urlsplit(target.url)
    if parts.scheme not in ("http", "https", "chdb") or (parts.scheme != "chdb" and not parts.hostname):
        raise SettingsError(
            f"The ClickHouse URL `{target.shown}` is no http or https address.",
            "Set TRIGGERPOINT_CLICKHOUSE_URL to http[s]://[user:password@]host:port.",
        )
    if target.ca_file is not None and not target.ca_file.is_file():
        raise SettingsError(f"There is no file {target.ca_file}.", "TRIGGERPOINT_CLICKHOUSE_CA_FILE names one in PEM.")
    try:
        if parts.scheme == "chdb":
            return clickhouse_connect.get_client(
                interface="chdb", path=unquote(parts.path), database=target.database or None, tz_mode="aware"
            )
        return clickhouse_connect.get_client(
            interface=parts.scheme,
            host=parts.hostname,
            port=parts.port or (8443 if parts.scheme == "https" else 8123),
            username=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            database=target.database or None,
            connect_timeout=target.connect_seconds,
            send_receive_timeout=target.send_seconds,
            compress=parts.hostname not in _LOOPBACK,
            autogenerate_session_id=False,  # a session would forbid two requests at once
            tz_mode="aware",
            verify=True,  # there is no switch: a certificate nobody checks protects nothing
            ca_cert=str(target.ca_file) if target.ca_file else None,
            dedicated_pool=True,  # so that closing one client leaves the others alone
        )
    except Exception as error:
        doing = f"Connecting to ClickHouse at {target.shown}"
        found = classed(error, doing, "Is it running? `triggerpoint local up` starts the local one.")
        if cure := _untrusted(error):  # waiting would not help
            raise TerminalSinkError(found.what, cure) from error
        raise found from error


def _untrusted(error: BaseException) -> str:
    """The cure where a server's certificate is the trouble; '' where it is not."""
    text = f"{error} {error.__cause__}"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return (
            "Its certificate is not trusted: set TRIGGERPOINT_CLICKHOUSE_CA_FILE to that of the authority that signed"
            " it, and name the host as it does."
        )
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
        return "It does not speak TLS there: write http:// in TRIGGERPOINT_CLICKHOUSE_URL, or name its TLS port."
    return ""


def _host_port(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


__all__ = ["ClickHouseTarget", "connect"]
