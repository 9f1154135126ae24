"""What an alert is worth to whoever gets it:

    base x (1 + score / 100, at most 2) x fit x tier

base: what the policy gives the trigger, or by how soon it must be met: 8 within 4 hours, 6 within a day, 4 within three
days, else 2. fit: 1.5, 1.2, 1 and 0.6 for A to D, 1 where nobody knows; tier: 1, unless the policy says otherwise.
"""

from pipeline.dispatch.rules import ValueRule
from schemas.alert import Alert

SOON = ((4.0, 8.0), (24.0, 6.0), (72.0, 4.0))
LATER = 2.0
SCORE_FULL = 100.0


def value_of(alert: Alert, rule: ValueRule) -> float:
    """An alert's value, to the hundredth."""
    base = rule.triggers.get(alert.trigger)
    if base is None:
        base = next((value for hours, value in SOON if alert.play.act_within_hours <= hours), LATER)
    score = 1 + min(max(alert.score, 0.0), SCORE_FULL) / SCORE_FULL
    fit = next((factor for grade, factor in rule.fit.items() if grade == alert.fit), 1.0)
    return round(base * score * fit * rule.tiers.get(alert.tier, 1.0), 2)
