"""A journey that changes while the line runs: followed, the last good one kept, states brought under it in silence."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.advance import Unfit
from agents.clock import SystemClock
from agents.journey.follow import JourneyFollower
from agents.metrics import Metrics
from agents.shell.state import StateStore, StateView
from pipeline.advance import adopt
from pipeline.rules.live import Live
from pipeline.rules.model import Rules
from pipeline.rules.timers import TrialQuiet
from schemas.authored.activation import Activation
from schemas.base import from_ms
from schemas.dispatch.held import HeldReason
from schemas.topics import HELD, TRANSITIONS, TRIGGERS
from tests.account_lane import AccountLane
from tests.builders import activity, at
from tests.journeys import FOLDER, REFERENCE, SAAS, changed
from tests.unit.test_advance_handler import Lane, sent

TEXT = (FOLDER / "saas-trial.yaml").read_text()
STARTED = activity(1, "trial_started", "jo@acme.com", ends_ms=at(40))


def record(number: int, text: str, offset: int = 0) -> Any:
    made = Activation(number=number, rule_version="?", name="mine", text=text, activated_at=from_ms(at(0)))
    return SimpleNamespace(value=made.encode(), timestamp=at(number), topic="t", partition=0, offset=offset)


def follower(switched: list[Rules]) -> tuple[JourneyFollower, Metrics]:
    metrics = Metrics()
    return JourneyFollower({}, "t", 1, SAAS, SystemClock(), metrics, switched.append), metrics


def quiet_after(days: float) -> Rules:
    triggers = [
        rule.model_copy(update={"timer": TrialQuiet(days=days)}) if isinstance(rule.timer, TrialQuiet) else rule
        for rule in SAAS.triggers
    ]
    return changed(triggers=tuple(triggers))


def test_the_newest_good_journey_counts_whatever_order_records_come_in() -> None:
    switched: list[Rules] = []
    journeys, _ = follower(switched)
    assert (journeys.current().rules, journeys.number) == (SAAS, 0)
    journeys.take([record(2, TEXT.replace("points: 40", "points: 41")), record(1, TEXT)])
    journeys.take([record(1, TEXT)])
    assert (len(switched), journeys.number, journeys.current().since_ms) == (1, 2, at(2))
    assert journeys.current().rules.version != SAAS.version


def test_what_is_no_journey_is_passed_over_and_said() -> None:
    switched: list[Rules] = []
    journeys, metrics = follower(switched)
    journeys.take([record(1, TEXT)])
    bad = [
        record(2, TEXT.replace("points: 40", "points: lots")),
        SimpleNamespace(value=None, topic="t", partition=0, offset=9),
    ]
    journeys.take(bad)
    assert (journeys.number, journeys.current().rules.version, len(switched)) == (1, SAAS.version, 1)
    assert metrics.registry.get_sample_value("triggerpoint_journey_errors_total") == 2
    assert metrics.registry.get_sample_value("triggerpoint_journey_number") == 1
    journeys.take([record(3, TEXT)])
    assert journeys.number == 3


def test_what_was_due_before_the_new_rules_counted_alerts_nobody() -> None:
    lane = Lane()
    lane.handle(STARTED)
    lane.store.fired_ms = at(5)
    lane.live = Live(quiet_after(2), at(5))
    out = lane.tick()
    assert out is not None
    assert sent(out, TRIGGERS, TRANSITIONS) == []
    ((_, held, _),) = sent(out, HELD)
    assert (held["trigger"], held["reason"]) == ("trial_stalled", HeldReason.RULES_CHANGED)
    assert lane.tick() is None


def test_what_falls_due_by_the_new_rules_afterwards_alerts() -> None:
    lane = Lane()
    lane.handle(STARTED)
    assert lane.store.due(at(4), 10) == []
    lane.store.fired_ms = at(2)
    lane.live = Live(quiet_after(2), at(2))
    out = lane.tick()  # wakes as of the third day
    assert out is not None
    ((_, alert, _),) = sent(out, TRIGGERS)
    assert (alert["trigger"], alert["rule_version"]) == ("trial_stalled", lane.live.rules.version)


def test_an_activity_brings_a_state_under_the_new_rules_first() -> None:
    lane = Lane()
    lane.handle(STARTED)
    lane.store.fired_ms = at(5)
    lane.live = Live(quiet_after(2), at(5))
    out, _ = lane.handle(activity(5.5, "page_view", "jo@acme.com"))
    assert [value["trigger"] for _, value, _ in sent(out, TRIGGERS)] == []
    assert [value["reason"] for _, value, _ in sent(out, HELD)] == ["rules_changed"]


def test_who_is_silent_by_the_new_rules_goes_dormant_now_and_not_in_the_past() -> None:
    lane = AccountLane()
    lane.take(activity(1, "pricing_view", "jo@acme.com"))
    assert lane.state is not None
    stricter = changed(quiet=SAAS.quiet.model_copy(update={"days": 3.0}))
    result = adopt(lane.state, at(10), None, stricter)
    assert [(item.to_stage, item.occurred_at) for item in result.transitions] == [("dormant", from_ms(at(10)))]
    assert result.state.rules == stricter.version


def test_a_stage_the_new_file_lacks_is_kept_until_the_next_sign() -> None:
    lane = AccountLane()
    lane.take(activity(1, "pricing_view", "jo@acme.com"))
    assert lane.state is not None
    stage = lane.state.stage
    fewer = changed(stages=tuple(rule for rule in SAAS.stages if rule.name != stage), facts=(), triggers=())
    result = adopt(lane.state, at(2), None, fewer)
    assert (result.state.stage, result.transitions, result.alerts) == (stage, (), ())


def test_states_under_other_rules_are_found_once_and_in_parts() -> None:
    store, unfit = StateStore(), Unfit()
    for number in range(1500):
        lane = AccountLane()
        store.apply(b"a%d" % number, lane.core().model_copy(update={"rules": "old"}).encode(), 0)
    store.apply(b"new", AccountLane().core().model_copy(update={"rules": "v"}).encode(), 0)
    store.apply(b"a1\xffe00000001", b"a page", 0)
    view = StateView(store)
    first, second, third = (unfit.next(view, "v") for _ in range(3))
    assert (len(first), len(second), third) == (1000, 500, [])
    assert {*first, *second} == {b"a%d" % number for number in range(1500)}
    assert len(unfit.next(view, "w")) == 1000


TYPES = st.sampled_from(sorted(SAAS.activities))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 60), TYPES), min_size=1, max_size=25), st.floats(0, 120), st.booleans())
def test_bringing_a_state_under_other_rules_says_nothing_of_the_past(
    acts: list[tuple[float, str]], later: float, back: bool
) -> None:
    first, second = (REFERENCE, SAAS) if back else (SAAS, REFERENCE)
    lane = AccountLane(rules=first)
    for number, (days, kind) in enumerate(sorted(acts)):
        lane.take(activity(days, kind, "jo@acme.com", event_id=f"e{number}"))
    before = lane.state
    if before is None:
        return
    now_ms = max(before.clock_ms, at(later))
    result = adopt(before, now_ms, None, second)
    assert result.alerts == ()
    assert all(item.occurred_at == from_ms(now_ms) for item in result.transitions)
    assert not 0 < result.state.due_ms <= now_ms or result.transitions
    again = adopt(result.state, now_ms, None, second)
    assert (again.alerts, again.transitions) == ((), ())
