"""Recorded history under two journeys: the same says the same, and what is different is counted to the last alert."""

from collections.abc import Sequence
from typing import Any

from pipeline.rules.model import Rules
from pipeline.whatif.compare import EXAMPLES_OF_TRIGGER, Comparison
from pipeline.whatif.live import GRACE_MS, Lived, Recorded, live_through
from pipeline.whatif.outcomes import Ends, Outcomes, ends_of
from schemas.account import Account
from schemas.activity import Activity
from tests.account_lane import ACCOUNT, AccountLane, retraction
from tests.builders import activity, at
from tests.journeys import SAAS, changed

VISITS = [
    activity(1, "pricing_view", "jo@acme.com"),
    activity(9, "pricing_view", "jo@acme.com"),
    activity(10, "trial_started", "jo@acme.com", ends_ms=at(24)),
    activity(11, "feature_used", "al@acme.com", feature="export"),
    activity(60, "demo_request", "jo@acme.com"),
]


def recorded(activities: Sequence[Activity]) -> list[Recorded]:
    newest, found = 0, []
    for one in activities:
        newest = max(newest, one.received_ms)
        found.append(Recorded(newest, one))
    return found


def no_pricing() -> Rules:
    return changed(triggers=tuple(rule for rule in SAAS.triggers if rule.name != "pricing_interest"))


def compared(old: Rules, new: Rules, activities: Sequence[Activity] = VISITS, **given: Any) -> Comparison:
    comparison = Comparison(given.pop("since_ms", at(0)), at(100), given.pop("verdicts", {}))
    history = recorded(activities)
    sides = [live_through("acme", history, ACCOUNT, rules, at(100)) for rules in (old, new)]
    comparison.add("acme", *sides, ends_of(history), len(history))
    return comparison


def test_it_says_what_a_lane_says_that_ticks_every_hour() -> None:
    lane = AccountLane()
    waiting = list(VISITS)
    for hour in range(100 * 24 + 1):
        while waiting and waiting[0].received_ms - GRACE_MS <= at(hour / 24):
            lane.take(waiting.pop(0))
        lane.tick(hour / 24)
    lived = live_through("acme", recorded(VISITS), ACCOUNT, SAAS, at(100))
    assert list(lived.transitions.values()) == list(lane.standing_transitions().values())
    assert lived.alerts == lane.standing_alerts()
    assert {alert.trigger for alert in lived.alerts.values()} >= {"pricing_interest", "trial_stalled", "demo_request"}


def test_what_was_taken_back_does_not_stand() -> None:
    gone = [activity(1, "demo_request", "", subject="a:v-1"), retraction(2)]
    lived = live_through("acme", recorded(gone), ACCOUNT, SAAS, at(3))
    assert (lived.transitions, lived.alerts, lived.stage) == ({}, {}, "unaware")


def test_equal_journeys_make_no_difference() -> None:
    found = compared(SAAS, changed())
    assert found.equal
    assert (found.accounts, found.activities, found.moves.total()) == (1, 5, 0)
    assert found.old_outcomes.keys() == found.new_outcomes.keys()
    assert all(old == new for old, new in (*found.stages.values(), *found.owners.values(), *found.days.values()))


def test_a_trigger_that_is_taken_away_is_missed_alert_by_alert() -> None:
    found = compared(SAAS, no_pricing())
    alerts = live_through("acme", recorded(VISITS), ACCOUNT, SAAS, at(100)).alerts.values()
    mine = sum(alert.trigger == "pricing_interest" for alert in alerts)
    assert mine == 2
    assert (dict(found.gone), dict(found.come), found.equal) == ({"pricing_interest": mine}, {}, False)
    assert [one.change for one in found.examples] == ["gone"] * min(mine, EXAMPLES_OF_TRIGGER)
    assert found.owners[""] == [len(alerts), len(alerts) - mine]
    other = compared(no_pricing(), SAAS)
    assert dict(other.come) == {"pricing_interest": mine}


def test_only_alerts_since_a_date_are_counted_and_history_before_is_folded() -> None:
    found = compared(SAAS, no_pricing(), since_ms=at(5))
    assert dict(found.gone) == {"pricing_interest": 1}


def test_an_account_that_would_stand_elsewhere_is_named() -> None:
    stages = tuple(rule for rule in SAAS.stages if rule.name != "dormant")
    stricter = changed(quiet=SAAS.quiet.model_copy(update={"days": 3000.0}))
    assert len(stages) < len(SAAS.stages)
    found = compared(SAAS, stricter)
    ((old, new),) = found.moves
    assert (old, found.moved[0].new) == ("dormant", new)
    assert found.stages["dormant"] == [1, 0]


def test_a_suppressed_account_says_nothing_on_either_side() -> None:
    rival = Account(account_id="acme", name="Rival", suppressed="competitor")
    lived = live_through("acme", recorded(VISITS), rival, SAAS, at(100))
    assert (lived.transitions, lived.alerts) == ({}, {})


def test_outcomes_are_counted_within_their_time() -> None:
    alert = next(iter(live_through("acme", recorded(VISITS[:1]), ACCOUNT, SAAS, at(2)).alerts.values()))
    counted = Outcomes()
    counted.add(alert, Ends(won_ms=(at(11),)), {alert.alert_id: True})
    counted.add(alert, Ends(won_ms=(at(0.5), at(92)), lost_ms=(at(30),)), {alert.alert_id: False})
    counted.add(alert, Ends(lost_ms=(at(0.9),)), {})
    assert (counted.alerts, counted.won, counted.lost, counted.accepted, counted.rejected) == (3, 1, 1, 1, 1)
    assert (counted.win_share, counted.accepted_share, counted.median_lead_days) == (0.5, 0.5, 10.0)
    nothing = Outcomes()
    assert (nothing.win_share, nothing.accepted_share, nothing.median_lead_days) == (None, None, None)


def test_ends_are_known_whatever_a_journey_calls_them() -> None:
    won = activity(3, "opportunity_won", "")
    other = activity(4, "deal_over", "").model_copy(update={"event_type": "opportunity_lost"})
    assert ends_of(recorded([won, other])) == Ends((at(3),), (at(4),))


def test_nothing_recorded_is_no_account() -> None:
    assert live_through("acme", [], ACCOUNT, SAAS, at(1)) == Lived()
