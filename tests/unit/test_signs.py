"""What is unusual for an account, and what its people show: conditions and timers on habits and the buying group."""

from datetime import date
from random import Random

import pytest

from pipeline.advance import Advanced, advance, wake
from pipeline.journey import Journey
from pipeline.rules.model import GroupRole, PlayRule, Rules, TriggerRule
from pipeline.rules.predicates import InStage, Predicate, holds
from pipeline.rules.signs import (
    Depth,
    GroupComplete,
    HasGoneQuiet,
    IsBack,
    Joined,
    MomentumDown,
    MomentumUp,
    NewTopic,
    RenewsWithin,
    RolesSeen,
    SurgeOf,
)
from pipeline.rules.timers import Absence, PersonQuiet, RenewalDue, Timer
from pipeline.traits.habits import DAYS_MAX, PEOPLE_KEPT, TOPICS_MAX, WEEKS_MAX, Habit
from schemas.account import Account, AccountStatus
from schemas.activity import Activity
from schemas.base import Source, Team
from schemas.event import Grade
from schemas.journey import Habits, JourneyState
from tests.builders import activity, at
from tests.journeys import SAAS, changed

GROUP = (
    GroupRole(name="executive", titles=("cfo", "vp"), wanted=1),
    GroupRole(name="security", titles=("security",), wanted=1),
    GroupRole(name="champion", titles=("head of",), wanted=2),
    GroupRole(name="student", titles=("student",), wanted=0),
)
RULES = changed(buying_group=GROUP)
PLAY = PlayRule(next_likely="goes on", message="Call.", act_within_hours=8)


def fold(*activities: Activity, account: Account | None = None, rules: Rules = RULES) -> Advanced:
    return advance(None, "acme", activities, account, rules)


def met(predicate: Predicate, days: float, state: JourneyState, rules: Rules = RULES) -> bool:
    journey = Journey(state, "acme", rules)
    journey.now_ms = at(days)
    return holds(predicate, journey)


def view(days: float, person: str = "jane@acme.com", **fields: object) -> Activity:
    return activity(days, "page_view", person, **fields)


def steady(weeks: int, people: int = 2, each: int = 3) -> list[Activity]:
    """So many weeks in which each of some people does something so often."""
    return [
        view(7 * week + 1.1 * person + 0.01 * number, f"p{person}@acme.com")
        for week in range(weeks)
        for person in range(people)
        for number in range(each)
    ]


def title(days: float, person: str, job_title: str, **fields: object) -> Activity:
    return view(days, f"{person}@acme.com", job_title=job_title, **fields)


def test_a_surge_stands_out_in_interactions_and_in_people() -> None:
    usual = steady(12)
    more = [view(84 + 0.45 * number, f"n{number % 5}@acme.com") for number in range(45)]
    surge = SurgeOf(times=2.0, people_times=1.5, at_least=20, people=3, known_weeks=6)
    assert met(surge, 105, fold(*usual, *more).state)
    assert not met(surge.model_copy(update={"known_weeks": 12.0}), 100, fold(*usual[20:], *more).state)
    by_one = [view(84 + 0.45 * number, "p0@acme.com") for number in range(45)]
    assert not met(surge, 105, fold(*usual, *by_one).state)
    assert not met(surge, 105, fold(*steady(15)).state)
    assert not met(surge, 105, fold(*more).state)  # nothing to compare with
    assert not met(surge, 140, fold(*usual, *more).state)


def test_momentum_has_a_sign() -> None:
    usual = [view(day, asset=f"a{day}") for day in range(0, 21, 3)]
    fast = [view(21 + 0.5 * number) for number in range(12)]
    up, down = MomentumUp(times=2, at_least=8, before_at_least=4), MomentumDown(below_share=0.5, before_at_least=6)
    assert met(up, 27.9, fold(*usual, *fast).state)
    assert not met(up, 27.9, fold(*fast).state)  # nothing to compare with
    assert not met(up, 27.9, fold(*usual).state)
    assert met(down, 27.9, fold(*usual).state)
    assert not met(down, 27.9, fold(*usual, *fast).state)
    assert not met(down, 60, fold(*usual).state)


def test_depth_is_one_persons_and_of_different_things() -> None:
    deep = Depth(types=("content_download",), at_least=3, within_days=14)
    read = [activity(day, "content_download", "jane@acme.com", asset=f"a{day}") for day in range(3)]
    assert met(deep, 3, fold(*read).state)
    assert not met(deep, 30, fold(*read).state)
    same = [activity(day, "content_download", "jane@acme.com", asset="a") for day in range(3)]
    several = [activity(day, "content_download", f"p{day}@acme.com", asset=f"a{day}") for day in range(3)]
    assert not met(deep, 3, fold(*same).state)
    assert not met(deep, 3, fold(*several).state)


def test_a_topic_is_new_where_the_account_is_not() -> None:
    new = NewTopic(at_least=2, within_days=14, known_days=30)
    known = [view(day, topic="Streaming") for day in (0, 20, 45)]
    security = [view(day, topic="security") for day in (46, 47)]
    assert met(new, 48, fold(*known, *security).state)
    assert not met(new, 48, fold(*known, security[0]).state)
    assert not met(new, 48, fold(*known, *(view(day, topic="streaming ") for day in (46, 47))).state)
    assert not met(new, 14, fold(*(view(day, topic="security") for day in (1, 2))).state)
    long_ago = [view(day, topic="security") for day in (0, 70, 71)]
    assert met(new, 72, fold(*long_ago).state)


def test_roles_and_how_complete_the_group_is() -> None:
    state = fold(
        title(0, "vera", "VP Operations"), title(1, "sam", "IT Security Manager"), title(2, "hans", "Head of Data"),
        title(3, "stu", "Student"), title(4, "nobody", ""),
    ).state  # fmt: skip
    assert met(RolesSeen(at_least=3, within_days=30), 5, state)
    assert met(RolesSeen(at_least=4, within_days=30), 5, state)
    assert not met(RolesSeen(at_least=4, any_of=("executive", "security", "champion"), within_days=30), 5, state)
    assert met(GroupComplete(percent=75), 5, state)
    assert not met(GroupComplete(percent=76), 5, state)
    assert not met(RolesSeen(at_least=1, within_days=30), 60, state)


def test_an_executive_joins_where_others_were_before() -> None:
    joined = Joined(roles=("executive",), within_days=2, others=1)
    jane, vera = title(0, "jane", "Head of Data"), title(10, "vera", "CFO")
    assert met(joined, 10, fold(jane, vera).state)
    assert not met(joined, 13, fold(jane, vera).state)
    assert not met(joined, 10, fold(vera).state)
    assert not met(joined, 10, fold(jane, title(10, "sam", "Security")).state)


def test_who_was_active_goes_quiet_and_comes_back() -> None:
    jane = [title(day, "jane", "Head of Data") for day in range(5)]
    quiet = HasGoneQuiet(days=14, acts=5, roles=("champion",))
    state = fold(*jane, title(15, "sam", "Security")).state
    assert met(quiet, 18, state)
    assert not met(quiet, 17, state)
    assert not met(quiet, 100, state)
    assert not met(quiet.model_copy(update={"acts": 6}), 18, state)
    assert not met(quiet.model_copy(update={"roles": ("security",)}), 18, state)
    back = IsBack(away_days=21, acts=3, roles=("champion",), within_days=1)
    assert met(back, 26, fold(*jane, title(26, "jane", "")).state)
    assert not met(back, 28, fold(*jane, title(26, "jane", "")).state)
    assert not met(back, 24, fold(*jane, title(24, "jane", "")).state)
    assert not met(back, 26, fold(*jane[:2], title(26, "jane", "")).state)


def test_a_contract_ends_as_the_crm_or_the_directory_says() -> None:
    won = activity(0, "opportunity_won", source=Source.CRM, ends_ms=at(100))
    soon = RenewsWithin(days=30)
    state = fold(won).state
    assert (met(soon, 69, state), met(soon, 71, state), met(soon, 101, state)) == (False, True, False)
    renewed = fold(won, activity(90, "contract_renewed", source=Source.CRM, ends_ms=at(465))).state
    assert not met(soon, 95, renewed)
    assert not met(soon, 71, fold(won, activity(50, "contract_churned", source=Source.CRM)).state)


def trigger(timer: Timer, *when: Predicate) -> Rules:
    rule = TriggerRule(name="timed", team=Team.SALES, title="It is time", timer=timer, when=when, play=PLAY)
    return changed(buying_group=GROUP, triggers=(rule,))


def due(rules: Rules, *activities: Activity, account: Account | None = None, until: float = 400) -> list[float]:
    """Days at which the timer's alert was raised."""
    state = fold(*activities, account=account, rules=rules).state
    alerts = wake(state, at(until), account, rules).alerts
    return [round((alert.raised_at.timestamp() * 1000 - at(0)) / 86_400_000, 1) for alert in alerts]


def test_absence_is_a_timer_of_a_stage() -> None:
    rules = trigger(Absence(days=10, stages=("evaluating",)))
    seen = [activity(day, "comparison_view") for day in (0, 0.1, 0.2)]
    assert due(rules, *seen, activity(5, "page_view")) == [15.0]
    assert due(rules, activity(0, "page_view")) == []
    asked = trigger(Absence(days=10, stages=("evaluating",)), InStage(any_of=("deciding",)))
    assert due(asked, *seen) == []


def test_a_quiet_person_is_told_once() -> None:
    rules = trigger(PersonQuiet(days=14, acts=3, roles=("champion",)), HasGoneQuiet(days=14, acts=3))
    jane = [title(day, "jane", "Head of Data") for day in range(3)]
    assert due(rules, *jane) == [16.0]
    assert due(rules, *jane[:2]) == []


def test_a_renewal_is_told_before_the_contract_ends() -> None:
    rules = trigger(RenewalDue(days_before=90), RenewsWithin(days=90))
    since = {"account_id": "acme", "name": "Acme", "status": AccountStatus.CUSTOMER}
    acme = Account(**since, customer_since="2025-01-01T00:00:00Z", renews_on=date(2026, 12, 31))
    (told,) = due(rules, activity(0, "feature_used", source=Source.TRIAL), account=acme)
    assert 125 < told < 128  # the end of the year is day 216
    soon = Account(**since, customer_since="2025-01-01T00:00:00Z", renews_on=date(2026, 6, 20))
    assert due(rules, activity(0, "feature_used", source=Source.TRIAL), account=soon) == []  # it was open before
    undated = (activity(0, "opportunity_won", source=Source.CRM), activity(50, "renewal_due", source=Source.CRM))
    assert fold(*undated).state.contract_ends_ms == at(140)
    assert due(rules, activity(0, "page_view"), account=None) == []


def test_only_interest_of_people_counts() -> None:
    state = fold(
        view(0, grade=Grade.SUSPECT), activity(1, "feature_used", source=Source.TRIAL), view(2),
        activity(3, "ticket_opened", source=Source.SUPPORT), activity(4, "other_view"),
    ).state  # fmt: skip
    assert list(state.habits.hits.values()) == [1]


@pytest.mark.parametrize("seed", range(5))
def test_habits_do_not_depend_on_the_order_of_what_is_counted(seed: int) -> None:
    rng = Random(seed)
    acts = [
        view(rng.random() * 100, f"p{rng.randrange(30)}@acme.com", topic=f"t{rng.randrange(5)}") for _ in range(200)
    ]
    found = []
    for _ in range(2):
        habit = Habit(Habits())
        for item in acts:
            habit.note(item, 1.0)
        kept = habit.freeze()
        found.append((kept.since_ms, sorted(kept.hits.items()), sorted(kept.people.items())))
        rng.shuffle(acts)
    assert found[0] == found[1]


def test_habits_stay_small() -> None:
    habit = Habit(Habits())
    for day in range(1000):
        for number in range(30):
            habit.note(view(day, f"p{number}-{day}@acme.com", topic=f"topic {day}-{number}"), 1.0)
    kept = habit.freeze()
    assert (len(kept.hits), len(kept.people), len(kept.topics)) == (DAYS_MAX, WEEKS_MAX, TOPICS_MAX)
    assert max(map(len, kept.people.values())) == PEOPLE_KEPT
    assert len(kept.encode()) < 6000
    many = habit.surge(at(999)).usual_people
    assert 100 < many < 420  # 210 a week, from twelve checksums


def test_surge_is_measured_as_far_back_as_the_account_is_known() -> None:
    state = fold(*steady(8)).state
    surge = Habit(state.habits).surge(at(56))
    assert 4.5 < surge.weeks < 5.5
    assert surge.usual_hits == pytest.approx(6, rel=0.3)
    assert SAAS.version != RULES.version
