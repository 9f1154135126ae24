"""A journey as tables people read: stages and the way into them, trigger points and what to do, points."""

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.rules import words
from pipeline.rules.model import Rules, StageRule, TriggerRule


def tables(rules: Rules) -> Iterator[RenderableType]:
    """The tables, in the order of reading."""
    yield Text(f"{rules.name}, version {rules.version}", "bold")
    yield _stages(rules)
    yield _triggers(rules)
    yield _activities(rules)
    yield _mapping(rules)
    if lines := list(_weights(rules)):
        yield Text("\n".join(("Weights beside the points:", *lines)))


def as_json(rules: Rules) -> dict[str, object]:
    """The same as data: the rules with their version, and the words of each part."""
    return {
        "name": rules.name,
        "version": rules.version,
        "stages": [
            {
                "name": rule.name,
                "phase": rule.phase,
                "kind": rule.kind,
                "sla_hours": rule.sla_hours,
                "sla_working_hours": rule.sla_working_hours,
                "entered_by": _entered(rule, rules),
                "left_by": words.conditions(rule.leave),
            }
            for rule in rules.stages
        ],
        "triggers": [
            {"name": rule.name, "team": rule.team, "title": rule.title, "judged": words.judged(rule)}
            | {"cooldown_days": rule.cooldown_days, "play": rule.play.model_dump(mode="json")}
            for rule in rules.triggers
        ],
        "activities": {
            kind: {"label": rule.label, "points": rule.points, "fades": words.fading(rule)}
            for kind, rule in rules.activities.items()
        },
        "mapping": [
            {"type": rule.type, "events": words.mapping(rule), "shipped": at >= len(rules.mapping)}
            for at, rule in enumerate(rules.whole_mapping)
        ],
        "rules": rules.model_dump(mode="json"),
    }


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _stages(rules: Rules) -> Table:
    table = _table("Stages: the highest that holds wins", "stage", "kind", "entered by", "left by")
    for rule in rules.stages:
        kind = str(rule.kind)
        if rule.sla_hours:
            kind = f"{rule.kind}, {rule.sla_hours:g} h"
        elif rule.sla_working_hours:
            kind = f"{rule.kind}, {rule.sla_working_hours:g} working h"
        if rule.gate:
            kind = f"gate: {words.conditions(rule.gate.when)}; else {rule.gate.otherwise}"
        where = "" if rule.phase == "prospect" else f" ({rule.phase})"
        table.add_row(f"{rule.name}{where}", kind, _entered(rule, rules), _left(rule))
    return table


def _entered(rule: StageRule, rules: Rules) -> str:
    return "; or ".join(filter(None, (words.entering(rule), *words.ways_into(rules, rule.name))))


def _left(rule: StageRule) -> str:
    stay = f"not within {rule.stay_days:g} days" if rule.stay_days else ""
    return "; ".join(filter(None, (words.conditions(rule.leave), stay)))


def _triggers(rules: Rules) -> Table:
    table = _table("Trigger points", "trigger", "team", "when", "again", "what to say, to whom", "act within")
    for rule in rules.triggers:
        table.add_row(*_trigger(rule))
    return table


def _trigger(rule: TriggerRule) -> tuple[str, ...]:
    play = rule.play
    again = f"after {rule.cooldown_days:g} d"
    say = f"{play.message} ({', else '.join(play.speak_to)})" if play.speak_to else play.message
    return rule.name, str(rule.team), words.judged(rule), again, say, f"{play.act_within_hours:g} h"


def _activities(rules: Rules) -> Table:
    table = _table("Points", "activity", "in words", "points", "fade")
    for kind, rule in sorted(rules.activities.items(), key=lambda item: (-item[1].points, item[0])):
        table.add_row(kind, rule.label, f"{rule.points:g}", words.fading(rule))
    return table


def _mapping(rules: Rules) -> Table:
    table = _table("Which activity an event is: the first that fits, else its own event type", "activity", "event", "")
    for at, rule in enumerate(rules.whole_mapping):
        table.add_row(rule.type, words.mapping(rule), "" if at < len(rules.mapping) else "shipped")
    return table


def _weights(rules: Rules) -> Iterator[str]:
    scoring = rules.scoring
    yield f"  of one type by one person, {scoring.daily_cap} a day count"
    for role in scoring.roles:
        yield f"  {role.name} ({', '.join(role.titles)}): x {role.multiplier:g}"
    if scoring.roles:
        yield f"  other people: x {scoring.other_roles:g}"
    for tier, multiplier in scoring.tiers.items():
        yield f"  tier {tier}: x {multiplier:g}"
    if rules.fit:
        yield f"  fit: A from {rules.fit.a:g} points of the directory's attributes, B from {rules.fit.b:g}, " + (
            f"C from {rules.fit.c:g}, else D"
        )
