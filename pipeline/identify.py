"""2. Which company is it? Event + what is known of its subject -> activities of accounts, facts about ids.

Evidence is gathered by the providers of `identity/chain.py` and weighed by `identity/answer.py`. A hit without any
waits in the subject's history, and is attributed once the subject is named. An address names a hit, but never its
subject: such a hit waits on, too, and goes to whoever the visitor turns out to be.

What events show of ids are facts (`stitch/facts.py`); a subject's links are the set of them (`stitch/links.py`),
and users and mailboxes pass theirs on (`stitch/hubs.py`). `learn.py` takes facts, unlinks and returned hits.

Who made a hit is judged again here, by the hits around it (`machines/`): its grade may differ from the event's, and
hits that were attributed before may be said anew with another grade.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.directory import Directory
from pipeline.domains import consumer_mail, mail_host
from pipeline.identity.answer import NOBODY, Answer, Verdict, decide
from pipeline.identity.chain import gather
from pipeline.identity.clues import Clues
from pipeline.identity.ids import noted, shared_device, with_real_ids
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.machines.restate import WATCHED, Regraded, holding, regraded
from pipeline.stitch.attribute import HISTORY_DAYS, attributed, to_activity
from pipeline.stitch.facts import facts_of, ids_of, link_by, shown_id
from pipeline.stitch.hubs import is_hub, news, passed_on
from pipeline.stitch.links import blocked, with_edge, with_link
from schemas.activity import Activity
from schemas.event import Event, Grade
from schemas.hit import Hit
from schemas.identity import IP_METHODS, IdentityFact, Method, SubjectState

DAY_MS = 86_400_000

HISTORY_MAX = 60
"""Newest hits kept unattributed; older ones stay in `events` only."""

SEEN_MAX = 200
"""Newest event ids by which duplicates are known; a retry later than that many events counts again."""

TOLD_MAX = 20


class Outcome(StrEnum):
    """What became of an event: each has exactly one; a metric label."""

    ATTRIBUTED = "attributed"
    WAITING = "waiting"
    UNMATCHED = "unmatched_domain"
    """It waits, and names a company domain that is no account's: ops may promote the domain."""

    DUPLICATE = "duplicate"
    UNNAMED_MACHINE = "unnamed_machine"
    """A machine's hit, by itself, that nobody can be named for weighs nothing, now or later: it is kept in `events`
    only. What is a machine's only among other hits waits, since the verdict may be taken back."""

    PLACEHOLDER = "placeholder"
    """No id of it is one, so it is nobody's history: it is kept in `events` only."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Result of one step. `fell_out` counts waiting hits that had to leave the history; `state` is None where nothing
    needs to be remembered."""

    state: SubjectState | None
    outcome: Outcome | None
    activities: tuple[Activity, ...] = ()
    facts: tuple[IdentityFact, ...] = ()
    fell_out: int = 0


def identify(
    event: Event,
    state: SubjectState | None,
    directory: Directory,
    networks: Networks = NO_NETWORKS,
    asked: frozenset[str] = frozenset(),
) -> Identified:
    """Name the account behind one event.

    Args:
        event: the event; its subject is the key of `state`.
        state: what is known of the subject, None at first.
        directory: the accounts as they are now.
        networks: address data, as far as there is any.
        asked: names of the producer's own properties that a hit has to carry.
    """
    known, state = state, state or SubjectState()
    if event.event_id in state.seen:
        return Identified(state, Outcome.DUPLICATE)
    real = with_real_ids(event)
    if real.subject != event.subject:
        return _of_nobody(event, real, known, directory, networks, asked)
    judged = regraded(real, state) if real.source in WATCHED else Regraded(real, {})
    verdict, own = _weighed(judged.event, state, directory, networks)
    if event.grade is Grade.MACHINE and (verdict.winner is None or verdict.winner.method in IP_METHODS):
        return _unnamed_machine(known, judged)
    result = _named(event, state, judged, verdict, own, asked)
    assert result.state is not None
    activities = (*judged.activities, *result.activities) if judged.activities else result.activities
    after = holding(result.state, activities) if activities else result.state
    if after is result.state and activities is result.activities:
        return result
    return replace(result, state=after, activities=activities)


def _named(
    event: Event, state: SubjectState, judged: Regraded, verdict: Verdict, own: Verdict, asked: frozenset[str]
) -> Identified:
    """Attribute an event and what waited, or let it wait."""
    real, winner = judged.event, verdict.winner
    after, facts = _shown(real, state, own, judged.changes)
    if winner is None or winner.method in IP_METHODS:
        return _waiting(after, real, verdict, facts, asked)
    shared = bool(real.anonymous_id) and shared_device(after, event.occurred_ms)
    past, fell_out = ((), 0) if shared else attributed(after, winner, event.occurred_ms, event.received_ms)
    if after.history and not shared:
        after = after.model_copy(update={"history": (), "by_network": {}})
    person = _linked_person(after, real, winner) if real.user_id or not shared else ""
    activity = to_activity(hit_of(event, real, asked), winner, person)
    return Identified(after, Outcome.ATTRIBUTED, (*past, activity), facts, fell_out)


def _unnamed_machine(known: SubjectState | None, judged: Regraded) -> Identified:
    """A machine's hit is nobody's, but it tells on others around it."""
    if not judged.changes:
        return Identified(known, Outcome.UNNAMED_MACHINE)
    state = (known or SubjectState()).model_copy(update=judged.changes)
    return Identified(state, Outcome.UNNAMED_MACHINE, judged.activities)


def weigh(event: Event, state: SubjectState, directory: Directory, networks: Networks) -> Verdict:
    """The verdict on one event whose placeholder ids are taken out."""
    return _weighed(event, state, directory, networks)[0]


def _weighed(event: Event, state: SubjectState, directory: Directory, networks: Networks) -> tuple[Verdict, Verdict]:
    """The verdict, and what the event says by itself: address, history and unlinks aside."""
    answers = gather(Clues(event, state, directory, networks))
    said = [item for item in answers if item.method is not Method.STITCHED and item.method not in IP_METHODS]
    own = decide(said)
    if state.blocks and answers:
        words = ids_of(event)[1:]
        if own.winner is not None and blocked(state.blocks, own.winner.account_id, words):
            answers = _without_own_word(event, state, answers)
        answers = [answer for answer in answers if not blocked(state.blocks, answer.account_id, words)]
        return decide(answers), own
    return own if len(said) == len(answers) else decide(answers), own


def _without_own_word(event: Event, state: SubjectState, answers: list[Answer]) -> list[Answer]:
    """What is left of an event that says an account it was unlinked from: what is known of its subject, if that is one
    person still. A hit that is given back has no evidence of its own any more, and both must end alike."""
    people: dict[str, object] = {}
    if event.anonymous_id:
        _note_people(event, state, people)
        if shared_device(state.model_copy(update=people), event.occurred_ms):
            return []
    return [answer for answer in answers if answer.method is Method.STITCHED]


def hit_of(event: Event, real: Event, asked: frozenset[str] = frozenset()) -> Hit:
    """What of an event an activity is made of; `real` is the event without placeholder ids, as it
    is graded among the hits around it. Of its properties it carries those that are asked for."""
    given = event.properties
    # all fields come from validated records: no second validation on the hot path
    return Hit.trusted(
        {
            "event_id": event.event_id,
            "source": event.source,
            "type": event.type,
            "event_type": "",
            "occurred_ms": event.occurred_ms,
            "received_ms": event.received_ms,
            "subject": event.subject,
            "person": real.email or real.user_id,
            "contact": event.contact,
            "job_title": event.job_title,
            "grade": real.grade,
            "grade_reason": real.grade_reason,
            "url": event.url,
            "asset": event.asset,
            "topic": event.topic,
            "feature": event.feature,
            "product": event.product,
            "form": event.form,
            "rating": event.rating,
            "amount": event.amount,
            "ends_ms": event.ends_ms,
            "properties": {name: given[name] for name in asked if name in given} if asked and given else {},
        }
    )


def _shown(
    event: Event, state: SubjectState, own: Verdict, changes: dict[str, object]
) -> tuple[SubjectState, tuple[IdentityFact, ...]]:
    """The state after what an event shows of its subject, and the facts to tell; each is told once.

    Args:
        changes: what else changes in the state; more is added to it.
    """
    changes["seen"] = (*state.seen[-(SEEN_MAX - 1) :], event.event_id)
    if event.anonymous_id:
        _note_people(event, state, changes)
    told: tuple[IdentityFact, ...] = ()
    if own is not NOBODY or (event.user_id and event.anonymous_id) or event.email:
        shown = shown_id(event, own)
        if shown not in state.told:
            told = facts_of(event, own)
            changes["told"] = (*state.told, shown)[-TOLD_MAX:]
        if own.winner is not None:
            changes["links"] = with_link(state.links, link_by(event, own.winner))
    hub = is_hub(event.subject)
    if hub:
        edges = state.edges
        for other in ids_of(event)[1:]:
            edges = with_edge(edges, other, event.occurred_ms)
        changes["edges"] = edges
    after = state.model_copy(update=changes)
    if hub and after.edges and news(state, after):
        passed, known = passed_on(event.subject, after, event.occurred_ms, event.received_ms)
        if passed:
            return after.model_copy(update={"passed": known}), (*told, *passed)
    return after, told


def _note_people(event: Event, state: SubjectState, changes: dict[str, object]) -> None:
    """Note whom a visitor's id was seen with: by that a shared device is known."""
    if event.user_id:
        changes["users"] = noted(state.users, event.user_id, event.occurred_ms)
    if event.email:
        host = mail_host(event.email)
        if not consumer_mail(host):
            changes["mail_hosts"] = noted(state.mail_hosts, host, event.occurred_ms)


def _linked_person(state: SubjectState, event: Event, winner: Answer) -> str:
    """Whom the subject is known as, for an event that does not say who it was: never another user's person."""
    if event.email:
        return event.email
    people = [
        link
        for link in state.links
        if link.account_id == winner.account_id and link.person and event.user_id in ("", link.user_id)
    ]
    best = min(people, key=lambda link: ("@" not in link.person, -link.last_ms, link.person), default=None)
    return best.person if best else ""


def _waiting(
    state: SubjectState, event: Event, verdict: Verdict, facts: tuple[IdentityFact, ...], asked: frozenset[str]
) -> Identified:
    """A hit that names nobody, or somebody by its address alone, waits on."""
    history, fell_out = remember(state.history, hit_of(event, event, asked))
    by_network, guess = state.by_network, verdict.winner
    if by_network and (guess is not None or fell_out):
        ids = {past.event_id for past in history}
        by_network = {past: account for past, account in by_network.items() if past in ids}
    if guess is None:
        after = state.model_copy(update={"history": history, "by_network": by_network})
        outcome = Outcome.UNMATCHED if verdict.unmatched else Outcome.WAITING
        return Identified(after, outcome, (), facts, fell_out)
    by_network = by_network | {event.event_id: guess.account_id}
    after = state.model_copy(update={"history": history, "by_network": by_network})
    activity = to_activity(history[-1], guess, "")
    return Identified(after, Outcome.ATTRIBUTED, (activity,), facts, fell_out)


def remember(history: tuple[Hit, ...], hit: Hit) -> tuple[tuple[Hit, ...], int]:
    """A history with one more hit, and how many had to leave it."""
    oldest_ms = hit.occurred_ms - HISTORY_DAYS * DAY_MS
    kept = [past for past in history if past.occurred_ms >= oldest_ms][-(HISTORY_MAX - 1) :]
    return (*kept, hit), len(history) - len(kept)


def _of_nobody(
    event: Event,
    real: Event,
    known: SubjectState | None,
    directory: Directory,
    networks: Networks,
    asked: frozenset[str],
) -> Identified:
    """An event whose key is a placeholder: what else it says names it, but neither from nor for others of that key."""
    state = known or SubjectState()
    verdict, own = _weighed(real, SubjectState(), directory, networks)
    if verdict.winner is None and event.grade is Grade.MACHINE:
        return Identified(known, Outcome.UNNAMED_MACHINE)
    shown, told = shown_id(real, own), state.told
    facts: tuple[IdentityFact, ...] = ()
    if shown not in told:
        facts = tuple(fact for fact in facts_of(real, own) if is_hub(fact.subject))
        told = (*told, shown)[-TOLD_MAX:]
    seen = (*state.seen[-(SEEN_MAX - 1) :], event.event_id)
    after = state.model_copy(update={"seen": seen, "told": told})
    if verdict.winner is None:
        return Identified(after, Outcome.PLACEHOLDER, (), facts)
    activity = to_activity(hit_of(event, real, asked), verdict.winner, "")
    return Identified(after, Outcome.ATTRIBUTED, (activity,), facts)
