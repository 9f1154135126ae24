"""Conditions, as data: a small set of named predicates with parameters, and what each of them asks of an account."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Protocol, get_args

from pydantic import Field

from pipeline.rules.signs import (
    Company,
    Days,
    Depth,
    GroupComplete,
    HasGoneQuiet,
    IsBack,
    Joined,
    MomentumDown,
    MomentumUp,
    NewTopic,
    Number,
    RenewsWithin,
    RolesSeen,
    SurgeOf,
    sign_holds,
)
from schemas.base import Record


class Situation(Company, Protocol):
    """What predicates may ask about an account at one moment (`pipeline/journey.py` answers)."""

    @property
    def stage(self) -> str:
        """Stage the account is in."""

    @property
    def fit(self) -> str:
        """How well it fits who we sell to, A to D; '' where nobody knows."""

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

    def quiet(self, days: float) -> bool:
        """Whether no person showed a sign for so many days."""


class Count(Record):
    """At least so many activities of these types in the last days."""

    kind: Literal["count"] = "count"
    types: tuple[str, ...] = Field(min_length=1)
    at_least: Number = 1
    within_days: Days = 30.0
    anonymous_only: bool = False


class Score(Record):
    """The score is at least so high."""

    kind: Literal["score"] = "score"
    at_least: float = Field(ge=0, le=100_000)


class People(Record):
    """At least so many distinct people in the last days."""

    kind: Literal["people"] = "people"
    at_least: Number
    within_days: Days = 14.0


class NoPerson(Record):
    """Nobody known by name in the last days."""

    kind: Literal["no_person"] = "no_person"
    within_days: Days = 30.0


class InStage(Record):
    """The account is in one of these stages."""

    kind: Literal["in_stage"] = "in_stage"
    any_of: tuple[str, ...] = Field(min_length=1)


class TrialOpen(Record):
    """A trial runs; with `activated`, one that has (or has not) reached its first value."""

    kind: Literal["trial_open"] = "trial_open"
    activated: bool | None = None


class NoTrial(Record):
    """No trial runs."""

    kind: Literal["no_trial"] = "no_trial"


class IsCustomer(Record):
    """The account has bought."""

    kind: Literal["is_customer"] = "is_customer"


class IsProspect(Record):
    """The account has not bought, or no longer is a customer."""

    kind: Literal["is_prospect"] = "is_prospect"


class HasFit(Record):
    """The account's fit is one of these grades."""

    kind: Literal["fit"] = "fit"
    any_of: tuple[Literal["A", "B", "C", "D", ""], ...] = Field(
        min_length=1, description='`""` where the directory does not know the account.'
    )


class Uses(Record):
    """At least so many product uses in the last days."""

    kind: Literal["uses"] = "uses"
    at_least: Number
    within_days: Days


class UsageDrop(Record):
    """Uses of the recent days fell below a share of what they were, per day, in the days before."""

    kind: Literal["usage_drop"] = "usage_drop"
    below_share: float = Field(0.4, gt=0, le=1)
    recent_days: Days = 7.0
    before_days: Days = 21.0
    before_at_least: Number = 12


class ScoreBelow(Record):
    """The score has fallen below so much."""

    kind: Literal["score_below"] = "score_below"
    points: float = Field(gt=0, le=100_000)


class CountBelow(Record):
    """Fewer than so many activities of these types in the last days."""

    kind: Literal["count_below"] = "count_below"
    types: tuple[str, ...] = Field(min_length=1)
    fewer_than: Number = 1
    within_days: Days = 30.0


class UsesBelow(Record):
    """Fewer than so many product uses in the last days."""

    kind: Literal["uses_below"] = "uses_below"
    fewer_than: Number
    within_days: Days


class Quiet(Record):
    """No person of the account showed a sign for so many days."""

    kind: Literal["quiet"] = "quiet"
    days: Days


Predicate = Annotated[
    Count
    | Score
    | People
    | NoPerson
    | InStage
    | TrialOpen
    | NoTrial
    | IsCustomer
    | IsProspect
    | HasFit
    | Uses
    | UsageDrop
    | ScoreBelow
    | CountBelow
    | UsesBelow
    | Quiet
    | SurgeOf
    | MomentumUp
    | MomentumDown
    | Depth
    | NewTopic
    | RolesSeen
    | GroupComplete
    | Joined
    | HasGoneQuiet
    | IsBack
    | RenewsWithin,
    Field(discriminator="kind"),
]

PREDICATES: dict[str, type[Record]] = {
    noun.model_fields["kind"].default: noun for noun in get_args(get_args(Predicate)[0])
}
"""Name -> what it asks."""

FADING = frozenset({"score_below", "count_below", "uses_below", "no_person", "no_trial", "quiet"})
"""Conditions that, once they hold, hold until something happens: a stage is left by them without any activity."""


def _drops(predicate: UsageDrop, now: Situation) -> bool:
    before = now.uses(predicate.recent_days + predicate.before_days, predicate.recent_days)
    recent = now.uses(predicate.recent_days, 0)
    usual = before * predicate.recent_days / predicate.before_days
    return before >= predicate.before_at_least and recent < predicate.below_share * usual


_ASKS: Mapping[type[Record], Callable[[Any, Situation], bool]] = {
    Count: lambda asked, now: now.count(asked.types, asked.within_days, asked.anonymous_only) >= asked.at_least,
    Score: lambda asked, now: now.score() >= asked.at_least,
    People: lambda asked, now: now.people(asked.within_days) >= asked.at_least,
    InStage: lambda asked, now: now.stage in asked.any_of,
    TrialOpen: lambda asked, now: now.trial_open and asked.activated in (None, now.trial_activated),
    IsCustomer: lambda asked, now: now.customer,
    IsProspect: lambda asked, now: not now.customer,
    HasFit: lambda asked, now: now.fit in asked.any_of,
    Uses: lambda asked, now: now.uses(asked.within_days, 0) >= asked.at_least,
    UsageDrop: _drops,
    NoPerson: lambda asked, now: now.people(asked.within_days) == 0,
    NoTrial: lambda asked, now: not now.trial_open,
    ScoreBelow: lambda asked, now: now.score() < asked.points,
    CountBelow: lambda asked, now: now.count(asked.types, asked.within_days, False) < asked.fewer_than,
    UsesBelow: lambda asked, now: now.uses(asked.within_days, 0) < asked.fewer_than,
    Quiet: lambda asked, now: now.quiet(asked.days),
}
"""What each asks; by its type, since conditions are asked dozens of times for each activity. All others are signs."""


def holds(predicate: Predicate, now: Situation) -> bool:
    """Whether a condition is met in a situation."""
    return _ASKS.get(type(predicate), sign_holds)(predicate, now)


def all_hold(predicates: tuple[Predicate, ...], now: Situation) -> bool:
    """Whether all conditions are met."""
    for predicate in predicates:  # noqa: SIM110 - no generator: this is the fold's innermost loop
        if not holds(predicate, now):
            return False
    return True
