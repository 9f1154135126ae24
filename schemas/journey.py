"""3. Journey: what is remembered per account. Its stages are data (`deploy/journeys/`)."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from schemas.base import CLOSED, Record

UNAWARE = "unaware"
"""Where every account is before its first sign. All other stages are named by the journey's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One remembered activity and the points it weighed on the day.

    An account has up to 120 of them, so they are bare dataclasses: in memory less than half as big as a `Record`.
    """

    __pydantic_config__ = CLOSED

    event_id: str
    type: str
    occurred_ms: int
    points: Annotated[
        float, Field(description="Points on the day, weighed by grade, identity confidence, role and tier.")
    ]
    confidence: float
    person: str = ""
    subject: str = ""
    detail: Annotated[str, Field(description="Asset, page or feature, for the sentence a person reads.")] = ""
    by_ip: Annotated[bool, Field(description="The account is known by the address alone.")] = False


class Carry(Record):
    """Activities of one type that fell out of the evidence list: their points live on in one sum."""

    type: str
    count: int
    points: float = Field(description="Sum at `as_of_ms`, from where it fades as the type does.")
    as_of_ms: int


class Person(Record):
    """Somebody known at the account."""

    person: str
    job_title: str = ""
    first_ms: int
    last_ms: int
    acts: int = Field(1, description="Signs of them so far.")
    back_ms: int = Field(0, description="When they were last seen again after two weeks or more; 0 if never.")
    away_ms: int = Field(0, description="How long they had been away then.")


class Habits(Record):
    """What is usual for an account; bounds in `pipeline/traits/habits.py`."""

    since_ms: int = Field(0, description="First sign of a person there ever was; 0 if none.")
    hits: dict[int, int] = Field(default_factory=dict, description="Day since 1970 -> interactions.")
    people: dict[int, tuple[int, ...]] = Field(
        default_factory=dict, description="Week since 1970 -> lowest checksums of its people, ascending."
    )
    topics: dict[str, tuple[int, int, int]] = Field(
        default_factory=dict, description="Topic -> when it came up, when it was touched last, and how often."
    )


class Trial(Record):
    """The account's newest trial."""

    started_ms: int
    ends_ms: int = Field(0, description="0 where unknown.")
    activated_ms: int = 0
    last_use_ms: int = 0
    over: bool = False


class Standing(Record):
    """What the directory said of an account when activities of it were folded."""

    name: str = ""
    owner: str = ""
    tier: str = ""
    fit: str = Field("", description="Grade A to D by the rules of then; '' where nobody knows.")
    customer_ms: int = Field(
        0, description="Customer since, ms since 1970; -1: nobody knows since when; 0: it is none."
    )
    renews_ms: int = Field(0, description="When its contract ends, ms since 1970; 0 where nobody knows.")


NO_STANDING = Standing()


class OpenAlert(Record):
    """The newest alert of a trigger, as it was said last, until its team says done or rejected."""

    alert_id: str
    raised_ms: int
    said_ms: int = Field(description="When it was raised, or updated last, in the journey's own time.")
    stage: str
    score: float
    updates: int = 0


class Rest(Record):
    """A trigger raises nothing for a while, since its team said so."""

    reason: str = Field(description="done, rejected or snoozed.")
    until_ms: int


class JournalHead(Record):
    """Where an account's journal stands: what is appended next, and what is still kept. See `pipeline/journal/`."""

    entries: int = Field(0, description="Number of the next entry.")
    segments: tuple[int, ...] = Field((), description="Number of each kept segment's first entry, oldest first.")
    filled: int = Field(0, description="Activities and firings in the newest segment.")
    said: int = Field(0, description="Number of the next record of what was said.")
    said_from: int = Field(0, description="Number of the oldest one kept.")
    standing: Standing = Field(NO_STANDING, description="As in the newest entry.")
    newest: tuple[int, int, str] = Field(
        (0, 0, ""),
        description="Key of the newest activity; of the newest tick, where only its activities were taken back.",
    )
    ruled: int = Field(0, description="Number of the first entry that the present rules have folded.")
    unsaid: dict[str, int] = Field(
        default_factory=dict,
        description="Transitions and alerts that do not stand -> revision they were taken back with; -1: never said.",
    )


class JourneyState(Record):
    """What `advance` remembers of one account. Bounds: `pipeline/journey.py` says what falls out and when."""

    version: int = 2
    rules: str = Field("", description="Version of the rules it was looked at with last; '' where nobody knows.")
    account_id: str
    product: str = Field("", description="What it is about buying; '' for the account's general journey.")
    account_name: str = ""
    stage: str = UNAWARE
    stage_since_ms: int = 0
    been: tuple[str, ...] = Field((), description="Stages it was in on this journey, detours aside, as first entered.")
    held: str = Field("", description="Stage the CRM put it in last: behaviour does not bring it below.")
    clock_ms: int = Field(0, description="Newest event time seen; the journey's own time.")
    transitions: int = Field(0, description="How many transitions so far.")
    steps: dict[str, int] = Field(default_factory=dict, description="From and to stage -> how many of the transitions.")
    evidence: tuple[Evidence, ...] = ()
    carried: tuple[Carry, ...] = ()
    people: tuple[Person, ...] = ()
    trial: Trial | None = None
    customer_since_ms: int = 0
    contract_ends_ms: int = Field(0, description="When its contract ends, as the CRM said last; 0 where nobody knows.")
    last_human_ms: int = 0
    habits: Habits = Field(default_factory=Habits)
    usage_by_day: dict[int, int] = Field(default_factory=dict, description="Day since 1970 -> uses.")
    heard_ms: int = Field(
        0,
        description="When the newest product event reached the broker; of one that waited for a name, at the latest: a "
        "timer that was due long before was never heard in time.",
    )
    fired: dict[str, int] = Field(default_factory=dict, description="Trigger -> event time it last fired, ms.")
    timers_done: dict[str, int] = Field(default_factory=dict, description="Timer -> due time last fired, ms.")
    opened: dict[str, OpenAlert] = Field(default_factory=dict, description="Trigger -> its alert that is open.")
    rests: dict[str, Rest] = Field(default_factory=dict, description="Trigger -> until when it rests.")
    met: dict[str, tuple[int, ...]] = Field(
        default_factory=dict, description="Trigger with a threshold -> when it was met since it last fired, ms."
    )
    noted: dict[str, int] = Field(
        default_factory=dict, description="Trigger and reason it was held back for -> day since 1970 it last was."
    )
    seen: tuple[str, ...] = Field((), description="Newest activity ids, shortened: duplicates are known by them.")
    due_ms: int = Field(0, description="When the next timer is due, ms since 1970 UTC; 0 if none.")
    suppressed: bool = Field(False, description="The directory keeps it out: its journey goes on, and nothing is said.")
    journal: JournalHead = Field(default_factory=JournalHead)
