"""When an account's timers are due, each as far as it runs: (timer, account, trigger) -> ms since 1970, or 0."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.handover.hours import ALWAYS, after
from pipeline.rules.model import StageKind, TriggerRule
from pipeline.rules.timers import Absence, CustomerEvery, PersonQuiet, RenewalDue, SlaOver, TrialEnds, TrialQuiet
from pipeline.score import DAY_MS

if TYPE_CHECKING:  # it asks here
    from pipeline.journey import Journey

HOUR_MS = 3_600_000
USAGE_DAYS = 60


def _trial_quiet(timer: TrialQuiet, journey: "Journey", rule: TriggerRule) -> int:
    trial = journey.trial
    if trial is None or trial.over or journey.customer:
        return 0
    due_ms = max(trial.started_ms, trial.last_use_ms) + int(timer.days * DAY_MS)
    return 0 if trial.ends_ms and due_ms >= trial.ends_ms else due_ms


def _trial_ends(timer: TrialEnds, journey: "Journey", rule: TriggerRule) -> int:
    trial = journey.trial
    if trial is None or trial.over or not trial.ends_ms or journey.customer:
        return 0
    return max(trial.ends_ms - int(timer.days_before * DAY_MS), trial.started_ms + 1)


def _customer_every(timer: CustomerEvery, journey: "Journey", rule: TriggerRule) -> int:
    if not journey.customer or not journey.usage_by_day:
        return 0
    due_ms = max(journey.customer_since_ms, journey.timers_done.get(rule.name, 0)) + int(timer.days * DAY_MS)
    newest_use_ms = max(journey.usage_by_day) * DAY_MS
    return 0 if due_ms > newest_use_ms + USAGE_DAYS * DAY_MS else due_ms  # nothing left to compare with


def _sla_over(timer: SlaOver, journey: "Journey", rule: TriggerRule) -> int:
    """When the time of its stage is over; 0 if that is too far off."""
    stage = journey.stage_rule
    if stage is None or stage.kind is not StageKind.SLA:
        return 0
    calendar = ALWAYS if stage.sla_hours else journey.rules.hours(rule.team, journey.standing.owner)
    hours = stage.sla_hours or stage.sla_working_hours or 0.0
    return after(calendar, journey.stage_since_ms, int(hours * HOUR_MS)) or 0


def _absence(timer: Absence, journey: "Journey", rule: TriggerRule) -> int:
    if not journey.last_human_ms or journey.stage not in timer.stages:
        return 0
    return max(journey.last_human_ms, journey.stage_since_ms) + int(timer.days * DAY_MS)


def _person_quiet(timer: PersonQuiet, journey: "Journey", rule: TriggerRule) -> int:
    done_ms = journey.timers_done.get(rule.name, 0)
    return journey.group.next_quiet_ms(timer.roles, timer.acts, timer.days, done_ms)


def _renewal_due(timer: RenewalDue, journey: "Journey", rule: TriggerRule) -> int:
    if not journey.customer or not journey.contract_ends_ms:
        return 0
    due_ms = journey.contract_ends_ms - int(timer.days_before * DAY_MS)
    return 0 if due_ms <= journey.habits.since_ms else due_ms  # it was open before anything was heard of it


DUE: Mapping[type[Any], Callable[[Any, "Journey", TriggerRule], int]] = {
    TrialQuiet: _trial_quiet,
    TrialEnds: _trial_ends,
    CustomerEvery: _customer_every,
    SlaOver: _sla_over,
    Absence: _absence,
    PersonQuiet: _person_quiet,
    RenewalDue: _renewal_due,
    type(None): lambda timer, journey, rule: 0,
}
"""By the timer's type, since all are asked at each activity."""
