"""2d. Pulse: what several hits of one subject say together about who made them, a human or a machine."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from schemas.event import Grade


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


@dataclass(frozen=True, slots=True)
class Pulse:
    """The newest hits of one subject, as far as hits to come may change what they are. Bounds and what falls out:
    `pipeline/machines/watch.py`.

    Args:
        threads: mails, in order of their ids.
        views: page views of a visitor, by time.
        proofs: event times at which the subject surely was a human (an answer, a form), ascending.
        due_ms: when the first quarantine ends, ms since 1970 UTC; 0 if none is open.
    """

    threads: tuple[Thread, ...] = ()
    views: tuple[View, ...] = ()
    proofs: tuple[int, ...] = ()
    due_ms: int = 0
