"""Points, how they fade, and causes that add up exactly.

Points are multiples of 1/8: such numbers and their sums are exact in binary floating point, so a score is the sum of
its causes to the last bit, in any order, in Python as in ClickHouse.
"""

from collections.abc import Collection, Iterable

from pipeline.rules.model import Rules
from schemas.cause import Cause
from schemas.journey import Carry, Evidence

DAY_MS = 86_400_000
STEPS_PER_POINT = 8
UNKNOWN_FADING = (True, 14.0)


def quantise(points: float) -> float:
    """Points rounded to the nearest 1/8."""
    return round(points * STEPS_PER_POINT) / STEPS_PER_POINT


def share_left(kind: str, age_ms: int, rules: Rules) -> float:
    """Share of a type's points left after a time, 0 to 1; an event of the future counts as now.

    It halves every half-life, or falls evenly to nothing over the lifespan; a type the rules no longer know halves
    every 14 days.
    """
    if age_ms <= 0:
        return 1.0
    halves, days = rules.fading.get(kind, UNKNOWN_FADING)
    age_days = age_ms / DAY_MS
    return float(0.5 ** (age_days / days)) if halves else max(0.0, 1.0 - age_days / days)


def evidence_points(item: Evidence, now_ms: int, rules: Rules) -> float:
    """What one remembered activity weighs now."""
    return quantise(item.points * share_left(item.type, now_ms - item.occurred_ms, rules))


def carry_points(item: Carry, now_ms: int, rules: Rules) -> float:
    """What activities that fell out of the list weigh now."""
    return quantise(item.points * share_left(item.type, now_ms - item.as_of_ms, rules))


def score_of(evidence: Iterable[Evidence], carried: Iterable[Carry], now_ms: int, rules: Rules) -> float:
    """Sum of all parts now; equal to the sum of `causes_of` the same."""
    steps, fading = 0, rules.fading
    for item in evidence:  # asked at nearly each activity: `share_left` written out
        age_ms, points = now_ms - item.occurred_ms, item.points
        if age_ms > 0:
            halves, days = fading.get(item.type, UNKNOWN_FADING)
            age_days = age_ms / DAY_MS
            points *= 0.5 ** (age_days / days) if halves else max(0.0, 1.0 - age_days / days)
        steps += round(points * STEPS_PER_POINT)
    for part in carried:
        steps += round(part.points * share_left(part.type, now_ms - part.as_of_ms, rules) * STEPS_PER_POINT)
    return steps / STEPS_PER_POINT


def causes_of(
    evidence: Iterable[Evidence], carried: Iterable[Carry], now_ms: int, rules: Rules, decisive: Collection[str]
) -> tuple[Cause, ...]:
    """The score's parts, largest first; those of nought are left out unless they decided.

    Args:
        evidence, carried: what is remembered.
        now_ms: the moment they are frozen at.
        rules: how points fade.
        decisive: event ids that met the condition.
    """
    kept: list[Cause] = []
    for item in evidence:
        share = share_left(item.type, now_ms - item.occurred_ms, rules)
        points = quantise(item.points * share)
        if points or item.event_id in decisive:
            kept.append(
                Cause.made(
                    event_id=item.event_id,
                    type=item.type,
                    occurred_ms=item.occurred_ms,
                    person=item.person,
                    detail=item.detail,
                    base_points=item.points,
                    decay=round(share, 6),
                    points=points,
                    confidence=item.confidence,
                    decisive=item.event_id in decisive,
                )
            )
    kept += [
        Cause.made(
            event_id="",
            type=part.type,
            occurred_ms=part.as_of_ms,
            base_points=part.points,
            decay=round(share_left(part.type, now_ms - part.as_of_ms, rules), 6),
            points=points,
            confidence=1.0,
            count=part.count,
        )
        for part in carried
        if (points := carry_points(part, now_ms, rules))
    ]
    return tuple(sorted(kept, key=lambda cause: (-cause.points, -cause.occurred_ms, cause.event_id, cause.type)))


def carried_on(known: Carry | None, item: Evidence, now_ms: int, rules: Rules) -> Carry:
    """The sum of a type with one more activity that falls out of the list.

    Halving keeps its shape, so such points are brought to the newer of the two moments and added. What falls evenly is
    added as it was on the day, at its mean time weighed by points: exact until the first of them is used up.
    """
    count = 1 + (known.count if known else 0)
    rule = rules.activities.get(item.type)
    if rule is None or rule.lifespan_days is None:
        as_of_ms = max(item.occurred_ms, known.as_of_ms if known else 0)
        points = quantise(item.points * share_left(item.type, as_of_ms - item.occurred_ms, rules))
        if known is not None:
            points += quantise(known.points * share_left(item.type, as_of_ms - known.as_of_ms, rules))
        return Carry(type=item.type, count=count, points=points, as_of_ms=as_of_ms)
    parts = [(item.points, item.occurred_ms)] + ([(known.points, known.as_of_ms)] if known else [])
    lasting = [(points, at_ms) for points, at_ms in parts if share_left(item.type, now_ms - at_ms, rules) > 0]
    steps = [(round(points * STEPS_PER_POINT), at_ms) for points, at_ms in lasting]
    total = sum(step for step, _ in steps)
    mean_ms = sum(step * at_ms for step, at_ms in steps) // total if total else now_ms
    return Carry(type=item.type, count=count, points=total / STEPS_PER_POINT, as_of_ms=mean_ms)
