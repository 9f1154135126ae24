"""The fold does not depend on how activities are cut into batches, on duplicates, on replays, or on encoding."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advance import Advanced, advance, wake
from pipeline.rules.model import Rules
from schemas.account import Account
from schemas.activity import Activity
from schemas.event import Grade
from schemas.journey import JourneyState
from tests.builders import activity, at
from tests.journeys import BOTH, REFERENCE, SAAS

PEOPLE = ("", "jane@acme.com", "joe@acme.com", "ann@acme.com")
KINDS = (*sorted({*SAAS.activities, *REFERENCE.activities}), "email_open", "never_heard_of")
TITLES = ("", "Head of IT", "Student", "Clerk")
ACCOUNT = Account(account_id="acme", name="Acme Corp", tier="1", industry="Logistics", employees=900, target=True)


@st.composite
def traffic(draw: st.DrawFn) -> list[Activity]:
    steps = draw(
        st.lists(
            st.tuples(
                st.floats(-2, 6, allow_nan=False),
                st.sampled_from(KINDS),
                st.sampled_from(PEOPLE),
                st.sampled_from(list(Grade)),
                st.sampled_from((0.35, 0.6, 0.85, 1.0)),
                st.booleans(),
                st.sampled_from(TITLES),
            ),
            max_size=40,
        )
    )
    day, made = 10.0, []
    for number, (step, kind, person, grade, confidence, late, title) in enumerate(steps):
        day = max(0.0, day + step)
        made.append(
            activity(
                day,
                kind,
                person,
                event_id=f"e{number}",
                grade=grade,
                confidence=confidence,
                late=late,
                job_title=title if person else "",
                ends_ms=at(day + 14) if kind == "trial_started" else 0,
            )
        )
    return made


def run(rules: Rules, batches: list[list[Activity]]) -> tuple[JourneyState | None, list[object]]:
    """Fold batch by batch, through the bytes that lie on the changelog."""
    state: JourneyState | None = None
    outputs: list[object] = []
    for batch in batches:
        result: Advanced = advance(state, "acme", batch, ACCOUNT, rules)
        state = JourneyState.model_validate_json(result.state.encode())
        assert state == result.state
        outputs += [*result.transitions, *result.alerts]
    return state, sorted(outputs, key=repr)


def cut(activities: list[Activity], cuts: list[int]) -> list[list[Activity]]:
    edges = [0, *sorted(point % (len(activities) + 1) for point in cuts), len(activities)]
    return [activities[start:end] for start, end in pairwise(edges) if start < end]


@BOTH
@settings(deadline=None, max_examples=60)
@given(traffic(), st.lists(st.integers(0, 1000), max_size=8))
def test_any_cut_into_batches_gives_the_same(rules: Rules, activities: list[Activity], cuts: list[int]) -> None:
    assert run(rules, cut(activities, cuts)) == run(rules, [activities] if activities else [])


@BOTH
@settings(deadline=None, max_examples=60)
@given(traffic(), st.lists(st.integers(0, 1000), max_size=12))
def test_duplicates_change_nothing(rules: Rules, activities: list[Activity], where: list[int]) -> None:
    doubled = list(activities)
    for point in where:
        if activities:
            original = point % len(activities)
            doubled.insert(doubled.index(activities[original]) + 1 + point % 3, activities[original])
    assert run(rules, [doubled] if doubled else []) == run(rules, [activities] if activities else [])


@BOTH
@settings(deadline=None, max_examples=60)
@given(traffic(), st.integers(0, 1000))
def test_a_replay_from_any_snapshot_gives_the_same(rules: Rules, activities: list[Activity], point: int) -> None:
    split = point % (len(activities) + 1)
    if not activities:
        return
    before = advance(None, "acme", activities[:split], ACCOUNT, rules)
    first = advance(before.state, "acme", activities[split:], ACCOUNT, rules)
    again = advance(before.state, "acme", activities[split:], ACCOUNT, rules)
    assert again == first


@BOTH
@settings(deadline=None, max_examples=60)
@given(traffic(), st.floats(0, 200, allow_nan=False))
def test_causes_always_add_up(rules: Rules, activities: list[Activity], days: float) -> None:
    result = advance(None, "acme", activities, ACCOUNT, rules)
    woken = wake(result.state, result.state.clock_ms + int(days * 86_400_000), ACCOUNT, rules)
    for item in (*result.transitions, *result.alerts, *woken.transitions, *woken.alerts):
        assert sum(cause.points for cause in item.causes) == item.score


@BOTH
@settings(deadline=None, max_examples=60)
@given(traffic(), st.lists(st.floats(0.01, 30, allow_nan=False), max_size=6))
def test_waking_often_or_once_gives_the_same(rules: Rules, activities: list[Activity], steps: list[float]) -> None:
    start = advance(None, "acme", activities, ACCOUNT, rules).state
    end_ms = start.clock_ms + int(sum(steps) * 86_400_000) + 1
    once = wake(start, end_ms, ACCOUNT, rules)
    state, outputs, now_ms = start, [], start.clock_ms
    for step in (*steps, 0.0):
        now_ms = min(now_ms + int(step * 86_400_000), end_ms) if step else end_ms
        result = wake(state, now_ms, ACCOUNT, rules)
        state, outputs = result.state, [*outputs, *result.transitions, *result.alerts]
    key = repr
    assert sorted(outputs, key=key) == sorted([*once.transitions, *once.alerts], key=key)
    assert state == once.state


@BOTH
@settings(deadline=None, max_examples=60)
@given(traffic())
def test_every_fired_timer_moves_on(rules: Rules, activities: list[Activity]) -> None:
    state = advance(None, "acme", activities, ACCOUNT, rules).state
    for _ in range(400):
        if not state.due_ms:
            return
        woken = wake(state, state.due_ms, ACCOUNT, rules).state
        assert woken.due_ms == 0 or woken.due_ms > state.due_ms
        state = woken
    raise AssertionError("timers never end")
