"""Truths that several acts show together, or acts that did not come, on acts made by hand."""

from typing import Any

import pytest

from deploy.simulate import WorldSpec
from deploy.simulate.acts import Act
from deploy.simulate.journeys import plan_of
from deploy.simulate.truths.patterns import drops, ends, groups, patterns_of, stalls
from tests.builders import DAY_MS

END_MS = 100 * DAY_MS
PEOPLE = plan_of(WorldSpec(companies=3), 2).company.people


def act(days: float, type: str, **fields: Any) -> Act:
    return Act(int(days * DAY_MS), f"{type}-{days}", "trial", type, **fields)


def started(days: float = 0.0) -> Act:
    return act(days, "trial_started", data={"trial_ends_at": int((days + 14) * DAY_MS)})


def days_of(moments: Any) -> list[float]:
    return [moment / DAY_MS for moment in moments]


@pytest.mark.parametrize(
    ("then", "stalls_on"),
    [
        ([], [5.0]),
        ([(4.9, "signed_in"), (9, "feature_used"), (13, "signed_in")], []),
        ([(1, "feature_used"), (12, "signed_in")], [6.0]),
        ([(4, "opportunity_won")], []),
        ([(7, "opportunity_won")], [5.0]),
        ([(6, "content_download"), (13, "trial_ended")], [5.0]),
    ],
)
def test_a_trial_stalls_after_five_days_without_use(then: list[tuple[float, str]], stalls_on: list[float]) -> None:
    acts = [started(), *(act(days, kind) for days, kind in then)]
    assert days_of(stalls(acts, END_MS, DAY_MS)) == stalls_on


def test_a_trial_about_to_end_is_one_that_nobody_has_bought() -> None:
    assert days_of(ends([started()], END_MS, DAY_MS)) == [11.0]
    assert days_of(ends([started(), act(12, "opportunity_won")], END_MS, DAY_MS)) == [11.0]
    assert days_of(ends([started(), act(10, "opportunity_won")], END_MS, DAY_MS)) == []
    assert days_of(ends([started()], 10 * DAY_MS, DAY_MS)) == []


def test_use_drops_when_who_used_it_often_has_not_for_a_week() -> None:
    often = [act(days, "feature_used") for days in range(1, 6)]
    assert days_of(drops(often, 1, 40 * DAY_MS, DAY_MS)) == [12.0]
    assert days_of(drops([*often, act(11, "signed_in")], 1, 17 * DAY_MS, DAY_MS)) == []
    assert days_of(drops(often[:4], 1, 40 * DAY_MS, DAY_MS)) == []
    assert days_of(drops(often, 3 * DAY_MS, 40 * DAY_MS, DAY_MS)) == []


def test_a_group_is_three_names_in_a_fortnight_before_the_purchase() -> None:
    by = [act(days, "webinar", person=PEOPLE[number]) for days, number in ((0, 0), (1, 1), (2, 1), (3, 2))]
    assert days_of(groups(by, END_MS, DAY_MS)) == [3.0]
    assert days_of(groups(by, 2 * DAY_MS, DAY_MS)) == []
    late = [*by[:3], by[3]._replace(at_ms=20 * DAY_MS)]
    assert days_of(groups(late, END_MS, DAY_MS)) == []


def test_a_faster_world_counts_faster_days() -> None:
    spec = WorldSpec(companies=3, pace=2.0)
    company = plan_of(spec, 2).company
    acts = [started()._replace(at_ms=spec.start_ms, data={"trial_ends_at": spec.start_ms + 7 * DAY_MS})]
    found = dict(patterns_of(spec, company, acts))
    assert found["trial_stalled"] == spec.start_ms + int(2.5 * DAY_MS)
    assert found["trial_expiring"] == spec.start_ms + int(5.5 * DAY_MS)
