"""TLS, client certificates and SASL against the real broker: who is let in, and what is said to who is not."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from agents.connection import why_unreachable
from agents.settings import PREFIX, load
from agents.topics import connect_admin
from deploy.cli.directory.topic import Present, read_directory, write_directory
from deploy.local import process
from schemas.account import Account
from schemas.base import Source
from schemas.errors import SettingsError, TopicMismatchError
from schemas.topics import ACCOUNTS, ACTIVITIES
from tests.integration import secured
from tests.integration.conftest import Line, until
from tests.integration.secured import PASSWORD, Secured

pytestmark = pytest.mark.integration

WAYS = [
    ("TLS", ""),
    ("MUTUAL", ""),
    *[(listener, mechanism) for listener in ("SASLTLS", "SASLPLAIN") for mechanism in secured.MECHANISMS],
]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    data_dir = tmp_path_factory.mktemp("secured")
    found, mark = secured.start(data_dir)
    try:
        port = int(found.servers["PLAINTEXT"].rpartition(":")[2])
        secured.wait_until_healthy(data_dir, mark, port)
        yield found
    finally:
        process.stop(mark, patience_seconds=20)


async def command(settings: dict[str, str], *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """A `triggerpoint` command as anybody would type it: exit code, stdout, stderr."""
    given = os.environ | {PREFIX + name.upper(): value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.cli",
        *arguments,
        env=given,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin)
    assert process.returncode is not None
    return process.returncode, out, err.decode()


@pytest.mark.parametrize(("listener", "mechanism"), WAYS)
async def test_admin_producer_and_consumer_are_let_in(broker: Secured, listener: str, mechanism: str) -> None:
    prefix = f"{listener}.{mechanism}.".lower()
    settings = load(**broker.settings(listener, mechanism), topic_prefix=prefix, partitions=1)
    accounts = {"acme": Account(account_id="acme", name="Acme")}
    await write_directory(settings, accounts, Present({}, {}))
    assert (await read_directory(settings)).accounts == accounts


async def test_the_whole_line_and_its_commands_run_over_sasl_and_tls(
    broker: Secured, make_line: Callable[..., Line], tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    given = broker.settings("SASLTLS") | {"kafka_password_file": str(secret), "clickhouse_url_file": ""}
    del given["kafka_password"]
    line = make_line(**given)
    worker = await line.start()
    code, out, err = await command(line.given, "simulate", "--companies", "15", "--days", "20", "--json")
    assert code == 0, err
    assert orjson.loads(out)["sent"] > 100

    async def told() -> bool:
        return len(await line.committed(ACTIVITIES)) > 50

    await until(told)
    code, out, err = await command(line.given | {"metrics_port": "0"}, "doctor", "--json")
    assert code == 0, out
    code, out, err = await command(line.given, "topics", "read", line.settings.topics.name(ACCOUNTS), "--limit", "1")
    assert code == 0, err
    assert b"account_id" in out
    event = b'{"type":"page_view","occurred_at":"2026-11-22T10:00:00Z","email":"j@x-works.com"}\n'
    code, _, err = await command(line.given, "topics", "write", line.settings.topics.raw(Source.WEB)[0], stdin=event)
    assert code == 0, err
    await worker.stop()
    log = (line.settings.data_dir / "worker-0.log").read_text()
    assert PASSWORD not in log + err


@pytest.mark.parametrize(
    ("listener", "change", "says", "mends"),
    [
        ("SASLTLS", {"kafka_password": "wrong"}, "refuses user `line`", "TRIGGERPOINT_KAFKA_PASSWORD"),
        ("SASLTLS", {"kafka_username": "nobody"}, "refuses user `nobody`", "TRIGGERPOINT_KAFKA_USERNAME"),
        ("TLS", {"kafka_ca_file": "{folder}/foreign-ca.pem"}, "not trusted", "TRIGGERPOINT_KAFKA_CA_FILE"),
        ("TLS", {"kafka_ca_file": ""}, "not trusted", "TRIGGERPOINT_KAFKA_CA_FILE"),
        ("MUTUAL", {"kafka_client_cert_file": "", "kafka_client_key_file": ""}, "certificate", "CLIENT_CERT_FILE"),
        (
            "MUTUAL",
            {"kafka_client_cert_file": "{folder}/foreign.pem", "kafka_client_key_file": "{folder}/foreign.key"},
            "certificate",
            "TRIGGERPOINT_KAFKA_CLIENT_CERT_FILE",
        ),
        ("TLS", {"kafka_security": "PLAINTEXT"}, "closes the connection", "TRIGGERPOINT_KAFKA_SECURITY"),
        ("SASLPLAIN", {"kafka_security": "SSL"}, "does not speak TLS", "TRIGGERPOINT_KAFKA_SECURITY"),
    ],
)
async def test_who_is_not_let_in_is_told_why_and_how_to_mend_it(
    broker: Secured, listener: str, change: dict[str, str], says: str, mends: str
) -> None:
    changed = {name: value.format(folder=broker.folder) for name, value in change.items()}
    settings = load(**(broker.settings(listener) | changed))
    with pytest.raises(TopicMismatchError) as caught:
        await connect_admin(settings)
    assert says in caught.value.what
    assert mends in caught.value.mend
    assert PASSWORD not in str(caught.value)


async def test_a_certificate_for_another_name_is_refused(broker: Secured) -> None:
    port = broker.servers["TLS"].rpartition(":")[2]
    why, mend = await why_unreachable(load(**(broker.settings("TLS") | {"bootstrap_servers": f"127.0.0.2:{port}"})))
    # nobody listens there, which is told apart from a name that does not fit
    assert "nobody listens" in why
    assert "TRIGGERPOINT_BOOTSTRAP_SERVERS" in mend


async def test_commands_say_so_too_and_never_show_the_password(broker: Secured) -> None:
    given = broker.settings("SASLTLS") | {"kafka_password": "hunter2-7f3a"}
    for arguments in (["topics", "check"], ["simulate", "--limit", "1"], ["doctor"], ["watch"]):
        code, out, err = await command(given, *arguments)
        said = out.decode() + err
        assert code != 0, arguments
        assert "refuses user `line`" in " ".join(said.split()), (arguments, said)
        assert "hunter2-7f3a" not in said
        assert "Traceback" not in said, said


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("kafka_ca_file", "{folder}/none.pem", "TRIGGERPOINT_KAFKA_CA_FILE"),
        ("kafka_ca_file", "{folder}/client.key", "TRIGGERPOINT_KAFKA_CA_FILE"),
        ("kafka_client_cert_file", "{folder}/none.pem", "TRIGGERPOINT_KAFKA_CLIENT_CERT_FILE"),
        ("kafka_client_key_file", "{folder}/none.key", "TRIGGERPOINT_KAFKA_CLIENT_KEY_FILE"),
        ("kafka_client_key_file", "{folder}/foreign.key", "must belong to it"),
        ("kafka_client_key_password", "wrong", "must open it"),
    ],
)
async def test_wrong_certificate_files_are_named(broker: Secured, name: str, value: str, says: str) -> None:
    settings = load(**(broker.settings("MUTUAL") | {name: value.format(folder=broker.folder)}))
    with pytest.raises(SettingsError, match=says):
        await connect_admin(settings)
