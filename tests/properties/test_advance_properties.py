"""The fold does not depend on how activities are cut into batches, on duplicates, on replays, or on encoding."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advance import Advanced, advance, wake
from schemas.activity import Activity
from schemas.event import Grade
from schemas.journey import JourneyState
from tests.builders import activity, at
from tests.journeys import SAAS

PEOPLE = ("", "jane@acme.com", "joe@acme.com", "ann@acme.com")
KINDS = (*sorted(SAAS.activities), "email_open", "never_heard_of")


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
            ),
            max_size=40,
        )
    )
    day, made = 10.0, []
    for number, (step, kind, person, grade, confidence, late) in enumerate(steps):
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
                ends_ms=at(day + 14) if kind == "trial_started" else 0,
            )
        )
    return made


def run(batches: list[list[Activity]]) -> tuple[JourneyState | None, list[object]]:
    """Fold batch by batch, through the bytes that lie on the changelog."""
    state: JourneyState | None = None
    outputs: list[object] = []
    for batch in batches:
        result: Advanced = advance(state, "acme", batch, None, SAAS)
        state = JourneyState.model_validate_json(result.state.encode())
        assert state == result.state
        outputs += [*result.transitions, *result.alerts]
    return state, sorted(outputs, key=repr)


def cut(activities: list[Activity], cuts: list[int]) -> list[list[Activity]]:
    edges = [0, *sorted(point % (len(activities) + 1) for point in cuts), len(activities)]
    return [activities[start:end] for start, end in pairwise(edges) if start < end]


@settings(deadline=None, max_examples=60)
@given(traffic(), st.lists(st.integers(0, 1000), max_size=8))
def test_any_cut_into_batches_gives_the_same(activities: list[Activity], cuts: list[int]) -> None:
    assert run(cut(activities, cuts)) == run([activities] if activities else [])


@settings(deadline=None, max_examples=60)
@given(traffic(), st.lists(st.integers(0, 1000), max_size=12))
def test_duplicates_change_nothing(activities: list[Activity], where: list[int]) -> None:
    doubled = list(activities)
    for point in where:
        if activities:
            original = point % len(activities)
            doubled.insert(doubled.index(activities[original]) + 1 + point % 3, activities[original])
    assert run([doubled] if doubled else []) == run([activities] if activities else [])


@settings(deadline=None, max_examples=60)
@given(traffic(), st.integers(0, 1000))
def test_a_replay_from_any_snapshot_gives_the_same(activities: list[Activity], point: int) -> None:
    split = point % (len(activities) + 1)
    if not activities:
        return
    before = advance(None, "acme", activities[:split], None, SAAS)
    first = advance(before.state, "acme", activities[split:], None, SAAS)
    again = advance(before.state, "acme", activities[split:], None, SAAS)
    assert again == first


@settings(deadline=None, max_examples=60)
@given(traffic(), st.floats(0, 200, allow_nan=False))
def test_causes_always_add_up(activities: list[Activity], days: float) -> None:
    result = advance(None, "acme", activities, None, SAAS)
    woken = wake(result.state, result.state.clock_ms + int(days * 86_400_000), None, SAAS)
    for item in (*result.transitions, *result.alerts, *woken.transitions, *woken.alerts):
        assert sum(cause.points for cause in item.causes) == item.score


@settings(deadline=None, max_examples=60)
@given(traffic(), st.lists(st.floats(0.01, 30, allow_nan=False), max_size=6))
def test_waking_often_or_once_gives_the_same(activities: list[Activity], steps: list[float]) -> None:
    start = advance(None, "acme", activities, None, SAAS).state
    end_ms = start.clock_ms + int(sum(steps) * 86_400_000) + 1
    once = wake(start, end_ms, None, SAAS)
    state, outputs, now_ms = start, [], start.clock_ms
    for step in (*steps, 0.0):
        now_ms = min(now_ms + int(step * 86_400_000), end_ms) if step else end_ms
        result = wake(state, now_ms, None, SAAS)
        state, outputs = result.state, [*outputs, *result.transitions, *result.alerts]
    key = repr
    assert sorted(outputs, key=key) == sorted([*once.transitions, *once.alerts], key=key)
    assert state == once.state


@settings(deadline=None, max_examples=60)
@given(traffic())
def test_every_fired_timer_moves_on(activities: list[Activity]) -> None:
    state = advance(None, "acme", activities, None, SAAS).state
    for _ in range(400):
        if not state.due_ms:
            return
        woken = wake(state, state.due_ms, None, SAAS).state
        assert woken.due_ms == 0 or woken.due_ms > state.due_ms
        state = woken
    raise AssertionError("timers never end")
