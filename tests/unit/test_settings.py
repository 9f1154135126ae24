import pytest

from agents.settings import Settings, load, parse_input_topics
from schemas.base import Source
from schemas.errors import SettingsError
from schemas.topics import EVENTS, RAW


def test_defaults_fit_the_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(_env_file=None)
    assert settings.bootstrap_servers == "127.0.0.1:9092"
    assert settings.topics.name(EVENTS) == "intent.events.v1"
    assert settings.topics.raw(Source.WEB) == (RAW[Source.WEB].name,)


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIGGERPOINT_TOPIC_PREFIX", "acme.")
    monkeypatch.setenv("TRIGGERPOINT_INPUT_TOPICS", "web=site.events,site.forms; email=mail.hooks")
    settings = load()
    assert settings.topics.name(EVENTS) == "acme.intent.events.v1"
    assert settings.topics.raw(Source.WEB) == ("site.events", "site.forms")
    assert settings.topics.raw(Source.EMAIL) == ("mail.hooks",)
    assert settings.group("ingest") == "acme.triggerpoint-ingest"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PARTITIONS", "0", "TRIGGERPOINT_PARTITIONS"),
        ("METRICS_PORT", "http", "it is 'http'"),
        ("CLOCK", "yesterday", "TRIGGERPOINT_CLOCK"),
        ("INPUT_TOPICS", "web", "is not `source=topic"),
        ("INPUT_TOPICS", "fax=a", "is no source; sources are web"),
        ("KAFKA_SECURITY", "SASL_SSL", "kafka_username and kafka_password must be set"),
        ("CLICKHOUSE_DATABASE", "a b", "TRIGGERPOINT_CLICKHOUSE_DATABASE"),
    ],
)
def test_wrong_settings_say_what_where_and_how(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"TRIGGERPOINT_{name}", value)
    with pytest.raises(SettingsError, match="README") as caught:
        load()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"KAFKA_SECURITY": "SASL_SSL"}, {"INPUT_TOPICS": "web"}, {"CLICKHOUSE_URL": "db:8123"}]
)
def test_no_error_shows_a_secret(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]) -> None:
    secrets = {"KAFKA_PASSWORD": "hunter2", "CLICKHOUSE_URL": "http://me:hunter2@db:8123"}
    for name, value in (secrets | wrong).items():
        monkeypatch.setenv(f"TRIGGERPOINT_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert "hunter2" not in str(caught.value)


def test_secrets_are_masked() -> None:
    settings = Settings(clickhouse_url="http://me:hunter2@db:8123", kafka_password="hunter2")
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()


def test_input_topics() -> None:
    assert parse_input_topics("") == {}
    assert parse_input_topics("crm=a") == {Source.CRM: ("a",)}
