"""2a. Hit: what of an event an activity is made of, before anybody is named for it; and the pulse: what several hits of
one subject say together about who made them, a human or a machine."""

from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from schemas.base import Record, Source
from schemas.event import Grade


class Hit(Record):
    """One thing somebody did, whichever company it turns out to be. Absent text is '' and absent numbers are 0."""

    UNARCHIVED = frozenset({"contact"})

    event_id: str
    source: Source
    type: str = Field(
        description="Event type; of an activity the type the journey gives it.",
        examples=["pricing_view", "content_download"],
    )
    event_type: str = Field("", description="The event's own type, where `type` is another.", examples=["page_view"])
    occurred_ms: int = Field(description="When it happened, ms since 1970 UTC.")
    received_ms: int = Field(description="When the broker took the raw record, ms since 1970 UTC.")
    subject: str = Field(description="Subject that did it.", examples=["a:v-81"])
    person: str = Field("", description="Mailbox, else user id; '' for an anonymous visitor.")
    contact: str = Field("", description="Who that is in the clear, sealed; opened only for alerts to teams.")
    job_title: str = ""
    grade: Grade = Grade.HUMAN
    grade_reason: str = Field("", description="Why it is not graded human.")
    url: str = ""
    asset: str = ""
    topic: str = ""
    feature: str = ""
    product: str = ""
    form: str = ""
    rating: float | None = None
    amount: float | None = None
    ends_ms: int = Field(0, description="When the trial or the contract runs out, ms since 1970 UTC; 0 if none.")
    properties: dict[str, str] = Field(
        default_factory=dict, description="Of the producer's own fields, those the journey's mapping asks for."
    )


class Returned(Record):
    """Hits an account gives back to the subject that did them, since it is not that account's (any more). Lies on
    `intent.returned.v1`, keyed by the subject; `advance` writes it, `identify` lets them wait for a name again."""

    subject: str
    account_id: str = Field(description="Account they were taken from.")
    returned_ms: int = Field(description="When the link was taken back, ms since 1970 UTC.")
    hits: tuple[Hit, ...] = Field(description="Of the last 30 days, oldest first.")


class Act(StrEnum):
    """What a reader, or a machine on the way to one, did with a mail."""

    OPEN = "open"
    PROXY = "proxy"
    """Opened by a privacy or image proxy: says nothing of whether somebody read it."""

    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"
    """A click on the link that unsubscribes, or the mail sender's word that somebody did."""


class Beat(NamedTuple):
    """One hit on a mail. Link, address and user agent are kept as checksums: enough to compare them.

    Args:
        event_id: the event.
        at_ms: event time, ms since 1970 UTC.
        timed: the time can be trusted (the producer's clock was not ahead).
        act: what was done.
        link, ip, agent: checksums; 0 where not known.
        signs: what the event says by itself (`pipeline/machines/signs.py`).
        grade: as told last.
        settled: its quarantine is over.
    """

    event_id: str
    at_ms: int
    timed: bool
    act: Act
    link: int
    ip: int
    agent: int
    signs: tuple[str, ...]
    grade: Grade
    settled: bool = False


class Thread(NamedTuple):
    """One mail to one recipient: when it was delivered (earliest first), and the hits on it by time and event id."""

    mail: str
    delivered: tuple[int, ...] = ()
    beats: tuple[Beat, ...] = ()


class View(NamedTuple):
    """One page view of a visitor."""

    at_ms: int
    event_id: str
    suspect: bool = False


class Held(NamedTuple):
    """An activity that was sent and may have to be said anew: its hit is under judgement.

    Args:
        event_id: the hit.
        account_id: the account.
        until_ms: how long it is held, ms since 1970 UTC.
        activity: as JSON: it is read only if a verdict comes, and hardly one in a hundred does.
    """

    event_id: str
    account_id: str
    until_ms: int
    activity: str


class Pulse(NamedTuple):
    """The newest hits of one subject, as far as hits to come may change what they are. Bounds and what falls out:
    `pipeline/machines/watch.py`.

    Args:
        threads: mails, in order of their ids.
        views: page views of a visitor, by time.
        proofs: event times at which the subject surely was a human (an answer, a form), ascending.
        held: activities of hits under judgement.
        due_ms: when the first quarantine ends or the first held activity may go, ms since 1970 UTC; 0 if there is none.
    """

    threads: tuple[Thread, ...] = ()
    views: tuple[View, ...] = ()
    proofs: tuple[int, ...] = ()
    held: tuple[Held, ...] = ()
    due_ms: int = 0
