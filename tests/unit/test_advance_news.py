"""What is news and what is history; whom a purchase and a second name make of somebody."""

from collections.abc import Sequence

import pytest

from pipeline.advance import Advanced, advance, wake
from schemas.activity import Activity
from schemas.journey import JourneyState
from tests.builders import HOUR_MS, activity, at
from tests.journeys import SAAS

CUSTOMER = activity(0, "opportunity_won")


def fold(*activities: Activity, state: JourneyState | None = None) -> Advanced:
    return advance(state, "acme", activities, None, SAAS)


def triggers(result: Advanced) -> list[str]:
    return [alert.trigger for alert in result.alerts]


def held_late(result: Advanced) -> list[str]:
    return [held.trigger for held in result.held_back if held.reason == "late"]


def delivered(days: float, *activities: Activity) -> list[Activity]:
    """The same activities, taken by the broker so many days after the base."""
    return [each.model_copy(update={"received_ms": at(days)}) for each in activities]


@pytest.mark.parametrize(("hours", "raised"), [(23.9, True), (24.1, False)])
def test_what_reached_the_broker_more_than_a_day_late_raises_no_alert(hours: float, raised: bool) -> None:
    result = fold(activity(0, "demo_request", received_ms=at(0) + int(hours * HOUR_MS)))
    assert ("demo_request" in triggers(result)) is raised
    assert ("demo_request" in held_late(result)) is not raised
    assert result.state.stage == "deciding"


def test_an_export_of_a_whole_journey_raises_nothing_and_counts() -> None:
    uses = [activity(day, "feature_used") for day in (1, 2, 9)]
    result = fold(*delivered(30, activity(0, "trial_started", ends_ms=at(14)), *uses, activity(12, "page_view")))
    assert triggers(result) == []
    assert {"trial_started", "trial_stalled", "trial_expiring"} <= set(held_late(result))
    assert result.state.stage == "trialing"


def test_a_timer_is_news_if_what_set_it_was_heard_in_time() -> None:
    started = activity(0, "trial_started", ends_ms=at(14))
    (late,) = delivered(5.5, started)
    assert triggers(wake(fold(late).state, at(5.6), None, SAAS)) == ["trial_stalled"]
    (later,) = delivered(6.5, started)
    assert triggers(wake(fold(later).state, at(6.6), None, SAAS)) == []
    assert triggers(wake(fold(later).state, at(11.1), None, SAAS)) == ["trial_expiring"]


def test_a_timer_set_by_what_waited_for_a_name_is_no_news() -> None:
    waited = fold(activity(0, "trial_started", ends_ms=at(14), late=True)).state
    assert triggers(wake(waited, at(6), None, SAAS)) == []
    used = fold(activity(1, "feature_used"), state=waited).state
    assert triggers(wake(used, at(6.5), None, SAAS)) == ["trial_stalled"]


def test_a_customer_is_judged_by_what_it_did_since() -> None:
    looks = [activity(-day, "pricing_view") for day in (3, 2, 1)]
    tries = [activity(-day, "feature_used") for day in (6, 5, 4, 3, 2, 1)]
    bought = fold(*sorted((*looks, *tries), key=lambda each: each.occurred_ms), CUSTOMER)
    assert bought.state.stage == "customer"
    looked = fold(activity(1, "product_view"), state=bought.state)
    assert triggers(looked) == []
    assert triggers(fold(activity(2, "product_view"), state=looked.state)) == ["cross_sell_research"]


@pytest.mark.parametrize(
    ("people", "forms"),
    [
        (("jo@acme.com", "di@acme.com", "bo@acme.com"), True),
        (("jo@acme.com", "di@acme.com", "u-17"), False),
        (("jo@acme.com", "di@acme.com", "di.smith@gmail.com"), False),
        (("u-17", "u-18", "u-19"), False),
    ],
)
def test_a_user_id_or_a_free_mailbox_may_be_one_more_name_of_somebody(people: Sequence[str], forms: bool) -> None:
    result = fold(*(activity(day, "webinar", person=person) for day, person in enumerate(people)))
    more = fold(
        *(activity(3 + day, "form_submit", person=person) for day, person in enumerate(people)), state=result.state
    )
    assert ("buying_group" in triggers(result) + triggers(more)) is forms
