"""The journey's rules as frozen data: what counts, how stages follow each other, where the trigger points are.

They are written as YAML (`deploy/journeys/`, explained field by field in `reference.yaml`) and read by
`pipeline/journeyfile/`, which checks what the parts say of each other.
"""

from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Literal, Self

import orjson
from pydantic import Field, PrivateAttr, model_validator

from pipeline.handover.hours import Calendar, Hours, always
from pipeline.rules.mapping import SHIPPED, Classifier, MappingRule, Name
from pipeline.rules.predicates import Predicate
from pipeline.rules.products import ProductRule, Products
from pipeline.rules.signs import Days
from pipeline.rules.timers import Timer
from schemas.alert import Play
from schemas.base import Record, Team
from schemas.event import Grade
from schemas.journey import UNAWARE

ANY = "any"
"""In a trigger's `after`: every type that has points."""

Words = Annotated[str, Field(min_length=1, max_length=500)]
Multiplier = Annotated[float, Field(ge=0, le=20)]


class ActivityRule(Record):
    """What one activity of a type is worth on the day, and how fast that fades."""

    label: Words = Field(description="In words, for the sentence a person reads.", examples=["pricing page"])
    did: Words | None = Field(
        None, description="What somebody did by it, for that sentence.", examples=["looked at prices"]
    )
    points: float = Field(ge=0, le=1000)
    half_life_days: Days | None = Field(None, description="Halves in so many days.")
    lifespan_days: Days | None = Field(None, description="Or: falls evenly, to nothing after so many days.")
    daily_cap: int | None = Field(None, ge=1, le=120, description="Instead of the scoring's.")

    @model_validator(mode="after")
    def _fades_one_way(self) -> Self:
        if (self.half_life_days is None) == (self.lifespan_days is None):
            raise ValueError("give either half_life_days or lifespan_days")
        return self


class Role(Record):
    """People by their job titles, and how much more, or less, what they do counts."""

    name: Name
    titles: tuple[Words, ...] = Field(min_length=1, description="Words of the title; whole words, in any case.")
    multiplier: Multiplier


class Scoring(Record):
    """How points are weighed on the day of an activity, beside its type."""

    grade_weight: dict[Grade, Multiplier] = {Grade.HUMAN: 1.0, Grade.SUSPECT: 0.2, Grade.MACHINE: 0.0}
    daily_cap: int = Field(
        20, ge=1, le=120, description="Activities of one type by one person that count in one day (UTC)."
    )
    roles: tuple[Role, ...] = Field((), description="The first whose titles fit counts.")
    other_roles: Multiplier = Field(1.0, description="For people of any other title, or of none.")
    tiers: dict[str, Multiplier] = Field(default_factory=dict, description="By the tier the directory gives.")
    other_tiers: Multiplier = Field(1.0, description="For accounts of any other tier, or of none.")


class GroupRole(Record):
    """A role of the buying group, by job titles, and how many people of it a complete group has."""

    name: Name
    titles: tuple[Words, ...] = Field(min_length=1, description="Words of the title; whole words, in any case.")
    wanted: int = Field(1, ge=0, le=20, description="0: it is known, and not needed.")


class FitPoint(Record):
    """Points for one attribute of an account in the directory: for one of some texts, or for a number in a range."""

    attribute: Literal["tier", "region", "industry", "employees", "target", "status", "team", "owner"]
    any_of: tuple[str, ...] = Field((), description='Texts in any case; of target "true" or "false".')
    at_least: float | None = None
    at_most: float | None = None
    points: float = Field(ge=-1000, le=1000)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if bool(self.any_of) == (self.at_least is not None or self.at_most is not None):
            raise ValueError("give either any_of, or at_least and at_most for a number")
        return self


class FitRule(Record):
    """How well an account fits who we sell to: a grade by declared attributes, apart from what it does."""

    points: tuple[FitPoint, ...] = Field(min_length=1)
    a: float = Field(description="Grade A from so many points.")
    b: float
    c: float = Field(description="Below it the grade is D.")

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if not self.a > self.b > self.c:
            raise ValueError("a must be above b, and b above c")
        return self


class Phase(StrEnum):
    """Which part of the journey a stage is of."""

    PROSPECT = "prospect"
    CUSTOMER = "customer"
    DETOUR = "detour"
    """Off the way: lost, dormant, at risk."""


class StageKind(StrEnum):
    """How long an account may be in a stage."""

    INVENTORY = "inventory"
    """As long as it takes."""

    GATE = "gate"
    """Entered only if its conditions hold; else the account goes elsewhere at once."""

    SLA = "sla"
    """So many hours: then a trigger with the timer `sla_over` is due."""


class Gate(Record):
    """What must hold to pass a gate, and where an account goes that does not pass."""

    when: tuple[Predicate, ...] = Field(min_length=1)
    otherwise: str


class StageRule(Record):
    """A stage is entered when any of the alternatives holds; each is a list of conditions that must all hold."""

    name: Name
    phase: Phase = Phase.PROSPECT
    kind: StageKind = StageKind.INVENTORY
    why: Words = Field(description="Why an account is in it, in words.")
    enter: tuple[tuple[Predicate, ...], ...] = ()
    leave: tuple[Predicate, ...] = Field((), description="All must hold for a fall back; without, it never falls.")
    decisive: tuple[str, ...] = Field((), description="Activity types to point out among the causes.")
    sla_hours: float | None = Field(None, gt=0, le=8760)
    sla_working_hours: float | None = Field(None, gt=0, le=8760, description="Or: while the account's owner works.")
    gate: Gate | None = None
    stay_days: float = Field(0.0, ge=0, le=3650, description="Of a detour: behaviour does not end it sooner.")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        given = (self.sla_hours is not None) + (self.sla_working_hours is not None)
        if given != (self.kind is StageKind.SLA):
            raise ValueError("a stage of kind sla has sla_hours or sla_working_hours, and no other has")
        if (self.gate is not None) != (self.kind is StageKind.GATE):
            raise ValueError("a stage of kind gate has a gate, and no other has")
        if self.stay_days and self.phase is not Phase.DETOUR:
            raise ValueError("only a detour has stay_days")
        return self

    @property
    def stay_ms(self) -> int:
        """`stay_days` in milliseconds."""
        return int(self.stay_days * 86_400_000)


class QuietRule(Record):
    """Silence: accounts without a sign of a person go to a detour."""

    stage: str
    days: Days = 30.0
    customer_days: Days = 120.0


class FactRule(Record):
    """What the CRM says outranks what behaviour suggests: the account is moved at once, up or down."""

    types: tuple[str, ...] = Field(min_length=1)
    stage: str
    when: tuple[Predicate, ...] = Field((), description="Where it does not hold, the fact moves nothing.")
    forget: bool = Field(False, description="What counted before counts no more; a customer is none any more.")


class PlayRule(Record):
    """What to do about a trigger: what to say to whom, with what, and who does it until when."""

    next_likely: Words = Field(description="What the buyer will probably do next.")
    message: Words = Field(description="What to say or send.")
    talk_track: str = Field("", max_length=1000, description="How to open the conversation, and what to ask.")
    content: str = Field("", max_length=500, description="Content that fits.")
    content_by_stage: dict[str, Words] = Field(
        default_factory=dict, description="Stage -> content that fits an account in it better."
    )
    channel: str = Field("", max_length=100, description="How to reach them.")
    speak_to: tuple[str, ...] = Field((), description="Roles of the buying group, best first.")
    acts: str = Field("", max_length=100, description="Who of the team acts.")
    act_within_hours: float = Field(gt=0, le=8760, description="How long the moment lasts, in hours.")

    def at(self, stage: str) -> Play:
        """The play for an account in a stage."""
        return Play(
            next_likely=self.next_likely,
            message=self.message,
            talk_track=self.talk_track,
            content=self.content_by_stage.get(stage, self.content),
            channel=self.channel,
            speak_to=", else ".join(role.replace("_", " ") for role in self.speak_to),
            acts=self.acts,
            act_within_hours=self.act_within_hours,
        )


class Threshold(Record):
    """How often a trigger must be met before it raises anything."""

    times: int = Field(ge=2, le=100)
    within_hours: float = Field(gt=0, le=8760)


class TriggerRule(Record):
    """A trigger point: judged when an activity of the types in `after` arrives, or when the timer is due."""

    name: Name
    team: Team
    title: Words
    after: tuple[str, ...] = Field((), description="Activity types; `any` for any that has points.")
    timer: Timer | None = None
    when: tuple[Predicate, ...] = ()
    decisive: tuple[str, ...] = Field((), description="Types to point out among the causes; those of `after` if empty.")
    cooldown_days: float = Field(7.0, ge=0, le=3650)
    threshold: Threshold | None = Field(None, description="Met so often within so many hours, it fires; else at once.")
    update_points: float | None = Field(
        None,
        gt=0,
        le=100_000,
        description="An open alert is said anew once the score rose by so much; else never.",
    )
    done_days: float = Field(0.0, ge=0, le=3650, description="It rests so many days once its team is done with one.")
    rejected_days: float = Field(0.0, ge=0, le=3650, description="It rests so many days once its team rejects one.")
    play: PlayRule


class Rules(Record):
    """Everything the journey fold is told."""

    name: Words
    scoring: Scoring = Scoring()
    fit: FitRule | None = None
    products: tuple[ProductRule, ...] = Field(
        (), max_length=20, description="Products with journeys of their own; the first that is named counts."
    )
    buying_group: tuple[GroupRole, ...] = Field((), description="Roles; the first whose titles fit counts.")
    activities: dict[Name, ActivityRule] = Field(
        min_length=1,
        description="Types that count. Others (mail delivered, mail opened: often machines) change nothing.",
    )
    mapping: tuple[MappingRule, ...] = Field(
        (), description="Which activity type an event is; the first that fits, else its own event type."
    )
    shipped_mapping: bool = Field(True, description="The shipped mapping holds behind the journey's own.")
    stages: tuple[StageRule, ...] = Field(
        min_length=1, description="From the first stage to the last; the highest that holds wins."
    )
    quiet: QuietRule
    facts: tuple[FactRule, ...] = Field((), description="The first whose type and conditions hold moves the account.")
    triggers: tuple[TriggerRule, ...] = Field(description="Judged, and due timers fired, in this order.")
    late_hours: float = Field(
        24.0, gt=0, le=8760, description="What is older than this behind the account's clock raises no alert."
    )

    _hours: Hours = PrivateAttr(default_factory=lambda: always)

    def in_hours(self, hours: Hours) -> "Rules":
        """The same rules; times of stages run while whoever owns the account works."""
        timed = self.model_copy()
        timed._hours = hours  # noqa: SLF001 - of a copy of its own
        return timed

    def hours(self, team: Team, owner: str) -> Calendar:
        """When an account's owner works for a team; day and night unless told otherwise."""
        return self._hours(team, owner)

    def __repr__(self) -> str:
        return f"Rules({self.name!r}, {self.version})"

    @cached_property
    def version(self) -> str:
        """Content hash: the same rules have the same version anywhere, however they were written down."""
        whole = orjson.loads(self.encode()) | {"mapping": [orjson.loads(rule.encode()) for rule in self.whole_mapping]}
        content = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
        return blake2b(content, digest_size=6).hexdigest()

    @cached_property
    def whole_mapping(self) -> tuple[MappingRule, ...]:
        """The journey's own mapping, and behind it the shipped one if it holds."""
        return (*self.mapping, *(SHIPPED if self.shipped_mapping else ()))

    @cached_property
    def classifier(self) -> Classifier:
        """Says which activity type an event is."""
        return Classifier(self.whole_mapping)

    @cached_property
    def group_roles(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Role of the buying group -> words of its titles, in the file's order."""
        return tuple((role.name, role.titles) for role in self.buying_group)

    @cached_property
    def group_wanted(self) -> dict[str, int]:
        """Role of the buying group -> how many are wanted."""
        return {role.name: role.wanted for role in self.buying_group}

    @cached_property
    def product_choice(self) -> Products:
        """Says which product an activity is about."""
        return Products(self.products)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The producer's own properties that an activity has to carry."""
        return self.classifier.asked | self.product_choice.asked

    @cached_property
    def late_ms(self) -> int:
        """`late_hours` in milliseconds."""
        return int(self.late_hours * 3_600_000)

    @cached_property
    def fading(self) -> dict[str, tuple[bool, float]]:
        """Activity type -> whether its points halve (or fall evenly), and in how many days."""
        return {
            kind: (False, rule.lifespan_days) if rule.lifespan_days is not None else (True, rule.half_life_days or 0.0)
            for kind, rule in self.activities.items()
        }

    @cached_property
    def stage_by_name(self) -> dict[str, StageRule]:
        """Stage -> its rule."""
        return {rule.name: rule for rule in self.stages}

    @cached_property
    def way(self) -> tuple[StageRule, ...]:
        """The stages from first to last, without detours."""
        return tuple(rule for rule in self.stages if rule.phase is not Phase.DETOUR)

    @cached_property
    def detours(self) -> tuple[StageRule, ...]:
        """The detours that are entered by behaviour, in their order."""
        return tuple(rule for rule in self.stages if rule.phase is Phase.DETOUR and rule.enter)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Stage -> its place on the way, from 1; 0 before the first sign and on a detour."""
        ranks = {rule.name: rank for rank, rule in enumerate(self.way, 1)}
        return {UNAWARE: 0} | {rule.name: ranks.get(rule.name, 0) for rule in self.stages}

    @cached_property
    def facts_on(self) -> dict[str, tuple[FactRule, ...]]:
        """Activity type -> facts it may be, in the file's order."""
        return {kind: tuple(rule for rule in self.facts if kind in rule.types) for kind in self.activities}

    @cached_property
    def triggers_on(self) -> dict[str, tuple[TriggerRule, ...]]:
        """Activity type -> triggers judged when it arrives, in the file's order."""
        return {
            kind: tuple(rule for rule in self.triggers if kind in rule.after or (worth.points and ANY in rule.after))
            for kind, worth in self.activities.items()
        }

    @cached_property
    def trigger_by_name(self) -> dict[str, TriggerRule]:
        """Trigger -> its rule."""
        return {rule.name: rule for rule in self.triggers}

    @cached_property
    def timers(self) -> tuple[TriggerRule, ...]:
        """Triggers with a timer."""
        return tuple(rule for rule in self.triggers if rule.timer is not None)

    def label(self, kind: str) -> str:
        """A type in words."""
        rule = self.activities.get(kind)
        return rule.label if rule else kind.replace("_", " ")

    def did(self, kind: str) -> str:
        """What somebody did by an activity of a type, in words that go on after who it was."""
        rule = self.activities.get(kind)
        return rule.did if rule is not None and rule.did else f"({self.label(kind)})"
