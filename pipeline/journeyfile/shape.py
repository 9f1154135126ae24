"""The file's shape -> the model's: groups of types are written out, conditions and timers get their names as a field.

`- count: {types: [assets]}` becomes `{kind: count, types: [content_download, webinar, video_watch]}`. Places are kept,
so that whatever the model says of it can be told by the file's lines.
"""

from collections.abc import Collection, Iterable

from pipeline.journeyfile.fault import Fault, nearest
from pipeline.journeyfile.tree import REFUSED, Node
from pipeline.rules.model import ANY
from pipeline.rules.predicates import PREDICATES
from pipeline.rules.timers import TIMERS

GROUPS = "groups"
_TYPE_LISTS = frozenset({"types", "after", "decisive"})
_CONDITION_LISTS = frozenset({"when", "leave", "all"})


def shaped(root: Node) -> tuple[Node | None, list[Fault]]:
    """The model's shape of a file, and what of it has no such shape; None where it is no mapping at all."""
    if not isinstance(root.value, dict):
        return None, [Fault(root.line, "", "the file is empty, or no mapping of names to values")]
    activities, groups = root.value.get("activities"), root.value.get(GROUPS)
    types = list(activities.value) if activities and isinstance(activities.value, dict) else []
    shaper = _Shaper(types, groups)
    kept = {key: shaper.shape(node, key) for key, node in root.value.items() if key != GROUPS}
    return Node(kept, root.line, root.path), shaper.faults


class _Shaper:
    def __init__(self, types: Collection[str], groups: Node | None) -> None:
        self.faults: list[Fault] = []
        self._types = types
        self._groups: dict[str, Node] = {}
        self._written_out: dict[str, tuple[str, ...]] = {}
        if groups is not None:
            self._take_groups(groups)

    def shape(self, node: Node, key: str) -> Node:
        if key == "timer":
            return self._named(node, TIMERS, "timers")
        if isinstance(node.value, list):
            if key in _TYPE_LISTS:
                return self._type_list(node, key)
            if key in _CONDITION_LISTS:
                return self._with(node, [self._condition(item) for item in node.value])
            if key == "enter":
                return self._with(node, [self._alternative(item) for item in node.value])
            return self._with(node, [self.shape(item, "") for item in node.value])
        if isinstance(node.value, dict):
            return self._with(node, {name: self.shape(child, name) for name, child in node.value.items()})
        return node

    def _take_groups(self, groups: Node) -> None:
        if not isinstance(groups.value, dict):
            self._fault(groups, "must be a mapping: the name of a group, then its list of activity types")
            return
        for name, node in groups.value.items():
            if name in self._types or name == ANY:
                self._fault(node, f"`{name}` is an activity type already; give the group another name")
            else:
                self._groups[name] = node
        for name in self._groups:
            self._write_out(name, ())

    def _write_out(self, name: str, within: tuple[str, ...]) -> tuple[str, ...]:
        if name in self._written_out:
            return self._written_out[name]
        node = self._groups[name]
        found: dict[str, None] = {}
        if name in within:
            self._fault(node, f"the group contains itself: {' > '.join((*within, name))}")
        elif not isinstance(node.value, list):
            self._fault(node, "must be a list of activity types")
        else:
            for item in node.value:
                for kind in self._types_of(item, (*within, name)):
                    found.setdefault(kind)
        self._written_out[name] = tuple(found)
        return self._written_out[name]

    def _types_of(self, item: Node, within: tuple[str, ...]) -> Iterable[str]:
        given = item.value
        if isinstance(given, str) and given in self._types:
            return (given,)
        if isinstance(given, str) and given in self._groups:
            return self._write_out(given, within)
        if isinstance(given, str):
            known = (*self._types, *self._groups)
            what = nearest(given, known, "activity types and groups")
            self._fault(item, f"`{given}` is no activity type and no group of this file; {what}")
        elif given is not REFUSED:
            self._fault(item, "must be the name of an activity type or of a group")
        return ()

    def _type_list(self, node: Node, key: str) -> Node:
        assert isinstance(node.value, list)
        found: dict[str, Node] = {}
        named: set[object] = set()
        for item in node.value:
            if isinstance(item.value, str) and item.value in named:
                self._fault(item, f"`{item.value}` stands here twice")
            named.add(item.value if isinstance(item.value, str) else None)
            kinds = (ANY,) if key == "after" and item.value == ANY else self._types_of(item, ())
            for kind in kinds:
                found.setdefault(kind, self._with(item, kind))
        if node.value and not found:
            return self._with(node, REFUSED)
        return self._with(node, list(found.values()))

    def _alternative(self, item: Node) -> Node:
        if isinstance(item.value, dict) and set(item.value) == {"all"}:
            return self.shape(item.value["all"], "all")
        if item.value is not REFUSED:
            self._fault(item, "write `- all:` and below it the conditions that must all hold")
        return self._with(item, REFUSED)

    def _condition(self, item: Node) -> Node:
        return self._named(item, PREDICATES, "conditions")

    def _named(self, item: Node, known: Collection[str], what: str) -> Node:
        """`name`, or `name: {parameters}`, as `{kind: name, parameters}`."""
        given = item.value
        if given is REFUSED:
            return item
        if isinstance(given, str):
            given = {given: self._with(item, None)}
        if not isinstance(given, dict) or len(given) != 1:
            self._fault(
                item,
                f"write one name, with its parameters behind a `:` if it has any; {what} are: "
                f"{', '.join(sorted(known))}",
            )
            return self._with(item, REFUSED)
        ((name, parameters),) = given.items()
        if name not in known:
            self._fault(item, f"`{name}` is unknown; {nearest(name, known, what)}")
            return self._with(item, REFUSED)
        inner = parameters.value if parameters.value is not None else {}
        if not isinstance(inner, dict):
            if inner is not REFUSED:
                self._fault(parameters, f"write the parameters of `{name}` by name, e.g. `{name}: {{at_least: 3}}`")
            return self._with(item, REFUSED)
        if "kind" in inner:
            self._fault(inner["kind"], "`kind` is no field here: the name before the `:` says it")
        fields = {key: self.shape(child, key) for key, child in inner.items()}
        return Node({**fields, "kind": self._with(parameters, name)}, item.line, parameters.path)

    @staticmethod
    def _with(node: Node, value: object) -> Node:
        return Node(value, node.line, node.path)  # type: ignore[arg-type]

    def _fault(self, node: Node, what: str) -> None:
        self.faults.append(Fault(node.line, node.path, what))
