"""The time of an sla stage is plain hours, or hours in which the account's owner works."""

from datetime import datetime

import pytest

from pipeline.advance import advance, standing_of
from pipeline.handover.policy import Policy
from pipeline.journey import Journey
from pipeline.rules.model import Rules
from schemas.account import Account
from schemas.base import to_ms
from tests.builders import activity
from tests.journeys import REFERENCE, changed

POLICY = Policy.model_validate(
    {
        "calendars": {"weekdays": {"time_zone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}},
        "owners": {"maria@seller.io": {"calendar": "weekdays"}},
    }
)


def with_time(**hours: float | None) -> Rules:
    stages = tuple(
        rule.model_copy(update={"sla_hours": None} | hours) if rule.name == "in_sales" else rule
        for rule in REFERENCE.stages
    )
    return changed(REFERENCE, stages=stages).in_hours(POLICY.hours)


@pytest.mark.parametrize(
    ("hours", "owner", "due"),
    [
        ({"sla_hours": 12.0}, "maria@seller.io", "2026-05-29T08:26:40+00:00"),
        ({"sla_working_hours": 12.0}, "joe@seller.io", "2026-05-29T08:26:40+00:00"),  # nobody said when he works
        # the stage is entered on Thursday, 20:26:40: eight hours of Friday, none of the weekend, four of Monday
        ({"sla_working_hours": 12.0}, "maria@seller.io", "2026-06-01T13:00:00+00:00"),
    ],
)
def test_a_stage_s_time_runs_by_its_own_clock(hours: dict[str, float], owner: str, due: str) -> None:
    rules, account = (
        with_time(**hours),
        Account(account_id="acme", name="Acme", owner=owner, employees=900, industry="logistics"),
    )
    state = advance(None, "acme", [activity(0, "demo_request")], account, rules).state
    journey = Journey(state, "acme", rules, standing_of(account, rules))
    trigger = next(rule for rule in rules.triggers if rule.name == "sales_is_slow")
    assert journey.stage == "in_sales"
    assert journey.due_of(trigger) == to_ms(datetime.fromisoformat(due))
    assert state.due_ms <= journey.due_of(trigger)
