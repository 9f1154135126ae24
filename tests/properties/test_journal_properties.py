"""Undo: what is taken back, graded anew or suppressed leaves no trace, whenever it comes and however it is cut."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.journal.pages import BOUNDS, Bounds
from pipeline.journal.recent import Recent
from pipeline.journal.refold import refold
from pipeline.rules.model import Rules
from schemas.activity import RETRACTION, Activity
from schemas.alert import Alert
from schemas.event import Grade
from schemas.journey import NO_STANDING, JournalHead
from schemas.kept.journal import Entry
from tests.account_lane import AccountLane, check_said, retraction
from tests.builders import activity, at
from tests.journeys import BOTH, REFERENCE, SAAS

PEOPLE = ("", "jane@acme.com", "joe@acme.com", "ann@acme.com")
KINDS = (
    *sorted({*SAAS.activities, *REFERENCE.activities}),
    *["content_download"] * 3,
    *["pricing_view", "demo_request", "trial_started", "feature_used"] * 4,
    "email_open",
)
SUBJECTS = ("a:v-1", "a:v-2", *("e:" + person for person in PEOPLE if person))

Step = Activity | float | str
"""What the lane sees, in order: an activity, a tick at a day, or why the directory suppresses it from now on."""

Op = list[Activity] | float | str


@st.composite
def histories(draw: st.DrawFn, most: int = 45) -> list[Step]:
    """Activities, corrections of them, activities that come again, ticks, and changes of the directory."""
    what = st.sampled_from(["do"] * 10 + ["tick"] * 3 + ["retract", "grade", "grade", "again", "suppress"])
    day, ticked, steps = 10.0, 0.0, []
    made: list[Activity] = []
    for number, kind in enumerate(draw(st.lists(what, max_size=most))):
        day = max(0.0, day + draw(st.floats(-2, 6, allow_nan=False)))
        step: Step
        if kind == "tick":
            ticked = max(ticked, day + draw(st.sampled_from((-1.0, 0.0, 0.0, 35.0))))
            step = ticked
        elif kind == "suppress":
            step = draw(st.sampled_from(("", "competitor")))
        elif kind == "retract":
            step = retraction(day, draw(st.sampled_from(SUBJECTS)), f"reason {number}")
        elif kind == "do" or not made:
            step = draw(_activities(number, day))
            made.append(step)
        else:
            at_index = draw(st.integers(0, len(made) - 1))
            step = made[at_index]
            if kind == "grade":
                update = {"grade": draw(st.sampled_from(list(Grade))), "revision": step.revision + 1}
                made[at_index] = step = step.model_copy(update=update)
        steps.append(step)
    return steps


@st.composite
def _activities(draw: st.DrawFn, number: int, day: float) -> Activity:
    kind, person = draw(st.sampled_from(KINDS)), draw(st.sampled_from(PEOPLE))
    more: dict[str, Any] = {} if person else {"subject": draw(st.sampled_from(SUBJECTS[:2]))}
    return activity(
        day,
        kind,
        person,
        event_id=f"e{number}",
        grade=draw(st.sampled_from((Grade.HUMAN, Grade.HUMAN, Grade.HUMAN, Grade.SUSPECT, Grade.MACHINE))),
        confidence=draw(st.sampled_from((0.35, 0.6, 0.85, 1.0))),
        late=draw(st.integers(0, 4)) == 0,
        job_title=draw(st.sampled_from(("", "Head of IT", "Student"))) if person else "",
        ends_ms=at(day + 14) if kind == "trial_started" else 0,
        **more,
    )


def batched(steps: list[Step], cuts: list[bool]) -> list[Op]:
    """Activities that follow each other go into one batch, unless cut."""
    ops: list[Op] = []
    for number, step in enumerate(steps):
        if not isinstance(step, Activity):
            ops.append(step)
        elif ops and isinstance(ops[-1], list) and not (number < len(cuts) and cuts[number]):
            ops[-1].append(step)
        else:
            ops.append([step])
    return ops


def play(lane: AccountLane, ops: list[Op], ticks: bool = True) -> AccountLane:
    """Batches with a tick after each, as the shell does it."""
    ticked = 0.0
    for op in ops:
        if isinstance(op, list):
            lane.take(*op)
        elif isinstance(op, str):
            lane.suppress(op)
        else:
            ticked = op
        if ticks and ticked:
            lane.tick(ticked)
    return lane


def settled(ops: list[Op], rules: Rules) -> list[Op]:
    """The history as if it had been so from the start: nothing taken back ever came, every grade was the last one."""
    clean: list[Op] = ["".join([op for op in ops if isinstance(op, str)][-1:])]
    for op in ops:
        if isinstance(op, float):
            clean.append(op)
        elif isinstance(op, list):
            clean.append([])
            for item in op:
                _settle(clean, item, rules)
    return clean


def _settle(clean: list[Op], item: Activity, rules: Rules) -> None:
    batches = [op for op in clean if isinstance(op, list)]
    if item.type == RETRACTION:
        for batch in batches:
            batch[:] = [other for other in batch if other.subject != item.subject]
        return
    for batch in batches:
        for place, other in enumerate(batch):
            if other.event_id == item.event_id:
                if item.revision > other.revision:
                    batch[place] = item
                return
    if item.type in rules.activities and item.grade is not Grade.MACHINE:
        batches[-1].append(item)


def _unnumbered(alerts: dict[str, Alert]) -> dict[str, Alert]:
    return {id_: alert.model_copy(update={"revision": 0}) for id_, alert in alerts.items()}


CUTS = st.lists(st.booleans(), max_size=45)


@BOTH
@settings(deadline=None, max_examples=150)
@given(histories(), CUTS, st.sampled_from((BOUNDS, Bounds(segment=1, full=99), Bounds(segment=5, full=99))))
def test_what_is_taken_back_leaves_no_trace(rules: Rules, steps: list[Step], cuts: list[bool], bounds: Bounds) -> None:
    ops = batched(steps, cuts)
    lane, clean = play(AccountLane(bounds, rules), ops), play(AccountLane(rules=rules), settled(ops, rules))
    lane.tick(900.0)
    clean.tick(900.0)
    assert lane.core() == clean.core()
    assert lane.standing_transitions() == clean.standing_transitions()
    assert lane.standing_alerts().keys() <= clean.standing_alerts().keys()
    check_said(lane)
    if lane.account.suppressed:
        assert not lane.standing_transitions()


@BOTH
@settings(deadline=None, max_examples=80)
@given(histories(), CUTS)
def test_any_cut_says_the_same_in_the_end(rules: Rules, steps: list[Step], cuts: list[bool]) -> None:
    one, other = (play(AccountLane(rules=rules), batched(steps, where), ticks=False) for where in ([], cuts))
    assert one.core() == other.core()
    assert one.standing_transitions() == other.standing_transitions()
    # how often an open alert is said anew depends on the cut, what it says in the end does not
    assert _unnumbered(one.standing_alerts()) == _unnumbered(other.standing_alerts())


@BOTH
@settings(deadline=None, max_examples=150)
@given(histories(), CUTS, st.sampled_from((BOUNDS, Bounds(3, 2, 100, 100), Bounds(8, 3, 100, 100))), st.integers(0, 60))
def test_states_kept_in_memory_change_nothing(
    rules: Rules, steps: list[Step], cuts: list[bool], bounds: Bounds, restart: int
) -> None:
    ops = batched(steps, cuts)
    kept, without = AccountLane(bounds, rules), AccountLane(bounds, rules, Recent(0))
    for part in (ops[:restart], ops[restart:]):
        play(without, part)
        play(kept, part)
        kept.recent = Recent()
    for one, other in zip(kept.results, without.results, strict=True):
        assert one == other
    assert (kept.value, kept.pages) == (without.value, without.pages)


@BOTH
@settings(deadline=None, max_examples=80)
@given(histories(), CUTS)
def test_the_same_correction_again_changes_nothing(rules: Rules, steps: list[Step], cuts: list[bool]) -> None:
    lane = play(AccountLane(rules=rules), batched(steps, cuts))
    for correction in (retraction(999.0), retraction(999.0, "e:jane@acme.com")):
        lane.take(correction)
        before, heard = lane.state, len(lane.transitions) + len(lane.alerts) + len(lane.returned)
        result = lane.take(correction)
        assert (lane.state, len(lane.transitions) + len(lane.alerts) + len(lane.returned)) == (before, heard)
        assert (result.restated, result.pages) == ((), {})


@BOTH
@settings(deadline=None, max_examples=150)
@given(histories(), CUTS, st.sampled_from((Bounds(2, 1, 5, 3), Bounds(3, 2, 100, 100), Bounds(1, 0, 1, 1), BOUNDS)))
def test_the_journal_comes_to_the_state(rules: Rules, steps: list[Step], cuts: list[bool], bounds: Bounds) -> None:
    lane = play(AccountLane(bounds, rules), batched(steps, cuts))
    state, journal = lane.state, lane.journal
    if state is None:
        assert not lane.pages
        return
    assert len(list(journal.entries())) <= (bounds.full + 1) * bounds.segment
    head = state.journal
    kept = {f"e{number:08d}" for number in range(head.segments[0], head.entries)}
    kept |= {f"c{number:08d}" for number in head.segments} | {f"s{at:08d}" for at in range(head.said_from, head.said)}
    assert lane.pages.keys() <= kept
    again = refold(journal, 0, state, NO_STANDING, 0, rules)
    assert again.state.model_copy(
        update={"journal": JournalHead(), "suppressed": False, "rules": ""}
    ) == lane.core().model_copy(update={"suppressed": False})
    if bounds.said > 10:
        check_said(lane)


@BOTH
@settings(deadline=None, max_examples=80)
@given(histories())
def test_entries_survive_their_bytes(rules: Rules, steps: list[Step]) -> None:
    lane = play(AccountLane(rules=rules), batched(steps, []))
    for _, entry in lane.journal.entries():
        assert Entry.model_validate_json(entry.encode()) == entry
