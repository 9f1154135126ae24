"""The policy file: what it may say, what it says where, and what is wrong with it."""

from pathlib import Path

import pytest

from agents.handover.load import load_policy
from pipeline.handover.hours import ALWAYS, worked_ms
from pipeline.handover.week import week_of
from schemas.base import Team
from schemas.errors import SettingsError
from schemas.handover.entry import Clock
from tests.handovers import HOUR_MS, POLICY

MUNICH = """
calendars:
  munich:
    time_zone: Europe/Berlin
    hours: {mon-thu: ["09:00-12:00", "13:00-18:00"], fri: ["09:00-14:00"]}
    regions: [DE-BY]
    holidays: [2026-12-24, 12-31]
teams:
  sales: {calendar: munich, accept_hours: 4, escalate_to: head, triggers: {demo_request: {accept_hours: 1}}}
owners:
  maria@seller.io: {escalate_to: sam}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def test_the_packaged_policy_has_a_rule_for_each_team() -> None:
    policy = load_policy(None)
    assert set(policy.teams) == set(Team)
    assert policy.deal(Team.SALES, "demo_request", "").limits[Clock.ACCEPT] == HOUR_MS


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, MUNICH))
    deal = policy.deal(Team.SALES, "demo_request", "maria@seller.io")
    assert (deal.limits[Clock.ACCEPT], deal.limits[Clock.DONE], deal.escalate_to) == (HOUR_MS, None, "sam")
    assert (deal.warn_share, deal.reassign_to) == (0.8, ())
    day = 24 * HOUR_MS
    new_year = 1_798_758_000_000  # 2027-01-01 in Munich
    for off in (new_year, new_year - day, new_year - 8 * day, new_year + 5 * day):  # both eves, and Epiphany in Bavaria
        assert worked_ms(deal.calendar, off, off + day) == 0
    assert worked_ms(deal.calendar, new_year + 4 * day, new_year + 5 * day) == 8 * HOUR_MS


def test_who_has_no_calendar_works_day_and_night_and_an_unknown_team_has_no_limits() -> None:
    assert POLICY.deal(Team.MARKETING, "x", "").calendar is ALWAYS
    assert set(POLICY.deal(Team.SERVICE, "x", "").limits.values()) == {None}


def test_the_version_is_of_the_content(tmp_path: Path) -> None:
    first = load_policy(written(tmp_path, MUNICH)).version
    assert load_policy(written(tmp_path, MUNICH + "# a remark\n")).version == first
    assert load_policy(written(tmp_path, MUNICH.replace("accept_hours: 4", "accept_hours: 5"))).version != first


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[1]", "no settings by name"),
        ("sales: {}", "sales: Extra inputs"),
        ("teams: {press: {}}", "teams.press"),
        ("teams: {sales: {calendar: moon}}", "calendar `moon`, which is not among"),
        ("teams: {sales: {accept_hours: 0}}", "accept_hours"),
        ("calendars: {a: {time_zone: Mars/Base, hours: {mon: ['09:00-17:00']}}}", "no time zone `Mars/Base`"),
        ("calendars: {a: {hours: {}}}", "nobody ever works"),
        ("calendars: {a: {hours: {monday: ['09:00-17:00']}}}", "`monday` is no weekday"),
        ("calendars: {a: {hours: {fri-mon: ['09:00-17:00']}}}", "ends before it begins"),
        ("calendars: {a: {hours: {mon: ['9-17']}}}", "no interval"),
        ("calendars: {a: {hours: {mon: ['22:00-06:00']}}}", "over midnight"),
        ("calendars: {a: {hours: {mon: ['09:00-12:00', '11:00-13:00']}}}", "overlap"),
        ("calendars: {a: {hours: {mon: ['09:00-12:00']}, holidays: [02-30]}}", "holidays"),
        ("calendars: {a: {hours: {mon: ['09:00-12:00']}, regions: [XX-YY]}}", "region `XX-YY`"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_policy(written(tmp_path, text))
    assert said in str(caught.value)
    assert "policy.yaml" in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_policy(tmp_path / "none.yaml")


def test_intervals_are_in_order() -> None:
    assert week_of({"mon": ("13:00-18:00",), "mon-tue": ("09:00-12:00",)}) == {
        0: ((540, 720), (780, 1080)),
        1: ((540, 720),),
    }
