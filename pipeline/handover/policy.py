"""The hand-over policy as frozen data: calendars; who gets an alert and when; for each team, trigger and owner who has
how long.

What is said for a trigger counts before what is said for its team; what is said for an owner about people (calendar,
quiet hours, whom to tell, whom to give it to) counts before what is said for the team.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, field_validator, model_validator

from pipeline.dispatch.preferences import Preferences, make_preferences
from pipeline.dispatch.rules import Absence, DeliveryRule, RouteRule, SuppressRule, ValueRule
from pipeline.handover.hours import ALWAYS, Calendar
from pipeline.handover.week import week_of
from schemas.base import Record, Team, Text
from schemas.handover.entry import Clock

HOUR_MS = 3_600_000
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$|^\d{2}-\d{2}$")]


class CalendarRule(Record):
    """When people work."""

    time_zone: str = Field("UTC", description="Name in the tz database.", examples=["Europe/Berlin"])
    hours: dict[str, tuple[str, ...]] = Field(
        description="Weekdays -> working hours of the wall clock.", examples=[{"mon-fri": ["09:00-17:00"]}]
    )
    holidays: tuple[Day, ...] = Field((), description="Days off: `2027-04-02`, or `12-25` for every year.")
    regions: tuple[str, ...] = Field((), description="Public holidays of these: `DE-BY`, `GB-ENG`, `US`.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"there is no time zone `{name}`; names are like `Europe/Berlin`") from error
        return name

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, hours: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if not any(week_of(hours).values()):
            raise ValueError("nobody ever works; give at least one interval such as `mon-fri: [09:00-17:00]`")
        return hours

    @field_validator("holidays")
    @classmethod
    def _real_days(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for day in days:
            date.fromisoformat(day if len(day) > 5 else f"2000-{day}")
        return days


class Terms(Record):
    """How long there is, in working hours; what is left out is said one level up."""

    accept_hours: float | None = Field(None, gt=0, description="To accept or reject.")
    first_touch_hours: float | None = Field(None, gt=0, description="To reach out; by default until `act_by`.")
    done_hours: float | None = Field(None, gt=0, description="To finish; by default as long as it takes.")
    warn_share: float | None = Field(None, gt=0, lt=1, description="Warn when this share of a time is used.")
    escalate_after_hours: float | None = Field(None, ge=0, description="After a breach, until somebody above hears.")
    reassign_after_hours: float | None = Field(None, ge=0, description="After a breach of accepting, until it moves.")


class PeopleRule(Record):
    """Who works when, and who comes next."""

    calendar: Text = Field("", description="A name out of `calendars`; '' for what is said one level up.")
    escalate_to: Text = Field("", description="Who hears of a breach; nobody if '' here and above.")
    reassign_to: tuple[Text, ...] = Field((), description="Who gets it when it is not accepted, one after the other.")


class OwnerRule(PeopleRule, DeliveryRule):
    """One person's rule."""

    deputy: Text = Field("", description="Who gets alerts while this person is away; '' for the team's desk.")
    absences: tuple[Absence, ...] = ()


class TeamRule(Terms, PeopleRule, DeliveryRule):
    """One team's rule."""

    desk: Text = Field("", description="Who gets what belongs to nobody; '' for the whole team.")
    urgent: tuple[Text, ...] = Field((), description="Triggers that neither wait nor count for the day's budget.")
    triggers: dict[str, Terms] = Field(default_factory=dict, description="Other times for a trigger point.")


class Policy(Record):
    """The whole file."""

    calendars: dict[str, CalendarRule] = Field(default_factory=dict)
    teams: dict[Team, TeamRule] = Field(default_factory=dict)
    owners: dict[str, OwnerRule] = Field(default_factory=dict, description="Owner, as in the directory -> rule.")
    routes: tuple[RouteRule, ...] = Field((), description="Who gets an alert; the first that fits counts.")
    suppress: tuple[SuppressRule, ...] = Field((), description="Alerts that are kept back.")
    value: ValueRule = Field(default_factory=ValueRule, description="What an alert is worth.")
    lapse_days: float = Field(30, gt=0, description="Without a word for so long, a hand-over is followed no more.")
    public_holidays: dict[str, tuple[date, ...]] = Field(
        default_factory=dict, description="Region -> days; filled in when the file is loaded."
    )

    @model_validator(mode="after")
    def _calendars_exist(self) -> Self:
        for name, rule in (*self.teams.items(), *self.owners.items()):
            if rule.calendar and rule.calendar not in self.calendars:
                raise ValueError(f"`{name}` has the calendar `{rule.calendar}`, which is not among `calendars`")
        return self

    @model_validator(mode="after")
    def _time_to_be_off(self) -> Self:
        for name, rule in self.owners.items():
            on_team = any(team.calendar for team in self.teams.values())
            if rule.quiet_hours == "off_hours" and not rule.calendar and not on_team:
                raise ValueError(f"`{name}` has `quiet_hours: off_hours` but no calendar; name one under `calendars`")
        for team, team_rule in self.teams.items():
            if team_rule.quiet_hours == "off_hours" and not team_rule.calendar:
                raise ValueError(f"`{team}` has `quiet_hours: off_hours` but no calendar; name one under `calendars`")
        return self

    @cached_property
    def version(self) -> str:
        """Content hash: the same policy has the same version anywhere."""
        return blake2b(self.model_dump_json(exclude={"public_holidays"}).encode(), digest_size=6).hexdigest()

    @cached_property
    def built(self) -> Mapping[str, Calendar]:
        """Calendars by name, ready for arithmetic."""
        return {name: self._build(rule) for name, rule in self.calendars.items()}

    def hours(self, team: Team, owner: str) -> Calendar:
        """When an owner works for a team; day and night where nobody says."""
        name = self.owners.get(owner, NO_OWNER).calendar or self.teams.get(team, NO_TEAM).calendar
        return self.built[name] if name else ALWAYS

    def deal(self, team: Team, trigger: str, owner: str) -> "Deal":
        """What holds for an alert in the hands of an owner."""
        team_rule = self.teams.get(team, NO_TEAM)
        levels = (team_rule.triggers.get(trigger, NO_TERMS), team_rule, DEFAULTS)
        person = self.owners.get(owner, NO_OWNER)

        def term(name: str) -> float | None:
            return next((value for level in levels if (value := getattr(level, name)) is not None), None)

        return Deal(
            calendar=self.hours(team, owner),
            limits={clock: _ms(term(f"{clock}_hours")) for clock in Clock},
            warn_share=term("warn_share") or 0.0,
            escalate_ms=_ms(term("escalate_after_hours")) or 0,
            reassign_ms=_ms(term("reassign_after_hours")) or 0,
            escalate_to=person.escalate_to or team_rule.escalate_to,
            reassign_to=person.reassign_to or team_rule.reassign_to,
        )

    def named_triggers(self) -> frozenset[str]:
        """All triggers the policy names anywhere."""
        named = {name for route in self.routes for name in route.when.trigger}
        named |= {name for rule in self.suppress for name in rule.trigger} | set(self.value.triggers)
        for rule in self.teams.values():
            named |= {*rule.urgent, *rule.triggers}
        return frozenset(named)

    def preferences(self, owner: str, team: Team) -> Preferences:
        """When and how many alerts of a team an owner wants; '' is the whole team."""
        known = self._preferences.get((owner, team))
        if known is None:
            person = self.owners.get(owner, NO_OWNER)
            rule = self.teams.get(team, NO_TEAM)
            calendar, own = self.hours(team, owner), bool(person.calendar)
            known = make_preferences(person, rule, calendar, own, bool(owner), rule.urgent)
            self._preferences[owner, team] = known
        return known

    @cached_property
    def _preferences(self) -> dict[tuple[str, Team], Preferences]:
        return {}

    def _build(self, rule: CalendarRule) -> Calendar:
        single = {date.fromisoformat(day) for day in rule.holidays if len(day) > 5}
        public = {day for region in rule.regions for day in self.public_holidays.get(region, ())}
        yearly = {(int(day[:2]), int(day[3:])) for day in rule.holidays if len(day) == 5}
        return Calendar(ZoneInfo(rule.time_zone), week_of(rule.hours), frozenset(single | public), frozenset(yearly))


@dataclass(frozen=True)
class Deal:
    """What holds for one alert in the hands of one owner.

    Args:
        calendar: when the owner works.
        limits: working ms for each clock; None where there is no limit (a first touch is then due by `act_by`).
        warn_share: share of a limit at which to warn.
        escalate_ms, reassign_ms: working ms from a breach until then.
        escalate_to: whom; '' for nobody.
        reassign_to: whom, one after the other.
    """

    calendar: Calendar
    limits: Mapping[Clock, int | None]
    warn_share: float
    escalate_ms: int
    reassign_ms: int
    escalate_to: str
    reassign_to: tuple[str, ...]


def _ms(hours: float | None) -> int | None:
    return None if hours is None else round(hours * HOUR_MS)


def day_text(value: object) -> object:
    """A day as YAML reads it, as the text it stood for."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


NO_TERMS, NO_OWNER, NO_TEAM = Terms(), OwnerRule(), TeamRule()
DEFAULTS = Terms(warn_share=0.8, escalate_after_hours=0, reassign_after_hours=0)

NO_POLICY = Policy()
"""Everything to the account's owner, at once, without a clock."""
