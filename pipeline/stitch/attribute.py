"""Hits become activities of an account: now, or later out of the history they waited in."""

from dataclasses import replace

from pipeline.identity.answer import CONFIDENCE, Answer
from schemas.activity import RETRACTION, Activity
from schemas.base import Source, stable_id
from schemas.event import Grade
from schemas.hit import Hit
from schemas.identity import IdentityFact, Method, SubjectState

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

LATE_HOURS = 24
"""Waiting hits older than this when the subject is named are late: they count, and raise no alert."""

HISTORY_DAYS = 30
"""Anonymous history is attributed at most this many days back (identity reference: 30)."""


def to_activity(hit: Hit, answer: Answer, person: str, *, late_since_ms: int = 0) -> Activity:
    """A hit of an account.

    Args:
        person: whom the subject is known as, '' if it is not.
        late_since_ms: of a late one, when the account became known, ms since 1970; else 0.
    """
    known = hit.person if "@" in hit.person else person or hit.person
    return Activity.trusted(
        hit.__dict__
        | {
            "person": known,
            "contact": hit.contact if known == hit.person else "",
            "activity_id": stable_id("activity", hit.event_id, answer.account_id),
            "revision": 0,
            "account_id": answer.account_id,
            "account_name": answer.name,
            "domain": answer.domain,
            "late": late_since_ms > 0,
            "known_ms": late_since_ms,
            "method": answer.method,
            "confidence": answer.confidence,
            "reason": answer.reason,
        }
    )


def attributed(
    state: SubjectState, answer: Answer, named_ms: int, heard_ms: int = 0
) -> tuple[tuple[Activity, ...], int]:
    """Waiting hits that may still be attributed, now that the subject is named, and how many are too old for it.

    Who asks for a demo and says a minute later who he is has asked for a demo just now; only what is older is late.

    Args:
        named_ms: event time of what names it.
        heard_ms: when that reached the broker, where it is known.
    """
    if not state.history:
        return (), 0
    sure = min(answer.confidence, CONFIDENCE[Method.STITCHED])
    named = replace(answer, method=Method.STITCHED, confidence=sure, reason=f"named later: {answer.reason}")
    people = [link.person for link in state.links if link.account_id == answer.account_id and link.person]
    person = min(people, key=lambda known: ("@" not in known, known), default="")
    waited = [past for past in state.history if past.occurred_ms >= named_ms - HISTORY_DAYS * DAY_MS]
    late_ms = LATE_HOURS * HOUR_MS
    known_ms = heard_ms if heard_ms - named_ms > late_ms else named_ms
    since_ms = max(named_ms, heard_ms) - late_ms
    activities = tuple(
        to_activity(past, named, person, late_since_ms=known_ms if past.occurred_ms <= since_ms else 0)
        for past in waited
        if state.by_network.get(past.event_id) != answer.account_id
    )
    return activities, len(state.history) - len(waited)


def retraction_of(fact: IdentityFact, account_id: str) -> Activity:
    """What takes back all that a subject did for an account so far."""
    return Activity(
        activity_id=stable_id("retraction", fact.fact_id, account_id),
        event_id=fact.fact_id,
        source=Source.WEB,
        type=RETRACTION,
        occurred_ms=fact.observed_ms,
        received_ms=fact.observed_ms,
        subject=fact.subject,
        grade=Grade.MACHINE,
        account_id=account_id,
        method=Method.STITCHED,
        confidence=0.0,
        reason=fact.reason,
    )
