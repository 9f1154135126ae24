"""YAML text -> values that know their line.

Only what people and YAML read alike is let through. `no` is Norway to a person and false to YAML, `1e3` a number to
one and a word to the other: such words are refused with what to write instead. There are no anchors, tags or further
documents, so a small file cannot unfold into a large one; size and depth are bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline.journeyfile.fault import Fault

SIZE_MAX = 400_000
DEPTH_MAX = 20
SHOWN_MAX = 40

Scalar = str | int | float | bool | None


class Refused:
    """Stands where a value was that has its fault already: nothing more is said of it."""


REFUSED = Refused()


@dataclass(slots=True)
class Node:
    """One value of the file.

    Args:
        value: the value; a list's or a mapping's parts are nodes.
        line: where it stands, from 1; of a mapping's part, where its key stands.
        path: its place in words.
    """

    value: "Scalar | Refused | list[Node] | dict[str, Node]"
    line: int
    path: str

    def plain(self) -> object:
        """The value without places; null where it was refused."""
        match self.value:
            case dict():
                return {key: node.plain() for key, node in self.value.items()}
            case list():
                return [node.plain() for node in self.value]
            case Refused():
                return None
        return self.value


_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_ODD_NUMBER = re.compile(
    r"[-+]?(0[0-9_]+|0[xob][0-9a-f_]+|[0-9][0-9_]*[0-9_.]*e[-+]?[0-9]+|[0-9][0-9_]*_[0-9_.]*|\.[0-9_]+|[0-9]+\."
    r"|[0-9]+(:[0-9]+)+(\.[0-9]*)?|\.(inf|nan))",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([Tt ].*)?")
_BOOL_WORDS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_NOT_USED = "are not used in a journey; write it out, or use `groups` of types"
_SAID = {
    "cannot start any token": "a tab or another sign YAML has a use for: indent with spaces, and put texts that begin "
    "with @, %, ` or a tab in quotes",
    "mapping values are not allowed here": "a `:` where none can be: put texts with `: ` in quotes, and indent this "
    "line like its neighbours",
    "expected <block end>": "this line is not indented like its neighbours",
    "could not find expected ':'": "a `:` is missing behind a name, or a quote is not closed",
    "found unexpected end of stream": "the file ends within a quoted text or a bracket: close it",
    "expected ',' or '}'": "a `,` or the closing `}` is missing",
    "expected ',' or ']'": "a `,` or the closing `]` is missing",
}


def parse(text: str) -> tuple[Node | None, list[Fault]]:
    """The file's values, and what cannot be read; no values where it is no YAML at all."""
    if len(text) > SIZE_MAX:
        return None, [Fault(1, "", f"the file has {len(text):,} characters; more than {SIZE_MAX:,} are no journey")]
    builder = _Builder()
    try:
        root = builder.document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        builder.faults.append(Fault(mark.line + 1 if mark else 1, "", _in_words(error)))
        return None, builder.faults
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        builder.faults.append(Fault(1, "", f"a character that no text file holds: {reason}; save it as UTF-8"))
        return None, builder.faults
    except _TooDeepError as error:
        builder.faults.append(Fault(error.line, "", f"nested more than {DEPTH_MAX} levels deep"))
        return None, builder.faults
    names: dict[str, str] = {}
    _by_name(root, "", names)
    return root, [Fault(fault.line, names.get(fault.path, fault.path), fault.what) for fault in builder.faults]


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class _Builder:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def document(self, events: Iterator[yaml.Event]) -> Node:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                self._fault(_line(event), "", "a second document begins here (`---`); a file holds one journey")
                break
            if isinstance(event, yaml.NodeEvent):
                root = self._node(event, events, "", _line(event), 0)
        return root if root is not None else Node(None, 1, "")

    def _node(self, event: Any, events: Iterator[yaml.Event], path: str, line: int, depth: int) -> Node:
        if depth > DEPTH_MAX:
            raise _TooDeepError(_line(event))
        if isinstance(event, yaml.AliasEvent):
            self._fault(
                line, path, "aliases (`*name`) are not used in a journey; write it out, or use `groups` of types"
            )
            return Node(REFUSED, line, path)
        if event.anchor is not None:
            self._fault(
                line, path, "anchors (`&name`) are not used in a journey; write it out, or use `groups` of types"
            )
        if event.tag is not None:
            self._fault(line, path, f"tags (`{event.tag[:SHOWN_MAX]}`) are not used in a journey; take it away")
        if isinstance(event, yaml.MappingStartEvent):
            return Node(self._mapping(events, path, depth), line, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self._sequence(events, path, depth), line, path)
        return Node(self._scalar(event, path, line), line, path)

    def _mapping(self, events: Iterator[yaml.Event], path: str, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._node(event, events, path, line, depth + 1)
                self._fault(line, path, "a name is expected here, not a list, a mapping or an alias")
                self._node(next(events), events, path, line, depth + 1)
                continue
            key = event.value
            inner = f"{path}.{key}" if path else key
            if event.style is None and key.lower() in _BOOL_WORDS:
                self._fault(line, inner, f'`{key}` as a name is read as true or false by YAML; write "{key}" in quotes')
            node = self._node(next(events), events, inner, line, depth + 1)
            if key in found:
                self._fault(line, inner, f"`{key}` stands here twice, first in line {found[key].line}; take one away")
            else:
                found[key] = node
        return found

    def _sequence(self, events: Iterator[yaml.Event], path: str, depth: int) -> list[Node]:
        found: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            inner = f"{path}[{len(found) + 1}]"
            found.append(self._node(event, events, inner, _line(event), depth + 1))
        return found

    def _scalar(self, event: yaml.ScalarEvent, path: str, line: int) -> Scalar | Refused:
        text: str = event.value
        if event.style is not None:  # quoted, or a block of text
            return text
        if text.lower() in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _INT.fullmatch(text) and len(text) <= 15:
            return int(text)
        if _DECIMAL.fullmatch(text) and len(text) <= 30:
            return float(text)
        if instead := _trap(text):
            self._fault(line, path, instead)
            return REFUSED
        return text

    def _fault(self, line: int, path: str, what: str) -> None:
        self.faults.append(Fault(line, path, what))


def _by_name(node: Node, path: str, names: dict[str, str]) -> None:
    """Call parts of lists by their names, where they have any: `triggers.demo_request`, not `triggers[6]`."""
    names[node.path] = node.path = path
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            _by_name(child, f"{path}.{key}" if path else key, names)
    elif isinstance(node.value, list):
        for number, child in enumerate(node.value, 1):
            name = child.value.get("name") if isinstance(child.value, dict) else None
            called = isinstance(name, Node) and isinstance(name.value, str)
            _by_name(child, f"{path}.{name.value}" if called and isinstance(name, Node) else f"{path}[{number}]", names)


def _trap(text: str) -> str:
    """What to write instead of a bare word that YAML and people read differently; '' where they do not."""
    lower, quoted = text.lower(), f'"{text[:SHOWN_MAX]}" in quotes'
    if lower in _BOOL_WORDS:
        meant = _BOOL_WORDS[lower]
        return f"`{text}` is read as {meant} by YAML; write {meant}, or {quoted} if the word is meant"
    if lower in ("true", "false"):
        return f"`{text}`: write {lower}, in small letters"
    if any(form.fullmatch(text) for form in (_ODD_NUMBER, _INT, _DECIMAL)):
        return f"`{text[:SHOWN_MAX]}` is read in several ways; write a plain number like 1000 or 0.5, or {quoted}"
    if _DATE.fullmatch(text):
        return f"`{text[:SHOWN_MAX]}` is read as a date by YAML; write {quoted}"
    if lower == "<<":
        return "merging (`<<`) is not used in a journey; write it out"
    return ""


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _in_words(error: yaml.MarkedYAMLError) -> str:
    said = error.problem or "cannot be read"
    for part, words in _SAID.items():
        if part in said:
            return f"{words} (YAML: {said})"
    return f"YAML cannot read on from here: {said}"
