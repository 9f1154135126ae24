"""YAML text -> rules, or all that is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from pydantic import ValidationError

from pipeline.journeyfile.fault import Fault
from pipeline.journeyfile.refs import check_references
from pipeline.journeyfile.shape import shaped
from pipeline.journeyfile.tree import Node, parse
from pipeline.journeyfile.words import faults_of
from pipeline.rules.doubts import doubts_of
from pipeline.rules.model import Rules


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says.

    Args:
        rules: None where there are faults.
        faults: all that is wrong, by line. Only a text that is no YAML at all ends at its first fault.
        doubts: what is allowed but cannot be meant; looked for only where nothing is wrong.
    """

    rules: Rules | None
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Fault, ...] = ()


def read_rules(text: str) -> Reading:
    """A journey's file as rules, or everything that is wrong with it."""
    root, faults = parse(text)
    if root is None:
        return Reading(None, tuple(faults))
    tree, misshapen = shaped(root)
    faults += misshapen
    if tree is None:
        return Reading(None, _in_order(faults))
    faults += check_references(tree)
    try:
        rules = Rules.model_validate_json(orjson.dumps(tree.plain()), strict=True)
    except ValidationError as error:
        faults += faults_of(error, tree)
        return Reading(None, _in_order(faults))
    if faults:
        return Reading(None, _in_order(faults))
    lines = {node.path: node.line for node in _within(root)}
    return Reading(rules, (), _in_order([Fault(lines.get(path, 1), path, what) for path, what in doubts_of(rules)]))


def _in_order(faults: list[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(set(faults)))


def _within(node: Node) -> Iterator[Node]:
    yield node
    parts = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    for part in parts:
        yield from _within(part)
