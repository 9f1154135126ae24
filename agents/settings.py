"""All settings, read once at start-up from the environment (`TRIGGERPOINT_*`), an `.env` file or a secrets folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.privacy.consent import ConsentMode, ConsentPolicy
from schemas.base import Source, Team
from schemas.errors import SettingsError
from schemas.topics import PARTITIONS_DEFAULT, TopicNames

PREFIX = "TRIGGERPOINT_"
NO_DATA = "none"
"""What `asn_file` is set to where kept data must not be used."""


def user_cache() -> Path:
    """The product's folder among the user's caches."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "triggerpoint"


class Settings(BaseSettings):
    """One worker's settings. Each field is the variable of the same name in capitals behind `TRIGGERPOINT_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, validate_default=True
    )

    bootstrap_servers: str = Field("127.0.0.1:9092", min_length=1, description="Kafka brokers, host:port, by comma.")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_password_file: Path | None = Field(None, description="File that holds the password, instead.")
    kafka_ca_file: Path | None = Field(None, description="CA bundle for TLS (PEM); the system's where empty.")
    kafka_client_cert_file: Path | None = Field(None, description="Our own certificate, chain included (PEM).")
    kafka_client_key_file: Path | None = Field(None, description="Its key (PEM); in the certificate's file if empty.")
    kafka_client_key_password: SecretStr = SecretStr("")
    kafka_client_key_password_file: Path | None = Field(None, description="File that holds the key's password.")
    topic_prefix: str = Field(
        "", pattern=r"^[A-Za-z0-9._-]*$", description="Put before each topic, group and transactional id."
    )
    input_topics: Annotated[dict[Source, tuple[str, ...]], NoDecode] = Field(
        default_factory=dict,
        description="Producers' own topics: `web=site.events,site.forms;email=mail.hooks`.",
    )
    partitions: int = Field(PARTITIONS_DEFAULT, ge=1, le=512, description="Partitions of the pipeline's own topics.")
    replication: int = Field(1, ge=1, le=7, description="Replicas of each topic.")
    clickhouse_url: SecretStr = Field(
        SecretStr("http://127.0.0.1:8123"), description="http[s]://[user:password@]host:port"
    )
    clickhouse_url_file: Path | None = Field(None, description="File that holds the URL, instead.")
    clickhouse_ca_file: Path | None = Field(None, description="CA bundle for https (PEM); the system's where empty.")
    clickhouse_database: str = Field("triggerpoint", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    clickhouse_cluster: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_.-]*$",
        description="Cluster whose servers all get the tables; empty: one server.",
    )
    archive_flush_seconds: float = Field(1.0, gt=0, le=60, description="Longest time rows wait for an insert.")
    archive_rows_max: int = Field(100_000, ge=1, description="Rows of one insert.")
    rejected_share_max: float = Field(
        0.9, gt=0, le=1, description="Share of refused input at which ingest stops; 1: never."
    )
    rejected_window_records: int = Field(1000, ge=10, le=100_000, description="Newest records the share is of.")
    poll_records_max: int = Field(4000, ge=1, le=100_000, description="Records of one fetched batch.")
    session_timeout_seconds: float = Field(30.0, ge=6, le=300, description="Silence after which a worker is dead.")
    transaction_timeout_seconds: float = Field(
        60.0, ge=5, le=900, description="Longest batch; the broker aborts after it."
    )
    stall_seconds: float = Field(120.0, ge=5, description="How long a partition with records may stand still.")
    timer_grace_seconds: float = Field(5.0, ge=0, le=3600, description="How long timers wait for late events.")
    metrics_host: str = Field("127.0.0.1", description="Where /metrics, /healthz, /readyz listen.")
    metrics_port: int = Field(6066, ge=0, le=65535, description="0: any free port.")
    data_dir: Path = Field(Path(".data"), description="Local stack's and worker's files.")
    cache_dir: Path = Field(default_factory=user_cache, description="What was downloaded: Kafka, network data.")
    asn_file: str = Field("", description="CSV files of networks and their holders, by comma; `none` for none.")
    ranges_file: str = Field("", description="Lists of `cidr,kind`, or `kind=file` of bare ranges, by comma; optional.")
    mmdb_file: Path | None = Field(None, description="A company's own IP database in MMDB form; optional.")
    journey_file: Path | None = Field(None, description="The journey's rules (YAML); the shipped SaaS one if none.")
    learn_minutes: float = Field(
        60.0, ge=0, le=10_080, description="How often workers with the archive learn what accounts do next; 0: never."
    )
    handover_file: Path | None = Field(None, description="Who answers alerts, and by when: YAML; a plain one if empty.")
    privacy_key: SecretStr = Field(
        SecretStr(""), description="Secret of at least 32 bytes that persons' ids are hashed with."
    )
    privacy_key_file: Path | None = Field(None, description="File with that secret, instead of the secret itself.")
    topic_days: Annotated[dict[str, int], NoDecode] = Field(
        default_factory=dict, description="Days that records of topics stay: `events=14;rejected=30`."
    )
    table_days: Annotated[dict[str, int], NoDecode] = Field(
        default_factory=dict, description="Days that rows of tables stay: `events=90;rejected=30`."
    )
    consent: str = Field(
        "honour",
        pattern=r"^((\w+=)?(ignore|honour|require|drop)(;|$))+$",
        description="What events need: `honour`, or by source, as `web=require;crm=ignore`.",
    )
    consent_categories: str = Field("analytics", description="Consent categories that count here, by comma.")
    clear_address_teams: str = Field(
        "sales,service",
        pattern=r"^((marketing|sales|service)(,|$))*$",
        description="Teams whose alerts show who people are in the clear, by comma.",
    )
    clear_address_days: int = Field(
        90, ge=0, le=3650, description="How long after the last sight of a person that may be shown; 0: never."
    )
    clock: str = Field(
        "system",
        pattern=r"^(system|replay:\d+:\d+:\d+(\.\d+)?(:\d+)?)$",
        description="`system`, or `replay:<real ms>:<pipeline ms>:<speed>[:<real ms of its end>]`: "
        "history played at a speed.",
    )
    test_faults: bool = Field(False, description="For fault tests only: allows `crash_at`.")
    crash_at: str = Field("", description="For fault tests only: `[<stage>.]<point>[:<n>][:KILL|TERM|STOP]`.")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="before")
    @classmethod
    def _split_inputs(cls, values: dict[str, Any]) -> dict[str, Any]:
        given = values.get("input_topics")
        if isinstance(given, str):
            values = values | {"input_topics": parse_input_topics(given)}
        return values

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in values.items() if not (name.endswith("_file") and value == "")}
        return given | {name: secret_of(name, given) for name in cls.secrets() if f"{name}_file" in given}

    @classmethod
    def secrets(cls) -> tuple[str, ...]:
        """Names of the fields that hold secrets. Each may be given as a file, in the field of that name and `_file`."""
        return tuple(name for name, field in cls.model_fields.items() if field.annotation is SecretStr)

    def secret_texts(self) -> tuple[str, ...]:
        """What must never be shown, longest first: the secrets, and the user and password within a URL."""
        found: set[str] = set()
        for name in self.secrets():
            text = getattr(self, name).get_secret_value()
            _, _, credentials = text.rpartition("@")[0].rpartition("://")
            password = credentials.partition(":")[2]
            found |= {text, unquote(text)} if "://" not in text else {credentials, password, unquote(password)}
        return tuple(sorted(found - {""}, key=len, reverse=True))

    @field_validator("topic_days", "table_days", mode="before")
    @classmethod
    def _split_days(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = [part.partition("=") for part in filter(None, map(str.strip, value.split(";")))]
        if wrong := [name for name, _, days in parts if not days.strip().isdigit() or int(days) < 1]:
            raise ValueError(f"`{wrong[0]}` has no whole number of days behind `=`")
        return {name.strip(): int(days) for name, _, days in parts}

    @field_validator("cache_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _consent_by_source(self) -> "Settings":
        try:
            self.consent_policy  # noqa: B018 - asked for its error
        except ValueError as error:
            raise ValueError(f"consent: {error}; sources are {', '.join(Source)}") from None
        return self

    @model_validator(mode="after")
    def _password_where_needed(self) -> "Settings":
        if self.kafka_security.startswith("SASL") and not (self.kafka_username and self.kafka_password):
            raise ValueError("kafka_security is SASL, so kafka_username and kafka_password must be set")
        return self

    @model_validator(mode="after")
    def _key_needs_certificate(self) -> "Settings":
        if self.kafka_client_key_file and not self.kafka_client_cert_file:
            raise ValueError("kafka_client_key_file is set, so kafka_client_cert_file must be, too")
        return self

    @model_validator(mode="after")
    def _url_of_clickhouse(self) -> "Settings":
        if not self.clickhouse_url.get_secret_value().startswith(("http://", "https://", "chdb:")):
            raise ValueError("clickhouse_url must be http[s]://[user:password@]host:port")
        return self

    @model_validator(mode="after")
    def _crash_only_in_tests(self) -> "Settings":
        if self.crash_at and not self.test_faults:
            raise ValueError(
                "crash_at ends the worker on purpose; it is for fault tests, which set TRIGGERPOINT_TEST_FAULTS=1"
            )
        return self

    @property
    def consent_policy(self) -> ConsentPolicy:
        """What each source's events need of consent."""
        modes: dict[Source, ConsentMode] = {}
        for part in filter(None, self.consent.split(";")):
            source, equals, mode = part.partition("=")
            named = (Source(source),) if equals else tuple(Source)
            modes |= dict.fromkeys(named, ConsentMode(mode if equals else source))
        categories = (name.strip().lower() for name in self.consent_categories.split(","))
        return ConsentPolicy(modes, frozenset(filter(None, categories)))

    @property
    def clear_teams(self) -> frozenset[Team]:
        """Teams whose alerts show who people are in the clear."""
        return frozenset(map(Team, filter(None, self.clear_address_teams.split(","))))

    @property
    def topics(self) -> TopicNames:
        """Topic names of this installation."""
        return TopicNames(self.topic_prefix, self.input_topics)

    def group(self, stage: str) -> str:
        """Consumer group of a stage."""
        return f"{self.topic_prefix}triggerpoint-{stage}"


def secret_of(name: str, values: Mapping[str, Any]) -> str:
    """A secret out of the file that is named for it.

    Raises:
        ValueError: it is given twice, or the file cannot be read or is empty.
    """
    path, variable = Path(str(values[f"{name}_file"])), PREFIX + name.upper()
    if values.get(name):
        raise ValueError(f"{variable} and {variable}_FILE are both set; keep one")
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{variable}_FILE {path} cannot be read ({type(error).__name__})") from error
    if not text:
        raise ValueError(f"{variable}_FILE {path} is empty")
    return text


def parse_input_topics(text: str) -> dict[Source, tuple[str, ...]]:
    """`web=a,b;email=c` as source -> topics.

    Raises:
        ValueError: a part is not `source=topic[,topic]`, or the source is unknown.
    """
    found: dict[Source, tuple[str, ...]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        source, equals, topics = part.partition("=")
        names = tuple(name.strip() for name in topics.split(",") if name.strip())
        if not equals or not names:
            raise ValueError(f"`{part}` is not `source=topic[,topic]`")
        try:
            found[Source(source.strip())] = names
        except ValueError:
            raise ValueError(f"`{source}` is no source; sources are {', '.join(Source)}") from None
    return found


def load(**overrides: Any) -> Settings:
    """Settings from the environment.

    Raises:
        SettingsError: a setting is wrong; the text names each variable, what is wrong and what it had.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = []
        for item in error.errors():
            name = PREFIX + "_".join(str(part) for part in item["loc"]).upper() if item["loc"] else "settings"
            # never a dict: it holds all settings, passwords too
            shown = isinstance(item["input"], str) and not any(
                part in name.lower() for part in ("password", "url", "key")
            )
            lines.append(f"{name}: {item['msg']}" + (f" (it is {item['input']!r})" if shown and item["loc"] else ""))
        raise SettingsError("; ".join(lines), "See the configuration table in the README.") from None
