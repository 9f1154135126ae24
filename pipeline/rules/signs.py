"""Conditions on what is unusual for an account, and on its buying group; see `predicates.py` for those on counts."""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from pipeline.traits.group import Group
from pipeline.traits.habits import Habit
from schemas.base import Record

Days = Annotated[float, Field(gt=0, le=3650)]
Number = Annotated[int, Field(ge=1, le=10_000)]
Times = Annotated[float, Field(ge=1, le=100)]
Share = Annotated[float, Field(gt=0, le=1)]
NO_DAYS = -1.0


class Company(Protocol):
    """What these conditions ask of an account at one moment (`pipeline/journey.py` answers)."""

    @property
    def now_ms(self) -> int:
        """The moment, ms since 1970."""

    @property
    def habits(self) -> Habit:
        """What is usual for it."""

    @property
    def group(self) -> Group:
        """Its people."""

    @property
    def customer(self) -> bool:
        """Whether it has bought."""

    @property
    def contract_ends_ms(self) -> int:
        """When its contract ends, ms since 1970; 0 where nobody knows."""

    def depth(self, types: tuple[str, ...], within_days: float) -> int:
        """The most different things one person has read, of these types, in the last days."""


class SurgeOf(Record):
    """The last 3 weeks stand out from the 12 before, in interactions and in people."""

    kind: Literal["surge"] = "surge"
    times: Times = Field(3.0, description="Interactions, against the account's own usual.")
    people_times: Times = Field(2.0, description="Distinct people in a week, likewise.")
    at_least: Number = Field(30, description="Interactions in the 3 weeks.")
    people: Number = Field(3, description="Distinct people in a week.")
    known_weeks: Annotated[float, Field(ge=1, le=12)] = Field(6.0, description="Of the 12 it must be known for.")


class MomentumUp(Record):
    """Interactions of the last 7 days, a day, are so many times those of the 21 days before."""

    kind: Literal["momentum_up"] = "momentum_up"
    times: Times = 2.0
    at_least: Number = Field(8, description="Interactions in the 7 days.")
    before_at_least: Number = Field(4, description="Interactions in the 21 days before.")


class MomentumDown(Record):
    """Interactions of the last 7 days, a day, have fallen below a share of those of the 21 days before."""

    kind: Literal["momentum_down"] = "momentum_down"
    below_share: Share = 0.25
    before_at_least: Number = Field(12, description="Interactions in the 21 days before.")


class Depth(Record):
    """One person has read so many different things of these types in the last days."""

    kind: Literal["depth"] = "depth"
    types: tuple[str, ...] = Field(min_length=1)
    at_least: Number = 3
    within_days: Days = 14.0


class NewTopic(Record):
    """A topic that never came up before, or not for 60 days, was touched so often in the last days."""

    kind: Literal["new_topic"] = "new_topic"
    at_least: Number = 2
    within_days: Days = 14.0
    known_days: Days = Field(30.0, description="The account must have been known for so long before.")


class RolesSeen(Record):
    """People of so many different roles were seen in the last days."""

    kind: Literal["roles"] = "roles"
    at_least: Number = 1
    any_of: tuple[str, ...] = Field((), description="Roles that count; all of the buying group where it is left out.")
    within_days: Days = 30.0


class GroupComplete(Record):
    """The buying group is so complete: of each role those seen in the last days, up to as many as are wanted."""

    kind: Literal["group_complete"] = "group_complete"
    percent: Annotated[float, Field(gt=0, le=100)]
    within_days: Days = 60.0


class Joined(Record):
    """Somebody of these roles was first seen in the last days, where others were known before."""

    kind: Literal["joined"] = "joined"
    roles: tuple[str, ...] = Field(min_length=1)
    within_days: Days = 2.0
    others: Number = Field(1, description="People known before.")


class HasGoneQuiet(Record):
    """Somebody who did something so often has not been seen for so many days."""

    kind: Literal["gone_quiet"] = "gone_quiet"
    days: Days
    acts: Number = 5
    roles: tuple[str, ...] = ()


class IsBack(Record):
    """Somebody who did something so often is seen again after so many days."""

    kind: Literal["back"] = "back"
    away_days: Days = Field(21.0, ge=14, description="14 or more.")
    acts: Number = 3
    roles: tuple[str, ...] = ()
    within_days: Days = 1.0


class RenewsWithin(Record):
    """A customer's contract ends within so many days."""

    kind: Literal["renews_within"] = "renews_within"
    days: Days


Sign = (
    SurgeOf
    | MomentumUp
    | MomentumDown
    | Depth
    | NewTopic
    | RolesSeen
    | GroupComplete
    | Joined
    | HasGoneQuiet
    | IsBack
    | RenewsWithin
)

DAY_MS = 86_400_000
MOMENTUM_DAYS, MOMENTUM_BEFORE_DAYS = 7.0, 28.0


def sign_holds(sign: Sign, now: Company) -> bool:
    """Whether such a condition is met."""
    match sign:
        case SurgeOf():
            return _surges(sign, now)
        case MomentumUp() | MomentumDown():
            return _moves(sign, now)
        case Depth():
            return now.depth(sign.types, sign.within_days) >= sign.at_least
        case NewTopic():
            return now.habits.new_topic(now.now_ms, sign.within_days, sign.known_days)[1] >= sign.at_least
        case RenewsWithin():
            return now.customer and now.now_ms <= now.contract_ends_ms <= now.now_ms + sign.days * DAY_MS
    return _of_group(sign, now.group)


def _of_group(sign: RolesSeen | GroupComplete | Joined | HasGoneQuiet | IsBack, group: Group) -> bool:
    match sign:
        case RolesSeen():
            seen = group.seen(sign.within_days)
            return sum(not sign.any_of or role in sign.any_of for role in seen) >= sign.at_least
        case GroupComplete():
            return group.complete(sign.within_days) >= sign.percent
        case Joined():
            return group.joined(sign.roles, sign.within_days, sign.others)
        case HasGoneQuiet():
            return bool(group.quiet(sign.roles, sign.acts, sign.days))
        case IsBack():
            return group.back(sign.roles, sign.acts, sign.away_days, sign.within_days)


def _surges(sign: SurgeOf, now: Company) -> bool:
    if now.habits.hits(now.now_ms, 21, 0) < sign.at_least:
        return False
    surge = now.habits.surge(now.now_ms)
    return (
        surge.weeks >= sign.known_weeks
        and surge.people >= sign.people
        and surge.hits >= sign.times * surge.usual_hits
        and surge.people >= sign.people_times * surge.usual_people
    )


def _moves(sign: MomentumUp | MomentumDown, now: Company) -> bool:
    recent = now.habits.hits(now.now_ms, MOMENTUM_DAYS, 0)
    before = now.habits.hits(now.now_ms, MOMENTUM_BEFORE_DAYS, MOMENTUM_DAYS)
    usual = before * MOMENTUM_DAYS / (MOMENTUM_BEFORE_DAYS - MOMENTUM_DAYS)
    if isinstance(sign, MomentumUp):
        return recent >= sign.at_least and before >= sign.before_at_least and recent >= sign.times * usual
    return before >= sign.before_at_least and recent < sign.below_share * usual
