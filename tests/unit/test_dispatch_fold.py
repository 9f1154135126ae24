"""Dispatch: at once, by digest, or not at all, and what is recorded of it."""

import pytest

from pipeline.dispatch.fold import WAITING_MAX
from pipeline.dispatch.value import value_of
from pipeline.handover.policy import Policy
from schemas.alert import NOBODY, Delivery
from schemas.base import Team, from_ms, to_ms
from schemas.dispatch.held import HeldReason, Outcome
from tests.dispatches import POLICY, Desk, alert, by, retracted, sent
from tests.handovers import hour

EVENING, NIGHT, MORNING = 8.0, 14.0, 23.0
"""18:00, 00:00 and 09:00 in Berlin."""


def test_at_work_an_alert_is_sent_as_it_comes_with_its_value() -> None:
    desk = Desk()
    desk.take(alert(fit="A"))
    (out,) = desk.alerts
    assert (out.delivery, out.digest_id, out.delivered_at, out.value) == (Delivery.NOW, "", None, 9.9)
    assert (desk.held, desk.digests) == ([], [])


def test_a_break_at_noon_is_no_night() -> None:
    desk = Desk()
    desk.take(alert(at=2.5))  # 12:30 in Berlin
    assert sent(desk.alerts) == [("l1", 0, "now")]


def test_at_night_alerts_wait_and_come_as_one_digest_best_first_when_work_begins() -> None:
    desk = Desk()
    desk.take(alert(1, EVENING), alert(2, NIGHT, score=90.0), alert(4, NIGHT, title="again"))
    assert desk.alerts == []
    assert {record.outcome for record in desk.held} == {Outcome.WAITING}
    assert {record.until for record in desk.held} == {from_ms(hour(MORNING))}
    desk.wake(MORNING - 0.01)
    assert desk.alerts == []
    desk.wake(MORNING + 3)  # the watermark may be late: the digest is of its own moment all the same
    (digest,) = desk.digests
    assert (digest.owner, digest.teams, digest.at, digest.size) == ("maria", (Team.SALES,), from_ms(hour(MORNING)), 3)
    assert digest.why == "3 waited over quiet hours."
    assert [account.account_id for account in digest.accounts] == ["acme2", "acme1"]
    assert [[item.alert_id for item in account.alerts] for account in digest.accounts] == [["l2"], ["l1", "l4"]]
    assert sent(desk.alerts) == [("l2", 0, "digest"), ("l1", 0, "digest"), ("l4", 0, "digest")]
    assert {item.digest_id for item in desk.alerts} == {digest.digest_id}
    assert {item.delivered_at for item in desk.alerts} == {digest.at}
    assert desk.outcomes() == {f"l{at}": ["quiet_hours:waiting", "quiet_hours:digest"] for at in (1, 2, 4)}
    assert {record.digest_id for record in desk.held if record.outcome is Outcome.DIGEST} == {digest.digest_id}


def test_nights_end_after_days_off() -> None:
    desk = Desk()
    desk.take(alert(at=EVENING + 48))  # Wednesday evening; Thursday is a day off
    (record,) = desk.held
    assert record.until == from_ms(hour(MORNING + 72))


def test_hours_of_the_wall_clock_may_be_quiet_without_a_calendar() -> None:
    desk = Desk()
    desk.take(alert(1, 13.0, "kim"), alert(2, 14.5, "kim"))  # 21:00 and 22:30 UTC
    assert sent(desk.alerts) == [("l1", 0, "now")]
    desk.wake(22.0)
    assert [digest.at for digest in desk.digests] == [from_ms(hour(22))]


def test_urgent_ones_come_at_night_and_beyond_the_budget() -> None:
    desk = Desk()
    desk.take(*(alert(number, 1, "lee") for number in range(4)))
    desk.take(alert(10, NIGHT, trigger="demo_request"), alert(11, 1, "lee", trigger="demo_request"))
    assert sent(desk.alerts)[-2:] == [("l10", 0, "now"), ("l11", 0, "now")]
    assert sum(desk.owners()["lee"].sent.values()) == 4


def test_what_resolves_while_it_waits_vanishes_and_is_counted() -> None:
    desk = Desk()
    gone = alert(1, NIGHT)
    desk.take(gone, alert(2, NIGHT))
    desk.take(retracted(gone))
    desk.wake(MORNING)
    assert sent(desk.alerts) == [("l2", 0, "digest")]
    assert desk.digests[0].why == "1 waited over quiet hours; 1 resolved meanwhile."
    assert desk.outcomes()["l1"] == ["quiet_hours:waiting", "quiet_hours:resolved"]
    desk.take(gone.model_copy(update={"revision": 2, "raised_at": from_ms(hour(MORNING + 1))}))
    assert sent(desk.alerts)[-1] == ("l1", 2, "now")
    assert desk.outcomes()["l1"][-1] == "quiet_hours:now"


def test_an_update_takes_the_place_of_what_waits() -> None:
    desk = Desk()
    desk.take(alert(1, NIGHT))
    desk.take(alert(1, NIGHT + 1, revision=1, title="more of it", score=50.0))
    desk.wake(MORNING)
    assert sent(desk.alerts) == [("l1", 1, "digest")]
    assert (desk.alerts[0].title, desk.digests[0].accounts[0].alerts[0].title) == ("more of it", "more of it")
    assert desk.outcomes()["l1"] == ["quiet_hours:waiting", "quiet_hours:digest"]


def test_what_is_over_before_its_digest_is_recorded() -> None:
    desk = Desk()
    desk.take(alert(1, NIGHT, act_by=from_ms(hour(MORNING - 1))))
    desk.wake(MORNING)
    assert (desk.alerts, desk.digests) == ([], [])
    assert desk.outcomes()["l1"] == ["quiet_hours:waiting", "quiet_hours:expired"]


def test_updates_and_retractions_of_what_was_sent_come_at_once_in_the_same_way() -> None:
    desk = Desk()
    night, day = alert(1, NIGHT), alert(2, 1)
    desk.take(day, night)
    desk.wake(MORNING)
    desk.take(alert(1, NIGHT + 24, revision=1), retracted(night, 2), retracted(day))
    assert sent(desk.alerts)[2:] == [("l1", 1, "digest"), ("l1", 2, "digest"), ("l2", 1, "now")]
    assert {item.digest_id for item in desk.alerts if item.alert_id == "l1"} == {desk.digests[0].digest_id}


def test_what_came_before_is_not_decided_again() -> None:
    desk = Desk()
    desk.take(alert(1), alert(1))
    desk.take(alert(1), alert(1, revision=1), alert(1))
    assert sent(desk.alerts) == [("l1", 0, "now"), ("l1", 1, "now")]


def test_a_retraction_of_what_is_not_known_is_passed_on() -> None:
    desk = Desk()
    desk.take(retracted(alert(1)))
    assert sent(desk.alerts) == [("l1", 1, "now")]


def test_the_day_has_a_budget_and_the_rest_comes_in_the_afternoon() -> None:
    desk = Desk()
    desk.take(*(alert(number, 1 + number / 10, score=float(number)) for number in range(6)))
    assert sent(desk.alerts) == [(f"l{number}", 0, "now") for number in range(4)]
    desk.wake(6.0)  # 16:00 in Berlin
    (digest,) = desk.digests
    assert digest.why == "2 waited beyond the day's budget."
    assert [item.alert_id for account in digest.accounts for item in account.alerts] == ["l5", "l4"]
    desk.take(alert(9, 6.5))
    assert desk.outcomes()["l9"] == ["budget:waiting"]
    assert desk.held[-1].until == from_ms(hour(6 + 24))
    desk.take(alert(10, 25.0))
    assert sent(desk.alerts)[-1] == ("l10", 0, "now")


def test_a_day_is_the_owners() -> None:
    desk = Desk()
    desk.take(*(alert(number, 13.9, "lee") for number in range(4)))  # 21:54 UTC: nobody knows where lee lives
    desk.take(alert(5, 15.0, "lee"), alert(6, 16.1, "lee"))
    assert desk.outcomes() == {"l5": ["budget:waiting"]}
    assert sent(desk.alerts)[-1] == ("l6", 0, "now")


def test_places_are_kept_for_what_is_worth_more() -> None:
    desk = Desk()
    for day in range(5):  # three a day, of all values
        desk.take(*(alert(100 + 10 * day + at, 1 + 24 * day, "lee", score=40.0 * at) for at in range(3)))
    desk.alerts.clear()
    low, high = (
        [alert(number, 145 + number / 10, "lee", score=score) for number in numbers]
        for numbers, score in ((range(5), 0.0), (range(5, 8), 80.0))
    )
    desk.take(*low)
    assert [item.alert_id for item in desk.alerts] == ["l0", "l1"]  # half of four places is open to any
    desk.take(*high)
    assert [item.alert_id for item in desk.alerts] == ["l0", "l1", "l5", "l6"]


def test_a_whole_team_has_no_budget() -> None:
    desk = Desk()
    desk.take(*(alert(number, NIGHT, "") for number in range(30)))
    assert len(desk.alerts) == 30
    assert list(desk.states) == ["team/sales"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (by("jo@uni.edu"), "research"),
        ({"domains": ("uni.edu",)}, "research"),
        ({"account_id": "uni.edu"}, "research"),
        (by("jo@acme.com", "PhD Student"), "trigger pricing_interest; role student"),
        (by("jo@acme.com", "Studentship officer"), ""),
        (by("jo@acme.com"), ""),
        (by(""), ""),
        (by("jo@acme.com", "student") | {"trigger": "trial_started"}, ""),
    ],
)
def test_lists_keep_alerts_back_with_the_reason(fields: dict[str, object], why: str) -> None:
    desk = Desk()
    desk.take(alert(**fields))
    assert bool(desk.alerts) is not bool(why)
    assert [(record.reason, record.outcome, record.why) for record in desk.held] == (
        [(HeldReason.LISTED, Outcome.NOT_SENT, why)] if why else []
    )


def test_what_is_kept_back_is_recorded_once_and_its_retraction_is_not_sent() -> None:
    desk = Desk()
    listed = alert(**by("jo@uni.edu"))
    desk.take(listed, listed.model_copy(update={"revision": 1}), retracted(listed, 2))
    assert desk.alerts == []
    assert desk.outcomes() == {"l1": ["listed:not_sent"]}


def test_what_goes_to_nobody_is_recorded() -> None:
    desk = Desk()
    desk.take(alert(routed_to=NOBODY))
    assert desk.alerts == []
    assert desk.outcomes() == {"l1": ["unrouted:not_sent"]}


def test_of_too_many_the_one_worth_least_falls_out() -> None:
    desk = Desk()
    desk.take(*(alert(number, NIGHT, score=number / 10) for number in range(WAITING_MAX + 1)))
    assert desk.outcomes()["l0"] == ["quiet_hours:waiting", "quiet_hours:overflow"]
    assert len(desk.owners()["maria"].waiting) == WAITING_MAX


def test_an_owner_is_forgotten_in_time() -> None:
    desk = Desk()
    desk.take(alert())
    desk.wake(24 * 59)
    assert list(desk.states) == ["maria"]
    desk.wake(24 * 62)
    assert desk.states == {}


def test_what_comes_after_a_digest_is_not_decided_as_of_before() -> None:
    desk = Desk()
    desk.take(alert(1, NIGHT))
    desk.wake(MORNING + 1)
    desk.take(alert(2, NIGHT + 1))  # it was on the way: its night is over
    assert sent(desk.alerts)[-1] == ("l2", 0, "now")


def test_a_value_is_made_of_urgency_score_fit_and_tier() -> None:
    rule = Policy.model_validate({"value": {"triggers": {"trial_started": 3}, "tiers": {"1": 2}}}).value
    assert value_of(alert(), rule) == 6.6
    assert value_of(alert(score=1000.0), rule) == 12
    assert value_of(alert(fit="D", tier="1"), rule) == 7.92
    assert value_of(alert(trigger="trial_started", score=0.0), rule) == 3
    assert value_of(alert(score=0.0), POLICY.value) == 6


def test_records_keep_the_moment() -> None:
    desk = Desk()
    desk.take(alert(1, NIGHT))
    desk.wake(MORNING)
    first, last = desk.held
    assert (first.ended_at, to_ms(first.held_at)) == (None, hour(NIGHT))
    assert (last.ended_at, last.held_id, last.revision) == (from_ms(hour(MORNING)), first.held_id, 1)
