"""What an event shows of its ids, whatever was known before: the facts it gives to the record.

Facts follow from the event and the directory alone, so any order of events gives the same ones.
"""

from collections.abc import Collection

from pipeline.identity.answer import Answer, Verdict
from pipeline.stitch.links import week_of
from schemas.base import stable_id
from schemas.event import Event
from schemas.identity import FactKind, IdentityFact, Link

TOLD_ID_LENGTH = 12


def ids_of(event: Event) -> tuple[str, ...]:
    """All subjects an event is of: its own first, then its user's and its mailbox's."""
    return tuple(
        dict.fromkeys(
            (
                event.subject,
                *(["u:" + event.user_id] if event.user_id else []),
                *(["e:" + event.email] if event.email else []),
            )
        )
    )


def facts_of(event: Event, own: Verdict, told: Collection[str]) -> tuple[IdentityFact, ...]:
    """The facts of one event that were not told yet.

    Args:
        event: its placeholder ids taken out.
        own: what the event itself says, address and history aside.
        told: short ids (`told_id`) of facts told before.
    """
    subjects = ids_of(event)
    if own.winner is not None:
        found = [_fact(event, subject, FactKind.LINK, own.winner, own.winner.domain, told) for subject in subjects]
    else:
        found = [_fact(event, subject, FactKind.EDGE, None, "", told) for subject in subjects[1:]]
        if own.unmatched:
            domain = own.unmatched
            found += [_fact(event, subject, FactKind.UNMATCHED, None, domain, told) for subject in subjects]
    return tuple(fact for fact in found if fact is not None)


def told_id(fact: IdentityFact) -> str:
    """Short id by which a subject knows that it has told a fact."""
    return fact.fact_id[:TOLD_ID_LENGTH]


def link_by(event: Event, own: Answer) -> Link:
    """The link of an event's own subject to what the event says."""
    return Link.model_construct(
        account_id=own.account_id,
        domain=own.domain,
        method=own.method,
        confidence=own.confidence,
        reason=own.reason,
        person=event.email or event.user_id,
        user_id=event.user_id,
        via="",
        event_id=event.event_id,
        first_ms=event.occurred_ms,
        last_ms=event.occurred_ms,
    )


def _fact(
    event: Event, subject: str, kind: FactKind, own: Answer | None, domain: str, told: Collection[str]
) -> IdentityFact | None:
    other = event.subject if subject != event.subject else ""
    person = event.email or event.user_id
    account_id, method = (own.account_id, own.method) if own else ("", None)
    # one id for one statement a week: the same shown again by a later event need not be told again
    week = week_of(event.occurred_ms)
    fact_id = stable_id("fact", kind, subject, account_id, domain, person, event.user_id, method or "", other, week)
    if fact_id[:TOLD_ID_LENGTH] in told:
        return None
    if own is not None:
        reason = own.reason
    else:
        reason = f"seen together with {other}" if kind is FactKind.EDGE else f"works at {domain}, no account's domain"
    return IdentityFact(
        fact_id=fact_id,
        kind=kind,
        subject=subject,
        other=other,
        account_id=account_id,
        domain=domain,
        person=person,
        user_id=event.user_id,
        method=method,
        confidence=own.confidence if own else 0.0,
        reason=reason,
        event_id=event.event_id,
        observed_ms=event.occurred_ms,
    )
