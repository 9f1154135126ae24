"""The journey fold: stages, trigger points, timers, causes."""

import pytest

from pipeline.advance import Advanced, advance, wake
from schemas.account import Account, AccountStatus
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.base import Source, Team
from schemas.event import Grade
from schemas.identity import Method
from schemas.journey import JourneyState
from tests.builders import activity, at
from tests.journeys import SAAS


def fold(*activities: Activity, state: JourneyState | None = None, account: Account | None = None) -> Advanced:
    return advance(state, "acme", activities, account, SAAS)


def stages(result: Advanced) -> list[str]:
    return [transition.to_stage for transition in result.transitions]


def triggers(result: Advanced) -> list[str]:
    return [alert.trigger for alert in result.alerts]


def alert_of(result: Advanced, trigger: str) -> Alert:
    (found,) = [alert for alert in result.alerts if alert.trigger == trigger]
    return found


CLASSIC = (
    activity(0, "page_view", person=""),
    activity(1, "content_download", person="", asset="white-paper"),
    activity(2, "content_download", asset="guide"),
    activity(5, "comparison_view"),
    activity(6, "reference_view", person="joe@acme.com"),
    activity(7, "pricing_view", person="ann@acme.com"),
    activity(8, "pricing_view"),
    activity(10, "trial_started", ends_ms=at(24)),
    activity(11, "trial_activated"),
    activity(12, "feature_used", feature="export"),
    activity(13, "pricing_view"),
    activity(14, "demo_request"),
    activity(20, "opportunity_created", source=Source.CRM),
    activity(30, "opportunity_won", source=Source.CRM),
    *(activity(31 + day, "feature_used", feature="export") for day in range(6)),
    *(activity(40 + day, "product_view") for day in range(3)),
    activity(50, "review_posted"),
)


def test_the_classic_journey_from_first_sign_to_advocacy() -> None:
    result = fold(*CLASSIC)
    assert stages(result) == [
        "aware",
        "researching",
        "evaluating",
        "trialing",
        "deciding",
        "customer",
        "adopting",
        "expanding",
        "advocating",
    ]
    expected = {
        "journey_begins",
        "comparison_check",
        "pricing_interest",
        "trial_started",
        "trial_activated",
        "demo_request",
        "buying_group",
        "cross_sell_research",
        "advocacy",
    }
    assert expected <= set(triggers(result))
    assert [item.sequence for item in result.transitions] == list(range(1, 10))


def test_each_transition_and_alert_is_the_sum_of_its_causes() -> None:
    result = fold(*CLASSIC)
    assert result.transitions
    assert result.alerts
    for item in (*result.transitions, *result.alerts):
        assert sum(cause.points for cause in item.causes) == item.score
        assert all(cause.event_id for cause in item.causes)
        assert item.rule_version == SAAS.version


def test_what_decided_is_pointed_out_and_said() -> None:
    alert = alert_of(fold(*CLASSIC), "comparison_check")
    decisive = [cause for cause in alert.causes if cause.decisive]
    assert [cause.type for cause in decisive] == ["comparison_view"]
    assert alert.why.startswith("Acme Corp: it compares us with a rival. jane@acme.com compared")
    assert alert.team is Team.SALES
    assert (alert.act_by - alert.raised_at).total_seconds() == 24 * 3600


def test_anonymous_surge_needs_that_nobody_is_known() -> None:
    reads = [activity(day, "content_download", person="", subject=f"a:v-{day}") for day in range(3)]
    assert "anonymous_surge" in triggers(fold(*reads))
    assert "anonymous_surge" not in triggers(fold(activity(0.5, "page_view"), *reads))


def test_machines_weigh_nothing_and_suspects_little() -> None:
    machine = fold(*(activity(day, "pricing_view", grade=Grade.MACHINE) for day in range(5)))
    assert (machine.transitions, machine.alerts, machine.state.evidence) == ((), (), ())
    suspect = fold(activity(0, "pricing_view", grade=Grade.SUSPECT)).state.evidence[0].points
    assert suspect == 2.0


def test_delivered_and_opened_mail_is_no_sign() -> None:
    result = fold(activity(0, "email_delivered"), activity(1, "email_open"))
    assert (result.transitions, result.state.last_human_ms) == ((), 0)


def test_confidence_weighs_points_and_shows_in_the_alert() -> None:
    sure = fold(activity(0, "demo_request"))
    unsure = fold(activity(0, "demo_request", confidence=0.5))
    assert unsure.alerts[-1].score == sure.alerts[-1].score / 2
    assert alert_of(unsure, "demo_request").confidence == 0.5


def test_duplicates_change_nothing() -> None:
    once, twice = fold(*CLASSIC), fold(*(item for item in CLASSIC for _ in range(2)))
    assert twice == once


def test_cool_down_holds_back_and_says_so() -> None:
    result = fold(activity(0, "demo_request"), activity(1, "demo_request", person="joe@acme.com"))
    assert triggers(result).count("demo_request") == 1
    assert ("demo_request", "cooldown") in [(held.trigger, held.reason) for held in result.held_back]
    later = fold(activity(5, "demo_request"), state=result.state)
    assert triggers(later) == ["demo_request"]


def test_what_is_old_when_it_comes_raises_no_alert() -> None:
    late = fold(activity(0, "demo_request", late=True))
    assert "demo_request" not in triggers(late)
    assert ("demo_request", "late") in [(held.trigger, held.reason) for held in late.held_back]
    behind = fold(activity(10, "page_view"), activity(2, "demo_request"))
    assert "demo_request" not in triggers(behind)
    assert stages(behind)[-1] == "deciding"


def test_a_stalled_trial_is_noticed_by_the_clock() -> None:
    started = fold(activity(0, "trial_started", ends_ms=at(14)))
    assert started.state.due_ms == at(5)
    assert wake(started.state, at(4.9), None, SAAS).alerts == ()
    fired = wake(started.state, at(5.5), None, SAAS)
    assert triggers(fired) == ["trial_stalled"]
    assert fired.alerts[0].raised_at.timestamp() * 1000 == at(5)
    assert triggers(wake(fired.state, at(5.6), None, SAAS)) == []


def test_a_timer_gives_the_same_alert_by_the_clock_and_by_the_next_activity() -> None:
    started = fold(activity(0, "trial_started", ends_ms=at(14))).state
    by_clock = wake(started, at(5.5), None, SAAS).alerts[0]
    by_activity = fold(activity(6, "feature_used"), state=started).alerts[0]
    assert by_activity == by_clock


def test_use_keeps_a_trial_from_stalling() -> None:
    state = fold(activity(0, "trial_started", ends_ms=at(14)), activity(2, "feature_used")).state
    assert triggers(wake(state, at(6.5), None, SAAS)) == []
    assert triggers(wake(state, at(7.5), None, SAAS)) == ["trial_stalled"]


def test_a_trial_about_to_end() -> None:
    state = fold(
        activity(0, "trial_started", ends_ms=at(14)), *(activity(day, "feature_used") for day in range(1, 11))
    ).state
    fired = wake(state, at(11.2), None, SAAS)
    assert triggers(fired) == ["trial_expiring"]
    assert fired.alerts[0].raised_at.timestamp() * 1000 == at(11)


def test_no_trial_alert_after_the_deal_is_won() -> None:
    state = fold(activity(0, "trial_started", ends_ms=at(14)), activity(1, "opportunity_won")).state
    assert {"trial_stalled", "trial_expiring"}.isdisjoint(triggers(wake(state, at(20), None, SAAS)))


def test_a_quiet_prospect_goes_dormant_and_wakes_up() -> None:
    state = fold(activity(0, "pricing_view"), activity(1, "comparison_view")).state
    quiet = wake(state, at(40), None, SAAS)
    assert stages(quiet) == ["dormant"]
    assert quiet.transitions[0].occurred_at.timestamp() * 1000 == at(31)
    back = fold(activity(50, "content_download"), activity(51, "content_download"), state=quiet.state)
    assert stages(back) == ["aware", "researching"]
    assert back.transitions[0].from_stage == "dormant"


def test_a_lost_deal_ends_the_journey_until_new_signs_come() -> None:
    lost = fold(*CLASSIC[:13], activity(25, "opportunity_lost"))
    assert stages(lost)[-1] == "lost"
    assert lost.transitions[-1].rule == "opportunity_lost"
    assert stages(fold(activity(26, "page_view"), state=lost.state)) == ["aware"]


def test_a_lost_upsell_does_not_end_the_customer() -> None:
    result = fold(activity(0, "opportunity_won"), activity(5, "opportunity_lost"))
    assert stages(result) == ["customer"]
    assert stages(fold(activity(9, "contract_churned"), state=result.state)) == ["churned"]


def test_the_directory_says_who_is_a_customer() -> None:
    account = Account(account_id="acme", name="Acme", status=AccountStatus.CUSTOMER)
    assert stages(fold(activity(0, "page_view"), account=account)) == ["customer"]


def test_usage_drop_of_a_customer() -> None:
    uses = [activity(1 + day, "feature_used") for day in range(24)]
    state = fold(activity(0, "opportunity_won"), *uses).state
    fired = wake(state, at(36), None, SAAS)
    assert triggers(fired) == ["usage_drop"]
    assert fired.alerts[0].team is Team.SERVICE


def test_support_burst() -> None:
    tickets = [activity(day, "ticket_opened", source=Source.SUPPORT) for day in range(3)]
    alert = alert_of(fold(*tickets), "support_burst")
    assert alert.score == 0.0
    assert [cause.type for cause in alert.causes] == ["ticket_opened"] * 3
    assert alert.confidence == 1.0


@pytest.mark.parametrize("count", [200, 1000])
def test_state_stays_bounded(count: int) -> None:
    many = [activity(number / 50, "pricing_view", person=f"p{number}@acme.com") for number in range(count)]
    state = fold(*many).state
    assert len(state.evidence) == 120
    assert len(state.people) == 40
    assert len(state.seen) == 200
    assert state.carried[0].count == count - 120
    alert = fold(activity(count / 50 + 10, "demo_request"), state=state).alerts[0]
    assert sum(cause.points for cause in alert.causes) == alert.score


def test_ids_depend_on_content_only() -> None:
    first, second = fold(*CLASSIC), fold(*CLASSIC)
    assert first == second
    ids = [item.transition_id for item in first.transitions] + [item.alert_id for item in first.alerts]
    assert len(set(ids)) == len(ids)


def test_a_late_trial_start_does_not_replace_the_running_trial() -> None:
    running = fold(activity(10, "trial_started", ends_ms=at(24)), activity(11, "trial_activated"))
    later = fold(activity(2, "trial_started", ends_ms=at(16), late=True), state=running.state)
    assert later.state.trial == running.state.trial


def test_a_dormant_customer_that_churns_is_no_customer_any_more() -> None:
    state = fold(activity(0, "opportunity_won"), activity(1, "feature_used")).state
    dormant = wake(state, at(130), None, SAAS).state
    assert dormant.stage == "dormant"
    churned = fold(activity(140, "contract_churned"), state=dormant).state
    assert stages(fold(activity(150, "page_view"), state=churned)) == ["aware"]


def test_what_changes_nothing_gives_the_same_state_back() -> None:
    state = fold(activity(0, "page_view")).state
    result = fold(activity(1, "email_open"), activity(2, "page_view", grade=Grade.MACHINE), state=state)
    assert result.state is state


def test_years_no_datetime_holds_do_no_harm() -> None:
    result = fold(activity(0, "demo_request", occurred_ms=253_402_300_799_000))
    assert result.alerts[0].act_by.year == 9999


def test_an_address_alone_never_alerts() -> None:
    asks = {"type": "demo_request", "person": ""}
    for method in (Method.OFFICE_RANGE, Method.IP_DATABASE, Method.AS_HOLDER):
        held = fold(activity(0, method=method, confidence=0.8, **asks))
        assert held.alerts == ()
        assert ("demo_request", "ip_only") in [(item.trigger, item.reason) for item in held.held_back]
    mixed = fold(activity(0, method=Method.AS_HOLDER, **asks), activity(1, method=Method.EMAIL_DIRECTORY, **asks))
    assert "demo_request" in [alert.trigger for alert in mixed.alerts]


def test_a_late_sign_from_before_the_silence_does_not_end_it() -> None:
    state = fold(activity(0, "pricing_view"), activity(1, "comparison_view")).state
    quiet = wake(state, at(40), None, SAAS).state
    late = fold(activity(0.5, "pricing_view", late=True), state=quiet)
    assert (stages(late), late.state.stage) == ([], "dormant")
    assert stages(fold(activity(39, "pricing_view", grade=Grade.SUSPECT), state=quiet)) == []
    assert stages(fold(activity(39, "pricing_view"), state=quiet)) == ["aware"]
