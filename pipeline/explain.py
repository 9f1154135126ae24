"""Causes in a sentence a salesperson understands."""

from collections.abc import Sequence

from pipeline.rules.model import Rules
from schemas.cause import Cause

PARTS_MAX = 5
NAMES_MAX = 3


def sentence(account_name: str, what: str, causes: Sequence[Cause], score: float, rules: Rules) -> str:
    """E.g. `Acme: it looks at prices: pricing page 3x (jane@acme.com, anonymous); score 43.5.`"""
    groups: dict[str, list[Cause]] = {}
    for cause in sorted(causes, key=lambda item: not item.decisive):  # stable: by points within
        groups.setdefault(cause.type, []).append(cause)
    parts = [_part(kind, group, rules) for kind, group in list(groups.items())[:PARTS_MAX]]
    because = f": {', '.join(parts)}" if parts else ""
    return f"{account_name}: {what[:1].lower()}{what[1:]}{because}; score {score:g}."


def _part(kind: str, group: Sequence[Cause], rules: Rules) -> str:
    count = sum(cause.count for cause in group)
    details = list(dict.fromkeys(cause.detail for cause in group if cause.detail))[:1]
    names = list(dict.fromkeys(cause.person or "anonymous" for cause in group))
    shown = names[:NAMES_MAX] + ([f"{len(names) - NAMES_MAX} more"] if len(names) > NAMES_MAX else [])
    times = f" {count}x" if count > 1 else ""
    detail = f" {details[0]}" if details else ""
    return f"{rules.label(kind)}{detail}{times} ({', '.join(shown)})"
