"""Working time: by the wall clock of the calendar's zone, over nights, holidays, pauses and changes of the clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.handover.hours import ALWAYS, Calendar, after, united, worked_ms
from pipeline.handover.week import week_of

HOUR = 3_600_000
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(BERLIN, week_of({"mon-fri": ("09:00-12:00", "13:00-18:00")}))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-06-01 09:00", "2026-06-01 18:00", 8),
        ("2026-06-01 12:00", "2026-06-01 13:00", 0),
        ("2026-06-01 11:30", "2026-06-01 13:30", 1),
        ("2026-06-05 17:00", "2026-06-08 10:00", 2),  # over a weekend
        ("2026-06-06 00:00", "2026-06-07 23:59", 0),
        ("2026-06-01 10:00", "2026-06-01 10:00", 0),
        ("2026-06-01 10:00", "2026-06-01 09:00", 0),
        ("2026-03-27 17:00", "2026-03-30 10:00", 2),  # the clocks went forward on Sunday
    ],
)
def test_hours_worked(start: str, end: str, hours: float) -> None:
    assert worked_ms(OFFICE, ms(start), ms(end)) == hours * HOUR


def test_a_holiday_is_no_work_and_a_yearly_one_in_no_year() -> None:
    calendar = Calendar(BERLIN, OFFICE.hours, frozenset({date(2026, 6, 2)}), frozenset({(6, 3)}))
    assert worked_ms(calendar, ms("2026-06-01 00:00"), ms("2026-06-05 00:00")) == 16 * HOUR
    assert after(calendar, ms("2026-06-01 17:00"), 2 * HOUR) == ms("2026-06-04 10:00")
    assert worked_ms(calendar, ms("2030-06-03 00:00"), ms("2030-06-04 00:00")) == 0


@pytest.mark.parametrize(
    ("day", "next_day", "hours"), [("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 25)]
)
def test_a_day_on_which_clocks_change_is_as_long_as_it_is(day: str, next_day: str, hours: int) -> None:
    nights = Calendar(BERLIN, week_of({"mon-sun": ("00:00-24:00",)}))
    assert worked_ms(nights, ms(f"{day} 00:00"), ms(f"{next_day} 00:00")) == hours * HOUR


def test_times_the_wall_clock_jumps_over_or_shows_twice() -> None:
    night = Calendar(BERLIN, week_of({"sun": ("02:30-04:00",)}))
    # 02:00 becomes 03:00: work begins at the jump
    assert worked_ms(night, ms("2026-03-29 00:00"), ms("2026-03-29 12:00")) == HOUR
    # 03:00 becomes 02:00: from the first 02:30 on
    assert worked_ms(night, ms("2026-10-25 00:00"), ms("2026-10-25 12:00")) == 2.5 * HOUR


def test_the_end_of_a_time_is_the_first_moment_by_which_it_has_passed() -> None:
    assert after(OFFICE, ms("2026-06-01 10:00"), 2 * HOUR) == ms("2026-06-01 12:00")
    assert after(OFFICE, ms("2026-06-01 10:00"), 2 * HOUR + 1) == ms("2026-06-01 13:00") + 1
    assert after(OFFICE, ms("2026-06-06 10:00"), 0) == ms("2026-06-06 10:00")
    assert after(ALWAYS, 5, 7) == 12


def test_what_never_comes_has_no_end() -> None:
    once = Calendar(ZoneInfo("UTC"), {0: ((0, 1),)}, frozenset(date.fromordinal(n) for n in range(730_000, 750_000)))
    assert after(once, ms("2026-06-01 10:00"), HOUR) is None


def test_pauses_do_not_count_and_may_overlap() -> None:
    pauses = [(ms("2026-06-01 10:00"), ms("2026-06-01 11:30")), (ms("2026-06-01 11:00"), ms("2026-06-01 14:00"))]
    assert united(pauses) == ((pauses[0][0], pauses[1][1]),)
    assert united([(5, 5), (9, 3)]) == ()
    assert worked_ms(OFFICE, ms("2026-06-01 09:00"), ms("2026-06-01 18:00"), pauses) == 5 * HOUR
    assert after(OFFICE, ms("2026-06-01 09:00"), 2 * HOUR, pauses) == ms("2026-06-01 15:00")


def test_far_zones_begin_their_day_where_they_are() -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"):
        calendar = Calendar(ZoneInfo(zone), week_of({"mon": ("00:00-24:00",)}))
        monday = datetime(2026, 6, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        start = int(monday.timestamp() * 1000)
        assert worked_ms(calendar, start - 30 * HOUR, start + 60 * HOUR) == 24 * HOUR
        assert after(calendar, start - 30 * HOUR, HOUR) == start + HOUR
        assert worked_ms(calendar, start + 23 * HOUR, start + 24 * HOUR) == HOUR
