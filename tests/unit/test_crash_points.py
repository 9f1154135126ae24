"""Crash points: refused outside of tests, named, counted, and each of them is really reached by the shell's code."""

import re
import signal
from pathlib import Path

import pytest

from agents.settings import load
from agents.shell import crash
from agents.shell.crash import POINTS, CrashPoint
from agents.worker import seams_of
from schemas.errors import SettingsError

AGENTS = Path(crash.__file__).parents[1]


def test_a_crash_point_is_refused_unless_it_is_a_test() -> None:
    with pytest.raises(SettingsError, match="for fault tests, which set TRIGGERPOINT_TEST_FAULTS=1"):
        load(crash_at="after_begin")
    assert load(crash_at="after_begin", test_faults=True).crash_at == "after_begin"


@pytest.mark.parametrize(
    "text", ["after_lunch", "after_begin:0", "after_begin:HUP", "after_begin:1:2", "x:after_begin"]
)
def test_what_names_no_point_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"is not \[<stage>\.\]<point>"):
        seams_of(load(crash_at=text, test_faults=True))


def test_the_nth_time_of_the_stage_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr("os.kill", lambda pid, number: sent.append(number))
    point = CrashPoint("advance.before_commit:2:TERM")
    for stage in ("identify", "advance", "advance", "advance"):
        point.of(stage)("after_send")
        point.of(stage)("before_commit")
    assert sent == [signal.SIGTERM]


def test_every_point_stands_in_the_code_and_no_other() -> None:
    text = "\n".join(path.read_text() for path in AGENTS.rglob("*.py"))
    assert set(re.findall(r"(?<!seams\.)reach\(\"(\w+)\"\)", text)) == set(POINTS)
