"""How rightly companies are named: precision by method, recall by evidence, false attributions, abstention."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.evaluate.measures.evidence import ORDER
from deploy.evaluate.standing import Standing
from deploy.evaluate.world import Case, World
from schemas.activity import Activity
from schemas.event import Grade
from schemas.identity import IP_METHODS, Method

WORST_SHOWN = 12
UNNAMEABLE = "undeclared"
"""Evidence that may name nobody: the directory does not know the company by it."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    right: int
    all: int

    @property
    def value(self) -> float:
        """The share; 1 of nothing."""
        return self.right / self.all if self.all else 1.0


@dataclass(frozen=True, slots=True)
class Mistake:
    """A kind of false attribution, with one of them as an example."""

    kind: str
    method: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Attribution:
    """How rightly companies are named; attributions of hits graded machine weigh nothing and are left out.

    Args:
        precision: attributions that stand and are right, of all that stand.
        by_method: the same for each method.
        recall: nameable events named rightly, of all nameable.
        by_evidence: the same by what could have named them.
        company_events: events of any company named rightly, of all; what a naive method is compared by.
        per_thousand: false attributions a thousand human events.
        nobody: passers-by that are named for nobody, of all passers-by.
        persons: attributions to a mailbox that truly did it, of those rightly attributed to a mailbox.
        networks_named: hits from an ISP, host, VPN, relay, mobile or education address that were ever named by it.
        worst: false attributions by kind of people and method, most frequent first.
    """

    precision: Share
    by_method: Mapping[str, Share]
    recall: Share
    by_evidence: Mapping[str, Share]
    company_events: Share
    per_thousand: float
    nobody: Share
    persons: Share
    networks_named: int
    worst: Sequence[Mistake]


def judge(
    cases: Sequence[Case], standing: Standing, told: Sequence[Activity], evidence: Mapping[str, str], world: World
) -> Attribution:
    """Compare what stands with what is true.

    Args:
        told: all activities ever told, those taken back among them.
        evidence: event id -> by what it could have been named (`evidence.py`).
    """
    methods, right_methods = Counter[str](), Counter[str]()
    wrong: dict[tuple[str, str], list[str]] = {}
    persons = right_persons = 0
    for case in cases:
        for activity in _weighing(standing, case):
            methods[activity.method] += 1
            if not world.same(activity.account_id, case.truth.account_id):
                wrong.setdefault((case.truth.kind, activity.method), []).append(_shown(case, activity))
                continue
            right_methods[activity.method] += 1
            if "@" in activity.person and case.truth.doer:
                persons += 1
                right_persons += activity.person == case.truth.doer
    named = {case.event.event_id for case in cases if _right(case, standing, world)}
    nameable = [event_id for event_id, kind in evidence.items() if kind != UNNAMEABLE]
    humans = [case for case in cases if not case.truth.machine]
    strangers = [case for case in humans if not case.truth.account_id]
    of_companies = [case for case in humans if case.truth.account_id]
    count_wrong = sum(map(len, wrong.values()))
    return Attribution(
        precision=Share(right_methods.total(), methods.total()),
        by_method={method: Share(right_methods[method], methods[method]) for method in Method if methods[method]},
        recall=Share(sum(event_id in named for event_id in nameable), len(nameable)),
        by_evidence=_by_evidence(evidence, named),
        company_events=Share(sum(case.event.event_id in named for case in of_companies), len(of_companies)),
        per_thousand=1000 * count_wrong / max(1, len(humans)),
        nobody=Share(sum(not _weighing(standing, case) for case in strangers), len(strangers)),
        persons=Share(right_persons, persons),
        networks_named=len(networks_named(cases, told, world)),
        worst=_worst(wrong),
    )


def networks_named(cases: Sequence[Case], told: Sequence[Activity], world: World) -> set[str]:
    """Ids of events that were named by an address which is not one company's alone, be it taken back since.

    A range somebody declared is the company's, whoever announces it.
    """
    addresses = {case.event.event_id: case.event.ip for case in cases}
    found: set[str] = set()
    for activity in told:
        address = addresses.get(activity.event_id, "")
        if activity.method not in IP_METHODS or not address:
            continue
        row = world.addresses.of(address)
        declared = activity.method is Method.OFFICE_RANGE and row is not None and row.office_of == activity.account_id
        if row is not None and not row.account_id and not declared:
            found.add(activity.event_id)
    return found


def _right(case: Case, standing: Standing, world: World) -> bool:
    """Named for the true company, be it beside another."""
    activities = standing.activities.get(case.event.event_id, ())
    return any(world.same(activity.account_id, case.truth.account_id) for activity in activities)


def _weighing(standing: Standing, case: Case) -> list[Activity]:
    activities = standing.activities.get(case.event.event_id, ())
    return [activity for activity in activities if activity.grade is not Grade.MACHINE]


def _by_evidence(evidence: Mapping[str, str], named: set[str]) -> dict[str, Share]:
    there, right = Counter(evidence.values()), Counter(kind for given, kind in evidence.items() if given in named)
    return {kind: Share(right[kind], there[kind]) for kind in ORDER if there[kind]}


def _worst(wrong: Mapping[tuple[str, str], list[str]]) -> tuple[Mistake, ...]:
    ranked = sorted(wrong.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Mistake(kind, method, len(found), found[0]) for (kind, method), found in ranked[:WORST_SHOWN])


def _shown(case: Case, activity: Activity) -> str:
    truly = case.truth.account_id or "nobody"
    return f"{case.truth.event_id}: {activity.account_id}, truly {truly}; {activity.reason}"
