"""What the judgement of hits changes in a subject's state, and what must be said anew of hits already attributed.

An activity is held as long as its hit is under judgement: a hit on a mail for 30 minutes (the quarantine and the time a
machine's hit tells on others); a page view for 2, and only once 8 came within a minute, since readers hardly ever get
so far. A verdict that comes later, or on one of the first 7 views of a burst, changes what still waits for a name, but
no activity. At most the newest 64 are held.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline.machines.signs import MINUTE_MS, NEAR_MS, QUARANTINE_MS
from pipeline.machines.threads import Verdict, first_due_ms
from pipeline.machines.watch import NO_PULSE, prove, settle, watch
from schemas.activity import Activity
from schemas.base import Source
from schemas.event import Event
from schemas.hit import Held, Pulse
from schemas.identity import SubjectState

HIT_HELD_MS = QUARANTINE_MS + NEAR_MS
VIEW_HELD_MS = 2 * MINUTE_MS
VIEWS_BEFORE_HELD = 8
HELD_MAX = 64

Activities = tuple[Activity, ...]


WATCHED = frozenset({Source.WEB, Source.EMAIL})
"""Sources whose hits are judged by the hits around them."""


class Regraded(NamedTuple):
    """An event among the hits around it.

    Args:
        event: with its grade.
        changes: what changes in the subject's state; empty if nothing does.
        activities: said anew, with a higher revision.
    """

    event: Event
    changes: dict[str, object]
    activities: Activities = ()


def regraded(event: Event, state: SubjectState) -> Regraded:
    """Grade an event by the hits of its subject around it; other hits may change with it."""
    found = watch(event, state.pulse)
    if found.pulse is state.pulse:
        return Regraded(event, {})
    if found.grade is not event.grade:
        event = event.model_copy(update={"grade": found.grade, "grade_reason": found.grade_reason})
    if not found.verdicts:
        return Regraded(event, {"pulse": found.pulse})
    assert found.pulse is not None
    changes, activities = said_anew(state, found.pulse, found.verdicts)
    return Regraded(event, changes, activities)


def said_anew(state: SubjectState, pulse: Pulse, verdicts: Iterable[Verdict]) -> tuple[dict[str, object], Activities]:
    """Verdicts on earlier hits: what waits for a name changes its grade, what was attributed is sent again."""
    by_event = {verdict.event_id: verdict for verdict in verdicts}
    changes: dict[str, object] = {}
    if any(hit.event_id in by_event for hit in state.history):
        changes["history"] = tuple(
            hit.model_copy(update=_graded(by_event[hit.event_id])) if hit.event_id in by_event else hit
            for hit in state.history
        )
    activities: list[Activity] = []
    held: list[Held] = []
    for one in pulse.held:
        if verdict := by_event.get(one.event_id):
            activity = Activity.model_validate_json(one.activity)
            activity = activity.model_copy(update={"revision": activity.revision + 1, **_graded(verdict)})
            activities.append(activity)
            one = one._replace(activity=activity.encode().decode())
        held.append(one)
    changes["pulse"] = pulse._replace(held=tuple(held)) if activities else pulse
    return changes, tuple(activities)


def holding(state: SubjectState, activities: Activities) -> SubjectState:
    """The state that holds those of the activities whose hits are under judgement; the same object if none is."""
    pulse = state.pulse
    if pulse is None or not activities:
        return state
    views = pulse.views
    busy = len(views) >= VIEWS_BEFORE_HELD and views[-1].at_ms - views[-VIEWS_BEFORE_HELD].at_ms < MINUTE_MS
    if not (busy or pulse.threads):
        return state
    on_mail = {beat.event_id for thread in pulse.threads for beat in thread.beats}
    viewed = {view.event_id for view in views[-VIEWS_BEFORE_HELD:] if not view.suspect} if busy else set()
    fresh = [_held(activity, HIT_HELD_MS) for activity in activities if activity.event_id in on_mail]
    fresh += [_held(activity, VIEW_HELD_MS) for activity in activities if activity.event_id in viewed]
    if not fresh:
        return state
    again = {(one.event_id, one.account_id) for one in fresh}
    held = (*(one for one in pulse.held if (one.event_id, one.account_id) not in again), *fresh)[-HELD_MAX:]
    return _with(state, pulse._replace(held=held, due_ms=first_due_ms(pulse.threads, held)))


def let_go(state: SubjectState, accounts: Iterable[str]) -> SubjectState:
    """The state without held activities of accounts that have lost the subject: they are taken back as a whole."""
    pulse, gone = state.pulse, set(accounts)
    if pulse is None or not gone or not any(one.account_id in gone for one in pulse.held):
        return state
    held = tuple(one for one in pulse.held if one.account_id not in gone)
    return _with(state, pulse._replace(held=held, due_ms=first_due_ms(pulse.threads, held)))


def proved(state: SubjectState, at_ms: int) -> tuple[SubjectState, Activities]:
    """The subject was a human at that time."""
    pulse, verdicts = prove(state.pulse or NO_PULSE, at_ms)
    changes, activities = said_anew(state, pulse, verdicts)
    return state.model_copy(update=changes), activities


def settled(state: SubjectState, now_ms: int) -> tuple[SubjectState, Activities]:
    """Time has passed: quarantines end, and what was held long enough is let go."""
    if state.pulse is None:
        return state, ()
    pulse, verdicts = settle(state.pulse, now_ms)
    changes, activities = said_anew(state, pulse, verdicts)
    after = state.model_copy(update=changes)
    assert after.pulse is not None
    held = tuple(one for one in after.pulse.held if one.until_ms > now_ms)
    return _with(after, after.pulse._replace(held=held, due_ms=first_due_ms(after.pulse.threads, held))), activities


def newest_ms(pulse: Pulse | None) -> int:
    """Event time of the newest hit a pulse knows of; 0 if there is none."""
    if pulse is None:
        return 0
    moments = [beat.at_ms for thread in pulse.threads for beat in thread.beats[-1:]]
    moments += [moment for thread in pulse.threads for moment in thread.delivered[-1:]]
    moments += [view.at_ms for view in pulse.views[-1:]]
    return max((*moments, *pulse.proofs), default=0)


def _held(activity: Activity, width_ms: int) -> Held:
    until_ms = activity.received_ms + width_ms  # a hit that came late is held as long as others
    return Held(activity.event_id, activity.account_id, until_ms, activity.encode().decode())


def _graded(verdict: Verdict) -> Mapping[str, object]:
    return {"grade": verdict.grade, "grade_reason": verdict.grade_reason}


def _with(state: SubjectState, pulse: Pulse) -> SubjectState:
    return state.model_copy(update={"pulse": pulse})
