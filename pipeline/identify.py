"""2. Which company is it? Event + what is known of its subject -> activities of accounts, facts about ids.

Evidence in order of trust: an account named by the producer, a company domain named by the producer, a work mailbox
whose domain is in the directory, a subject that was named before (stitched), a work mailbox of an unknown company.
Nothing else names anybody: an event without such evidence waits in the subject's history, and is attributed, marked
late, once the subject is named.
"""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.classify import activity_type
from pipeline.directory import Directory
from pipeline.domains import consumer_mail, mail_host, registrable
from schemas.account import Account
from schemas.activity import Activity
from schemas.base import stable_id
from schemas.event import Event, Grade
from schemas.identity import IdentityFact, Method, SubjectState

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LATE_HOURS = 24
"""Waiting events older than this when the subject is named are late: they count, and raise no alert."""

HISTORY_DAYS = 30
"""Anonymous history is attributed at most this many days back (identity reference: 30)."""

HISTORY_MAX = 60
"""Newest events kept unattributed; older ones stay in `events` only."""

SEEN_MAX = 200
"""Newest event ids by which duplicates are known; a retry later than that many events counts again."""

TOLD_MAX = 20

NOT_KEPT = {"properties": {}, "user_agent": "", "ip": "", "title": "", "reason": "", "source_event_id": ""}
"""Fields that no activity is made of; they stay on `intent.events.v1`."""

CONFIDENCE: dict[Method, float] = {
    Method.ACCOUNT_ID: 1.0,
    Method.ACCOUNT_DOMAIN: 0.95,
    Method.EMAIL_DIRECTORY: 0.85,
    Method.STITCHED: 0.80,
    Method.EMAIL_DOMAIN: 0.60,
    Method.UNLISTED_ID: 0.60,
}


class Outcome(StrEnum):
    """What became of an event: each has exactly one; a metric label."""

    ATTRIBUTED = "attributed"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    UNNAMED_MACHINE = "unnamed_machine"
    """A machine's hit that nobody can be named for weighs nothing, now or later: it is kept in `events` only."""


@dataclass(frozen=True, slots=True)
class Match:
    """An account, how it was found and how surely."""

    account_id: str
    name: str
    domain: str
    method: Method
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Identified:
    """Result of one step. `fell_out` counts waiting events that had to leave the history; `state` is None where nothing
    needs to be remembered."""

    state: SubjectState | None
    outcome: Outcome | None
    activities: tuple[Activity, ...] = ()
    facts: tuple[IdentityFact, ...] = ()
    fell_out: int = 0


def identify(event: Event, state: SubjectState | None, directory: Directory) -> Identified:
    """Name the account behind one event.

    Args:
        event: the event; its subject is the key of `state`.
        state: what is known of the subject, None at first.
        directory: the accounts as they are now.
    """
    known, state = state, state or SubjectState()
    if event.event_id in state.seen:
        return Identified(state, Outcome.DUPLICATE)
    seen = (*state.seen[-(SEEN_MAX - 1) :], event.event_id)
    match = match_event(event, directory) or match_subject(state, directory) or match_unlisted(event)
    if match is None:
        if event.grade is Grade.MACHINE:
            return Identified(known, Outcome.UNNAMED_MACHINE)
        history, fell_out = _remember(state.history, event)
        return Identified(_with(state, seen=seen, history=history), Outcome.WAITING, fell_out=fell_out)
    named = _named(state, match, event.email or event.user_id, event.event_id)
    waited = _attributable(state.history, event.occurred_ms)
    facts = tuple(fact for fact in _facts(event, match, named.person) if fact.fact_id not in state.told)
    activities = (
        *(_late_activity(past, match, named.person, event.occurred_ms) for past in waited),
        _activity(event, match, named.person, late=False),
    )
    told = (*state.told, *(fact.fact_id for fact in facts))[-TOLD_MAX:]
    fell_out = len(state.history) - len(waited)
    named = _with(named, seen=seen, history=(), told=told)
    return Identified(named, Outcome.ATTRIBUTED, activities, facts, fell_out)


def learn(fact: IdentityFact, state: SubjectState | None, directory: Directory) -> Identified:
    """Take a fact about this subject that another subject's event showed; its waiting events are attributed."""
    state = state or SubjectState()
    if state.account_id and state.confidence >= fact.confidence:
        return Identified(state, None)
    account = directory.account(fact.account_id)
    match = Match(
        fact.account_id,
        account.name if account else fact.domain or fact.account_id,
        fact.domain,
        fact.method,
        fact.confidence,
        fact.reason,
    )
    named = _named(state, match, fact.person, fact.event_id)
    waited = _attributable(state.history, fact.observed_ms)
    activities = tuple(_late_activity(past, match, named.person, fact.observed_ms) for past in waited)
    return Identified(_with(named, history=()), None, activities, fell_out=len(state.history) - len(waited))


def match_event(event: Event, directory: Directory) -> Match | None:
    """The account an event names by itself, best evidence first."""
    listed = directory.account(event.account_id) if event.account_id else None
    if listed is not None:
        return _match(Method.ACCOUNT_ID, listed, "", event.account_domain, "account named by the producer")
    if event.account_domain:
        host = event.account_domain.lower()
        account, domain = directory.of_domain(host), registrable(host)
        if account or domain:
            reason = f"company domain {host} named by the producer"
            return _match(Method.ACCOUNT_DOMAIN, account, domain, domain or host, reason)
    if event.email:
        return match_mailbox(event.email, directory)
    return None


def match_mailbox(email: str, directory: Directory) -> Match | None:
    """The account of a work mailbox: a directory domain, else a business domain nobody claims yet."""
    host = mail_host(email)
    account = directory.of_domain(host)
    if account is not None:
        return _match(Method.EMAIL_DIRECTORY, account, "", host, f"work mailbox at {host}, a domain of the account")
    domain = registrable(host)
    if not domain or consumer_mail(host):
        return None
    return _match(Method.EMAIL_DOMAIN, None, domain, domain, f"work mailbox at {domain}, not in the directory")


def match_subject(state: SubjectState, directory: Directory) -> Match | None:
    """The account a subject was named for before."""
    if not state.account_id or state.method is None:
        return None
    account = directory.account(state.account_id)
    return Match(
        state.account_id,
        account.name if account else state.domain or state.account_id,
        state.domain,
        Method.STITCHED,
        min(state.confidence, CONFIDENCE[Method.STITCHED]),
        f"seen before: {state.reason}",
    )


def match_unlisted(event: Event) -> Match | None:
    """An account id the directory does not know, when there is nothing better: often a workspace of a trial."""
    if not event.account_id:
        return None
    reason = f"account id {event.account_id} named by the producer, not in the directory"
    return Match(event.account_id, event.account_id, "", Method.UNLISTED_ID, CONFIDENCE[Method.UNLISTED_ID], reason)


def _match(method: Method, account: Account | None, account_id: str, domain: str, reason: str) -> Match:
    return Match(
        account.account_id if account else account_id,
        account.name if account else domain or account_id,
        domain,
        method,
        CONFIDENCE[method],
        reason,
    )


def _stitched(match: Match) -> Match:
    confidence = min(match.confidence, CONFIDENCE[Method.STITCHED])
    return Match(
        match.account_id, match.name, match.domain, Method.STITCHED, confidence, f"named later: {match.reason}"
    )


def _named(state: SubjectState, match: Match, person: str, event_id: str) -> SubjectState:
    if match.method is Method.STITCHED or (state.account_id and state.confidence > match.confidence):
        return _with(state, person=person or state.person)
    return _with(
        state,
        account_id=match.account_id,
        domain=match.domain,
        person=person or state.person,
        method=match.method,
        confidence=match.confidence,
        reason=match.reason,
        evidence_event_id=event_id,
    )


def _remember(history: tuple[Event, ...], event: Event) -> tuple[tuple[Event, ...], int]:
    oldest_ms = event.occurred_ms - HISTORY_DAYS * DAY_MS
    kept = [past for past in history if past.occurred_ms >= oldest_ms][-(HISTORY_MAX - 1) :]
    # what an activity is not made of need not wait with it: state must stay far below what a record may hold
    waiting = event.model_copy(update=NOT_KEPT)
    return (*kept, waiting), len(history) - len(kept)


def _attributable(history: tuple[Event, ...], named_ms: int) -> tuple[Event, ...]:
    """Waiting events that may still be attributed, now that the subject is named."""
    return tuple(past for past in history if past.occurred_ms >= named_ms - HISTORY_DAYS * DAY_MS)


def _facts(event: Event, match: Match, person: str) -> list[IdentityFact]:
    if match.method is Method.STITCHED:
        return []
    subjects = dict.fromkeys(
        (
            event.subject,
            *(["u:" + event.user_id] if event.user_id else []),
            *(["e:" + event.email] if event.email else []),
        )
    )
    return [
        IdentityFact(
            fact_id=stable_id("fact", subject, match.account_id, person, match.method),
            subject=subject,
            account_id=match.account_id,
            domain=match.domain,
            person=person,
            method=match.method,
            confidence=match.confidence,
            reason=match.reason,
            event_id=event.event_id,
            observed_ms=event.occurred_ms,
        )
        for subject in subjects
    ]


def _late_activity(past: Event, match: Match, person: str, named_ms: int) -> Activity:
    """An event that waited, now that its subject is named. Who asks for a demo and says a minute later who he is has
    asked for a demo just now; only what is older is late."""
    late = named_ms - past.occurred_ms >= LATE_HOURS * HOUR_MS
    return _activity(past, _stitched(match), person, late=late)


def _activity(event: Event, match: Match, person: str, *, late: bool) -> Activity:
    # all fields come from validated records: no second validation on the hot path
    return Activity.model_construct(
        activity_id=stable_id("activity", event.event_id, match.account_id),
        event_id=event.event_id,
        account_id=match.account_id,
        account_name=match.name,
        domain=match.domain,
        source=event.source,
        type=activity_type(event),
        occurred_ms=event.occurred_ms,
        received_ms=event.received_ms,
        late=late,
        subject=event.subject,
        person=event.email or person or event.user_id,
        person_name=event.person_name,
        job_title=event.job_title,
        method=match.method,
        confidence=match.confidence,
        reason=match.reason,
        grade=event.grade,
        url=event.url,
        asset=event.asset,
        topic=event.topic,
        feature=event.feature,
        product=event.product,
        rating=event.rating,
        amount=event.amount,
        ends_ms=event.ends_ms,
    )


def _with(state: SubjectState, **changes: object) -> SubjectState:
    return state.model_copy(update=changes)
