"""When and how many alerts somebody wants: the policy's words, ready for arithmetic. Times are ms since 1970 UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.dispatch.rules import DeliveryRule
from pipeline.handover.hours import ALWAYS, Calendar, after, wall_ms
from pipeline.handover.week import minute_of, rest_of, week_of, without_breaks

DIGEST_AT = "16:00"


@dataclass(frozen=True)
class Preferences:
    """What somebody wants.

    Args:
        awake: when alerts may come.
        zone: whose days and times of day count.
        budget: alerts a local day; None for any number.
        digest_minute: minute of the local day at which those beyond the budget come.
        urgent: triggers that come whenever they are.
    """

    awake: Calendar
    zone: ZoneInfo
    budget: int | None
    digest_minute: int
    urgent: frozenset[str]

    def awake_from(self, at_ms: int) -> int:
        """The first moment from one on at which alerts may come."""
        if self.awake is ALWAYS:
            return at_ms
        found = after(self.awake, at_ms, 1)
        return at_ms if found is None else found - 1

    def day(self, at_ms: int) -> int:
        """The local day of a moment (ordinal)."""
        return local_day(self.zone, at_ms)

    def digest_after(self, at_ms: int) -> int:
        """The next moment after one at which a digest of what was beyond the budget may come."""
        day = datetime.fromtimestamp(at_ms / 1000, self.zone).date()
        due_ms = wall_ms(self.zone, day, self.digest_minute)
        if due_ms <= at_ms:
            due_ms = wall_ms(self.zone, day + timedelta(days=1), self.digest_minute)
        return self.awake_from(due_ms)


def make_preferences(
    person: DeliveryRule, team: DeliveryRule, calendar: Calendar, own: bool, named: bool, urgent: tuple[str, ...]
) -> Preferences:
    """Preferences of a person, or of a whole team.

    Args:
        person: the person's rule; an empty one where there is none.
        team: the team's rule.
        calendar: whose hours and time zone count.
        own: whether it is the person's own: then they want no alerts outside it unless they say so.
        named: whether it is a person or desk with a name: the whole team has no budget.
        urgent: triggers that come whenever they are.
    """
    quiet = person.quiet_hours or ("off_hours" if own else team.quiet_hours) or "none"
    return Preferences(
        awake=_awake(quiet, calendar),
        zone=calendar.zone,
        budget=(person.daily_budget or team.daily_budget) if named else None,
        digest_minute=minute_of(person.digest_at or team.digest_at or DIGEST_AT),
        urgent=frozenset(urgent),
    )


def local_day(zone: ZoneInfo, at_ms: int) -> int:
    """A zone's day of a moment (ordinal)."""
    return datetime.fromtimestamp(at_ms / 1000, zone).toordinal()


def _awake(quiet: str | Mapping[str, tuple[str, ...]], calendar: Calendar) -> Calendar:
    if isinstance(quiet, Mapping):
        return Calendar(calendar.zone, rest_of(week_of(quiet)))
    if quiet == "none" or calendar is ALWAYS:
        return ALWAYS
    # a break at noon is no night: the day is quiet before its first hour and after its last
    week = {day: tuple(spans) for day, spans in calendar.hours.items()}
    return Calendar(calendar.zone, without_breaks(week), calendar.holidays, calendar.yearly)
