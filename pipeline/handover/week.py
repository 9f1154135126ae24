"""Weekdays and hours as people write them: `{mon-fri: ["09:00-17:00"]}` -> minutes of the day."""

import re
from collections.abc import Mapping
from itertools import pairwise

from pipeline.handover.hours import DAY_MINUTES

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_INTERVAL = re.compile(r"^([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)$")
_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")

Week = dict[int, tuple[tuple[int, int], ...]]
"""Weekday (0 is Monday) -> intervals in minutes of the day, in order."""


def week_of(hours: Mapping[str, tuple[str, ...]]) -> Week:
    """Weekday -> working intervals in minutes.

    Raises:
        ValueError: a weekday or an interval cannot be read, or two of a day meet.
    """
    week: dict[int, list[tuple[int, int]]] = {}
    for days, intervals in hours.items():
        for day in _days_of(days):
            week.setdefault(day, []).extend(_interval(text) for text in intervals)
    for day, listed in week.items():
        listed.sort()
        for (_, end), (start, _) in pairwise(listed):
            if start < end:
                raise ValueError(f"two intervals of {WEEKDAYS[day]} overlap")
    return {day: tuple(listed) for day, listed in week.items()}


def _days_of(text: str) -> list[int]:
    first, _, last = text.strip().lower().partition("-")
    if first not in WEEKDAYS or (last and last not in WEEKDAYS):
        raise ValueError(f"`{text}` is no weekday; say `mon` or `mon-fri`, out of {', '.join(WEEKDAYS)}")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < begin:
        raise ValueError(f"`{text}` ends before it begins; name the days in two lines")
    return list(range(begin, end + 1))


def _interval(text: str) -> tuple[int, int]:
    found = _INTERVAL.match(text.replace(" ", ""))
    if found is None:
        raise ValueError(f"`{text}` is no interval such as `09:00-17:30`")
    hours = [int(part) for part in found.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if not start < end <= DAY_MINUTES:
        raise ValueError(f"`{text}` ends before it begins; work over midnight is two intervals, up to `24:00`")
    return start, end


def rest_of(week: Week) -> Week:
    """The hours of a week that are not in another."""
    rest: Week = {}
    for day in range(len(WEEKDAYS)):
        found, begin = [], 0
        for start, end in week.get(day, ()):
            if begin < start:
                found.append((begin, start))
            begin = end
        if begin < DAY_MINUTES:
            found.append((begin, DAY_MINUTES))
        rest[day] = tuple(found)
    return rest


def without_breaks(week: Week) -> Week:
    """Each day from its first hour to its last."""
    return {day: ((spans[0][0], spans[-1][1]),) for day, spans in week.items() if spans}


def minute_of(text: str) -> int:
    """A time of day in minutes.

    Raises:
        ValueError: it cannot be read.
    """
    found = _TIME.match(text.strip())
    if found is None:
        raise ValueError(f"`{text}` is no time of day such as `16:00`")
    return int(found[1]) * 60 + int(found[2])
