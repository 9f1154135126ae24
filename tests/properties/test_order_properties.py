"""Order: what an account's activities come to does not depend on the order they come in, on cuts, ticks or copies."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.journal.pages import BOUNDS, Bounds
from pipeline.rules.model import Rules
from schemas.activity import Activity
from schemas.alert import Alert
from tests.account_lane import AccountLane, check_said
from tests.builders import HOUR_MS, activity, at
from tests.journeys import BOTH, REFERENCE, SAAS

PEOPLE = ("", "jane@acme.com", "joe@acme.com", "ann@acme.com")
KINDS = (
    *sorted({*SAAS.activities, *REFERENCE.activities}),
    *["pricing_view", "demo_request", "trial_started", "feature_used", "opportunity_won"] * 6,
)
NEWS_HOURS = 23.0
"""A little less than the rules' `late_hours`."""

SMALL = Bounds(segment=2, full=99)


@st.composite
def activities(draw: st.DrawFn, history: bool = False) -> list[Activity]:
    """In the order they happened, with receipts up to a day later; with `history` some of them long after."""
    steps = draw(st.lists(st.tuples(st.floats(0, 5, allow_nan=False), st.booleans()), min_size=1, max_size=25))
    day, made = 10.0, []
    for number, (step, near) in enumerate(steps):
        day += step / 200 if near else step
        kind, person = draw(st.sampled_from(KINDS)), draw(st.sampled_from(PEOPLE))
        waited_ms = int(draw(st.floats(0, NEWS_HOURS)) * HOUR_MS)
        more: dict[str, Any] = {}
        if history and draw(st.integers(0, 3)) == 0:
            waited_ms = int(draw(st.floats(30, 500)) * HOUR_MS)
            if draw(st.booleans()):
                more = {"late": True, "known_ms": at(day) + waited_ms}
        made.append(
            activity(
                day,
                kind,
                person,
                event_id=f"e{number}",
                received_ms=at(day) + waited_ms,
                confidence=draw(st.sampled_from((0.6, 1.0))),
                ends_ms=at(day + 14) if kind == "trial_started" else 0,
                **more,
            )
        )
    return made


Chance = st.randoms(use_true_random=False)


def standing(alerts: dict[str, Alert]) -> dict[str, Alert]:
    return {key: item.model_copy(update={"revision": 0}) for key, item in alerts.items()}


def in_order(rules: Rules, made: list[Activity], ticked: float) -> AccountLane:
    lane = AccountLane(rules=rules)
    lane.take(*made)
    lane.tick(ticked)
    return lane


@BOTH
@settings(deadline=None, max_examples=60)
@given(activities(), Chance, st.sampled_from((BOUNDS, SMALL)))
def test_news_comes_to_the_same_whatever_order_it_comes_in(
    rules: Rules, made: list[Activity], chance: Any, bounds: Bounds
) -> None:
    shuffled = sorted(made, key=lambda one: one.occurred_ms + chance.random() * NEWS_HOURS * HOUR_MS)
    lane = AccountLane(bounds, rules)
    ticked, batch = 0.0, []
    for one in shuffled:
        batch.append(one)
        if chance.random() < 0.2:
            batch.append(chance.choice(shuffled[: shuffled.index(one) + 1]))
        if chance.random() < 0.5:
            lane.take(*batch)
            batch = []
        if chance.random() < 0.3:
            ticked = max(ticked, (one.occurred_ms - at(0)) / 86_400_000 + chance.choice((-0.5, 0.0, 0.5, 8.0, 40.0)))
            if not batch:
                lane.tick(ticked)
    lane.take(*batch)
    lane.tick(900.0)
    plain = in_order(rules, sorted(made, key=lambda one: (one.occurred_ms, one.activity_id)), 900.0)
    assert lane.core() == plain.core()
    assert lane.standing_transitions() == plain.standing_transitions()
    assert standing(lane.standing_alerts()) == standing(plain.standing_alerts())
    check_said(lane)


@BOTH
def test_a_tick_that_was_ahead_does_not_fire_past_what_happened_before_it(rules: Rules) -> None:
    trial, again = (activity(day, "trial_started", event_id=f"t{day}", ends_ms=at(day + 14)) for day in (12.0, 15.4))
    demo = activity(15.5, "demo_request", event_id="demo")
    lane = AccountLane(rules=rules)
    lane.take(trial)
    lane.tick(20.0)
    lane.take(demo)
    lane.take(again)  # a timer runs from it that is due before that tick, and after the demo request
    lane.tick(900.0)
    plain = in_order(rules, [trial, again, demo], 900.0)
    assert lane.core() == plain.core()
    assert lane.standing_transitions() == plain.standing_transitions()
    assert standing(lane.standing_alerts()) == standing(plain.standing_alerts())
    check_said(lane)


@BOTH
@settings(deadline=None, max_examples=40)
@given(activities(history=True), Chance, st.sampled_from((BOUNDS, SMALL)))
def test_history_comes_to_the_same_journey_whatever_order_it_comes_in(
    rules: Rules, made: list[Activity], chance: Any, bounds: Bounds
) -> None:
    shuffled = list(made)
    chance.shuffle(shuffled)
    lane, whole = AccountLane(bounds, rules), AccountLane(rules=rules)
    for one in shuffled:
        lane.take(one)
    whole.take(*made)
    assert lane.core() == whole.core()
    assert lane.standing_transitions() == whole.standing_transitions()
    check_said(lane)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 400), Chance)
def test_a_journal_that_is_filled_backwards_stays_bounded(count: int, chance: Any) -> None:
    bounds = Bounds(segment=8, full=2)
    lane = AccountLane(bounds)
    made = [activity(10 - number / 500, "page_view", event_id=f"e{number}") for number in range(count)]
    for start in range(0, count, 10):
        lane.take(*made[start : start + 10])
    kept = [len(entry.activities) for _, entry in lane.journal.entries()]
    assert sum(kept) <= 2 * bounds.segment * (bounds.full + 1)
    assert len(lane.pages) <= 2 * sum(kept) + bounds.said
    again = in_order(SAAS, sorted(made, key=lambda one: one.occurred_ms), 0.0)
    if count <= bounds.segment * bounds.full:
        assert lane.core() == again.core()
