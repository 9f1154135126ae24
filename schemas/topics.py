"""The catalogue of topics: what lies where, by which key, for how long. Names stand here and nowhere else.

Input topics may be lists, since producers have topics already; all names can be changed by settings
(`TRIGGERPOINT_TOPIC_PREFIX`, `TRIGGERPOINT_INPUT_TOPICS`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

from pydantic import BaseModel

from schemas.account import Account
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.authored.activation import Activation
from schemas.authored.asset import Asset
from schemas.base import Source, Team
from schemas.dispatch.digest import Digest
from schemas.dispatch.held import HeldAlert
from schemas.event import Event
from schemas.handover.entry import Handover
from schemas.handover.feedback import Answer, Feedback
from schemas.hit import Returned
from schemas.identity import IdentityFact, SubjectState
from schemas.journey import JourneyState
from schemas.kept.dispatch import OwnerState
from schemas.kept.erasure import Erasure
from schemas.kept.handover import HandoverState
from schemas.kept.key_mark import KeyMark
from schemas.learned.outlook import Outlook
from schemas.raw import RAW_MODELS
from schemas.rejected import Rejected
from schemas.transition import Transition

DAY_MS = 86_400_000
PARTITIONS_DEFAULT = 4
RECORD_BYTES_MAX = 1_048_576
"""Largest input record, bytes; a larger one is refused by the broker."""

OWN_BYTES_MAX = 4 * RECORD_BYTES_MAX
"""Largest record of our own topics whose size follows that of the input."""


@dataclass(frozen=True)
class Topic:
    """One topic.

    Args:
        name: name without the prefix set by `TRIGGERPOINT_TOPIC_PREFIX`.
        noun: model of its values.
        key: what its records are keyed by, in words.
        producer, consumer: who writes and who reads it.
        retention_days: how long records stay; 0 for a compacted topic, which keeps the newest record of each key.
        input: written by others, so its partition count is theirs to choose.
    """

    name: str
    noun: type[BaseModel]
    key: str
    producer: str
    consumer: str
    retention_days: int = 30
    input: bool = False
    bytes_max: int = RECORD_BYTES_MAX

    @property
    def compacted(self) -> bool:
        """Whether only the newest record of each key is kept."""
        return self.retention_days == 0

    @property
    def config(self) -> Mapping[str, str]:
        """Topic settings for the broker."""
        common = {"max.message.bytes": str(self.bytes_max)}
        if self.compacted:
            return common | {
                "cleanup.policy": "compact",
                "min.cleanable.dirty.ratio": "0.3",
            }
        if self.input:
            common["message.timestamp.type"] = "LogAppendTime"  # a producer's clock must decide nothing
        return common | {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_days * DAY_MS),
        }


def _raw(source: Source) -> Topic:
    return Topic(
        f"intent.events.{source}.v1",
        RAW_MODELS[source],
        "any",
        "producers",
        "ingest",
        14,
        input=True,
    )


def _alerts(team: Team) -> Topic:
    return Topic(
        f"intent.alerts.{team}.v1",
        Alert,
        "account id",
        "dispatch",
        f"{team}, handover, archive",
        90,
    )


RAW: Mapping[Source, Topic] = {source: _raw(source) for source in Source}
EVENTS = Topic("intent.events.v1", Event, "subject", "ingest", "identify, archive", 30, bytes_max=OWN_BYTES_MAX)
REJECTED = Topic(
    "intent.rejected.v1",
    Rejected,
    "input's key",
    "ingest, `rejected replay`",
    "archive, ops",
    90,
    bytes_max=OWN_BYTES_MAX,
)
IDENTITY = Topic("intent.identity.v1", IdentityFact, "subject", "identify", "identify, archive", 90)
ACTIVITIES = Topic("intent.activities.v1", Activity, "account id", "identify", "advance, archive", 90)
RETURNED = Topic("intent.returned.v1", Returned, "subject", "advance", "identify", 7, bytes_max=OWN_BYTES_MAX)
TRANSITIONS = Topic(
    "intent.transitions.v1",
    Transition,
    "account id",
    "advance",
    "archive, subscribers",
    365,
    bytes_max=OWN_BYTES_MAX,
)
ALERTS: Mapping[Team, Topic] = {team: _alerts(team) for team in Team}
TRIGGERS = Topic("intent.triggers.v1", Alert, "whom it is routed to", "advance", "dispatch", 30)
DIGESTS = Topic(
    "intent.digests.v1", Digest, "whom it is for", "dispatch", "archive, owners", 90, bytes_max=OWN_BYTES_MAX
)
HELD = Topic("intent.alerts.held.v1", HeldAlert, "account id", "advance, dispatch", "archive, subscribers", 90)
ACCOUNTS = Topic(
    "intent.accounts.v1",
    Account,
    "account id",
    "directory owners",
    "identify, advance",
    0,
    input=True,
)
JOURNEYS = Topic("intent.journeys.v1", Activation, "its number", "commands, a first worker", "advance, archive", 0)
OUTLOOKS = Topic("intent.outlooks.v1", Outlook, "stage and trigger", "workers with the archive", "advance", 0)
ASSETS = Topic("intent.assets.v1", Asset, "asset", "marketing", "archive", 0, input=True)
FEEDBACK = Topic("intent.feedback.v1", Feedback, "any", "teams", "ingest", 14, input=True)
ANSWERS = Topic("intent.answers.v1", Answer, "account id", "ingest", "advance, handover, archive", 365)
HANDOVERS = Topic("intent.handovers.v1", Handover, "account id", "handover", "archive, subscribers", 365)
ERASURES = Topic("intent.erasures.v1", Erasure, "subject", "privacy erase", "ingest, identify, advance", 0)
KEY_MARKS = Topic("intent.keymarks.v1", KeyMark, "fingerprint", "a first worker", "workers, privacy commands", 0)
SUBJECT_CHANGELOG = Topic(
    "intent.identify.changelog.v1", SubjectState, "subject", "identify", "identify", 0, bytes_max=OWN_BYTES_MAX
)
JOURNEY_CHANGELOG = Topic(
    "intent.advance.changelog.v1",
    JourneyState,
    "account id, with the product if it is of one; with a page's name behind it, a page of its journal",
    "advance",
    "advance",
    0,
    bytes_max=OWN_BYTES_MAX,
)
DISPATCH_CHANGELOG = Topic(
    "intent.dispatch.changelog.v1",
    OwnerState,
    "whom alerts are routed to; with an alert id behind it, what became of that alert",
    "dispatch",
    "dispatch",
    0,
    bytes_max=OWN_BYTES_MAX,
)
HANDOVER_CHANGELOG = Topic(
    "intent.handover.changelog.v1",
    HandoverState,
    "account id",
    "handover",
    "handover",
    0,
    bytes_max=OWN_BYTES_MAX,
)

CATALOGUE: tuple[Topic, ...] = (
    *RAW.values(),
    EVENTS,
    REJECTED,
    IDENTITY,
    ACTIVITIES,
    RETURNED,
    TRANSITIONS,
    TRIGGERS,
    *ALERTS.values(),
    DIGESTS,
    HELD,
    ACCOUNTS,
    JOURNEYS,
    OUTLOOKS,
    ASSETS,
    FEEDBACK,
    ANSWERS,
    HANDOVERS,
    ERASURES,
    KEY_MARKS,
    SUBJECT_CHANGELOG,
    JOURNEY_CHANGELOG,
    DISPATCH_CHANGELOG,
    HANDOVER_CHANGELOG,
)
"""In the order of the data's way."""


@dataclass(frozen=True)
class TopicNames:
    """Catalogue topics under the names of one installation.

    Args:
        prefix: put before each name of our own, e.g. `acme.`.
        inputs: source -> names of the topics producers already write; empty means the catalogue's own.
    """

    prefix: str = ""
    inputs: Mapping[Source, tuple[str, ...]] = field(default_factory=dict)

    def name(self, topic: Topic) -> str:
        """The topic's name on this installation's broker."""
        return self.prefix + topic.name

    def raw(self, source: Source) -> tuple[str, ...]:
        """Names of the input topics of one source."""
        return self.inputs.get(source) or (self.name(RAW[source]),)


def partition_of(key: bytes, partitions: int) -> int:
    """Partition of a key on the pipeline's own keyed topics: CRC-32 modulo the count (in C, unlike murmur2 here)."""
    return crc32(key) % partitions
