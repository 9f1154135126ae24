"""How to reach the broker and ClickHouse: one set of options for all consumers, producers, admin and row clients; and
why they cannot be reached, in words that say how to mend it."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

from aiokafka import errors
from aiokafka.conn import create_conn

from agents.settings import Settings
from schemas.errors import SettingsError
from sinks.clickhouse import ClickHouseSink

PROBE_TIMEOUT_MS = 5_000
PROBE_SILENCE_SECONDS = 1.0
SEE_SECURITY = "See `TRIGGERPOINT_KAFKA_*` in the README's table of settings."


def connection_options(settings: Settings) -> dict[str, Any]:
    """Options every aiokafka client takes.

    Raises:
        SettingsError: a certificate file cannot be read, or its key does not belong to it.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap_servers.split(",")],
        "security_protocol": settings.kafka_security,
    }
    if settings.kafka_security.endswith("SSL"):
        options["ssl_context"] = _tls(settings)
    if settings.kafka_security.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return options


def clickhouse_sink(settings: Settings, connect_seconds: float = 5.0) -> ClickHouseSink:
    """A client of the ClickHouse that is set."""
    return ClickHouseSink(
        settings.clickhouse_url.get_secret_value(),
        settings.clickhouse_database,
        ca_file=settings.clickhouse_ca_file,
        connect_seconds=connect_seconds,
    )


def _tls(settings: Settings) -> ssl.SSLContext:
    ca_file = settings.kafka_ca_file
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise SettingsError(
            f"TRIGGERPOINT_KAFKA_CA_FILE {ca_file} cannot be read: {_reason(error)}.", "It holds certificates in PEM."
        ) from error
    certificate = settings.kafka_client_cert_file
    if certificate is not None:
        key = settings.kafka_client_key_file
        password = settings.kafka_client_key_password.get_secret_value()
        for name, path in (("CERT", certificate), ("KEY", key)):
            _must_open(f"TRIGGERPOINT_KAFKA_CLIENT_{name}_FILE", path)
        try:
            # a callable, since OpenSSL would else ask for the password on the terminal
            context.load_cert_chain(certificate, key, password=lambda: password)
        except OSError as error:
            raise SettingsError(
                f"TRIGGERPOINT_KAFKA_CLIENT_CERT_FILE {certificate} cannot be used: {_reason(error)}.",
                "It holds our certificate in PEM. Its key, in the same file or by TRIGGERPOINT_KAFKA_CLIENT_KEY_FILE,"
                " must belong to it, and TRIGGERPOINT_KAFKA_CLIENT_KEY_PASSWORD must open it.",
            ) from error
    return context


def _must_open(variable: str, path: Path | None) -> None:
    try:
        if path is not None:
            path.open("rb").close()
    except OSError as error:
        raise SettingsError(f"{variable} {path} cannot be read: {error.strerror}.") from error


async def why_unreachable(settings: Settings) -> tuple[str, str]:
    """What keeps clients from the first broker that does not let them in, and how to mend it. aiokafka's own error says
    only that it was to none of them that it could connect.

    Raises:
        SettingsError: as `connection_options`.
    """
    options = connection_options(settings)
    for server in options.pop("bootstrap_servers"):
        host, _, port = server.rpartition(":")
        if not host or not port.isdecimal():
            return f"`{server}` is no address.", "TRIGGERPOINT_BOOTSTRAP_SERVERS is `host:port`, several by comma."
        try:
            connection = await create_conn(host.strip("[]"), int(port), request_timeout_ms=PROBE_TIMEOUT_MS, **options)
        except (OSError, errors.KafkaError) as error:
            tls: ssl.SSLContext | None = options.get("ssl_context")
            closer = await asyncio.to_thread(_shake_hands, tls, host.strip("[]"), int(port)) if tls else None
            return _explained(server, settings, closer or error)
        connection.close()
    return "it answers, but not with what it has.", "Is it still starting? Try again; `triggerpoint doctor` asks, too."


def _shake_hands(tls: ssl.SSLContext, host: str, port: int) -> Exception | None:
    """What TLS itself says against a connection. aiokafka hears only that it was closed: with TLS 1.3 a refusal of our
    certificate comes with the first answer, after a handshake that went well."""
    seconds = PROBE_TIMEOUT_MS / 1000
    try:
        with socket.create_connection((host, port), timeout=seconds) as plain:
            try:
                with tls.wrap_socket(plain, server_hostname=host) as secured:
                    secured.settimeout(PROBE_SILENCE_SECONDS)
                    secured.recv(1)
            except TimeoutError:  # it waits for us to speak: so far all is well
                return None
            except ssl.SSLError as error:
                return error
            except OSError:
                return ssl.SSLError(1, "the connection was closed during the handshake")
    except OSError as error:
        return error
    return None


def _explained(server: str, settings: Settings, error: Exception) -> tuple[str, str]:
    mode = settings.kafka_security
    if isinstance(error, ssl.SSLError):
        return _explained_tls(server, error)
    if isinstance(error, errors.UnsupportedSaslMechanismError):
        return (
            f"{server} does not offer the SASL mechanism {settings.kafka_sasl_mechanism}.",
            "Set TRIGGERPOINT_KAFKA_SASL_MECHANISM to one it does: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.",
        )
    if isinstance(error, errors.SaslAuthenticationFailed | errors.AuthenticationFailedError):
        return (
            f"{server} refuses user `{settings.kafka_username}` with this password ({settings.kafka_sasl_mechanism}).",
            "See TRIGGERPOINT_KAFKA_USERNAME and TRIGGERPOINT_KAFKA_PASSWORD; the broker must know the user under this"
            " very mechanism.",
        )
    if isinstance(error, errors.IllegalSaslStateError):
        return f"{server} wants no SASL here.", "Set TRIGGERPOINT_KAFKA_SECURITY to SSL or PLAINTEXT."
    if isinstance(error, ConnectionRefusedError):
        return (
            f"nobody listens at {server}.",
            "Start one (`triggerpoint local up`) or set TRIGGERPOINT_BOOTSTRAP_SERVERS.",
        )
    if isinstance(error, errors.KafkaConnectionError | ConnectionError | TimeoutError | errors.KafkaTimeoutError):
        return (
            f"{server} closes the connection, or does not answer, when spoken to by {mode}.",
            "Does this port want another TRIGGERPOINT_KAFKA_SECURITY (PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL), or a"
            " client certificate (TRIGGERPOINT_KAFKA_CLIENT_CERT_FILE)?",
        )
    return f"{server}: {_reason(error)}.", SEE_SECURITY


def _explained_tls(server: str, error: ssl.SSLError) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        if "ostname mismatch" in error.verify_message or "IP address mismatch" in error.verify_message:
            return (
                f"{server} shows a certificate for another name: {error.verify_message}.",
                "Name the broker in TRIGGERPOINT_BOOTSTRAP_SERVERS as its certificate does.",
            )
        return (
            f"{server} shows a certificate that is not trusted: {error.verify_message}.",
            "Set TRIGGERPOINT_KAFKA_CA_FILE to the certificate (PEM) of the authority that signed it.",
        )
    text = str(error).upper()
    if "CERTIFICATE_REQUIRED" in text or "HANDSHAKE_FAILURE" in text or "BAD_CERTIFICATE" in text:
        return (
            f"{server} wants a client certificate ({_reason(error)}).",
            "Set TRIGGERPOINT_KAFKA_CLIENT_CERT_FILE and TRIGGERPOINT_KAFKA_CLIENT_KEY_FILE.",
        )
    if "UNKNOWN_CA" in text or "CERTIFICATE_UNKNOWN" in text:
        return (
            f"{server} does not trust our certificate ({_reason(error)}).",
            "TRIGGERPOINT_KAFKA_CLIENT_CERT_FILE must be signed by an authority that the broker trusts.",
        )
    return (
        f"{server} does not speak TLS there ({_reason(error)}).",
        "Name its TLS port, or set TRIGGERPOINT_KAFKA_SECURITY to PLAINTEXT or SASL_PLAINTEXT.",
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
