"""Points, decay, and causes that add up exactly.

Points are multiples of 1/8: such numbers and their sums are exact in binary floating point, so a score is the sum of
its causes to the last bit, in any order, in Python as in ClickHouse.
"""

from collections.abc import Collection, Iterable

from pipeline.rules import Rules
from schemas.cause import Cause
from schemas.journey import Carry, Evidence

DAY_MS = 86_400_000
STEPS_PER_POINT = 8


def quantise(points: float) -> float:
    """Points rounded to the nearest 1/8."""
    return round(points * STEPS_PER_POINT) / STEPS_PER_POINT


def decay(age_ms: int, half_life_days: float) -> float:
    """Share of points left after a time: halves every half-life; an event of the future counts as now."""
    return float(0.5 ** (max(age_ms, 0) / (half_life_days * DAY_MS)))


def evidence_points(item: Evidence, now_ms: int, rules: Rules) -> float:
    """What one remembered activity weighs now."""
    return quantise(item.points * decay(now_ms - item.occurred_ms, rules.half_life_days(item.type)))


def carry_points(item: Carry, now_ms: int, rules: Rules) -> float:
    """What activities that fell out of the list weigh now."""
    return quantise(item.points * decay(now_ms - item.as_of_ms, rules.half_life_days(item.type)))


def score_of(evidence: Iterable[Evidence], carried: Iterable[Carry], now_ms: int, rules: Rules) -> float:
    """Sum of all parts now; equal to the sum of `causes_of` the same."""
    return sum(evidence_points(item, now_ms, rules) for item in evidence) + sum(
        carry_points(item, now_ms, rules) for item in carried
    )


def causes_of(
    evidence: Iterable[Evidence], carried: Iterable[Carry], now_ms: int, rules: Rules, decisive: Collection[str]
) -> tuple[Cause, ...]:
    """The score's parts, largest first; those of nought are left out unless they decided.

    Args:
        evidence, carried: what is remembered.
        now_ms: the moment they are frozen at.
        rules: half-lives.
        decisive: event ids that met the condition.
    """
    causes = [
        Cause(
            event_id=item.event_id,
            type=item.type,
            occurred_ms=item.occurred_ms,
            person=item.person,
            detail=item.detail,
            base_points=item.points,
            decay=round(decay(now_ms - item.occurred_ms, rules.half_life_days(item.type)), 6),
            points=evidence_points(item, now_ms, rules),
            confidence=item.confidence,
            decisive=item.event_id in decisive,
        )
        for item in evidence
    ]
    causes += [
        Cause(
            event_id="",
            type=item.type,
            occurred_ms=item.as_of_ms,
            base_points=item.points,
            decay=round(decay(now_ms - item.as_of_ms, rules.half_life_days(item.type)), 6),
            points=carry_points(item, now_ms, rules),
            confidence=1.0,
            count=item.count,
        )
        for item in carried
    ]
    kept = [cause for cause in causes if cause.points or cause.decisive]
    return tuple(sorted(kept, key=lambda cause: (-cause.points, -cause.occurred_ms, cause.event_id, cause.type)))
