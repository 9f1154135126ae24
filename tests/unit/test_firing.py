"""What becomes of a trigger that is met: raised, said anew, held back; and what a team's answers do to it."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.alerts.firing import activity_of
from pipeline.rules.model import Rules, Threshold
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.base import from_ms
from schemas.dispatch.held import HeldReason
from schemas.handover.feedback import Answer, Verdict
from schemas.journey import JourneyState
from tests.account_lane import AccountLane, check_said, retraction
from tests.builders import activity, at
from tests.journeys import SAAS, changed


def with_trigger(name: str, **fields: Any) -> Rules:
    return changed(
        SAAS,
        triggers=tuple(rule.model_copy(update=fields) if rule.name == name else rule for rule in SAAS.triggers),
    )


def answer(alert: Alert, days: float, verdict: Verdict, **fields: Any) -> Activity:
    moment = from_ms(at(days))
    given = Answer(
        answer_id=f"answer {verdict} {days}",
        alert_id=alert.alert_id,
        account_id=alert.account_id,
        verdict=verdict,
        occurred_at=moment,
        received_at=moment + timedelta(seconds=1),
        **fields,
    )
    made = activity_of(given)
    assert made is not None
    return made


def demos(lane: AccountLane) -> list[Alert]:
    return [alert for alert in lane.alerts if alert.trigger == "demo_request"]


def held(lane: AccountLane) -> list[HeldReason]:
    return [one.reason for result in lane.results for one in result.held_back if one.trigger == "demo_request"]


def test_a_threshold_must_be_met_before_the_first_alert() -> None:
    lane = AccountLane(rules=with_trigger("demo_request", threshold=Threshold(times=3, within_hours=48)))
    lane.take(activity(0, "demo_request"), activity(0.5, "demo_request"))
    lane.take(activity(2.2, "demo_request"))
    assert demos(lane) == []
    lane.take(activity(2.4, "demo_request"))
    assert [alert.raised_at for alert in demos(lane)] == [from_ms(at(2.4))]
    state = lane.state
    assert state is not None
    assert "demo_request" not in state.met
    assert HeldReason.COOLDOWN not in held(lane)


@pytest.mark.parametrize(("verdict", "days"), [(Verdict.DONE, 10), (Verdict.REJECTED, 30)])
def test_done_and_rejected_rest_the_trigger_for_the_whole_team(verdict: Verdict, days: float) -> None:
    lane = AccountLane(rules=with_trigger("demo_request", done_days=10.0, rejected_days=30.0))
    lane.take(activity(0, "demo_request"))
    lane.take(answer(demos(lane)[0], 1, verdict))
    lane.take(activity(days, "demo_request", "joe@acme.com"))
    assert len(demos(lane)) == 1
    assert held(lane) == [HeldReason(verdict.value)]
    lane.take(activity(days + 1.1, "demo_request", "joe@acme.com"))
    assert len(demos(lane)) == 2


def test_snoozed_rests_until_its_date() -> None:
    lane = AccountLane()
    lane.take(activity(0, "demo_request"))
    lane.take(answer(demos(lane)[0], 1, Verdict.SNOOZED, until=from_ms(at(9))))
    lane.take(activity(8.5, "demo_request"), activity(9.5, "demo_request"))
    assert held(lane) == [HeldReason.SNOOZED]
    assert [alert.raised_at for alert in demos(lane)] == [from_ms(at(0)), from_ms(at(9.5))]


def test_answers_make_no_account_and_say_nothing_of_other_alerts() -> None:
    lane = AccountLane()
    lane.take(activity(0, "demo_request"))
    other = demos(lane)[0].model_copy(update={"alert_id": "another journey's"})
    before = lane.state
    assert lane.take(answer(other, 1, Verdict.DONE)).state == before
    empty = AccountLane()
    empty.take(answer(other, 1, Verdict.DONE))
    assert empty.state is None


def test_an_answer_again_changes_nothing() -> None:
    lane = AccountLane(rules=with_trigger("demo_request", done_days=10.0))
    lane.take(activity(0, "demo_request"))
    snoozed = answer(demos(lane)[0], 1, Verdict.SNOOZED, until=from_ms(at(9)))
    lane.take(snoozed)
    before = lane.state
    assert lane.take(snoozed).state == before


def test_answers_survive_undo_and_order() -> None:
    lane = AccountLane(rules=with_trigger("demo_request", done_days=10.0))
    lane.take(activity(0.5, "page_view", "", subject="a:v-1"), activity(1, "demo_request"))
    done = answer(demos(lane)[0], 2, Verdict.DONE)
    lane.take(done, activity(3, "page_view"))
    lane.take(retraction(4))
    lane.take(activity(1.5, "page_view", "joe@acme.com"))
    plain = AccountLane(rules=lane.rules)
    plain.take(activity(1, "demo_request"))
    plain.take(activity(1.5, "page_view", "joe@acme.com"), done, activity(3, "page_view"))
    assert lane.core() == plain.core()
    assert isinstance(lane.core(), JourneyState)
    lane.take(activity(11.5, "demo_request"))
    assert held(lane) == [HeldReason.DONE]
    check_said(lane)


def test_an_open_alert_is_said_anew_when_it_has_news() -> None:
    lane = AccountLane(rules=with_trigger("demo_request", update_points=1000.0))
    lane.take(activity(0, "demo_request"))
    lane.take(activity(0.1, "demo_request", "joe@acme.com"))
    assert len(demos(lane)) == 1, "too soon"
    lane.take(activity(0.5, "demo_request", "joe@acme.com"))
    assert len(demos(lane)) == 2, "somebody new"
    lane.take(activity(1, "demo_request", "joe@acme.com"))
    assert len(demos(lane)) == 2, "nothing new"
    first, update = demos(lane)
    assert (update.alert_id, update.revision, update.status) == (first.alert_id, 1, first.status)
    assert (update.raised_at, update.act_by) == (first.raised_at, first.act_by)
    assert "joe@acme.com" in [person.person for person in update.people]
    assert held(lane) == [HeldReason.COOLDOWN, HeldReason.COOLDOWN]
    check_said(lane)


def test_a_score_that_is_so_much_higher_is_news() -> None:
    lane = AccountLane(rules=with_trigger("demo_request", update_points=30.0))
    lane.take(activity(0, "demo_request"))
    lane.take(activity(0.5, "demo_request"))
    assert [alert.revision for alert in demos(lane)] == [0, 1]


def test_what_is_done_is_not_said_anew() -> None:
    lane = AccountLane(rules=with_trigger("demo_request", update_points=1.0))
    lane.take(activity(0, "demo_request"))
    lane.take(answer(demos(lane)[0], 0.2, Verdict.DONE), activity(0.5, "demo_request", "joe@acme.com"))
    assert len(demos(lane)) == 1


def test_without_the_wish_an_open_alert_is_left_alone() -> None:
    lane = AccountLane()
    lane.take(activity(0, "demo_request"), activity(0.5, "demo_request", "joe@acme.com"))
    assert len(demos(lane)) == 1


def test_accepted_and_first_touch_change_nothing_here() -> None:
    moment = from_ms(at(1))
    for verdict in (Verdict.ACCEPTED, Verdict.FIRST_TOUCH):
        given = Answer(
            answer_id="a", alert_id="b", account_id="c", verdict=verdict, occurred_at=moment, received_at=moment
        )
        assert activity_of(given) is None
