"""Where an account goes on its journey. In this order, the first that says something:

1. a fact of the CRM moves it at once, up or down, and behaviour does not bring it below that stage any more;
2. a detour whose conditions hold, in the file's order;
3. the highest stage above the present one whose conditions hold; gates on the way must be passed;
4. it falls back where the present stage's leave conditions hold: to the highest lower stage of the same phase that it
   was in before and would not leave, or that it would enter; else to the phase's first.

A stage is never entered while its own leave conditions hold, so that no account goes to and fro.
"""

from pipeline.journey import Journey
from pipeline.rules.model import FactRule, Phase, StageRule
from pipeline.rules.predicates import all_hold


def fact_of(journey: Journey, kind: str) -> FactRule | None:
    """What an activity is as a fact of the CRM, if it is one for this account."""
    for rule in journey.rules.facts_on[kind]:
        if all_hold(rule.when, journey):
            return rule
    return None


def next_stage(journey: Journey) -> StageRule | None:
    """The stage behaviour brings an account to now; None where it stays."""
    return detour_of(journey) or _reached(journey) or fallen(journey)


def detour_of(journey: Journey) -> StageRule | None:
    """The detour behaviour brings an account to now, if any."""
    if not _may_move(journey):
        return None
    for rule in journey.rules.detours:
        if rule.name != journey.stage and _enters(rule, journey):
            return rule
    return None


def fallen(journey: Journey) -> StageRule | None:
    """The lower stage an account falls back to now, if it does."""
    rule = journey.stage_rule
    if rule is None or not journey.may_fall(rule) or not all_hold(rule.leave, journey):
        return None
    rules, held = journey.rules, journey.rules.ranks.get(journey.held, 0)
    below = [lower for lower in rules.way[: rules.ranks[rule.name] - 1] if lower.phase is rule.phase]
    below = [lower for lower in below if rules.ranks[lower.name] >= held]
    return next((lower for lower in reversed(below) if _stays(lower, journey)), below[0])


def _reached(journey: Journey) -> StageRule | None:
    if not _may_move(journey):
        return None
    rules = journey.rules
    rank = rules.ranks.get(journey.stage, 0)
    for rule in reversed(rules.way[rank:]):
        if _enters(rule, journey):
            target = _through_gates(journey, rule, rank)
            return None if target.name == journey.stage else target
    return None


def _through_gates(journey: Journey, to: StageRule, rank: int) -> StageRule:
    """The stage itself, or where the first gate on the way to it that does not open sends the account.

    Who is a customer has passed: the sale says more than any gate.
    """
    rules = journey.rules
    for rule in rules.way[rank : rules.ranks[to.name]]:
        if rule.gate and to.phase is Phase.PROSPECT and not all_hold(rule.gate.when, journey):
            return rules.stage_by_name[rule.gate.otherwise]
    return to


def _may_move(journey: Journey) -> bool:
    """Whether behaviour moves it: a detour ends when its days are over, it may be left and would not be entered now."""
    rule = journey.stage_rule
    if rule is None or rule.phase is not Phase.DETOUR:
        return True
    if journey.now_ms < journey.stage_since_ms + rule.stay_ms or _enters(rule, journey):
        return False
    return all_hold(rule.leave, journey)


def _stays(rule: StageRule, journey: Journey) -> bool:
    """Whether an account that comes down to a stage stays there: the way down leads over the stages of the way up."""
    left = bool(rule.leave) and all_hold(rule.leave, journey)
    return (rule.name in journey.been and not left) or _enters(rule, journey)


def _enters(rule: StageRule, journey: Journey) -> bool:
    for alternative in rule.enter:
        if all_hold(alternative, journey):
            return rule.phase is Phase.DETOUR or not rule.leave or not all_hold(rule.leave, journey)
    return False
