"""What the model refuses, in words and with the line: its own messages are for programmers."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from pipeline.journeyfile.fault import Fault, nearest
from pipeline.journeyfile.shape import GROUPS
from pipeline.journeyfile.tree import REFUSED, Node
from pipeline.rules.model import Rules

SHOWN_MAX = 60
KEY = "[key]"
"""How the model calls the name of a mapping's part in its errors."""

_EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": 'a text (a number or true/false as a text stands in quotes: "1")',
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
    "model_attributes_type": "a mapping of names to values",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def faults_of(error: ValidationError, root: Node) -> list[Fault]:
    """The model's errors as faults of the file; what was refused already is not said again."""
    return [fault for item in error.errors(include_url=False) for fault in _fault_of(item, root)]


def _fault_of(item: Any, root: Node) -> Iterator[Fault]:
    node, rest = _place(root, item["loc"])
    if node is None:
        return
    kind, context = item["type"], item.get("ctx", {})
    name = str(item["loc"][-1])
    if kind == "too_short" and node.value:  # its parts are wrong, and that is said
        return
    if name == KEY:
        yield Fault(node.line, node.path, _what(kind, context, item["msg"], str(item["loc"][-2])))
    elif kind == "extra_forbidden":
        known = set(_fields_at(item["loc"][:-1], root))
        yield Fault(node.line, node.path, f"`{name}` is no field here; {nearest(name, known, 'fields')}")
    elif kind == "missing":
        yield Fault(node.line, node.path, f"`{rest or name}` is missing")
    elif node.value is None and kind != "value_error":
        yield Fault(node.line, node.path, "is empty: give a value, or take the line away")
    else:
        yield Fault(node.line, node.path, _what(kind, context, item["msg"], node.value))


def _what(kind: str, context: dict[str, Any], message: str, given: object) -> str:
    shown = f"`{str(given)[:SHOWN_MAX]}`" if not isinstance(given, list | dict) else "what stands here"
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}, is {shown}"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"must be {words} {context[bound]:g}, is {shown}"
    if kind in ("enum", "literal_error"):
        known = [part.strip().strip("'") for part in context["expected"].replace(" or ", ", ").split(",")]
        return f"{shown} is not known; {nearest(str(given), known, 'the words here')}"
    if kind == "string_pattern_mismatch":
        return f"{shown} is no name: small letters, digits and _ only, a letter first"
    if kind in ("string_too_short", "too_short"):
        return "is empty: give at least one"
    if kind in ("string_too_long", "too_long"):
        return f"is too long: {context['max_length']} at most"
    return message.removeprefix("Value error, ")


def _place(root: Node, loc: Iterable[str | int]) -> tuple[Node | None, str]:
    """The node an error is about, or the nearest one around it; the name that is missing in it, if one is."""
    node, rest = root, ""
    for step in loc:
        if node.value is REFUSED:
            return None, ""
        found = None
        if isinstance(node.value, dict):
            found = node.value.get(str(step))
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        rest = "" if found is not None else str(step)
        node = found or node
    return (None, "") if node.value is REFUSED else (node, rest)


def _fields_at(loc: tuple[str | int, ...], root: Node) -> Iterator[str]:
    """Fields the model has at a place."""
    schema = Rules.model_json_schema()
    found: list[dict[str, Any]] = [schema]
    for step in loc:
        found = [inner for one in found for inner in _step(one, step, schema["$defs"])]
    for one in found:
        yield from (name for name in one.get("properties", {}) if name != "kind")
    if not loc:
        yield GROUPS


def _step(schema: dict[str, Any], step: str | int, nouns: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if isinstance(step, int):
        inner = schema.get("items", {})
    elif step in schema.get("properties", {}):
        inner = schema["properties"][step]
    elif isinstance(schema.get("additionalProperties"), dict):
        inner = schema["additionalProperties"]
    elif any(True for value in schema.get("patternProperties", {}).values()):
        inner = next(iter(schema["patternProperties"].values()))
    else:  # the tag of a union: the schema is already that of the one it names
        kind = schema.get("properties", {}).get("kind", {})
        if not kind or kind.get("const") == step:
            yield schema
        return
    options = inner.get("anyOf") or inner.get("oneOf") or [inner]
    for option in options:
        for one in option.get("oneOf", [option]):
            yield nouns[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one
