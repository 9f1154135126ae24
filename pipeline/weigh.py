"""What an activity weighs on its day, and how well an account fits who we sell to: two things, kept apart."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time
from functools import lru_cache

from pipeline.rules.model import ActivityRule, FitPoint, FitRule, Role, Rules, Scoring
from pipeline.score import quantise
from schemas.account import Account, AccountStatus
from schemas.activity import Attributed
from schemas.base import to_ms
from schemas.journey import NO_STANDING, Standing

SINCE_UNKNOWN = -1
_WORD = re.compile(r"[^\W_]+")


def points_of(activity: Attributed, rule: ActivityRule, scoring: Scoring, job_title: str, tier: str) -> float:
    """Points on the day: the type's, times grade, confidence, role and tier, in eighths.

    Args:
        activity: what was done.
        rule: its type's.
        scoring: the multipliers.
        job_title: of who did it, as far as it is known.
        tier: of the account, as the directory says.
    """
    role = 1.0 if not activity.person else role_multiplier(job_title, scoring)
    of_tier = scoring.tiers.get(tier, scoring.other_tiers)
    return quantise(rule.points * activity.confidence * scoring.grade_weight.get(activity.grade, 1.0) * role * of_tier)


def role_multiplier(job_title: str, scoring: Scoring) -> float:
    """That of the first role one of whose titles stands in a job title as whole words, in any case.

    >>> from pipeline.rules.model import Role, Scoring
    >>> scoring = Scoring(roles=(Role(name="lead", titles=("head of",), multiplier=2),), other_roles=0.5)
    >>> role_multiplier("Head of IT", scoring), role_multiplier("Ahead of it", scoring)
    (2.0, 0.5)
    """
    if not scoring.roles:
        return scoring.other_roles
    title = _words(job_title)
    found: Iterable[Role] = (role for role in scoring.roles if any(_words(text) in title for text in role.titles))
    return next((role.multiplier for role in found), scoring.other_roles)


def fit_of(account: Account, rule: FitRule | None) -> str:
    """An account's grade, A to D, by what the directory declares of it; '' without a rule."""
    if rule is None:
        return ""
    points = sum(part.points for part in rule.points if _meets(account, part))
    return "A" if points >= rule.a else "B" if points >= rule.b else "C" if points >= rule.c else "D"


def _meets(account: Account, part: FitPoint) -> bool:
    given = getattr(account, part.attribute)
    if part.any_of:
        return str(given).casefold() in {text.casefold() for text in part.any_of}
    try:
        number = float(given)
    except ValueError:
        return False
    known = part.attribute != "employees" or number > 0
    above = part.at_least is None or number >= part.at_least
    return known and above and (part.at_most is None or number <= part.at_most)


@lru_cache(maxsize=4096)
def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def standing_of(account: Account | None, rules: Rules, product: str = "") -> Standing:
    """What the fold takes from a directory entry. Whom it calls a customer is one in the general journey; of a product
    an account is a customer once it bought that."""
    if account is None:
        return NO_STANDING
    customer_ms = 0
    if account.status is AccountStatus.CUSTOMER and not product:
        customer_ms = max(to_ms(account.customer_since), 1) if account.customer_since else SINCE_UNKNOWN
    return Standing.model_construct(
        name=account.name,
        owner=account.owner,
        tier=account.tier,
        fit=fit_of(account, rules.fit),
        customer_ms=customer_ms,
        renews_ms=to_ms(datetime.combine(account.renews_on, time(), UTC)) if account.renews_on and not product else 0,
    )
