"""Who belongs to whom at the end of a run: per subject the accounts it is linked to, and the one it is named for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploy.evaluate.line import NAMES, PlainLine
from deploy.evaluate.standing import standing_of
from pipeline.rules.model import Rules
from pipeline.stitch.links import active_links
from schemas.activity import Activity
from schemas.base import Source, stable_id
from schemas.event import Event, Grade
from schemas.hit import Hit
from schemas.identity import IP_METHODS, SubjectState
from schemas.topics import ACTIVITIES, EVENTS, IDENTITY

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Component:
    """What one subject came to.

    Args:
        accounts: those it is linked to.
        named: whom a page view of it is named for next, '' for nobody.
    """

    accounts: frozenset[str]
    named: str


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended.

    Args:
        components: by subject.
        attributions: event id -> accounts it stands under, by more than an address.
        waiting: ids of hits that weigh something and wait for a name.
    """

    components: dict[str, Component]
    attributions: dict[str, frozenset[str]]
    waiting: frozenset[str]


def work(line: PlainLine, events: Iterable[Event], before: Iterable[bytes] = (), after: Iterable[bytes] = ()) -> None:
    """Send events, and facts before and after them, through a line that has no timers to fire.

    Args:
        before, after: facts, encoded.
    """
    _facts(line, before)
    for event in events:
        line.send(NAMES.name(EVENTS), event.subject.encode(), event.encode())
    line.settle()
    _facts(line, after)


def end_of(line: PlainLine, events: Sequence[Event]) -> End:
    """How it ended; the line is asked by page views afterwards, so it is of no other use then."""
    known = standing_of(events, line.values(ACTIVITIES, Activity)).activities
    attributions = {
        event_id: frozenset(activity.account_id for activity in activities if activity.method not in IP_METHODS)
        for event_id, activities in known.items()
    }
    attributions = {event_id: accounts for event_id, accounts in attributions.items() if accounts}
    states = line.states("identify", SubjectState)
    named = _asked(line, sorted(states), max((event.occurred_ms for event in events), default=0))
    components = {
        subject: Component(
            frozenset(link.account_id for link in active_links(state)),
            named.get(subject, ""),
        )
        for subject, state in states.items()
    }
    waiting = frozenset(hit.event_id for state in states.values() for hit in state.history if _weighs(hit, line.rules))
    return End(components, attributions, waiting)


def _weighs(hit: Hit, rules: Rules) -> bool:
    return rules.classifier.type_of(hit) in rules.activities and hit.grade is not Grade.MACHINE


def _facts(line: PlainLine, facts: Iterable[bytes]) -> None:
    for fact in facts:
        subject = IDENTITY.noun.model_validate_json(fact).subject  # type: ignore[attr-defined]
        line.send(NAMES.name(IDENTITY), subject.encode(), fact)
    line.settle()


def _asked(line: PlainLine, subjects: Sequence[str], newest_ms: int) -> dict[str, str]:
    """Subject -> the account a page view of it, a day later, is named for."""
    asked = {
        subject: _page_view(subject, newest_ms + DAY_MS) for subject in subjects if subject[:2] in ("a:", "u:", "e:")
    }
    start = line.count(ACTIVITIES)
    for subject, event in asked.items():
        line.send(NAMES.name(EVENTS), subject.encode(), event.encode())
    line.settle()
    told = (Activity.model_validate_json(record.value or b"") for record in line.records(ACTIVITIES)[start:])
    by_event = {activity.event_id: activity.account_id for activity in told}
    return {subject: by_event.get(event.event_id, "") for subject, event in asked.items()}


def _page_view(subject: str, at_ms: int) -> Event:
    kind, _, given = subject.partition(":")
    name = {"a": "anonymous_id", "u": "user_id", "e": "email"}[kind]
    return Event.model_validate(
        {
            "event_id": stable_id("asked", subject),
            "source": Source.WEB,
            "format": "native",
            "type": "page_view",
            "occurred_ms": at_ms,
            "received_ms": at_ms,
            "origin": "evaluate:0:0:0",
            name: given,
        }
    )
