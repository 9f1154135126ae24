"""Journeys for tests: the shipped default, and small changes of it."""

from pathlib import Path
from typing import Any

import pytest

from agents.journey import load_rules
from pipeline.rules.model import Rules

FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "journeys"
SAAS = load_rules(None)
REFERENCE = load_rules(FOLDER / "reference.yaml")
"""Uses every field there is."""

BOTH = pytest.mark.parametrize("rules", [SAAS, REFERENCE], ids=["saas", "reference"])


def changed(rules: Rules = SAAS, **fields: Any) -> Rules:
    """Rules with other fields; a copy would take cached properties along."""
    return Rules(**{name: getattr(rules, name) for name in Rules.model_fields} | fields)
