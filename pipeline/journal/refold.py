"""A corrected journal -> the journey as if it had always been so.

Timers fire at each tick there was, also those that did not fire then, since evidence that is gone now kept them from
it: so what comes out is what an undisturbed run would have come to. The rules are those of now.

A tick may stand before an activity of an earlier time: it had fired nothing since. It fires nothing since then now
either, whatever runs by what was put in before it; what is due after the activity fires after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.advance import Fold
from pipeline.alerts.make import HeldBack
from pipeline.journal.loaded import Journal, Segment
from pipeline.journal.order import key_of
from pipeline.journal.pages import bare
from pipeline.journal.recent import ENTRIES_MAX, Kept
from pipeline.rules.model import Rules
from schemas.alert import Alert
from schemas.journey import JourneyState, Standing
from schemas.kept.journal import Entry
from schemas.transition import Transition

NEVER_MS = 2**63


@dataclass(frozen=True, slots=True)
class Refolded:
    """What the journal's entries come to.

    Args:
        state: after the last entry.
        last: a further entry with the timers that fired only now, and the state after it; None where none did.
        transitions, alerts: id -> (number of the entry that made it, itself), in order.
        held_back: alerts that were not raised of what was put in between.
        recent: states before the last entries.
    """

    state: JourneyState
    last: tuple[Entry, JourneyState] | None
    transitions: Mapping[str, tuple[int, Transition]]
    alerts: Mapping[str, tuple[int, Alert]]
    held_back: Sequence[HeldBack] = ()
    recent: Sequence[Kept] = ()


def refold(
    journal: Journal,
    start: int,
    state: JourneyState,
    standing: Standing,
    ticked_ms: int,
    rules: Rules,
    known: Kept | None = None,
) -> Refolded:
    """Fold entries anew; checkpoints on the way are brought up to date in the journal.

    Args:
        journal: corrected.
        start: segment to begin with; nothing before it was corrected.
        state: the account's, before the correction.
        standing: what the directory says now.
        ticked_ms: the tick there was since the last entry; 0 if none.
        rules: the journey's rules.
        known: an entry of that segment before which nothing was corrected, and the state before it.
    """
    transitions: dict[str, tuple[int, Transition]] = {}
    alerts: dict[str, tuple[int, Alert]] = {}
    held_back: list[HeldBack] = []

    def note(number: int, fold: Fold) -> None:
        made, raised = fold.drain()
        transitions.update((item.transition_id, (number, item)) for item in made)
        alerts.update((item.alert_id, (number, item)) for item in raised)

    begin, before = known or (0, journal.segments[start].before if journal.segments else state)
    fold = Fold(before, state.account_id, standing, rules, state.product)
    watched = set(list(journal.segments[-1].entries)[-ENTRIES_MAX:]) if journal.segments else set()
    recent: list[Kept] = []
    follows = _followed_at(journal.segments[start:], rules.late_ms)
    for at, segment in enumerate(journal.segments[start:]):
        if at:
            segment.before = bare(fold.freeze())
        for number, entry in segment.entries.items():
            if number < begin:
                continue
            if number in watched:
                recent.append((number, before if number == begin else fold.freeze()))
            fold.meet(entry.standing or standing)
            fold.fire_due(min(entry.ticked_ms, follows[number]))
            fold.drain_held()  # recorded when it fired
            for activity in entry.activities:
                fold.take(activity)
                if journal.inserted:
                    held = fold.drain_held()
                    held_back += held if activity.activity_id in journal.inserted else ()
            note(number, fold)
    came_to = fold.freeze()
    rest = Fold(came_to, state.account_id, standing, rules)
    rest.fire_due(ticked_ms)
    note(max(state.journal.entries, journal.end), rest)
    after = rest.result().state
    entry = Entry.model_construct(ticked_ms=ticked_ms, standing=standing, activities=())
    last = (entry, after) if after is not came_to else None
    return Refolded(came_to, last, transitions, alerts, held_back, recent)


def _followed_at(segments: Sequence[Segment], late_ms: int) -> Mapping[int, int]:
    """Number of each entry -> place of the first activity in it or after it, ms since 1970; `NEVER_MS` if none is."""
    places: dict[int, int] = {}
    place_ms = NEVER_MS
    for segment in reversed(segments):
        for number, entry in reversed(segment.entries.items()):
            if entry.activities:
                place_ms = key_of(entry.activities[0], late_ms).place_ms
            places[number] = place_ms
    return places
