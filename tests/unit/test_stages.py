"""Where an account goes: facts of the CRM, detours, gates, the highest that holds, falling back; in that order."""

from pipeline.advance import Advanced, advance, wake
from pipeline.rules.model import FactRule, QuietRule, Rules, StageRule
from pipeline.rules.predicates import Count, IsCustomer, Score, ScoreBelow
from schemas.account import Account
from schemas.activity import Activity
from schemas.base import Source, to_ms
from schemas.journey import JourneyState
from tests.builders import DAY_MS, activity, at
from tests.journeys import REFERENCE, SAAS, changed


def fold(
    *activities: Activity, rules: Rules = REFERENCE, state: JourneyState | None = None, account: Account | None = None
) -> Advanced:
    return advance(state, "acme", activities, account, rules)


def stages(result: Advanced) -> list[str]:
    return [item.to_stage for item in result.transitions]


def crm(days: float, type: str) -> Activity:
    return activity(days, type, source=Source.CRM)


SIGNS = tuple(activity(day / 4, "webinar", person=f"p{day}@acme.com") for day in range(4))
CHECKS = (*SIGNS, activity(1, "comparison_view"), activity(1.2, "pricing_view"))


PATIENT = changed(REFERENCE, quiet=QuietRule(stage="dormant", days=200.0))


def test_a_stage_is_left_downwards_at_the_midnight_its_leave_conditions_hold() -> None:
    state = fold(*CHECKS, rules=PATIENT).state
    assert state.stage == "qualified"
    woken = wake(state, at(150), None, PATIENT)
    assert stages(woken) == ["engaged", "aware"]  # stepwise, as it came
    fell = woken.transitions[0]
    assert to_ms(fell.occurred_at) % DAY_MS == 0
    assert fell.score < 15
    assert fell.why.startswith("Acme Corp: engaged: no longer qualified; it reads into the subject")
    assert fell.rule == "engaged"
    assert wake(state, to_ms(fell.occurred_at) - 1, None, PATIENT).transitions == ()


def test_between_entering_and_leaving_nothing_moves() -> None:
    rules = changed(
        stages=(
            StageRule(name="aware", why="a sign", enter=((Score(at_least=0.5),),)),
            StageRule(name="hot", why="much", enter=((Score(at_least=20),),), leave=(ScoreBelow(points=8),)),
            *(rule for rule in SAAS.stages if rule.phase == "detour"),
        ),
        facts=(),
        triggers=(),
    )
    state = fold(activity(0, "pricing_view"), activity(0.1, "pricing_view"), rules=rules).state
    assert state.stage == "hot"
    for day in (5, 10):  # 20 points fall to 12 in 10 days: below what it was entered by, above what it is left by
        state = fold(activity(day, "identify"), rules=rules, state=state).state
        assert state.stage == "hot"
    fell = wake(state, at(29), None, rules)
    assert stages(fell) == ["aware"]
    assert 7 < fell.transitions[0].score < 8
    back = fold(activity(30, "pricing_view"), rules=rules, state=fell.state)
    assert stages(back) == []  # 14 points: not enough to enter it again
    assert stages(fold(activity(31, "pricing_view"), rules=rules, state=back.state)) == ["hot"]


def test_falling_is_the_same_by_the_clock_and_by_the_next_activity() -> None:
    state = fold(*CHECKS, rules=PATIENT).state
    by_clock = wake(state, at(100), None, PATIENT).transitions
    by_activity = fold(activity(100, "trial_ended"), state=state, rules=PATIENT).transitions
    assert by_activity == by_clock
    assert stages(wake(state, at(100), None, PATIENT))


def test_the_next_wake_is_the_midnight_of_the_fall() -> None:
    rules = changed(PATIENT, triggers=())
    state = fold(*CHECKS, rules=rules).state
    fell = wake(state, state.due_ms, None, rules)
    assert stages(fell)[-1] == "engaged"


def test_a_stage_is_not_entered_while_its_leave_conditions_hold() -> None:
    state = fold(activity(0, "trial_started", ends_ms=at(1))).state
    assert state.stage == "trialing"
    over = fold(activity(0.5, "trial_ended"), state=state)
    assert stages(over) == ["aware"]


def test_the_first_stage_of_a_phase_is_never_left_downwards() -> None:
    customer = fold(crm(0, "opportunity_won")).state
    assert customer.stage == "onboarding"
    assert stages(wake(customer, at(119), None, REFERENCE)) == []


def test_a_customer_falls_within_its_phase() -> None:
    uses = [activity(1 + number / 10, "feature_used") for number in range(6)]
    state = fold(crm(0, "opportunity_won"), *uses).state
    assert state.stage == "adopting"
    fell = wake(state, at(60), None, REFERENCE)
    assert "onboarding" in stages(fell)


def test_a_fact_of_the_crm_moves_at_once_and_behaviour_does_not_bring_it_below() -> None:
    state = fold(*CHECKS, crm(2, "opportunity_created")).state
    assert (state.stage, state.held) == ("in_sales", "in_sales")
    late = wake(state, at(29), None, REFERENCE)
    assert "qualified" not in stages(late)
    assert "engaged" not in stages(late)
    lost = fold(crm(20, "opportunity_lost"), state=state)
    assert (stages(lost), lost.state.held, lost.state.evidence) == (["lost"], "", ())


def test_a_fact_moves_down_too_and_only_where_its_conditions_hold() -> None:
    disqualified = fold(*CHECKS, crm(2, "lead_disqualified"))
    assert stages(disqualified)[-1] == "disqualified"
    assert stages(fold(activity(3, "demo_request"), state=disqualified.state)) == []
    assert stages(fold(activity(93, "demo_request"), state=disqualified.state)) == ["in_sales"]
    customer = fold(crm(0, "opportunity_won"), crm(1, "opportunity_created"))
    assert stages(customer) == ["onboarding"]


def test_the_first_fact_that_holds_counts() -> None:
    facts = (
        FactRule(types=("opportunity_created",), stage="dormant", when=(IsCustomer(),)),
        FactRule(types=("opportunity_created",), stage="aware"),
        FactRule(types=("opportunity_created",), stage="lost"),
    )
    result = fold(crm(0, "opportunity_created"), rules=changed(REFERENCE, facts=facts))
    assert stages(result)[0] == "aware"


def test_a_gate_sends_away_who_does_not_pass_it() -> None:
    big = Account(account_id="acme", name="Acme", employees=900, industry="Logistics")
    small = Account(account_id="acme", name="Acme", employees=3, region="elsewhere")
    assert stages(fold(*CHECKS, account=big))[-1] == "qualified"
    assert stages(fold(*CHECKS))[-1] == "qualified"  # nobody knows it: the gate lets it through
    refused = fold(*CHECKS, account=small)
    assert (refused.state.stage, refused.transitions[-1].fit) == ("disqualified", "D")
    asks = fold(*SIGNS, activity(2, "demo_request"), account=small)
    assert asks.state.stage == "disqualified"  # the gate stands in the way of later stages too
    won = fold(*SIGNS, crm(2, "opportunity_won"), account=small)
    assert won.state.stage == "onboarding"  # a sale says more than any gate


def test_detours_come_before_the_highest_stage_and_last_until_they_may_be_left() -> None:
    tickets = [activity(1 + number / 10, "ticket_opened") for number in range(4)]
    uses = [activity(20 + number / 10, "feature_used") for number in range(3)]
    risk = fold(crm(0, "opportunity_won"), *tickets)
    assert stages(risk) == ["onboarding", "at_risk"]
    assert stages(fold(activity(2, "review_posted"), state=risk.state)) == []  # it would still be entered
    assert stages(fold(activity(16, "review_posted"), state=risk.state)) == []  # it may not be left yet
    assert stages(fold(*uses, state=risk.state)) == ["onboarding"]


def test_a_detour_is_entered_when_a_timer_is_due() -> None:
    uses = [activity(1 + day, "feature_used") for day in range(24)]
    state = fold(crm(0, "opportunity_won"), *uses).state
    woken = wake(state, at(36), None, REFERENCE)
    assert "at_risk" in stages(woken)


def test_the_time_of_a_stage_runs_out_once_for_each_stay() -> None:
    state = fold(crm(0, "opportunity_created")).state
    assert wake(state, at(13.9), None, REFERENCE).alerts == ()
    over = wake(state, at(14.1), None, REFERENCE)
    assert [(alert.trigger, to_ms(alert.raised_at)) for alert in over.alerts] == [("sales_is_slow", at(14))]
    assert wake(over.state, at(25), None, REFERENCE).alerts == ()


def test_a_stage_that_the_rules_no_longer_have_is_left_by_the_next_sign() -> None:
    state = fold(*CHECKS).state.model_copy(update={"stage": "gone"})
    assert stages(fold(activity(2, "webinar"), state=state)) == ["qualified"]


def test_equal_ranks_do_not_exist_and_triggers_keep_the_order_of_the_file() -> None:
    assert sorted(REFERENCE.ranks.values())[-len(REFERENCE.way) :] == list(range(1, len(REFERENCE.way) + 1))
    both = [rule.name for rule in SAAS.triggers_on["comparison_view"]]
    assert both == [rule.name for rule in SAAS.triggers if rule.name in both]


def test_a_count_that_grows_old_leaves_too() -> None:
    rule = SAAS.stage_by_name["expanding"]
    assert isinstance(rule.enter[0][1], Count)
    looks = [activity(1 + day, "product_view") for day in range(3)]
    state = fold(crm(0, "opportunity_won"), *looks, rules=SAAS).state
    assert state.stage == "expanding"
    fell = wake(state, at(60), None, SAAS)
    assert stages(fell) == ["customer"]
    assert at(48) <= to_ms(fell.transitions[0].occurred_at) < at(49.5)
