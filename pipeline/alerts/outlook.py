"""What the buyer will most likely do next: learned from the history of all accounts, or the file's words.

How it is learned stands in the view `next_steps`: transition probabilities in which accounts that have not moved yet
are allowed for. It is told from 30 next steps on: of the alert's trigger in its stage, else of its stage whatever
happened.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from schemas.alert import Alert
from schemas.learned.outlook import AlertOutlook, NextStep, Outlook

ENOUGH = 30
"""Next steps from which on something is told as learned."""

STEPS_MAX = 5
DIGITS = 3

Outlooks = Mapping[tuple[str, str], Outlook]
"""(stage, trigger) -> outlook; trigger '' for the stage whatever happened."""


def outlooks_of(rows: Iterable[Mapping[str, Any]], learned_at: datetime) -> dict[tuple[str, str], Outlook]:
    """The rows of the view `next_steps` as outlooks.

    Args:
        rows: one a step.
        learned_at: when they were read.
    """
    steps: dict[tuple[str, str], list[NextStep]] = {}
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        key = (row["stage"], row["trigger"])
        counts[key] = (row["moved"], row["waiting"])
        step = NextStep(
            stage=row["next_stage"],
            probability=round(row["probability"], DIGITS),
            median_days=round(row["median_days"], DIGITS),
            took=row["took"],
        )
        steps.setdefault(key, []).append(step)
    return {
        key: Outlook(
            stage=key[0],
            trigger=key[1],
            steps=tuple(sorted(found, key=lambda step: (-step.probability, step.stage))[:STEPS_MAX]),
            moved=counts[key][0],
            waiting=counts[key][1],
            learned_at=learned_at,
        )
        for key, found in steps.items()
    }


def same(one: Outlook | None, other: Outlook) -> bool:
    """Whether two outlooks say the same, whenever they were learned."""
    return one is not None and one.model_copy(update={"learned_at": other.learned_at}) == other


def outlook_of(alert: Alert, known: Outlooks) -> AlertOutlook:
    """What an alert tells of what comes next."""
    for trigger in (alert.trigger, ""):
        found = known.get((alert.stage, trigger))
        if found is not None and found.steps and found.moved >= ENOUGH:
            return _learned(found, found.steps[0])
    return AlertOutlook(text=alert.play.next_likely)


def _learned(outlook: Outlook, step: NextStep) -> AlertOutlook:
    after = f"after {outlook.trigger.replace('_', ' ')} " if outlook.trigger else ""
    text = (
        f"Most likely {step.stage} next: {step.probability:.0%}, by {outlook.moved} next steps {after}"
        f"in {outlook.stage}; half of those within {_days(step.median_days)}."
    )
    return AlertOutlook(
        text=text,
        learned=True,
        next_stage=step.stage,
        probability=step.probability,
        median_days=step.median_days,
        moved=outlook.moved,
    )


def _days(days: float) -> str:
    return f"{days:.0f} days" if days >= 2 else f"{days * 24:.0f} hours"
