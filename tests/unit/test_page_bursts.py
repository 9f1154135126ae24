"""Bursts of page views: more than anybody reads."""

from pipeline.machines.watch import watch
from schemas.base import Source
from schemas.event import Event, Grade
from tests.builders import event
from tests.mail import grades


def views(count: int, gap_seconds: float, start_seconds: float = 0.0, **fields: object) -> list[Event]:
    return [
        event((start_seconds + number * gap_seconds) / 86_400, event_id=f"v{start_seconds}-{number}", **fields)
        for number in range(count)
    ]


def test_sixty_in_a_minute_are_a_reader_and_one_more_is_none() -> None:
    assert grades(views(60, 0.9)) == "h" * 60
    assert grades(views(61, 0.9)) == "s" * 61
    assert grades(views(61, 1.0)) == "h" * 61


def test_five_hundred_in_an_hour_are_a_reader_and_one_more_is_none() -> None:
    assert grades(views(500, 7)) == "h" * 500
    assert grades(views(501, 7)) == "s" * 501
    assert grades(views(501, 7.2)) == "h" * 501


def test_views_around_a_burst_stay_human() -> None:
    before, burst, after = views(5, 30), views(80, 0.5, 1000), views(5, 30, 2000)
    assert grades([*before, *burst, *after]) == "h" * 5 + "s" * 80 + "h" * 5


def test_earlier_views_of_a_burst_get_late_verdicts_once() -> None:
    pulse = None
    told: list[str] = []
    for one in views(70, 0.5):
        found = watch(one, pulse)
        pulse = found.pulse
        told += [verdict.event_id for verdict in found.verdicts]
        assert {(verdict.grade, verdict.grade_reason) for verdict in found.verdicts} <= {(Grade.SUSPECT, "page_burst")}
    assert told == [one.event_id for one in views(70, 0.5)[:60]]


def test_only_views_of_visitors_count() -> None:
    assert grades(views(80, 0.5, email="jane@acme.com")) == "h" * 80
    assert grades(views(80, 0.5, type="search")) == "h" * 80
    assert grades(views(80, 0.5, source=Source.TRIAL)) == "h" * 80
    machine = views(80, 0.5, grade=Grade.MACHINE, grade_reason="crawler")
    assert grades(machine) == "m" * 80
    assert watch(machine[0], None).pulse is None


def test_a_view_without_user_agent_stays_suspect() -> None:
    (one,) = views(1, 1, grade=Grade.SUSPECT, grade_reason="empty_user_agent")
    found = watch(one, None)
    assert (found.grade, found.grade_reason) == (Grade.SUSPECT, "empty_user_agent")
