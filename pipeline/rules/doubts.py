"""What is allowed in rules but cannot be meant: stages nobody reaches, triggers that never fire, worthless scores."""

from collections.abc import Iterator

from pipeline.rules.model import ANY, Phase, Rules, StageKind, TriggerRule
from pipeline.rules.predicates import Count, InStage, IsCustomer, IsProspect, Predicate, Score, ScoreBelow
from pipeline.rules.timers import CustomerEvery, RenewalDue, SlaOver, TrialEnds, TrialQuiet
from pipeline.rules.words import ways_into
from schemas.base import Source
from schemas.journey import UNAWARE


def doubts_of(rules: Rules) -> Iterator[tuple[str, str]]:
    """Place in the file and what is doubtful about it, in the file's order."""
    yield from _of_mapping(rules)
    reached = {UNAWARE} | {rule.name for rule in rules.stages if _is_reached(rules, rule.name)}
    for stage in rules.stages:
        place = f"stages.{stage.name}"
        if stage.name not in reached:
            yield (
                place,
                "no account ever reaches it: nothing under `enter` can hold, and no fact, silence or gate leads here",
            )
        for number, alternative in enumerate(stage.enter, 1):
            for doubt in _of_conditions(alternative, rules, reached):
                yield f"{place}.enter[{number}]", doubt
        if stage.phase is not Phase.DETOUR and _same_score(stage.enter, stage.leave):
            yield f"{place}.leave", "it is left by the very score it is entered by: accounts near it go to and fro"
    for trigger in rules.triggers:
        for doubt in _of_trigger(trigger, rules, reached):
            yield f"triggers.{trigger.name}", doubt


def _of_mapping(rules: Rules) -> Iterator[tuple[str, str]]:
    taken: set[tuple[Source, str]] = set()
    for number, rule in enumerate(rules.mapping, 1):
        own = {(source, event) for source in Source for event in rule.events if rule.source in (None, source)}
        if own <= taken:
            yield f"mapping[{number}]", "it is never reached: a rule before it takes all these events"
        if not rule.model_dump(exclude={"type", "events", "source"}, exclude_defaults=True):
            taken |= own


def _is_reached(rules: Rules, stage: str) -> bool:
    rule = rules.stage_by_name[stage]
    return any(not _contradicts(alternative) for alternative in rule.enter) or bool(ways_into(rules, stage))


def _of_trigger(trigger: TriggerRule, rules: Rules, reached: set[str]) -> Iterator[str]:
    if trigger.timer is None and not any(trigger in rules.triggers_on[kind] for kind in rules.activities):
        yield "it can never fire: no type under `after` can arrive or has points"
    if isinstance(trigger.timer, SlaOver) and not any(rule.kind is StageKind.SLA for rule in rules.stages):
        yield "it can never fire: no stage is of kind sla"
    asked = {type(part) for part in trigger.when}
    if isinstance(trigger.timer, CustomerEvery | RenewalDue) and IsProspect in asked and not trigger.after:
        yield "it can never fire: its timer runs for customers only, and it asks for a prospect"
    if isinstance(trigger.timer, TrialQuiet | TrialEnds) and IsCustomer in asked and not trigger.after:
        yield "it can never fire: its timer runs until the purchase, and it asks for a customer"
    if _contradicts(trigger.when):
        yield "it can never fire: its conditions contradict each other"
    yield from _of_conditions(trigger.when, rules, reached)


def _of_conditions(conditions: tuple[Predicate, ...], rules: Rules, reached: set[str]) -> Iterator[str]:
    asks_score = any(isinstance(part, Score) for part in conditions)
    for part in conditions:
        if isinstance(part, InStage) and not reached & set(part.any_of):
            yield f"no account is ever in {', '.join(part.any_of)}"
        if isinstance(part, Count):
            worthless = [kind for kind in part.types if kind != ANY and not rules.activities[kind].points]
            if asks_score and worthless:
                yield f"{', '.join(worthless)} has no points, so it brings nothing to the score asked for beside it"


def _contradicts(conditions: tuple[Predicate, ...]) -> bool:
    kinds = {type(part) for part in conditions}
    return {IsCustomer, IsProspect} <= kinds or _same_score((conditions,), conditions, crossed=True)


def _same_score(
    enter: tuple[tuple[Predicate, ...], ...], leave: tuple[Predicate, ...], *, crossed: bool = False
) -> bool:
    """Whether the score left by is the lowest one entered by (or, crossed, not above it)."""
    entered = [part.at_least for alternative in enter for part in alternative if isinstance(part, Score)]
    left = [part.points for part in leave if isinstance(part, ScoreBelow)]
    if not entered or not left:
        return False
    return min(left) <= max(entered) if crossed else min(left) == min(entered)
