"""Whether one more alert fits somebody's day. The stream is live, so each is decided as it comes, and never again:

- the first half of the day's budget is open to any alert;
- the next quarter is kept for those worth at least the median of the newest 40 this owner could have had;
- the last quarter for those worth at least their upper quartile.

So a good alert of the afternoon finds a place although the morning was busy, and nobody waits for a decision. While
fewer than ten are known, every place is open to any. What finds no place comes with the day's digest.
"""

from collections.abc import Sequence

KNOWN_MIN = 10
VALUES_MAX = 40
OPEN, MIDDLE = 0.5, 0.75


def fits(value: float, used: int, budget: int, values: Sequence[float]) -> bool:
    """Whether an alert of a value may be sent now.

    Args:
        value: what it is worth.
        used: places used up today.
        budget: places there are.
        values: what the newest alerts before it were worth.
    """
    if used >= budget:
        return False
    if len(values) < KNOWN_MIN or used < OPEN * budget:
        return True
    return value >= _quantile(values, OPEN if used < MIDDLE * budget else MIDDLE)


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
