"""2. Which company is it? Event + what is known of its subject -> activities of accounts, facts about ids.

Evidence is gathered by the providers of `identity/chain.py` and weighed by `identity/answer.py`. An event without any
waits in the subject's history, and is attributed, marked late, once the subject is named. An address names an event,
but never its subject: such an event waits on, too, and goes to whoever the visitor turns out to be.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.classify import activity_type
from pipeline.directory import Directory
from pipeline.domains import consumer_mail, mail_host
from pipeline.identity.answer import CONFIDENCE, Answer, Verdict, decide, family_of
from pipeline.identity.chain import gather
from pipeline.identity.clues import Clues
from pipeline.identity.ids import noted, shared_device, with_real_ids
from pipeline.identity.networks import NO_NETWORKS, Networks
from schemas.activity import Activity
from schemas.base import stable_id
from schemas.event import Event, Grade
from schemas.identity import IP_METHODS, IdentityFact, Method, SubjectState

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


class Outcome(StrEnum):
    """What became of an event: each has exactly one; a metric label."""

    ATTRIBUTED = "attributed"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    UNNAMED_MACHINE = "unnamed_machine"
    """A machine's hit that nobody can be named for weighs nothing, now or later: it is kept in `events` only."""

    PLACEHOLDER = "placeholder"
    """No id of it is one, so it is nobody's history: it is kept in `events` only."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Result of one step. `fell_out` counts waiting events that had to leave the history; `state` is None where nothing
    needs to be remembered."""

    state: SubjectState | None
    outcome: Outcome | None
    activities: tuple[Activity, ...] = ()
    facts: tuple[IdentityFact, ...] = ()
    fell_out: int = 0


def identify(
    event: Event, state: SubjectState | None, directory: Directory, networks: Networks = NO_NETWORKS
) -> Identified:
    """Name the account behind one event.

    Args:
        event: the event; its subject is the key of `state`.
        state: what is known of the subject, None at first.
        directory: the accounts as they are now.
        networks: address data, as far as there is any.
    """
    known, state = state, state or SubjectState()
    if event.event_id in state.seen:
        return Identified(state, Outcome.DUPLICATE)
    real = with_real_ids(event)
    if real.subject != event.subject:
        return _of_nobody(event, real, known, directory, networks)
    before = _noted(state, real)
    winner = weigh(real, before, directory, networks).winner
    if winner is None:
        if event.grade is Grade.MACHINE:
            return Identified(known, Outcome.UNNAMED_MACHINE)
        return _waiting(before, event, None)
    if winner.method in IP_METHODS:
        return _waiting(before, event, winner)
    named = _named(before, winner, real)
    shared = shared_device(named, event.occurred_ms)
    person = _person(named, real, shared)
    facts = tuple(fact for fact in _facts(real, winner, person, shared) if fact.fact_id not in state.told)
    past, fell_out = ((), 0) if shared else _attributed(named, winner, person, event.occurred_ms)
    changes: dict[str, object] = {}
    if facts:
        changes["told"] = (*state.told, *(fact.fact_id for fact in facts))[-TOLD_MAX:]
    if state.history and not shared:
        changes |= {"history": (), "by_network": {}}
    after = _with(named, **changes) if changes else named
    activities = (*past, _activity(event, winner, person, late=False))
    return Identified(after, Outcome.ATTRIBUTED, activities, facts, fell_out)


def learn(fact: IdentityFact, state: SubjectState | None, directory: Directory) -> Identified:
    """Take a fact about this subject that another subject's event showed; its waiting events are attributed."""
    state = state or SubjectState()
    if (state.account_id and state.confidence >= fact.confidence) or shared_device(state, fact.observed_ms):
        return Identified(state, None)
    account = directory.account(fact.account_id)
    name = account.name if account else fact.domain or fact.account_id
    family = family_of(fact.method)
    answer = Answer(fact.account_id, name, fact.domain, fact.method, fact.confidence, fact.reason, 0, family)
    named = _with(
        state,
        account_id=fact.account_id,
        domain=fact.domain,
        person=fact.person or state.person,
        method=fact.method,
        confidence=fact.confidence,
        reason=fact.reason,
        evidence_event_id=fact.event_id,
    )
    activities, fell_out = _attributed(named, answer, named.person, fact.observed_ms)
    return Identified(_with(named, history=(), by_network={}), None, activities, fell_out=fell_out)


def weigh(event: Event, state: SubjectState, directory: Directory, networks: Networks) -> Verdict:
    """The verdict on one event whose placeholder ids are taken out."""
    return decide(gather(Clues(event, state, directory, networks)))


def _of_nobody(
    event: Event, real: Event, known: SubjectState | None, directory: Directory, networks: Networks
) -> Identified:
    """An event whose key is a placeholder: what else it says names it, but neither from nor for others of that key."""
    state = known or SubjectState()
    winner = weigh(real, SubjectState(), directory, networks).winner
    after = _with(state, seen=_seen(state, event))
    if winner is None:
        if event.grade is Grade.MACHINE:
            return Identified(known, Outcome.UNNAMED_MACHINE)
        return Identified(after, Outcome.PLACEHOLDER)
    person = real.email or real.user_id
    facts = () if winner.method in IP_METHODS else tuple(_facts(real, winner, person, shared=not real.anonymous_id))
    told = tuple(fact for fact in facts if fact.fact_id not in state.told)
    after = _with(after, told=(*state.told, *(fact.fact_id for fact in told))[-TOLD_MAX:])
    return Identified(after, Outcome.ATTRIBUTED, (_activity(event, winner, person, late=False),), told)


def _waiting(state: SubjectState, event: Event, guess: Answer | None) -> Identified:
    history, fell_out = _remember(state.history, event)
    by_network = state.by_network
    if guess is not None or fell_out:
        ids = {past.event_id for past in history}
        by_network = {past: account for past, account in by_network.items() if past in ids}
    if guess is None:
        after = _with(state, history=history, by_network=by_network)
        return Identified(after, Outcome.WAITING, fell_out=fell_out)
    after = _with(state, history=history, by_network=by_network | {event.event_id: guess.account_id})
    activity = _activity(event, guess, event.email or event.user_id, late=False)
    return Identified(after, Outcome.ATTRIBUTED, (activity,), fell_out=fell_out)


def _noted(state: SubjectState, event: Event) -> SubjectState:
    """Note the event, and whom a visitor's id was seen with: by that a shared device is known."""
    changes: dict[str, object] = {"seen": _seen(state, event)}
    if event.anonymous_id and event.user_id:
        changes["users"] = noted(state.users, event.user_id, event.occurred_ms)
    if event.anonymous_id and event.email:
        host = mail_host(event.email)
        if not consumer_mail(host):
            changes["mail_hosts"] = noted(state.mail_hosts, host, event.occurred_ms)
    return _with(state, **changes)


def _seen(state: SubjectState, event: Event) -> tuple[str, ...]:
    return (*state.seen[-(SEEN_MAX - 1) :], event.event_id)


def _person(state: SubjectState, event: Event, shared: bool) -> str:
    """Who did it: never the person of another user id, nor, on a shared device, whoever was there last."""
    another = bool(event.user_id and state.user_id and event.user_id != state.user_id)
    return event.email or ("" if shared or another else state.person) or event.user_id


def _attributed(state: SubjectState, answer: Answer, person: str, named_ms: int) -> tuple[tuple[Activity, ...], int]:
    """Waiting events that may still be attributed, now that the subject is named, and how many are too old for it.

    Who asks for a demo and says a minute later who he is has asked for a demo just now; only what is older is late.
    """
    if not state.history:
        return (), 0
    sure = min(answer.confidence, CONFIDENCE[Method.STITCHED])
    reason = f"named later: {answer.reason}"
    named = replace(answer, method=Method.STITCHED, confidence=sure, reason=reason)
    waited = [past for past in state.history if past.occurred_ms >= named_ms - HISTORY_DAYS * DAY_MS]
    activities = tuple(
        _activity(past, named, person, late=named_ms - past.occurred_ms >= LATE_HOURS * HOUR_MS)
        for past in waited
        if state.by_network.get(past.event_id) != answer.account_id
    )
    return activities, len(state.history) - len(waited)


def _named(state: SubjectState, answer: Answer, event: Event) -> SubjectState:
    """The state with what an event showed; weaker evidence does not replace stronger, unless it is of another user."""
    another = bool(event.user_id and state.user_id and event.user_id != state.user_id)
    weaker = bool(state.account_id) and state.confidence > answer.confidence
    person = event.email or event.user_id
    if answer.method is Method.STITCHED or (weaker and not another):
        if (not person or person == state.person) and (not event.user_id or event.user_id == state.user_id):
            return state
        return _with(state, person=person or state.person, user_id=event.user_id or state.user_id)
    return _with(
        state,
        account_id=answer.account_id,
        domain=answer.domain,
        person=person or ("" if another else state.person),
        user_id=event.user_id or state.user_id,
        method=answer.method,
        confidence=answer.confidence,
        reason=answer.reason,
        evidence_event_id=event.event_id,
    )


def _remember(history: tuple[Event, ...], event: Event) -> tuple[tuple[Event, ...], int]:
    oldest_ms = event.occurred_ms - HISTORY_DAYS * DAY_MS
    kept = [past for past in history if past.occurred_ms >= oldest_ms][-(HISTORY_MAX - 1) :]
    # what an activity is not made of need not wait with it: state must stay far below what a record may hold
    waiting = event.model_copy(update=NOT_KEPT)
    return (*kept, waiting), len(history) - len(kept)


def _facts(event: Event, match: Answer, person: str, shared: bool) -> list[IdentityFact]:
    """What the event shows of its ids; of a shared device's visitor nothing, since it is nobody's."""
    if match.method is Method.STITCHED:
        return []
    subjects = dict.fromkeys(
        (
            *([] if shared and event.anonymous_id else [event.subject]),
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


def _activity(event: Event, match: Answer, person: str, *, late: bool) -> Activity:
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
