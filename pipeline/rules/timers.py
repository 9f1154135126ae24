"""Moments at which something is looked at although nothing happened, as data."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from pipeline.rules.signs import Days, Number
from schemas.base import Record


class TrialQuiet(Record):
    """Due so many days after the running trial's start or last use."""

    kind: Literal["trial_quiet"] = "trial_quiet"
    days: Days


class TrialEnds(Record):
    """Due so many days before the running trial ends."""

    kind: Literal["trial_ends"] = "trial_ends"
    days_before: Days


class CustomerEvery(Record):
    """Due every so many days, for customers."""

    kind: Literal["customer_every"] = "customer_every"
    days: Days


class SlaOver(Record):
    """Due when the time of a stage of kind sla is over."""

    kind: Literal["sla_over"] = "sla_over"


class Absence(Record):
    """Due when no person showed a sign for so many days while the account was in one of these stages."""

    kind: Literal["absence"] = "absence"
    days: Days
    stages: tuple[str, ...] = Field(min_length=1)


class PersonQuiet(Record):
    """Due when somebody who did something so often has not been seen for so many days."""

    kind: Literal["person_quiet"] = "person_quiet"
    days: Days
    acts: Number = 5
    roles: tuple[str, ...] = Field((), description="Of the buying group; anybody where it is left out.")


class RenewalDue(Record):
    """Due so many days before a customer's contract ends."""

    kind: Literal["renewal_due"] = "renewal_due"
    days_before: Days


Timer = Annotated[
    TrialQuiet | TrialEnds | CustomerEvery | SlaOver | Absence | PersonQuiet | RenewalDue,
    Field(discriminator="kind"),
]

TIMERS: dict[str, type[Record]] = {noun.model_fields["kind"].default: noun for noun in get_args(get_args(Timer)[0])}
"""Name -> what it waits for."""
