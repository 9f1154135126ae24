"""Figures on cases made by hand: each with the right value known, and each made bad on purpose."""

from collections.abc import Sequence
from typing import Any

import pytest

from deploy.evaluate.figures import BURSTS_MIN, Figures
from deploy.evaluate.measures.attribution import Attribution, Share, judge
from deploy.evaluate.measures.evidence import evidence_of
from deploy.evaluate.measures.machines import weigh_machines
from deploy.evaluate.measures.memory import MILLION, Memory
from deploy.evaluate.measures.naive import name_by_holder
from deploy.evaluate.measures.order import Order
from deploy.evaluate.measures.unlink import Unlink
from deploy.evaluate.plan import quick
from deploy.evaluate.standing import Standing, standing_of
from deploy.evaluate.world import Case, World
from deploy.simulate import Company, TrueHit, Use, WorldSpec
from deploy.simulate.traits.networks import address_in
from schemas.activity import RETRACTION, Activity
from schemas.base import Source
from schemas.event import Grade
from schemas.identity import Method
from tests.builders import activity, event

WORLD = World(WorldSpec.hard(7, companies=30, directory_share=1.0))


def desk(company: Company) -> str:
    return company.office_ranges[0].split("/")[0]


def owns_network(company: Company) -> bool:
    row = WORLD.addresses.of(desk(company))
    return row is not None and row.account_id == company.account_id


AT_DESK = [company for company in WORLD.companies.values() if company.in_directory and company.office_ranges]
OWN = next(company for company in AT_DESK if owns_network(company))
DECLARED = next(company for company in AT_DESK if not owns_network(company))
FIRST, SECOND = (WORLD.companies[account_id] for account_id in ("sim-000000", "sim-000001"))
DAY_MS = 86_400_000


def case(company: Company | None = FIRST, *, machine: bool = False, kind: str = "journey", **fields: Any) -> Case:
    seen = event(fields.pop("days", 0.0), **({"anonymous_id": "v-1"} | fields))
    account_id = company.account_id if company else ""
    return Case(
        seen, TrueHit(seen.source_event_id, account_id, fields.get("email", ""), machine, kind, seen.occurred_ms)
    )


def told(about: Case, company: Company = FIRST, method: Method = Method.EMAIL_DIRECTORY, **fields: Any) -> Activity:
    return activity(
        person=about.event.email,
        event_id=about.event.event_id,
        account_id=company.account_id,
        activity_id=f"{about.event.event_id}-{company.account_id}",
        subject=about.event.subject,
        method=method,
        **fields,
    )


def judged(cases: Sequence[Case], activities: Sequence[Activity]) -> Attribution:
    standing = standing_of((each.event for each in cases), activities)
    return judge(cases, standing, activities, evidence_of(cases, WORLD), WORLD)


def mailbox(company: Company) -> str:
    return f"jo@{WORLD.declared[company.account_id][0]}"


def test_a_right_name_a_wrong_name_and_no_name() -> None:
    right, wrong, missed = (case(email=mailbox(FIRST), days=day) for day in (0.0, 0.1, 0.2))
    passer_by = case(None, anonymous_id="v-9")
    found = judged([right, wrong, missed, passer_by], [told(right), told(wrong, SECOND)])
    assert (found.precision, found.recall, found.nobody) == (Share(1, 2), Share(1, 3), Share(1, 1))
    assert found.by_method == {Method.EMAIL_DIRECTORY: Share(1, 2)}
    assert found.by_evidence == {"email": Share(1, 3)}
    assert found.per_thousand == 250
    ((mistake),) = found.worst
    assert (mistake.kind, mistake.method, mistake.count) == ("journey", Method.EMAIL_DIRECTORY, 1)
    assert SECOND.account_id in mistake.example


def test_a_passer_by_with_a_name_is_a_false_name() -> None:
    passer_by = case(None)
    found = judged([passer_by], [told(passer_by)])
    assert (found.precision, found.nobody) == (Share(0, 1), Share(0, 1))


def test_an_event_under_two_accounts_is_right_once_and_wrong_once() -> None:
    one = case(email=mailbox(FIRST))
    found = judged([one], [told(one), told(one, SECOND)])
    assert (found.precision, found.recall) == (Share(1, 2), Share(1, 1))


def test_a_domain_or_workspace_of_the_company_is_its_name_too() -> None:
    one = case(email=mailbox(FIRST))
    for named in (FIRST.account_id, FIRST.domains[0], "mail." + FIRST.domains[0], FIRST.workspace_id):
        assert WORLD.same(named, one.truth.account_id)
    for named in (SECOND.account_id, SECOND.domains[0], SECOND.workspace_id, "", "sim.com"):
        assert not WORLD.same(named, one.truth.account_id)
    assert not WORLD.same(FIRST.account_id, "")


def test_what_is_graded_machine_weighs_nothing_in_attribution() -> None:
    one = case(email=mailbox(FIRST))
    assert judged([one], [told(one, SECOND, grade=Grade.MACHINE)]).precision == Share(0, 0)


def test_the_wrong_person_of_the_right_company_is_told_apart() -> None:
    one = case(email=mailbox(FIRST))
    other = told(one).model_copy(update={"person": "someone.else@" + FIRST.domains[0]})
    assert judged([one], [told(one)]).persons == Share(1, 1)
    assert judged([one], [other]).persons == Share(0, 1)


def test_what_is_taken_back_or_corrected_stands_no_longer() -> None:
    one, two = case(days=0.0), case(days=0.1)
    first, second = told(one, SECOND), told(two, SECOND)
    back = told(two, SECOND, type=RETRACTION).model_copy(update={"activity_id": "retraction"})
    assert standing_of([], [first, second, back]).activities == {}
    assert standing_of([], [first, back, second]).activities == {two.event.event_id: (second,)}
    assert standing_of([], [first, back, second]).told == 2
    corrected = first.model_copy(update={"revision": 1, "grade": Grade.MACHINE})
    for order in ([first, corrected], [corrected, first]):
        standing = standing_of([one.event], order)
        assert standing.activities[one.event.event_id] == (corrected,)
        assert standing.grades[one.event.event_id] is Grade.MACHINE
    elsewhere = back.model_copy(update={"subject": "a:v-2"})
    assert len(standing_of([], [first, second, elsewhere]).activities) == 2


def test_evidence_is_the_best_there_is_for_the_true_company() -> None:
    cases = {
        "account_id": case(account_id=FIRST.account_id),
        "account_domain": case(account_domain=FIRST.domains[0], anonymous_id="", days=0.01),
        "email": case(email=mailbox(FIRST), days=0.02),
        "email_recipient": case(email=mailbox(FIRST), anonymous_id="", source=Source.EMAIL, type="click"),
        "stitched": case(days=-29.0),
        "office_range": case(OWN, anonymous_id="v-5", ip=desk(OWN)),
        "": case(days=-31.0),
    }
    found = evidence_of(list(cases.values()), WORLD)
    assert {name: found.get(each.event.event_id, "") for name, each in cases.items()} == {name: name for name in cases}


def test_nobody_can_be_named_for_a_device_of_two_companies_a_machine_or_a_placeholder() -> None:
    shared = [case(email=mailbox(FIRST)), case(SECOND, email=mailbox(SECOND), days=1.0), case(days=2.0)]
    assert len(evidence_of(shared, WORLD)) == 2
    broken = [case(email=mailbox(FIRST), anonymous_id="null"), case(anonymous_id="null", days=0.5)]
    assert len(evidence_of(broken, WORLD)) == 1
    assert evidence_of([case(email=mailbox(FIRST), machine=True), case(None)], WORLD) == {}


def test_a_user_id_carries_what_is_known_of_the_user() -> None:
    cases = [
        case(user_id="u-1", type="identify"),
        case(days=0.5),
        case(anonymous_id="", user_id="u-1", email=mailbox(FIRST), days=0.7),
    ]
    assert sorted(evidence_of(cases, WORLD).values()) == ["email", "stitched", "stitched"]


@pytest.mark.parametrize("use", sorted(set(Use) - {Use.COMPANY}))
def test_a_network_of_anybody_named_by_its_address_is_counted_even_if_taken_back(use: Use) -> None:
    one = case(None, ip=address_in(WORLD.spec, use, "someone"))
    named = told(one, method=Method.AS_HOLDER)
    back = named.model_copy(update={"type": RETRACTION})
    assert judged([one], [named, back]).networks_named == 1
    assert judged([one], [told(one)]).networks_named == 0


def test_a_companys_own_network_and_a_declared_range_may_name_it() -> None:
    own = case(OWN, ip=desk(OWN))
    declared = case(DECLARED, ip=desk(DECLARED))
    assert judged([own], [told(own, OWN, Method.AS_HOLDER)]).networks_named == 0
    assert judged([declared], [told(declared, DECLARED, Method.OFFICE_RANGE)]).networks_named == 0
    assert judged([declared], [told(declared, DECLARED, Method.AS_HOLDER)]).networks_named == 1
    assert judged([declared], [told(declared, FIRST, Method.OFFICE_RANGE)]).networks_named == 1


def test_the_naive_baseline_names_whoever_holds_the_address() -> None:
    at_desk = case(OWN, ip=desk(OWN))
    at_home = case(OWN, ip=address_in(WORLD.spec, Use.ISP, "someone"))
    found = name_by_holder([at_desk, at_home, case(FIRST), case(machine=True)], WORLD)
    assert (found.precision, found.company_events) == (Share(1, 2), Share(1, 3))
    assert (found.networks_named, found.per_thousand) == (1, pytest.approx(1000 / 3))


def graded(*grades: Grade) -> Standing:
    return Standing({}, {f"e{number}": grade for number, grade in enumerate(grades)})


def test_machines_caught_and_humans_lost() -> None:
    cases = [
        case(machine=machine, kind=kind, event_id=f"e{number}")
        for number, (machine, kind) in enumerate(
            [(True, "crawler"), (True, "crawler"), (True, "burst"), (False, "journey"), (False, "visitor")]
        )
    ]
    machine, suspect, human = Grade.MACHINE, Grade.SUSPECT, Grade.HUMAN
    found = weigh_machines(cases, graded(machine, suspect, human, machine, suspect))
    assert (found.caught, found.sure, found.lost, found.surely_lost) == (
        Share(2, 3),
        Share(1, 3),
        Share(2, 2),
        Share(1, 2),
    )
    assert found.by_kind == {"burst": Share(0, 1), "crawler": Share(2, 2)}
    assert found.lost_by_kind == {"journey": Share(1, 1), "visitor": Share(1, 1)}


def test_bursts_are_machine_clicks_on_three_links_of_a_mail() -> None:
    def click(number: int, mail: str, *, machine: bool = True, days: float = 0.0) -> Case:
        fields = {"anonymous_id": "", "email": "jo@x.com", "message_id": mail, "url": f"https://x.io/{number}"}
        return case(machine=machine, type="click", source=Source.EMAIL, event_id=f"{mail}{number}", days=days, **fields)

    cases = [click(1, "m"), click(2, "m"), click(3, "m"), click(1, "n"), click(2, "n"), click(3, "n", machine=False)]
    cases += [click(number, "slow", days=number / 1000) for number in range(4)]
    grades = {"m1": Grade.MACHINE, "m2": Grade.MACHINE, "m3": Grade.HUMAN, "n1": Grade.MACHINE}
    assert weigh_machines(cases, Standing({}, grades)).bursts == Share(2, 3)


def good(**changes: Any) -> Figures:
    one = case(email=mailbox(FIRST))
    parts: dict[str, Any] = {
        "plan": quick(7),
        "events": 1,
        "attribution": judged([one], [told(one)]),
        "naive": name_by_holder([one], WORLD),
        "machines": weigh_machines([one], Standing()),
        "order": Order(3, 3, 3, 10, 5, ()),
        "unlink": Unlink(2, 2, ()),
        "memory": Memory(MILLION // 10, 1000, 800),
        "lookups": {"event_new_us": 40.0, "event_repeated_us": 1.0},
    }
    return Figures(**(parts | changes))


def test_all_goals_met() -> None:
    figures = good()
    assert figures.missed == []
    summary = figures.summary()
    assert summary["attribution_precision"] == 1.0
    assert summary["recall_by_method"] == {"email": 1.0}
    assert summary["order_independent"] is summary["unlink_exact"] is True
    assert summary["memory_bytes_per_million_ids"] == 10_000


def test_each_goal_can_be_missed() -> None:
    one = case(email=mailbox(FIRST))
    network = case(None, ip=address_in(WORLD.spec, Use.ISP, "someone"))
    clicks = [
        case(machine=True, source=Source.EMAIL, type="click", email="jo@x.com", message_id="m", url=f"https://x.io/{n}")
        for n in range(3)
    ]
    lost = Standing({}, {one.event.event_id: Grade.MACHINE})
    bad = {
        "attribution precision": {"attribution": judged([one], [told(one, SECOND)])},
        "no ISP": {"attribution": judged([network], [told(network, method=Method.AS_HOLDER)])},
        f"scanner bursts caught {BURSTS_MIN}": {"machines": weigh_machines(clicks, Standing())},
        "humans lost": {"machines": weigh_machines([one], lost)},
        "order": {"order": Order(3, 2, 3, 10, 5, ())},
        "unlink": {"unlink": Unlink(2, 1, ())},
    }
    for goal, change in bad.items():
        assert any(text.startswith(goal) for text in good(**change).missed), goal
