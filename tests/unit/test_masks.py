"""Secrets are shown nowhere: settings, errors, logs, tracebacks, metrics, what commands say."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from prometheus_client import generate_latest

from agents.connection import clickhouse_sink, connection_options
from agents.metrics import Metrics
from agents.observe import logs
from agents.observe.masks import MaskedFormatter, masker
from agents.settings import Settings, load
from schemas.errors import SettingsError, TriggerpointError

PASSWORD, KEY_PASSWORD, CLICKHOUSE = "hunter2-7f3a", "k3y-pass-91", "ch-s3cret%2F1"
GIVEN = {
    "kafka_security": "SASL_PLAINTEXT",
    "kafka_username": "line",
    "kafka_password": PASSWORD,
    "kafka_client_key_password": KEY_PASSWORD,
    "clickhouse_url": f"http://writer:{CLICKHOUSE}@127.0.0.1:1",
    "bootstrap_servers": "127.0.0.1:1",
}
SECRETS = (PASSWORD, KEY_PASSWORD, CLICKHOUSE, "ch-s3cret/1")


def shows_nothing(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


def test_every_secret_may_come_from_a_file() -> None:
    assert set(Settings.secrets()) >= {"kafka_password", "kafka_client_key_password", "clickhouse_url"}
    for name in Settings.secrets():
        assert f"{name}_file" in Settings.model_fields, name


def test_a_secret_out_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    given = {name: value for name, value in GIVEN.items() if name != "kafka_password"}
    settings = load(**given, kafka_password_file=str(path))
    assert connection_options(settings)["sasl_plain_password"] == PASSWORD
    assert shows_nothing(repr(settings) + settings.model_dump_json())


@pytest.mark.parametrize(
    ("content", "more", "says"),
    [
        (None, {}, "TRIGGERPOINT_KAFKA_PASSWORD_FILE .* cannot be read"),
        ("", {}, "TRIGGERPOINT_KAFKA_PASSWORD_FILE .* is empty"),
        (PASSWORD, {"kafka_password": PASSWORD}, "are both set"),
    ],
)
def test_a_wrong_secret_file_is_named(tmp_path: Path, content: str | None, more: dict[str, str], says: str) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=says) as caught:
        load(
            **({name: value for name, value in GIVEN.items() if name != "kafka_password"} | more),
            kafka_password_file=path,
        )
    assert shows_nothing(str(caught.value))


def test_what_is_masked_are_secrets_and_the_credentials_of_a_url() -> None:
    mask = masker(load(**GIVEN).secret_texts())
    text = mask(f"user line with {PASSWORD}, {KEY_PASSWORD}, writer:{CLICKHOUSE}@127.0.0.1:1, ch-s3cret/1")
    assert shows_nothing(text)
    assert "user line with" in text
    assert "127.0.0.1:1" in text


def test_a_log_line_is_masked_whatever_the_value_is(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", load(**GIVEN).secret_texts())
    try:
        log = structlog.get_logger()
        nested = {"a": [PASSWORD, {"b": (KEY_PASSWORD,)}]}
        log.error(
            "failed",
            why=f"no way with {PASSWORD}",
            options=nested,
            error=repr(OSError(CLICKHOUSE)),
            ansi="\x1b[2J\u202eabc",
        )
        try:
            raise OSError(f"cannot log in with {PASSWORD}")
        except OSError as error:
            log.error("lane_failed", exc_info=error)
    finally:
        structlog.reset_defaults()
    shown = capfd.readouterr().err
    assert "lane_failed" in shown
    assert "Traceback" in shown
    assert shows_nothing(shown)
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown


def test_lines_of_third_parties_are_masked() -> None:
    form = MaskedFormatter("%(levelname)s %(message)s", masker((PASSWORD,)))
    record = logging.LogRecord("aiokafka", logging.ERROR, "", 1, "bad login %s\x1b[31m", (PASSWORD,), None)
    assert form.format(record) == "ERROR bad login ***\\u001b[31m"


async def test_errors_of_clickhouse_do_not_show_its_password() -> None:
    sink = clickhouse_sink(load(**GIVEN), connect_seconds=0.5)
    with pytest.raises(TriggerpointError) as caught:
        await sink.ping()
    await sink.close()
    assert "127.0.0.1:1" in str(caught.value)
    assert shows_nothing(f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__cause__}")


@pytest.mark.parametrize("arguments", [["doctor"], ["worker"], ["migrate"], ["topics", "check"], ["accounts", "list"]])
def test_no_command_shows_a_secret(arguments: list[str], tmp_path: Path) -> None:
    given = {f"TRIGGERPOINT_{name.upper()}": value for name, value in (GIVEN | {"data_dir": str(tmp_path)}).items()}
    command = [sys.executable, "-m", "deploy.cli", *arguments]
    done = subprocess.run(command, env=os.environ | given, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "127.0.0.1:1" in done.stdout + done.stderr
    assert shows_nothing(done.stdout + done.stderr)


def test_metrics_have_no_label_for_it() -> None:
    metrics = Metrics()
    metrics.retries.labels("ingest", "KafkaError").inc()
    assert shows_nothing(generate_latest(metrics.registry).decode())
