"""The view: what it shows fits the terminal, and nothing from outside steers it."""

import io

import pytest
from rich.console import Console

from deploy.view import screen
from deploy.view.board import Board
from pipeline.handover.fold import take, wake
from schemas.handover.entry import Step
from tests.account_lane import AccountLane, retraction
from tests.builders import activity
from tests.handovers import POLICY, answer, hour, offer
from tests.journeys import SAAS
from tests.unit.test_advance import CLASSIC, fold

NOTE = "Kafka 127.0.0.1:9092\nproduce    echo '{}' | triggerpoint topics write intent.events.web.v1"


def board() -> Board:
    shown = Board(SAAS)
    result = fold(*CLASSIC)
    for transition in result.transitions:
        shown.see_transition(transition)
    for alert in result.alerts:
        shown.see_alert(alert)
    return shown


def lines(shown: Board, width: int, height: int) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=False)
    console.print(screen.draw(shown, NOTE, width, height))
    return out.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50), (120, 30)])
def test_it_fits_the_terminal_and_shows_what_it_should(width: int, height: int) -> None:
    drawn = lines(board(), width, height)
    assert len(drawn) <= height
    text = "\n".join(drawn)
    for word in ("Acme Corp", "advocating", "advocacy", "lag", "alerts 1", "/s", "topics write"):
        assert word in text


def test_the_board_counts_each_account_in_one_stage() -> None:
    shown = board()
    assert +shown.stages == {"advocating": 1}
    assert shown.transitions == 9


def test_what_is_taken_back_is_shown_as_such() -> None:
    lane, shown = AccountLane(), Board(SAAS)
    lane.take(activity(0, "content_download", "joe@acme.com"), activity(1, "demo_request", ""))
    lane.take(retraction(2, reason="a shared device"))
    for transition in lane.transitions:
        shown.see_transition(transition)
    for alert in lane.alerts:
        shown.see_alert(alert)
    assert +shown.stages == {"aware": 1}
    assert (shown.transitions, shown.alerts_total, shown.taken_back) == (1, 2, 1)
    assert [alert.status for alert in shown.alerts if alert.trigger == "demo_request"] == ["retracted"]
    text = "\n".join(lines(shown, 120, 30))
    assert "Acme Corp: Withdrawn: a shared device" in text
    assert "alerts 2, 1 taken back" in text
    said = screen.alert_line(lane.alerts[-1])
    assert said.endswith("TAKEN BACK Acme Corp: Withdrawn: a shared device")


def test_hand_overs_are_counted_as_they_stand() -> None:
    shown = board()
    state = take(None, "acme", [offer()], POLICY)
    assert state.state is not None
    late = wake(state.state, hour(5), POLICY)
    assert late.state is not None
    answered = take(late.state, "acme", [answer("accepted", 3.9)], POLICY)
    for line in (*state.lines, *late.lines):
        shown.see_handover(line)
    assert "handed over 1  accepted 0" in "\n".join(lines(shown, 120, 30))
    assert shown.handed[Step.BREACHED] == 1
    for line in answered.lines:
        shown.see_handover(line)
    assert (shown.handed[Step.BREACHED], shown.handed[Step.ACCEPTED], shown.handed[Step.WARNED]) == (0, 1, 1)


def test_names_cannot_steer_the_terminal() -> None:
    shown = board()
    shown.accounts["acme"].name = "Acme\x1b[2J[bold]x"
    text = "\n".join(lines(shown, 120, 30))
    assert "\x1b" not in text
    assert "[bold]x" in text
