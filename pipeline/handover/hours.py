"""Working time. A calendar says when people work, in their own time zone; times go in and out as ms since 1970 UTC.

Exact in real milliseconds: on the day the clocks go forward a night of 00:00-24:00 has 23 hours, and 25 on the day they
go back. An interval runs from when the wall clock first shows its start until it last shows its end.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.base import Team

DAY_MINUTES = 1440
MINUTE_MS = 60_000
LOOK_DAYS = 800
"""Days looked ahead for the end of a time; what takes longer is never due."""

Span = tuple[int, int]
"""From and until, ms since 1970; until is not part of it."""


@dataclass(frozen=True, eq=False)
class Calendar:
    """When somebody works.

    Args:
        zone: whose wall clock it goes by.
        hours: weekday (0 is Monday) -> intervals in minutes of the day, in order, apart from each other.
        holidays: days without work.
        yearly: (month, day) of holidays of every year.
    """

    zone: ZoneInfo
    hours: Mapping[int, Sequence[tuple[int, int]]]
    holidays: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = field(default=frozenset())


ALWAYS = Calendar(ZoneInfo("UTC"), dict.fromkeys(range(7), ((0, DAY_MINUTES),)))
"""Day and night."""


Hours = Callable[[Team, str], Calendar]
"""(team, owner) -> when the owner works for it."""


def always(team: Team, owner: str) -> Calendar:
    """Hours of whoever has said nothing of them."""
    return ALWAYS


def worked_ms(calendar: Calendar, from_ms: int, until_ms: int, pauses: Sequence[Span] = ()) -> int:
    """Working time between two moments, pauses left out; 0 if the second is not later."""
    return sum(end - start for start, end in _working(calendar, from_ms, until_ms, pauses))


def after(calendar: Calendar, from_ms: int, work_ms: int, pauses: Sequence[Span] = ()) -> int | None:
    """The first moment by which so much working time has passed; None if that does not come in `LOOK_DAYS` days."""
    left = work_ms
    if left <= 0:
        return from_ms
    for start, end in _working(calendar, from_ms, from_ms + LOOK_DAYS * DAY_MINUTES * MINUTE_MS, pauses):
        if end - start >= left:
            return start + left
        left -= end - start
    return None


def united(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same time as spans in order that do not touch."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)


def wall_ms(zone: ZoneInfo, day: date, minute: int) -> int:
    """When a wall clock first shows a time of a day; where clocks jump over it, the moment of the jump."""
    return _instant(zone, day, minute, last=False)


def _working(calendar: Calendar, from_ms: int, until_ms: int, pauses: Sequence[Span]) -> Iterator[Span]:
    if from_ms >= until_ms:
        return
    pauses = united(pauses)
    day = datetime.fromtimestamp(from_ms / 1000, calendar.zone).toordinal() - 1
    while True:
        for start, end in _day(calendar, day):
            if start >= until_ms:
                return
            yield from _without(max(start, from_ms), min(end, until_ms), pauses)
        day += 1
        if not _begins_before(calendar, day, until_ms):
            return


def _begins_before(calendar: Calendar, ordinal: int, until_ms: int) -> bool:
    """Whether a local day may begin before a moment; zones are at most a day apart from UTC."""
    return (ordinal - _EPOCH - 1) * DAY_MINUTES * MINUTE_MS < until_ms


def _without(start: int, end: int, pauses: Sequence[Span]) -> Iterator[Span]:
    for pause_start, pause_end in pauses:
        if pause_end <= start:
            continue
        if pause_start >= end:
            break
        if pause_start > start:
            yield start, pause_start
        start = max(start, pause_end)
    if start < end:
        yield start, end


@lru_cache(maxsize=8192)
def _day(calendar: Calendar, ordinal: int) -> tuple[Span, ...]:
    """Working spans of one local day."""
    day = date.fromordinal(ordinal)
    if day in calendar.holidays or (day.month, day.day) in calendar.yearly:
        return ()
    spans = (
        (_instant(calendar.zone, day, start, last=False), _instant(calendar.zone, day, end, last=True))
        for start, end in calendar.hours.get(day.weekday(), ())
    )
    return tuple((start, end) for start, end in spans if start < end)


def _instant(zone: ZoneInfo, day: date, minute: int, last: bool) -> int:
    """When a wall clock shows a time: for the last or the first time where clocks go back over it, and where they jump
    over it the moment of the jump."""
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    moment = _ms(wall.replace(tzinfo=zone, fold=int(last)))
    if datetime.fromtimestamp(moment / 1000, zone).replace(tzinfo=None) == wall:
        return moment
    low, high = sorted(_ms(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    before = datetime.fromtimestamp(low / 1000, zone).utcoffset()
    while high - low > 1:  # the offset changes once between them
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle / 1000, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def _ms(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1000)


_EPOCH = date(1970, 1, 1).toordinal()
