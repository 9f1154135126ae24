"""What one part of a file says of another: names of stages, names given twice, and what a stage's phase allows."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from pipeline.journeyfile.fault import Fault, nearest
from pipeline.journeyfile.tree import Node
from pipeline.rules.mapping import IGNORED
from pipeline.rules.predicates import FADING
from schemas.journey import UNAWARE
from schemas.raw import EVENT_TYPES


def check_references(root: Node) -> list[Fault]:
    """Faults of a file in the model's shape; of parts that are missing or wrong in themselves nothing is said."""
    stages = dict(_named(_part(root, "stages")))
    detours = {name for name, node in stages.items() if _text(node, "phase") == "detour"}
    faults = [*_twice(_part(root, "stages")), *_twice(_part(root, "triggers")), *_twice(_part(root, "products"))]
    for node in _within(root):
        if _text(node, "kind") == "in_stage" and (listed := _part(node, "any_of")) is not None:
            faults += [fault for item in _items(listed) for fault in _unknown(item, (*stages, UNAWARE))]
    faults += _named_within(root, stages)
    places = [_part(fact, "stage") for fact in _items(_part(root, "facts"))]
    places += [_part(_part(stage, "gate"), "otherwise") for stage in stages.values()]
    quiet = _part(_part(root, "quiet"), "stage")
    for place in (*places, quiet):
        if place is not None:
            faults += _unknown(place, stages)
    if quiet is not None and isinstance(quiet.value, str) and quiet.value in stages and quiet.value not in detours:
        faults.append(Fault(quiet.line, quiet.path, f"`{quiet.value}` must be a detour (`phase: detour`)"))
    faults += _mapping_faults(root)
    for name, stage in stages.items():
        faults += _stage_faults(name, stage, detours)
    for trigger in _items(_part(root, "triggers")):
        if _part(trigger, "after") is None and _part(trigger, "timer") is None and isinstance(trigger.value, dict):
            faults.append(Fault(trigger.line, trigger.path, "has neither `after` nor `timer`, so it can never fire"))
    return faults


_ROLE_LISTS = {"joined": "roles", "gone_quiet": "roles", "back": "roles", "person_quiet": "roles", "roles": "any_of"}
"""Condition or timer -> its field that names roles of the buying group."""


def _named_within(root: Node, stages: Collection[str]) -> Iterator[Fault]:
    """Stages that timers name, and roles that conditions and timers do."""
    roles = [name for name, _ in _named(_part(root, "buying_group"))]
    yield from _twice(_part(root, "buying_group"))
    for play in [_part(trigger, "play") for trigger in _items(_part(root, "triggers"))]:
        yield from _no_roles(_part(play, "speak_to"), roles)
        by_stage = _part(play, "content_by_stage")
        if by_stage is not None and isinstance(by_stage.value, dict):
            for name, node in by_stage.value.items():
                yield from _unknown(Node(name, node.line, node.path), (*stages, UNAWARE))
    for node in _within(root):
        kind = _text(node, "kind")
        if kind == "absence":
            for item in _items(_part(node, "stages")):
                yield from _unknown(item, stages)
        if field := _ROLE_LISTS.get(kind):
            yield from _no_roles(_part(node, field), roles)
        if kind in ("group_complete", "roles") and not roles:
            yield Fault(node.line, node.path, f"`{kind}` asks for roles: list them under `buying_group`")


def _no_roles(listed: Node | None, roles: Sequence[str]) -> Iterator[Fault]:
    for item in _items(listed):
        if isinstance(item.value, str) and item.value not in roles:
            what = nearest(item.value, roles, "roles of buying_group")
            yield Fault(item.line, item.path, f"`{item.value}` is no role of the buying group; {what}")


def _mapping_faults(root: Node) -> Iterator[Fault]:
    """A mapping leads from event types there are to activity types of this file."""
    activities = _part(root, "activities")
    types = (*(activities.value if activities is not None and isinstance(activities.value, dict) else ()), IGNORED)
    for rule in _items(_part(root, "mapping")):
        to = _part(rule, "type")
        if to is not None and isinstance(to.value, str) and to.value not in types:
            what = nearest(to.value, types, "activity types")
            yield Fault(to.line, to.path, f"`{to.value}` is no activity type of this file; {what}")
        source = _text(rule, "source")
        known = EVENT_TYPES.get(source) or sorted({event for events in EVENT_TYPES.values() for event in events})
        for event in _items(_part(rule, "events")):
            if isinstance(event.value, str) and event.value not in known:
                what = nearest(event.value, known, f"those of {source}" if source in EVENT_TYPES else "event types")
                yield Fault(event.line, event.path, f"`{event.value}` is no event type{_of(source)}; {what}")


def _of(source: str) -> str:
    return f" of source {source}" if source in EVENT_TYPES else ""


def _stage_faults(name: str, stage: Node, detours: set[str]) -> Iterator[Fault]:
    if name == UNAWARE:
        yield Fault(stage.line, stage.path, f"`{UNAWARE}` is what accounts are before any stage; take another name")
    if name not in detours:
        for condition in _items(_part(stage, "leave")):
            kind = _text(condition, "kind")
            if kind and kind not in FADING:
                yield Fault(
                    condition.line,
                    condition.path,
                    f"a stage on the way is left by what fades: {', '.join(sorted(FADING))}; not by `{kind}`",
                )
        yield from _hysteresis(stage)
    elif (gate := _part(stage, "gate")) is not None:
        yield Fault(gate.line, gate.path, "a detour cannot be a gate")
    otherwise = _part(_part(stage, "gate"), "otherwise")
    if otherwise is not None and isinstance(otherwise.value, str) and otherwise.value not in detours:
        yield Fault(otherwise.line, otherwise.path, f"`{otherwise.value}` must be a detour (`phase: detour`)")


def _hysteresis(stage: Node) -> Iterator[Fault]:
    """The score a stage is left by lies below the one it is entered by, else accounts would go to and fro."""
    enters = [
        _number(condition, "at_least")
        for alternative in _items(_part(stage, "enter"))
        for condition in _items(alternative)
        if _text(condition, "kind") == "score"
    ]
    for condition in _items(_part(stage, "leave")):
        points = _part(condition, "points")
        if _text(condition, "kind") != "score_below" or points is None:
            continue
        lowest = min((given for given in enters if given is not None), default=None)
        if lowest is not None and isinstance(points.value, int | float) and points.value > lowest:
            yield Fault(
                points.line,
                points.path,
                f"{points.value:g} is above the {lowest:g} points it is entered by: accounts would go to and fro",
            )


def _unknown(node: Node, known: Collection[str]) -> list[Fault]:
    if not isinstance(node.value, str) or node.value in known:
        return []
    return [
        Fault(node.line, node.path, f"`{node.value}` is no stage of this file; {nearest(node.value, known, 'stages')}")
    ]


def _twice(part: Node | None) -> Iterator[Fault]:
    seen: Counter[str] = Counter()
    for name, node in _named(part):
        seen[name] += 1
        if seen[name] == 2:
            yield Fault(node.line, node.path, f"the name `{name}` is given twice")


def _named(part: Node | None) -> Iterator[tuple[str, Node]]:
    for node in _items(part):
        name = _part(node, "name")
        if name is not None and isinstance(name.value, str):
            yield name.value, node


def _items(part: Node | None) -> list[Node]:
    return part.value if part is not None and isinstance(part.value, list) else []


def _part(node: Node | None, name: str) -> Node | None:
    return node.value.get(name) if node is not None and isinstance(node.value, dict) else None


def _text(node: Node, name: str) -> str:
    part = _part(node, name)
    return part.value if part is not None and isinstance(part.value, str) else ""


def _number(node: Node, name: str) -> float | None:
    part = _part(node, name)
    return part.value if part is not None and isinstance(part.value, int | float) else None


def _within(node: Node) -> Iterator[Node]:
    yield node
    parts = node.value.values() if isinstance(node.value, dict) else _items(node)
    for part in parts:
        yield from _within(part)
