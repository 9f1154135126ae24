"""False alarms of a surge: accounts that do what they always do, for a year."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from deploy.evaluate.measures.attribution import Share
from pipeline.journey import Journey
from pipeline.rules.model import Rules, TriggerRule
from pipeline.rules.predicates import all_hold
from pipeline.rules.signs import SurgeOf
from schemas.activity import Attributed
from schemas.base import Source
from schemas.identity import Method

DAY_MS = 86_400_000
WEEK_DAYS = 7
DAYS = 365
START_MS = 1_767_571_200_000
"""2026-01-05, a Monday."""

SIZES = (2, 4, 8, 16)
"""People of an account; each comes when they like."""

VISITS_A_WEEK = 0.8
PAGES_MEAN = 3.0
"""Pages of one visit: what is done comes in bursts, which makes it vary more than visits do."""


@dataclass(frozen=True, slots=True)
class Steady:
    """Years of one account without any change in it, and those in which a surge was told.

    Args:
        alarms: years with an alarm, of all.
        by_size: the same by how many people the account has.
    """

    alarms: Share
    by_size: Sequence[tuple[int, Share]]


def judge_steady(rules: Rules, accounts: int, rng: Random) -> Steady:
    """Try the journey's surge trigger on so many steady accounts of each size."""
    surges = [rule for rule in rules.triggers if any(isinstance(part, SurgeOf) for part in rule.when)]
    by_size = [(size, _share([_alarmed(rules, surges, size, rng) for _ in range(accounts)])) for size in SIZES]
    right = sum(share.right for _, share in by_size)
    return Steady(Share(right, accounts * len(SIZES)), by_size)


def _alarmed(rules: Rules, surges: Sequence[TriggerRule], size: int, rng: Random) -> bool:
    journey = Journey(None, "steady", rules)
    for at_ms, person in _hits(size, rng):
        journey.now_ms = at_ms
        journey.habits.note(_seen(at_ms, person), 1.0)
        if any(all_hold(rule.when, journey) for rule in surges):
            return True
    return False


def _hits(size: int, rng: Random) -> list[tuple[int, str]]:
    """A year of page views: visits at random moments, several pages each."""
    found = []
    for number in range(size):
        at_days = rng.expovariate(VISITS_A_WEEK / WEEK_DAYS)
        while at_days < DAYS:
            pages = 1 + int(rng.expovariate(1 / (PAGES_MEAN - 1)))
            found += [(START_MS + int(at_days * DAY_MS) + page * 60_000, f"p{number}") for page in range(pages)]
            at_days += rng.expovariate(VISITS_A_WEEK / WEEK_DAYS)
    return sorted(found)


def _seen(at_ms: int, person: str) -> Attributed:
    return Attributed.model_construct(
        activity_id=f"{person}-{at_ms}",
        event_id=f"{person}-{at_ms}",
        source=Source.WEB,
        type="page_view",
        occurred_ms=at_ms,
        received_ms=at_ms,
        subject=f"e:{person}",
        person=person,
        method=Method.EMAIL_DIRECTORY,
        confidence=1.0,
    )


def _share(alarmed: Sequence[bool]) -> Share:
    return Share(sum(alarmed), len(alarmed))
