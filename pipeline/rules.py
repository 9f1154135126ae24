"""The journey's rules as frozen data: what counts, how stages follow each other, where the trigger points are."""

from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Literal

from pydantic import Field

from pipeline.predicates import Predicate
from schemas.alert import Play
from schemas.base import Record, Team
from schemas.event import Grade
from schemas.journey import Stage


class ActivityRule(Record):
    """What one activity of a type is worth on the day, and how fast that fades."""

    points: float = Field(ge=0)
    half_life_days: float = Field(14.0, gt=0)
    label: str = Field(description="In words, for the sentence a person reads.", examples=["pricing page"])


class StageRule(Record):
    """A stage is reached when any of the alternatives holds; each is a list of conditions that must all hold."""

    stage: Stage
    any_of: tuple[tuple[Predicate, ...], ...]
    decisive: tuple[str, ...] = Field((), description="Activity types to point out among the causes.")
    why: str = Field(description="In words.")


class TrialQuiet(Record):
    """Due so many days after the running trial's start or last use."""

    kind: Literal["trial_quiet"] = "trial_quiet"
    days: float


class TrialEnds(Record):
    """Due so many days before the running trial ends."""

    kind: Literal["trial_ends"] = "trial_ends"
    days_before: float


class CustomerEvery(Record):
    """Due every so many days, for customers."""

    kind: Literal["customer_every"] = "customer_every"
    days: float


Timer = Annotated[TrialQuiet | TrialEnds | CustomerEvery, Field(discriminator="kind")]


class TriggerRule(Record):
    """A trigger point: judged when an activity of the types in `on` arrives, or when the timer is due."""

    name: str
    team: Team
    title: str
    on: tuple[str, ...] = Field((), description="Activity types; `*` for any that weighs.")
    timer: Timer | None = None
    when: tuple[Predicate, ...] = ()
    decisive: tuple[str, ...] = Field((), description="Types to point out among the causes; those of `on` if empty.")
    cooldown_days: float = 7
    play: Play


class Rules(Record):
    """Everything the journey fold is told."""

    activities: dict[str, ActivityRule] = Field(
        description="Types that count. Others (mail delivered, mail opened: often machines) change nothing."
    )
    grade_weight: dict[Grade, float] = {Grade.HUMAN: 1.0, Grade.SUSPECT: 0.2, Grade.MACHINE: 0.0}
    stages: tuple[StageRule, ...] = Field(description="From the first stage to the last; the highest that holds wins.")
    triggers: tuple[TriggerRule, ...]
    quiet_days: float = Field(30, description="No human sign for so long makes a prospect dormant.")
    quiet_days_customer: float = Field(120, description="The same for a customer.")
    late_hours: float = Field(24, description="What is older than this behind the account's clock raises no alert.")

    @cached_property
    def version(self) -> str:
        """Content hash: the same rules have the same version anywhere."""
        return blake2b(self.encode(), digest_size=6).hexdigest()

    @cached_property
    def triggers_on(self) -> dict[str, tuple[TriggerRule, ...]]:
        """Activity type -> triggers judged when it arrives, in the file's order."""
        return {
            kind: tuple(rule for rule in self.triggers if kind in rule.on or (worth.points and "*" in rule.on))
            for kind, worth in self.activities.items()
        }

    @cached_property
    def timers(self) -> tuple[TriggerRule, ...]:
        """Triggers with a timer."""
        return tuple(rule for rule in self.triggers if rule.timer is not None)

    def half_life_days(self, kind: str) -> float:
        """Half-life of a type; of one the rules no longer know, the common one."""
        rule = self.activities.get(kind)
        return rule.half_life_days if rule else 14.0

    def label(self, kind: str) -> str:
        """A type in words."""
        rule = self.activities.get(kind)
        return rule.label if rule else kind.replace("_", " ")
