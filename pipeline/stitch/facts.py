"""What an event shows of its ids, whatever was known before: the facts it gives to the record.

Facts follow from the event and the directory alone, so any order of events gives the same ones.
"""

from pipeline.identity.answer import Answer, Verdict
from pipeline.identity.ids import placeholder_id
from pipeline.stitch.links import week_of
from schemas.base import Source, stable_id
from schemas.event import Event, Grade
from schemas.identity import FactKind, IdentityFact, Link

SHOWN_ID_LENGTH = 12


def ids_of(event: Event) -> tuple[str, ...]:
    """All subjects an event is of: its own first, then its user's, its mailbox's and its link's visitor."""
    visitor = linked_visitor(event)
    return tuple(
        dict.fromkeys(
            (
                event.subject,
                *(["u:" + event.user_id] if event.user_id else []),
                *(["e:" + event.email] if event.email else []),
                *(["a:" + visitor] if visitor else []),
            )
        )
    )


def linked_visitor(event: Event) -> str:
    """The visitor's id that a link in a mail carries (`tp_vid`), once a person has clicked it; else ''."""
    if event.source is not Source.EMAIL or event.type != "click" or event.grade is not Grade.HUMAN:
        return ""
    visitor = event.properties.get("link_visitor_id", "")
    return "" if not visitor or placeholder_id(visitor) else visitor


def shown_id(event: Event, own: Verdict) -> str:
    """Short id of all that an event shows of its ids in a week, by which a subject knows that it was told."""
    winner = own.winner
    said = (winner.account_id, winner.method, winner.domain) if winner else ("", "", own.unmatched)
    return stable_id(*said, *ids_of(event), week_of(event.occurred_ms))[:SHOWN_ID_LENGTH]


def facts_of(event: Event, own: Verdict) -> tuple[IdentityFact, ...]:
    """The facts of one event.

    Args:
        event: its placeholder ids taken out.
        own: what the event itself says, address and history aside.
    """
    subjects = ids_of(event)
    if own.winner is not None:
        return tuple(_fact(event, subject, FactKind.LINK, own.winner, own.winner.domain) for subject in subjects)
    edges = tuple(_fact(event, subject, FactKind.EDGE, None, "") for subject in subjects[1:])
    if not own.unmatched:
        return edges
    return (*edges, *(_fact(event, subject, FactKind.UNMATCHED, None, own.unmatched) for subject in subjects))


def link_by(event: Event, own: Answer) -> Link:
    """The link of an event's own subject to what the event says."""
    return Link.trusted(
        {
            "account_id": own.account_id,
            "domain": own.domain,
            "method": own.method,
            "confidence": own.confidence,
            "reason": own.reason,
            "person": event.email or event.user_id,
            "user_id": event.user_id,
            "via": "",
            "event_id": event.event_id,
            "first_ms": event.occurred_ms,
            "last_ms": event.occurred_ms,
        }
    )


def _fact(event: Event, subject: str, kind: FactKind, own: Answer | None, domain: str) -> IdentityFact:
    other = event.subject if subject != event.subject else ""
    person = event.email or event.user_id
    account_id, method = (own.account_id, own.method) if own else ("", None)
    # one id for one statement a week: the same shown again by a later event need not be told again
    week = week_of(event.occurred_ms)
    fact_id = stable_id("fact", kind, subject, account_id, domain, person, event.user_id, method or "", other, week)
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
        heard_ms=event.received_ms,
    )
