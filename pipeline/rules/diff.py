"""What is different between two versions of rules, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from pipeline.rules.model import FactRule, Rules, StageRule, TriggerRule
from pipeline.rules.timers import TIMERS
from pipeline.rules.words import condition, conditions, mapping, timer

ORDERED = ("stages", "triggers")
_CONDITIONS = frozenset({"when", "leave"})


def differences(old: Rules, new: Rules) -> Iterator[str]:
    """Each difference as a line, in the file's order; nothing where both mean the same."""
    yield from _fields("", old, new, skip=frozenset({"activities", "mapping", *ORDERED, "facts"}))
    yield from _named("activity", old.activities, new.activities)
    yield from _mapping(old, new)
    yield from _named("stage", old.stage_by_name, new.stage_by_name)
    yield from _order("stages", [rule.name for rule in old.stages], [rule.name for rule in new.stages])
    yield from _named("fact", _facts(old), _facts(new))
    before, after = ({rule.name: rule for rule in rules.triggers} for rules in (old, new))
    yield from _named("trigger", before, after)
    yield from _order("triggers", list(before), list(after))


def _mapping(old: Rules, new: Rules) -> Iterator[str]:
    before, after = ([f"{mapping(part)} -> {part.type}" for part in rules.mapping] for rules in (old, new))
    yield from (f"mapping: no longer {line}" for line in before if line not in after)
    yield from (f"mapping: also {line}" for line in after if line not in before)
    yield from _order("mapping", before, after)


def _facts(rules: Rules) -> dict[str, FactRule]:
    """Facts by their types, which are their only name; with a number where several have the same."""
    found: dict[str, FactRule] = {}
    for rule in rules.facts:
        name = ", ".join(rule.types)
        same = sum(key == name or key.startswith(f"{name} (") for key in found)
        found[f"{name} ({same + 1})" if same else name] = rule
    return found


def _named(what: str, old: Mapping[str, BaseModel], new: Mapping[str, BaseModel]) -> Iterator[str]:
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f"{what} {name}: taken away"
        elif name not in old:
            yield f"{what} {name}: new{_title(new[name])}"
        else:
            yield from _fields(f"{what} {name}: ", old[name], new[name])


def _title(rule: BaseModel) -> str:
    match rule:
        case TriggerRule():
            return f" ({rule.title})"
        case StageRule():
            return f" ({rule.why})"
    return ""


def _fields(head: str, old: BaseModel, new: BaseModel, skip: frozenset[str] = frozenset()) -> Iterator[str]:
    for name in type(new).model_fields:
        before: Any = getattr(old, name, None)
        after: Any = getattr(new, name)
        if name in skip or before == after:
            continue
        if isinstance(before, BaseModel) and type(before) is type(after) and "kind" not in type(after).model_fields:
            yield from _fields(f"{head}{name}: ", before, after)
        elif name == "enter":
            yield from _alternatives(head, before, after)
        elif name in _CONDITIONS:
            yield from _conditions(f"{head}{name}: ", before, after)
        else:
            yield f"{head}{name}: {_shown(before)} -> {_shown(after)}"


def _alternatives(head: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[str]:
    for number in range(max(len(old), len(new))):
        if number >= len(new):
            yield f"{head}enter: no longer by {conditions(old[number])}"
        elif number >= len(old):
            yield f"{head}enter: also by {conditions(new[number])}"
        else:
            yield from _conditions(f"{head}enter: ", old[number], new[number])


def _conditions(head: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[str]:
    gone, come = [part for part in old if part not in new], [part for part in new if part not in old]
    for part in [part for part in gone if any(type(part) is type(other) for other in come)]:
        other = next(other for other in come if type(other) is type(part))
        come.remove(other)
        gone.remove(part)
        yield f"{head}{condition(part)} -> {condition(other)}"
    yield from (f"{head}no longer: {condition(part)}" for part in gone)
    yield from (f"{head}also: {condition(part)}" for part in come)


def _order(what: str, old: list[str], new: list[str]) -> Iterator[str]:
    both = set(old) & set(new)
    before, after = [name for name in old if name in both], [name for name in new if name in both]
    if before != after:
        yield f"order of {what}: {', '.join(before)} -> {', '.join(after)}"


def _shown(value: Any) -> str:
    match value:
        case None | () | "":
            return "none"
        case float() | int() if not isinstance(value, bool):
            return f"{value:g}"
        case dict():
            return ", ".join(f"{key} {_shown(part)}" for key, part in value.items())
        case tuple() if all(isinstance(part, str) for part in value):
            return ", ".join(value)
        case BaseModel() if type(value) in TIMERS.values():
            return timer(value)  # type: ignore[arg-type]
        case BaseModel() if "kind" in type(value).model_fields:
            return condition(value)  # type: ignore[arg-type]
        case tuple():
            return "; ".join(map(_shown, value))
        case BaseModel():
            return ", ".join(f"{name} {_shown(part)}" for name, part in value if part not in (None, ()))
    return f'"{value}"' if isinstance(value, str) and " " in value else str(value)
