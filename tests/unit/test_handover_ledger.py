"""The ledger of one hand-over: what the clocks say, what answers stop, who has it when."""

import pytest

from pipeline.handover.fold import HELD_MAX, Folded, take, wake
from schemas.base import from_ms
from schemas.handover.entry import Clock, Step
from schemas.handover.feedback import Answer
from schemas.kept.handover import HandoverState, Offer
from tests.handovers import POLICY, answer, brief, hour, offer


def told(until: float, *inputs: Offer | Answer, state: HandoverState | None = None) -> Folded:
    folded = take(state, "acme", inputs, POLICY)
    assert folded.state is not None
    woken = wake(folded.state, hour(until), POLICY)
    woken.lines = sorted(folded.lines + woken.lines, key=lambda line: line.at)
    return woken


def lines(until: float, *inputs: Offer | Answer) -> list[tuple[str, str, float]]:
    return brief(told(until, *inputs).lines)


OFFERED = ("offered", "accept", 0.0)
SILENCE = [
    OFFERED,
    ("warned", "accept", 3.2),
    ("breached", "accept", 4.0),
    ("escalated", "accept", 4.0),
    ("reassigned", "accept", 6.0),
    ("warned", "accept", 9.2),
    ("breached", "accept", 10.0),
    ("escalated", "accept", 10.0),
    ("warned", "first_touch", 26.4),
    ("breached", "first_touch", 28.0),
    ("escalated", "first_touch", 28.0),
]


def test_nobody_answers() -> None:
    assert lines(24 * 7, offer()) == SILENCE
    assert lines(5, offer()) == SILENCE[:4]


def test_accepted_and_touched_in_time_is_quiet() -> None:
    found = told(24 * 7, offer(), answer("accepted", 1, by="maria"), answer("first_touch", 2.5, by="maria"))
    assert brief(found.lines) == [OFFERED, ("accepted", "accept", 1.0), ("first_touch", "first_touch", 2.5)]
    _, accepted, touched = found.lines
    assert (accepted.owner, accepted.by, accepted.share, accepted.business_seconds) == ("maria", "maria", 0.25, 3600.0)
    assert (touched.share, touched.human_delay_seconds, touched.system_delay_seconds) == (0.3125, 9000.0, 1.5)


def test_an_answer_at_the_very_end_is_in_time() -> None:
    assert ("breached", "accept", 4.0) not in lines(5, offer(), answer("accepted", 4))
    assert ("breached", "accept", 4.0) in lines(5, offer(), answer("accepted", 4.001))


def test_a_touch_says_that_it_was_accepted_and_a_refusal_that_nobody_will_reach_out() -> None:
    assert lines(100, offer(), answer("first_touch", 1)) == [OFFERED, ("first_touch", "first_touch", 1.0)]
    refused = told(100, offer(), answer("rejected", 1, reason="wrong person"))
    assert brief(refused.lines) == [OFFERED, ("rejected", "accept", 1.0)]
    assert refused.lines[1].reason == "wrong person"
    assert refused.state is not None
    assert not refused.state.open


def test_the_last_of_accepted_and_rejected_decides() -> None:
    changed = lines(48, offer(), answer("rejected", 1), answer("accepted", 2))
    assert ("breached", "first_touch", 8.0) in changed
    assert ("breached", "accept", 4.0) not in changed


def test_a_snooze_stops_the_clock() -> None:
    snoozed = told(3, offer(), answer("snoozed", 2, until=24 + 2))
    assert snoozed.lines[1].until == from_ms(hour(26))
    state = snoozed.state
    assert state is not None
    assert brief(wake(state, hour(24 + 5), POLICY).lines)[:2] == [
        ("warned", "accept", 27.2),
        ("breached", "accept", 28.0),
    ]
    late = lines(24 + 5, offer(), answer("snoozed", 4.5, until=48))
    assert ("breached", "accept", 4.0) in late


def test_who_has_it_counts_by_their_own_calendar() -> None:
    # Kim works two hours each early morning, from 20 hours after the beginning on
    said = lines(24 * 3, offer(owner="kim"))
    assert said[:3] == [OFFERED, ("warned", "accept", 45.2), ("breached", "accept", 46.0)]


def test_a_trigger_may_have_times_of_its_own() -> None:
    assert ("breached", "accept", 1.0) in lines(2, offer(trigger="demo_request"))


def test_a_team_without_a_rule_has_until_the_moment_is_over() -> None:
    assert lines(100, offer(team="service")) == [
        OFFERED,
        ("warned", "first_touch", 19.2),
        ("breached", "first_touch", 24.0),
    ]


def test_a_retraction_ends_it() -> None:
    gone = offer(revision=1, retracted_ms=hour(3.5), why="Withdrawn: a shared device")
    found = told(100, offer(), gone, answer("first_touch", 5))
    assert brief(found.lines) == [
        OFFERED,
        ("warned", "accept", 3.2),
        ("retracted", "", 3.5),
        ("first_touch", "first_touch", 5.0),
    ]
    assert found.state is not None
    assert not found.state.open


def test_an_answer_that_comes_late_takes_back_what_was_said_too_soon() -> None:
    said = told(7, offer())
    assert said.state is not None
    late = take(said.state, "acme", [answer("accepted", 3.5)], POLICY)
    assert [(line.step, line.withdrawn, line.revision) for line in late.lines if line.withdrawn] == [
        (Step.BREACHED, True, 1),
        (Step.ESCALATED, True, 1),
        (Step.REASSIGNED, True, 1),
    ]
    assert [line.owner for line in late.lines if line.step is Step.ACCEPTED] == ["maria"]
    assert all("before" in line.reason for line in late.lines if line.withdrawn)


def test_an_answer_before_its_alert_waits_a_day_for_it() -> None:
    early = take(None, "acme", [answer("accepted", 1)], POLICY)
    assert (early.lines, early.unmatched) == ([], 0)
    assert early.state is not None
    assert brief(take(early.state, "acme", [offer()], POLICY).lines) == [OFFERED, ("accepted", "accept", 1.0)]
    assert wake(early.state, hour(24), POLICY).unmatched == 0
    over = wake(early.state, hour(25), POLICY)
    assert (over.state, over.lines, over.unmatched) == (None, [], 1)


def test_what_was_said_is_said_once() -> None:
    first = told(1, offer(), answer("accepted", 0.5))
    assert first.state is not None
    again = take(first.state, "acme", [offer(), answer("accepted", 0.5)], POLICY)
    assert again.lines == []
    assert again.state == first.state
    assert len({line.entry_id for line in first.lines}) == len(first.lines)


def test_without_a_word_it_lapses_and_is_forgotten() -> None:
    found = told(24 * 31, offer(team="service"), answer("accepted", 1))
    assert brief(found.lines)[-1] == ("lapsed", "", 24 * 30 + 1.0)
    assert found.state is not None
    assert wake(found.state, hour(24 * 61), POLICY).state is None


def test_open_ones_are_bounded_and_the_oldest_lapses() -> None:
    many = [offer(f"l{number}", at=number / 100) for number in range(HELD_MAX + 2)]
    found = take(None, "acme", many, POLICY)
    assert found.state is not None
    assert len(found.state.held) == HELD_MAX
    assert [line.alert_id for line in found.lines if line.step is Step.LAPSED] == ["l0", "l1"]


def test_whom_it_is_given_to_has_clocks_of_their_own() -> None:
    # at 6 it went to the desk, which has used 2.5 of its 4 hours; by all it took 8.5
    state = take(None, "acme", [offer()], POLICY).state
    assert state is not None
    state = wake(state, hour(9), POLICY).state
    assert state is not None
    [line] = take(state, "acme", [answer("accepted", 8.5, by="lee")], POLICY).lines
    assert (line.owner, line.round, line.share) == ("desk", 1, 0.625)
    assert line.human_delay_seconds == 8.5 * 3600


def test_the_next_look_is_when_the_next_clock_speaks() -> None:
    state = take(None, "acme", [offer()], POLICY).state
    assert state is not None
    assert state.due_ms == hour(3.2)
    woken = wake(state, hour(3.2), POLICY)
    assert woken.state is not None
    assert woken.state.due_ms == hour(4)
    assert woken.state.until_ms == hour(3.2)


@pytest.mark.parametrize("clock", list(Clock))
def test_each_clock_has_words(clock: Clock) -> None:
    policy = POLICY.model_copy(
        update={"teams": {name: rule.model_copy(update={"done_hours": 1.5}) for name, rule in POLICY.teams.items()}}
    )
    state = take(None, "acme", [offer()], policy).state
    assert state is not None
    spoken = [line for line in wake(state, hour(60), policy).lines if line.clock is clock and line.step is Step.WARNED]
    assert spoken
    assert all("working hours to" in line.reason for line in spoken)
