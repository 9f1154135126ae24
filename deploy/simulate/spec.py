"""What a simulated world is made from, and what comes out of it: one spec in, many messages out."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from random import Random
from typing import Any

from deploy.simulate.traits.shares import HARD, NONE, Traits
from schemas.base import Source

DAY_MS = 86_400_000
MINUTE_MS = 60_000
_MASK = (1 << 64) - 1


class Label(StrEnum):
    """What a message truly is."""

    HUMAN = "human"
    MACHINE = "machine"
    BAD = "bad"
    DUPLICATE = "duplicate"
    DIRECTORY = "directory"


@dataclass(frozen=True)
class WorldSpec:
    """One simulated world. The same spec gives the same bytes, on any machine.

    Args:
        seed: which world; people, cookies and company names follow from it alone.
        companies: how many companies go a journey.
        days: length of the simulated span; all events lie in [start, start + days].
        start: first possible event time, aware.
        bad_share: share of records broken on purpose (extra records: no good event is lost by it).
        duplicate_share: share of records that are byte-identical resends of an earlier one.
        machine_share: share of records made by crawlers, mail scanners and mail proxies.
        visitor_share: share of records of anonymous visitors that never convert.
        freemail_share: share of records of people who only ever show a free mailbox.
        late_share: share of records that arrive minutes to hours after the event, out of order.
        directory_share: share of companies that stand in the account directory.
        segment_share, rudderstack_share: web devices tracked by these; the rest is native.
        sendgrid_share: mails reported as SendGrid arrays; the rest is native.
        trial_segment_share: workspaces reported by Segment; the rest is native.
        pace: how much faster than nature journeys run; 1 means trials of 14 days.
        scripts: names of the scripts in use, empty for all of `journeys.SCRIPTS`.
        traits: what makes naming hard; nothing by default.
    """

    seed: int = 7
    companies: int = 60
    days: float = 90.0
    start: datetime = datetime(2026, 1, 5, tzinfo=UTC)
    bad_share: float = 0.005
    duplicate_share: float = 0.01
    machine_share: float = 0.05
    visitor_share: float = 0.08
    freemail_share: float = 0.02
    late_share: float = 0.01
    directory_share: float = 0.85
    segment_share: float = 0.35
    rudderstack_share: float = 0.25
    sendgrid_share: float = 0.8
    trial_segment_share: float = 0.5
    pace: float = 1.0
    scripts: tuple[str, ...] = ()
    traits: Traits = NONE

    def __post_init__(self) -> None:
        """Refuses what no world can be made of."""
        if self.start.tzinfo is None:
            raise ValueError("start must be aware: give it a zone, e.g. 2026-01-05T00:00:00Z")
        if self.companies < 0 or self.days <= 0 or self.pace <= 0:
            raise ValueError("companies must not be negative, days and pace must be positive")
        extra = (self.bad_share, self.duplicate_share, self.machine_share, self.visitor_share, self.freemail_share)
        if min(extra) < 0 or sum(extra) > 0.8:
            raise ValueError("bad, duplicate, machine, visitor and freemail shares must add up to 0.8 at most")

    @classmethod
    def hard(cls, seed: int = 7, **changes: Any) -> "WorldSpec":
        """A world with everything that makes naming hard."""
        given = {"machine_share": 0.08, "freemail_share": 0.03, "late_share": 0.02, "duplicate_share": 0.02}
        return cls(**{"seed": seed, "traits": HARD, **given, **changes})

    @cached_property
    def start_ms(self) -> int:
        """Start of the span, ms since 1970."""
        return int(self.start.timestamp() * 1000)

    @cached_property
    def span_ms(self) -> int:
        """Length of the span, ms."""
        return int(self.days * DAY_MS)

    @cached_property
    def end_ms(self) -> int:
        """End of the span, ms since 1970."""
        return self.start_ms + self.span_ms

    @cached_property
    def tag(self) -> str:
        """Short text that sets this world's event ids apart from those of any other world."""
        return f"{mix(self.seed, self.companies, self.start_ms, self.span_ms, int(self.pace * 1000)) & 0xFFFFFFFF:08x}"


@dataclass(frozen=True, slots=True)
class Message:
    """One Kafka record to send, with the truth about it.

    Args:
        occurred_ms: when the (newest) event in it happened, ms since 1970; for a bad record, when it was sent.
        sent_ms: when the producer sends it, ms since 1970; messages come in this order.
        source: source of the event; None for the directory.
        topic_noun: "web", "email", "trial", "crm", "support", "social" or "accounts".
        key: record key, as this producer would set it.
        value: record value.
        label: what it truly is.
        kind: finer than the label, e.g. "journey", "crawler", "scanner", "truncated_json".
        account_id: the company truly behind it (`Company.account_id`, in the directory or not), '' if none.
        event_ids: the producer's ids of the events in it.
        doers: for each of them the mailbox of the person who truly did it, '' if unknown.
        machines: those of them that are machine hits, with their kind: a record may hold a human's hits and a
            machine's, and its label is then the last one's.
    """

    occurred_ms: int
    sent_ms: int
    source: Source | None
    topic_noun: str
    key: bytes | None
    value: bytes
    label: Label = Label.HUMAN
    kind: str = "journey"
    account_id: str = ""
    event_ids: tuple[str, ...] = ()
    doers: tuple[str, ...] = ()
    machines: tuple[tuple[str, str], ...] = ()


def mix(*parts: int) -> int:
    """64 well-stirred bits from whole numbers, the same on every machine."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = ((state ^ (part & _MASK)) * 0xBF58476D1CE4E5B9) & _MASK
        state ^= state >> 29
    return state


def rng_of(*parts: int) -> Random:
    """A random source that depends on the numbers given and on nothing else."""
    return Random(mix(*parts))  # noqa: S311 - a simulation, not a secret
