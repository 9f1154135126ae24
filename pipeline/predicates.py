"""Conditions, as data: a small set of named predicates with parameters, and what each of them asks of an account."""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from schemas.base import Record
from schemas.journey import Stage


class Situation(Protocol):
    """What predicates may ask about an account at one moment (`journey.py` answers)."""

    @property
    def stage(self) -> Stage:
        """Stage the account is in."""

    @property
    def customer(self) -> bool:
        """Whether it has bought."""

    @property
    def trial_open(self) -> bool:
        """Whether a trial runs."""

    @property
    def trial_activated(self) -> bool:
        """Whether the running trial has reached its first value."""

    def score(self) -> float:
        """Sum of the causes' points now."""

    def count(self, types: tuple[str, ...], within_days: float, anonymous_only: bool) -> int:
        """Remembered activities of these types in the last days."""

    def people(self, within_days: float) -> int:
        """Distinct people known by name, seen in the last days."""

    def uses(self, from_days: float, to_days: float) -> int:
        """Product uses between so many days ago and so many days ago."""


class Count(Record):
    """At least so many activities of these types in the last days."""

    kind: Literal["count"] = "count"
    types: tuple[str, ...]
    at_least: int = 1
    within_days: float = 30
    anonymous_only: bool = False


class Score(Record):
    """The score is at least so high."""

    kind: Literal["score"] = "score"
    at_least: float


class People(Record):
    """At least so many distinct people in the last days."""

    kind: Literal["people"] = "people"
    at_least: int
    within_days: float = 14


class NoPerson(Record):
    """Nobody known by name in the last days."""

    kind: Literal["no_person"] = "no_person"
    within_days: float = 30


class InStage(Record):
    """The account is in one of these stages."""

    kind: Literal["in_stage"] = "in_stage"
    any_of: tuple[Stage, ...]


class TrialOpen(Record):
    """A trial runs; with `activated`, one that has (or has not) reached its first value."""

    kind: Literal["trial_open"] = "trial_open"
    activated: bool | None = None


class IsCustomer(Record):
    """The account has bought (or has not)."""

    kind: Literal["is_customer"] = "is_customer"
    yes: bool = True


class Uses(Record):
    """At least so many product uses in the last days."""

    kind: Literal["uses"] = "uses"
    at_least: int
    within_days: float


class UsageDrop(Record):
    """Uses of the recent days fell below a share of what they were, per day, in the days before."""

    kind: Literal["usage_drop"] = "usage_drop"
    below_share: float = 0.4
    recent_days: float = 7
    before_days: float = 21
    before_at_least: int = 12


Predicate = Annotated[
    Count | Score | People | NoPerson | InStage | TrialOpen | IsCustomer | Uses | UsageDrop, Field(discriminator="kind")
]


def holds(predicate: Predicate, now: Situation) -> bool:
    """Whether a condition is met in a situation."""
    match predicate:
        case Count():
            found = now.count(predicate.types, predicate.within_days, predicate.anonymous_only)
            return found >= predicate.at_least
        case Score():
            return now.score() >= predicate.at_least
        case People():
            return now.people(predicate.within_days) >= predicate.at_least
        case NoPerson():
            return now.people(predicate.within_days) == 0
        case InStage():
            return now.stage in predicate.any_of
        case TrialOpen():
            return now.trial_open and predicate.activated in (None, now.trial_activated)
        case IsCustomer():
            return now.customer is predicate.yes
        case Uses():
            return now.uses(predicate.within_days, 0) >= predicate.at_least
        case UsageDrop():
            before = now.uses(predicate.recent_days + predicate.before_days, predicate.recent_days)
            recent = now.uses(predicate.recent_days, 0)
            usual = before * predicate.recent_days / predicate.before_days
            return before >= predicate.before_at_least and recent < predicate.below_share * usual


def all_hold(predicates: tuple[Predicate, ...], now: Situation) -> bool:
    """Whether all conditions are met."""
    return all(holds(predicate, now) for predicate in predicates)
