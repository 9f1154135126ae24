"""YAML text -> rules, or all that is wrong with it."""

import orjson
from pydantic import ValidationError

from pipeline.journeyfile.fault import Fault
from pipeline.journeyfile.refs import check_references
from pipeline.journeyfile.shape import shaped
from pipeline.journeyfile.tree import parse
from pipeline.journeyfile.words import faults_of
from pipeline.rules.model import Rules


def read_rules(text: str) -> tuple[Rules | None, tuple[Fault, ...]]:
    """A journey's file as rules.

    Args:
        text: the file.

    Returns:
        The rules, and no fault; or no rules, and every fault there is, by line. Only a text that is no YAML at all ends
        at its first fault.
    """
    root, faults = parse(text)
    if root is None:
        return None, tuple(faults)
    tree, misshapen = shaped(root)
    faults += [*misshapen, *check_references(tree)]
    rules = None
    try:
        rules = Rules.model_validate_json(orjson.dumps(tree.plain()), strict=True)
    except ValidationError as error:
        faults += faults_of(error, tree)
    return (None if faults else rules), tuple(sorted(set(faults)))
