"""A real broker with TLS and SASL listeners, certificates of an authority made for the test, and users in SCRAM."""

import time
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from deploy.local import kafka, ports, process
from deploy.local.report import Reporter

USER, PASSWORD = "line", "pass-7f3a-word"
KEY_PASSWORD = "key-51c2-word"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
LISTENERS = {"TLS": "SSL", "MUTUAL": "SSL", "SASLTLS": "SASL_SSL", "SASLPLAIN": "SASL_PLAINTEXT"}


@dataclass(frozen=True)
class Secured:
    """The broker.

    Args:
        servers: listener -> host:port.
        folder: of the certificates.
    """

    servers: dict[str, str]
    folder: Path

    def settings(self, listener: str, mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """Settings by which a client is let in."""
        security = LISTENERS[listener]
        given = {"bootstrap_servers": self.servers[listener], "kafka_security": security}
        if security.endswith("SSL"):
            given["kafka_ca_file"] = str(self.folder / "ca.pem")
        if security.startswith("SASL"):
            given |= {"kafka_sasl_mechanism": mechanism, "kafka_username": USER, "kafka_password": PASSWORD}
        if listener == "MUTUAL":
            given |= {
                "kafka_client_cert_file": str(self.folder / "client.pem"),
                "kafka_client_key_file": str(self.folder / "client.key"),
                "kafka_client_key_password": KEY_PASSWORD,
            }
        return given


def make_certificates(folder: Path) -> None:
    """Authority, the broker's keystore and truststore, a client's certificate and key, and a foreign authority."""
    authority, foreign = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    foreign.cert_pem.write_to_path(folder / "foreign-ca.pem")
    broker = authority.issue_cert("127.0.0.1", "localhost")
    # Kafka reads keys in PKCS #8 only
    keystore = _pkcs8(broker.private_key_pem.bytes()) + b"".join(pem.bytes() for pem in broker.cert_chain_pems)
    (folder / "broker.pem").write_bytes(keystore)
    for name, issuer in (("client", authority), ("foreign", foreign)):
        client = issuer.issue_cert("line@seller.test")
        (folder / f"{name}.pem").write_bytes(b"".join(pem.bytes() for pem in client.cert_chain_pems))
        (folder / f"{name}.key").write_bytes(_pkcs8(client.private_key_pem.bytes(), KEY_PASSWORD))


def _pkcs8(pem: bytes, password: str = "") -> bytes:
    key = load_pem_private_key(pem, None)
    how = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def start(data_dir: Path) -> tuple[Secured, process.ProcessMark]:
    """Start the broker; does not wait until it serves."""
    folder = data_dir / "certificates"
    folder.mkdir(parents=True)
    make_certificates(folder)
    at = {name: ports.choose_port(name, asked=None, wishes=()) for name in ("PLAINTEXT", "CONTROLLER", *LISTENERS)}
    users = [f"{mechanism}=[name={USER},password={PASSWORD}]" for mechanism in MECHANISMS if mechanism != "PLAIN"]
    mark = kafka.start(
        data_dir,
        port=at["PLAINTEXT"],
        controller_port=at["CONTROLLER"],
        reporter=Reporter(None),
        more_settings=_settings(folder, at),
        format_options=[part for user in users for part in ("--add-scram", user)],
    )
    return Secured({name: f"127.0.0.1:{at[name]}" for name in ("PLAINTEXT", *LISTENERS)}, folder), mark


def wait_until_healthy(data_dir: Path, mark: process.ProcessMark, port: int) -> None:
    """Return when the broker serves."""
    for _ in range(300):
        if kafka.is_healthy(data_dir, mark, port):
            return
        time.sleep(0.2)  # the broker tells nobody when it serves
    raise AssertionError(kafka.failure_text(data_dir))


def _settings(folder: Path, at: dict[str, int]) -> dict[str, str]:
    open_to_all = ("PLAINTEXT", *LISTENERS)
    map_ = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"} | LISTENERS
    given = {
        "listeners": ",".join(f"{name}://127.0.0.1:{at[name]}" for name in (*open_to_all, "CONTROLLER")),
        "advertised.listeners": ",".join(f"{name}://127.0.0.1:{at[name]}" for name in open_to_all),
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in map_.items()),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.pem"),
        "listener.name.mutual.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": ",".join(MECHANISMS),
    }
    plain = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    for listener in ("sasltls", "saslplain"):
        for mechanism in MECHANISMS:
            module = plain if mechanism == "PLAIN" else scram
            given[f"listener.name.{listener}.{mechanism.lower()}.sasl.jaas.config"] = module
    return given
