"""Journeys for tests: the shipped default, and small changes of it."""

from typing import Any

from agents.journey import load_rules
from pipeline.rules.model import Rules

SAAS = load_rules(None)


def changed(rules: Rules = SAAS, **fields: Any) -> Rules:
    """Rules with other fields; a copy would take cached properties along."""
    return Rules(**{name: getattr(rules, name) for name in Rules.model_fields} | fields)
