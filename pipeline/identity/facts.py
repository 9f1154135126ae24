"""What an event shows of its ids, whatever was known before: the facts it gives to the record.

Facts follow from the event and the directory alone, so any order of events gives the same ones.
"""

from pipeline.identity.answer import Answer
from schemas.base import stable_id
from schemas.event import Event
from schemas.identity import FactKind, IdentityFact


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


def facts_of(event: Event, own: Answer | None, unmatched: str) -> tuple[IdentityFact, ...]:
    """The facts of one event.

    Args:
        event: its placeholder ids taken out.
        own: what the event itself says, address and history aside.
        unmatched: company domain it names that is no account's.
    """
    subjects = ids_of(event)
    if own is not None:
        return tuple(_fact(event, subject, FactKind.LINK, own) for subject in subjects)
    edges = tuple(_fact(event, subject, FactKind.EDGE) for subject in subjects[1:])
    if not unmatched:
        return edges
    return (*(_fact(event, subject, FactKind.UNMATCHED, domain=unmatched) for subject in subjects), *edges)


def _fact(
    event: Event, subject: str, kind: FactKind, own: Answer | None = None, domain: str = ""
) -> IdentityFact:
    other = event.subject if subject != event.subject else ""
    person = event.email or event.user_id
    account_id, method = (own.account_id, own.method) if own else ("", None)
    # one id for one statement: the same shown again by a later event need not be told again
    fact_id = stable_id("fact", kind, subject, account_id, domain, person, method or "", other)
    if own is None:
        reason = f"seen together with {other}" if kind is FactKind.EDGE else f"works at {domain}, no account's domain"
    else:
        reason, domain = own.reason, own.domain
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
