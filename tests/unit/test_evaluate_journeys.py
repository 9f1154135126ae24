"""Figures on journeys made by hand: each with the right value known, and each made bad on purpose."""

from collections.abc import Sequence
from typing import Any

import pytest

from deploy.evaluate.journeys.measures.order import Order, compare_orders
from deploy.evaluate.journeys.measures.promises import duplicates_of, load_of, not_additive, of_the_past
from deploy.evaluate.journeys.measures.stages import Stages, judge_stages
from deploy.evaluate.journeys.measures.triggers import Triggers, judge_triggers
from deploy.evaluate.journeys.named import Act
from deploy.evaluate.journeys.tale import Tale
from deploy.evaluate.journeys.told import Moved, Raised, Told
from deploy.evaluate.measures.attribution import Share
from deploy.simulate import Moment, TrueJourney
from deploy.simulate.site import SITE
from schemas.alert import Alert, AlertStatus, Delivery, Play
from schemas.base import Source, Team, from_ms
from schemas.cause import Cause
from schemas.transition import Transition
from tests.builders import BASE_MS, DAY_MS, HOUR_MS, at, event

NOON_MS = BASE_MS // DAY_MS * DAY_MS + DAY_MS // 2
COOL_MS = {"pricing_interest": 7 * DAY_MS, "demo_request": 3 * DAY_MS}
PRICING = SITE + "/pricing"


def act(days: float, type: str = "page_view", *, named: float | None = 0.0, who: str = "", **fields: Any) -> Act:
    """Something Jane of company c did, nameable so many days later (never: None)."""
    seen = event(days, type, **({"url": SITE + "/blog/x", "source_event_id": f"{type}-{days}"} | fields))
    named_ms = None if named is None else seen.occurred_ms + int(named * DAY_MS)
    return Act(seen, "c", "jane@c.com", who, named_ms, named == 0.0, named is not None)


def tale(*acts: Act, stages: Sequence[Moment] = (), triggers: Sequence[Moment] = (), **fields: Any) -> Tale:
    journey = TrueJourney("c", "classic", False, tuple(stages), tuple(triggers), (), (), 1, 0, 0)
    given = {"absences": tuple(moment for moment in triggers if not moment.event_id)} | fields.pop("journey", {})
    named = {each.event.source_event_id: each.named_ms for each in acts if each.named_ms is not None}
    base: dict[str, Any] = {"account_id": "c", "acts": acts, "named": named, "bought_ms": 0, "renews_ms": 0}
    base["silent"] = False
    return Tale(TrueJourney(**{name: getattr(journey, name) for name in journey.__slots__} | given), **base | fields)


def shown(name: str, by: Act) -> Moment:
    return Moment(name, by.at_ms, by.event.source_event_id, "web")


def alert(days: float, trigger: str = "pricing_interest", *, told: float = 0.0, **fields: Any) -> Raised:
    cause = Cause(
        event_id="e", type="t", occurred_ms=at(days), base_points=1, decay=1, points=1, confidence=1, decisive=True
    )
    base: dict[str, Any] = {
        "alert_id": f"{trigger}-{days}",
        "trigger": trigger,
        "team": Team.SALES,
        "account_id": "c",
        "owner": "ana@example.com",
        "stage": "aware",
        "raised_at": from_ms(at(days)),
        "received_at": from_ms(at(days)),
        "act_by": from_ms(at(days)),
        "title": "t",
        "why": "w",
        "play": Play(next_likely="n", message="m", act_within_hours=1),
        "score": 1.0,
        "confidence": 1.0,
        "causes": (cause,),
        "rule_version": "v",
    }
    return Raised(at(days + told), Alert(**base | fields))


def move(days: float, to: str, sequence: int = 1, *, told: float = 0.0, **fields: Any) -> Moved:
    base: dict[str, Any] = {
        "transition_id": f"{to}-{days}",
        "account_id": "c",
        "sequence": sequence,
        "from_stage": "unaware",
        "to_stage": to,
        "occurred_at": from_ms(at(days)),
        "received_at": from_ms(at(days)),
        "rule": "r",
        "why": "w",
        "score": 0.0,
        "causes": (),
        "rule_version": "v",
    }
    return Moved(at(days + told), Transition(**base | fields))


def judged(of: Tale, *raised: Raised, standing: Sequence[Raised] | None = None) -> Triggers:
    owners = {"c": "c", "ws-c": "c", "other": "other"}
    return judge_triggers([of], raised, raised if standing is None else standing, owners, COOL_MS)


PRICED = act(1, url=PRICING)
LOOKS = tale(act(0), PRICED, triggers=[shown("pricing_interest", PRICED)])


def test_a_right_alert_is_right_and_tells_its_point() -> None:
    found = judged(LOOKS, alert(1))
    assert (found.precision, found.recall) == (Share(1, 1), Share(1, 1))
    assert found.by_trigger["pricing_interest"] == (Share(1, 1), Share(1, 1))
    assert (list(found.missed), list(found.false)) == ([], [])
    assert judged(LOOKS, alert(1, account_id="ws-c")).precision == Share(1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        alert(1, "demo_request"),
        alert(1, account_id="other"),
        alert(1, account_id="nobody"),
        alert(0.9),
        alert(2.1),
        alert(1, "trial_stalled"),
    ],
    ids=["another trigger", "another company", "nobody", "before", "a day after", "did happen"],
)
def test_a_wrong_alert_is_false_and_its_point_is_missed(wrong: Raised) -> None:
    found = judged(LOOKS, wrong)
    assert (found.precision, found.recall) == (Share(0, 1), Share(0, 1))
    assert len(found.missed) == len(found.false) == 1


def test_a_suppressed_company_reaches_no_point_and_every_alert_on_it_is_false() -> None:
    silent = tale(PRICED, triggers=[shown("pricing_interest", PRICED)], silent=True)
    found = judged(silent, alert(1))
    assert (found.precision, found.recall) == (Share(0, 1), Share(0, 0))


def test_what_was_retracted_reached_its_team_and_tells_nothing() -> None:
    found = judged(LOOKS, alert(1), standing=())
    assert (found.precision, found.recall) == (Share(1, 1), Share(0, 1))


@pytest.mark.parametrize(
    ("named", "told", "recall"),
    [
        (0.0, 0.9, Share(1, 1)),
        (0.0, 1.1, Share(0, 1)),
        (0.9, 1.8, Share(1, 1)),
        (1.1, 1.2, Share(0, 0)),
        (None, 0.0, Share(0, 0)),
    ],
    ids=["in time", "too late", "named later", "named as history", "never named"],
)
def test_a_point_counts_if_it_can_be_known_within_a_day_and_is_told_within_one(
    named: float | None, told: float, recall: Share
) -> None:
    looked = act(1, url=PRICING, named=named)
    found = judged(tale(looked, triggers=[shown("pricing_interest", looked)]), alert(1, told=told))
    assert found.recall == recall


def test_a_team_that_was_told_within_the_cool_down_is_at_it() -> None:
    again = act(7, url=PRICING)
    company = tale(PRICED, again, triggers=[shown("pricing_interest", again)])
    assert judged(company, alert(1)).recall == Share(1, 1)
    later = act(9, url=PRICING)
    company = tale(PRICED, later, triggers=[shown("pricing_interest", later)])
    assert judged(company, alert(1)).recall == Share(0, 1)


@pytest.mark.parametrize(("days", "right"), [(7.1, True), (12.9, True), (6.9, False), (13.1, False)])
def test_what_did_not_happen_may_be_told_three_days_off(days: float, right: bool) -> None:
    used = act(5, "signed_in", source=Source.TRIAL)
    quiet = tale(used, triggers=[Moment("trial_stalled", at(10))])
    found = judged(quiet, alert(days, "trial_stalled"))
    assert (found.precision, found.recall) == (Share(right, 1), Share(right, 1))
    unnamed = tale(act(5, "signed_in", source=Source.TRIAL, named=None), triggers=[Moment("trial_stalled", at(10))])
    assert judged(unnamed).recall == Share(0, 0)


def test_a_purchase_makes_other_things_true() -> None:
    second = act(3, url=SITE + "/products/guard/pricing")
    prospect, customer = tale(second), tale(second, bought_ms=at(2))
    for trigger, right in (("pricing_interest", prospect), ("cross_sell_research", customer)):
        for each in (prospect, customer):
            assert judged(each, alert(3, trigger)).precision == Share(each is right, 1)


def test_a_journey_begins_with_the_first_act_of_interest_that_can_be_named_in_time() -> None:
    acts = (act(0, named=5), act(1, "ticket_opened", source=Source.SUPPORT), act(2, named=0.5), act(3))
    begins = tale(*acts, triggers=[shown("journey_begins", acts[0])])
    assert [point.at_ms for point in begins.points] == [at(2)]
    assert begins.points[0].known_ms == at(2.5)
    assert judged(begins, alert(2, "journey_begins", told=0.6)).recall == Share(1, 1)
    assert judged(begins, alert(0, "journey_begins")).precision == Share(0, 1)
    assert tale(act(0), act(29), act(60)).moments["journey_begins"] == [at(0), at(60)]


def test_a_group_is_three_names_in_a_fortnight() -> None:
    def by(days: float, name: str) -> Act:
        each = act(days, "form_submit", who=f"{name}@c.com")
        return Act(each.event, "c", f"{name}@c.com", each.who, each.named_ms, True, True)

    grown = tale(by(0, "jo"), by(1, "di"), by(2, "di"), by(3, "bo"))
    assert grown.moments["buying_group"] == [at(3)]
    assert tale(by(0, "jo"), by(1, "di"), by(20, "bo")).moments["buying_group"] == []
    assert tale(by(0, "jo"), by(1, "di"), by(2, "bo"), bought_ms=at(1)).moments["buying_group"] == []


def test_bursts_and_surges_need_three() -> None:
    tickets = [act(days, "ticket_opened", source=Source.SUPPORT) for days in (0, 5, 6, 20)]
    assert tale(*tickets).moments["support_burst"] == [at(6)]
    reads = [act(days, "content_download") for days in (0, 5, 6)]
    assert tale(*reads).moments["anonymous_surge"] == [at(6)]
    assert tale(act(0, "form_submit", who="jo@c.com"), *reads).moments["anonymous_surge"] == []


def test_lead_is_up_to_the_next_true_step_after_the_point() -> None:
    steps = [Moment("evaluating", at(1)), Moment("trial_started", at(3)), Moment("dormant", at(1.5))]
    looks = tale(PRICED, triggers=[shown("pricing_interest", PRICED)], stages=steps)
    assert judged(looks, alert(1)).lead_hours == pytest.approx(48)
    assert judged(looks, alert(1, told=0.5)).lead_hours == pytest.approx(36)
    soon = tale(PRICED, triggers=[shown("pricing_interest", PRICED)], stages=[Moment("trial_started", at(1.25))])
    assert judged(soon, alert(1, told=0.5)).lead_hours == pytest.approx(-6)
    assert judged(LOOKS, alert(1)).lead_hours is None
    assert judged(looks).lead_hours is None
    hurried = tale(PRICED, triggers=looks.journey.triggers, stages=steps, journey={"hurried": True})
    assert (judged(hurried, alert(1)).recall, judged(hurried, alert(1)).lead_hours) == (Share(1, 1), None)


def staged(of: Tale, moves: Sequence[Moved], days: int) -> Stages:
    return judge_stages([of], {"c": moves}, NOON_MS, NOON_MS + (days - 1) * DAY_MS + 1)


def test_stages_are_compared_at_noon_of_each_day_from_the_first_name_on() -> None:
    read, compared = act(1.0, "content_download", named=1.0), act(4.0, url=SITE + "/compare/dataloom")
    company = tale(read, compared, stages=[shown("researching", read), shown("evaluating", compared)])
    moves = [move(2.1, "researching"), move(6.0, "evaluating", 2)]
    found = staged(company, moves, 9)
    # base is after noon of day 0: named at 2.0, so days 3 to 8 count; ours is late at 5 and 6
    assert found.by_stage == {"researching": Share(2, 2), "evaluating": Share(2, 4)}
    assert found.accuracy == Share(4, 6)
    assert found.taken_for == {"evaluating": ("researching", 2)}
    assert staged(company, [], 9).accuracy == Share(0, 6)
    assert staged(tale(*company.acts, stages=company.journey.stages, silent=True), moves, 9).accuracy == Share(0, 0)


def test_silence_is_dormant_and_a_sign_begins_anew() -> None:
    company = tale(act(0, "content_download"), act(50), stages=[Moment("researching", at(0), "content_download-0")])
    assert list(company.stages) == [
        *((at(0), stage) for stage in ("aware", "researching")),
        (at(30), "dormant"),
        (at(50), "aware"),
        (at(80), "dormant"),
    ]
    customer = tale(act(0), act(50), act(200), bought_ms=at(-9))
    assert list(customer.stages) == [
        (at(0), "customer"),
        (at(170), "dormant"),
        (at(200), "customer"),
        (at(320), "dormant"),
    ]
    assert tale(act(0, named=None)).stages == ()


def test_a_milestone_nobody_can_name_counts_from_the_next_of_its_kind() -> None:
    hidden, seen = act(1, "content_download", named=None), act(5, "content_download")
    company = tale(act(0), hidden, seen, stages=[Moment("researching", at(1), hidden.event.source_event_id)])
    assert list(company.stages)[:2] == [(at(0), "aware"), (at(5), "researching")]
    assert company.steps == [at(1)]


def test_a_withdrawn_transition_leaves_the_account_where_it_was() -> None:
    company = tale(act(0))
    up, back = move(1, "evaluating", 2), move(1, "evaluating", 2, told=2, withdrawn=True, revision=1)
    moves = [move(0.1, "aware"), up, back]
    assert staged(company, moves, 7).by_stage == {"aware": Share(4, 6)}


def sent(number: int, days: float, owner: str = "ana@example.com", **fields: Any) -> Raised:
    return alert(days, alert_id=f"l{number}", routed_to=owner, **fields)


def test_load_is_what_is_sent_by_owner_and_day_each_alert_once() -> None:
    found = load_of(
        [
            sent(1, 0),
            sent(2, 0.01),
            sent(2, 0.02, revision=1),
            sent(3, 3, "tom@example.com", delivery=Delivery.DIGEST, digest_id="d1"),
            sent(4, 3, "tom@example.com", delivery=Delivery.DIGEST, digest_id="d1"),
            sent(5, 3, ""),
        ],
        owners=2,
        days=4,
    )
    assert (found.mean, found.most, found.digests, found.share_by_digest) == (0.5, 2, 0.125, 0.5)


def told_of(*said: Raised, moves: Sequence[Moved] = ()) -> Told:
    return Told(moves, said)


def gone(of: Raised, days: float) -> Raised:
    changes = {"status": AlertStatus.RETRACTED, "revision": 1, "causes": (), "score": 0.0}
    return Raised(at(days), of.alert.model_copy(update=changes))


def test_twice_is_the_same_id_or_the_same_trigger_in_its_cool_down() -> None:
    first = alert(0)
    assert list(duplicates_of(told_of(first, alert(7.1), alert(1, "demo_request")), COOL_MS)) == []
    assert len(list(duplicates_of(told_of(first, first), COOL_MS))) == 1
    assert len(list(duplicates_of(told_of(first, alert(6.9)), COOL_MS))) == 1
    assert list(duplicates_of(told_of(first, alert(6.9, account_id="d")), COOL_MS)) == []
    assert list(duplicates_of(told_of(first, gone(first, 1), alert(6.9)), COOL_MS)) == []
    again = Raised(at(2), first.alert.model_copy(update={"revision": 2}))
    assert list(duplicates_of(told_of(first, gone(first, 1), again), COOL_MS)) == []
    assert len(list(duplicates_of(told_of(first, gone(first, 1), first), COOL_MS))) == 1


def test_an_update_of_an_open_alert_is_no_second_alert() -> None:
    first, later = alert(0), alert(0, score=2.0)
    update = Raised(at(1), later.alert.model_copy(update={"alert_id": first.alert.alert_id, "revision": 1}))
    told = told_of(first, update)
    assert list(duplicates_of(told, COOL_MS)) == []
    assert (told.raised, told.updates, told.standing, told.lasting) == ([first], [update], [update], [first])
    assert told_of(first, update, gone(first, 2)).lasting == []


def test_causes_must_add_up_exactly() -> None:
    good = told_of(alert(0), gone(alert(0), 1), moves=[move(0, "aware")])
    assert list(not_additive(good)) == []
    bad = told_of(alert(0, score=1.125), moves=[move(0, "aware", score=0.125)])
    assert len(list(not_additive(bad))) == 2


def test_an_alert_told_a_day_after_what_raised_it_is_of_the_past() -> None:
    slack = HOUR_MS / DAY_MS
    assert list(of_the_past([alert(0, told=1.0), alert(0, told=1.0 + slack)])) == []
    assert len(list(of_the_past([alert(0, told=1.1 + slack)]))) == 1
    timer = alert(0, "trial_stalled", told=0.1)
    old = timer.alert.causes[0].model_copy(update={"occurred_ms": at(-5)})
    assert list(of_the_past([Raised(timer.told_ms, timer.alert.model_copy(update={"causes": (old,)}))])) == []
    assert len(list(of_the_past([alert(0, "trial_stalled", told=1.1)]))) == 1


def test_what_stands_at_the_end_is_compared_by_id() -> None:
    one = told_of(alert(0), alert(2), moves=[move(0, "aware"), move(1, "researching", 2)])
    assert compare_orders(one, [one, one]) == Order(Share(0, 8), Share(0, 8))
    other = told_of(alert(0), gone(alert(0), 1), alert(2), moves=[move(0, "aware"), move(1.5, "researching", 2)])
    assert compare_orders(one, [other]) == Order(Share(3, 5), Share(1, 5))
