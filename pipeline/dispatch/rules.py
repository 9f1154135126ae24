"""What the policy file says of dispatch: routes, lists, values, quiet hours, budgets, absences."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from pipeline.handover.week import minute_of, rest_of, week_of
from schemas.base import Record, Team, Text

Names = tuple[Text, ...]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Grade = Literal["A", "B", "C", "D"]
FIT: Mapping[Grade, float] = {"A": 1.5, "B": 1.2, "C": 1.0, "D": 0.6}
OWNER, DESK = "owner", "desk"
"""What `to` may say instead of a name, beside `nobody`: the account's owner, the team's desk."""


class AlertIs(Record):
    """What an alert must be; of each field any value given, of all fields that are given each."""

    team: tuple[Team, ...] = ()
    trigger: Names = ()
    owner: Names = Field((), description="The account's, as in the directory; '' for an account without one.")
    account_team: Names = Field((), description="The account's team, as in the directory.")
    tier: Names = ()
    region: Names = ()
    stage: Names = ()
    product: Names = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"say what it is for: {', '.join(type(self).model_fields)}")
        return self


class RouteRule(Record):
    """One route."""

    when: AlertIs
    to: Text = Field(min_length=1, description="A name, or `owner`, `desk` or `nobody`.")


class SuppressRule(Record):
    """One entry of a list of alerts that are kept back; of each field any value given, of all fields each."""

    domain: Names = Field((), description="A domain of the account, or of the mailboxes of all who brought it about.")
    account: Names = Field((), description="Account ids.")
    trigger: Names = ()
    role: Names = Field((), description="Words of the job titles of all who brought it about.")
    why: Text = Field("", description="Recorded with each alert that is kept back.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.domain or self.account or self.trigger or self.role):
            raise ValueError("name at least one domain, account, trigger or role")
        return self


class ValueRule(Record):
    """What an alert is worth; `value.py` has the formula."""

    triggers: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict, description="Trigger -> base value; one left out is valued by how soon it must be met."
    )
    fit: dict[Grade, Annotated[float, Field(ge=0)]] = Field(
        default_factory=lambda: dict(FIT), description="Fit -> factor; 1 where unknown."
    )
    tiers: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict, description="Tier -> factor; 1 for others."
    )


class DeliveryRule(Record):
    """When and how many alerts somebody wants."""

    quiet_hours: Literal["off_hours", "none"] | dict[str, Names] | None = Field(
        None,
        description="`off_hours`: outside the calendar's; `none`; or weekdays -> hours of the wall clock. Left out: "
        "`off_hours` for a person with a calendar, else what the team's rule says, else none.",
        examples=[{"mon-fri": ["00:00-08:00", "20:00-24:00"], "sat-sun": ["00:00-24:00"]}],
    )
    daily_budget: int | None = Field(None, ge=1, description="Alerts a local day beside urgent ones; others wait.")
    digest_at: Text = Field("", description="Local time at which those beyond the budget come; 16:00 by default.")

    @field_validator("quiet_hours")
    @classmethod
    def _readable_hours(cls, given: object) -> object:
        if isinstance(given, dict):
            week = week_of(given)
            if not any(week.values()):
                raise ValueError("no hours are given; `none` says that nobody is spared")
            if not any(rest_of(week).values()):
                raise ValueError("the whole week is quiet; leave some time in which alerts may come")
        return given

    @field_validator("digest_at")
    @classmethod
    def _readable_time(cls, given: str) -> str:
        if given:
            minute_of(given)
        return given


class Absence(Record):
    """Days on which somebody is away, by their own calendar's time zone."""

    first_day: Day
    last_day: Day = Field(description="Included.")
    deputy: Text = Field("", description="Who gets their alerts; '' for the person's `deputy`, else the team's desk.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if date.fromisoformat(self.first_day) > date.fromisoformat(self.last_day):
            raise ValueError(f"an absence ends on {self.last_day}, before it begins on {self.first_day}")
        return self
