"""Undo at the account, rule by rule."""

import pytest

from pipeline.journal.pack import pack, unpack
from pipeline.journal.pages import BOUNDS, Bounds
from pipeline.journal.returned import RETURNED_MAX
from pipeline.journal.settle import CAME_BACK
from schemas.alert import AlertStatus
from schemas.event import Grade
from tests.account_lane import AccountLane, check_said, retraction
from tests.builders import activity, at

ANONYMOUS = {"person": "", "subject": "a:v-1"}
DEMO = activity(1, "demo_request", **ANONYMOUS)
READS = activity(0, "content_download", "joe@acme.com")


def lane_of(*activities, bounds=BOUNDS) -> AccountLane:
    lane = AccountLane(bounds)
    lane.take(*activities)
    return lane


def test_evidence_taken_back_is_gone_from_score_stage_and_history() -> None:
    lane = lane_of(READS, DEMO)
    assert lane.state.stage == "deciding"
    result = lane.take(retraction(2, reason="a shared device"))
    assert lane.core() == lane_of(READS).core()
    assert [item.to_stage for item in lane.standing_transitions().values()] == ["aware"]
    (withdrawn,) = result.transitions
    assert (withdrawn.to_stage, withdrawn.revision, withdrawn.withdrawn) == ("deciding", 1, True)
    assert (withdrawn.causes, withdrawn.score, withdrawn.restated_because) == ((), 0.0, "a shared device")
    assert result.restated == ("retraction",)
    check_said(lane)


def test_an_alert_whose_evidence_is_gone_is_retracted_as_it_was_said() -> None:
    lane = lane_of(READS, DEMO)
    (raised,) = [alert for alert in lane.alerts if alert.trigger == "demo_request"]
    (gone,) = lane.take(retraction(2, reason="a shared device")).alerts
    assert gone == raised.model_copy(
        update={
            "revision": 1,
            "status": AlertStatus.RETRACTED,
            "why": "Withdrawn: a shared device",
            "causes": (),
            "score": 0.0,
            "confidence": 0.0,
            "people": (),
            "speak_to": "",
        }
    )


def test_an_alert_that_stands_is_said_again_without_what_was_taken_back() -> None:
    lane = lane_of(READS, activity(0.5, "product_view", **ANONYMOUS), activity(1, "demo_request"))
    (raised,) = [alert for alert in lane.alerts if alert.trigger == "demo_request"]
    (again,) = [alert for alert in lane.take(retraction(2)).alerts if alert.trigger == "demo_request"]
    assert (again.alert_id, again.revision, again.raised_at) == (raised.alert_id, 1, raised.raised_at)
    gone = {cause.event_id for cause in raised.causes} - {cause.event_id for cause in again.causes}
    assert (len(gone), len(again.causes)) == (1, len(raised.causes) - 1)
    check_said(lane)
    assert lane.take(retraction(3)).alerts == ()


def test_a_transition_made_of_other_evidence_now_is_said_again() -> None:
    lane = lane_of(activity(0, "page_view", **ANONYMOUS), READS, activity(1, "demo_request"))
    before = {item.to_stage: item for item in lane.transitions}
    result = lane.take(retraction(2, reason="a shared device"))
    changed = {item.to_stage: item for item in result.transitions if not item.withdrawn}
    deciding = changed["deciding"]
    assert deciding.transition_id == before["deciding"].transition_id
    assert (deciding.revision, deciding.restated_because) == (1, "a shared device")
    assert deciding.score == before["deciding"].score - 0.875
    check_said(lane)


def test_an_alert_that_something_else_raises_now_is_said_again() -> None:
    lane = lane_of(activity(0, "demo_request", **ANONYMOUS), activity(1, "demo_request"))
    (raised,) = [alert for alert in lane.alerts if alert.trigger == "demo_request"]
    (again,) = [alert for alert in lane.take(retraction(2)).alerts if alert.trigger == "demo_request"]
    assert (again.alert_id, again.revision, again.status) == (raised.alert_id, 1, AlertStatus.RAISED)
    assert [cause.person for cause in again.causes] == ["jane@acme.com"]
    assert lane.core() == lane_of(activity(1, "demo_request")).core()
    assert lane.standing_alerts().keys() == lane_of(activity(1, "demo_request")).standing_alerts().keys()
    check_said(lane)


def test_what_comes_to_light_lately_alerts() -> None:
    lane = lane_of(activity(-1, "demo_request", **ANONYMOUS), activity(1, "demo_request"))
    assert [alert.trigger for alert in lane.alerts].count("demo_request") == 1
    said = [
        (alert.status, alert.revision) for alert in lane.take(retraction(2)).alerts if alert.trigger == "demo_request"
    ]
    assert said == [(AlertStatus.RETRACTED, 1), (AlertStatus.RAISED, 0)]
    assert lane.standing_alerts().keys() == lane_of(activity(1, "demo_request")).standing_alerts().keys()
    check_said(lane)


def test_what_comes_to_light_of_long_ago_moves_the_account_but_never_alerts() -> None:
    held = lane_of(activity(-1, "demo_request", **ANONYMOUS), activity(1, "demo_request"), activity(9, "page_view"))
    assert [alert.trigger for alert in held.alerts].count("demo_request") == 1
    result = held.take(retraction(9.5))
    assert [(alert.trigger, alert.status) for alert in result.alerts if alert.trigger == "demo_request"] == [
        ("demo_request", AlertStatus.RETRACTED)
    ]
    assert ("demo_request", "restated") in [(item.trigger, item.reason) for item in result.held_back]
    assert held.core() == lane_of(activity(1, "demo_request"), activity(9, "page_view")).core()
    again = held.take(retraction(10, "e:nobody@acme.com"), activity(11, "page_view", **ANONYMOUS), retraction(12))
    assert "restated" not in [item.reason for item in again.held_back]


def test_only_what_lies_before_is_taken_back() -> None:
    lane = AccountLane()
    lane.take(DEMO, retraction(2), activity(3, "demo_request", **ANONYMOUS))
    assert lane.core() == lane_of(activity(3, "demo_request", **ANONYMOUS)).core()
    assert len(lane.standing_alerts()) == len(lane_of(activity(3, "demo_request", **ANONYMOUS)).alerts)


def test_a_new_grade_stands_in_the_place_of_the_old_one() -> None:
    lane = lane_of(DEMO, READS)
    machine = {"grade": Grade.MACHINE, "grade_reason": "scanner", "revision": 1}
    result = lane.take(DEMO.model_copy(update=machine))
    assert lane.core() == lane_of(READS).core()
    assert "graded machine: scanner" in [item.restated_because for item in result.transitions]
    assert result.restated == ("revision",)
    lane.take(DEMO.model_copy(update={"revision": 2}))
    assert lane.core() == lane_of(DEMO, READS).core()
    assert lane.standing_transitions() == lane_of(DEMO, READS).standing_transitions()
    check_said(lane)


def test_an_older_revision_changes_nothing() -> None:
    lane = lane_of(DEMO.model_copy(update={"revision": 2}))
    before = lane.state
    result = lane.take(DEMO.model_copy(update={"revision": 1, "grade": Grade.MACHINE}))
    assert (result.state, result.pages, result.transitions) == (before, {}, ())


def test_a_revision_of_something_never_counted_is_folded_like_any_other() -> None:
    lane = lane_of(READS, DEMO.model_copy(update={"grade": Grade.MACHINE}))
    lane.take(DEMO.model_copy(update={"revision": 1}))
    assert lane.core() == lane_of(READS, DEMO).core()
    assert "demo_request" in [alert.trigger for alert in lane.standing_alerts().values()]


def test_what_comes_back_has_the_next_revision() -> None:
    lane = lane_of(READS, DEMO)
    lane.take(retraction(2))
    result = lane.take(DEMO)
    (deciding,) = result.transitions
    assert (deciding.revision, deciding.withdrawn, deciding.restated_because) == (2, False, CAME_BACK)
    assert [(alert.revision, alert.status) for alert in result.alerts] == [(2, AlertStatus.RAISED)]
    assert lane.core() == lane_of(READS, DEMO).core()
    lane.take(retraction(3))
    assert [item.revision for item in lane.transitions if item.to_stage == "deciding"] == [0, 1, 2, 3]
    check_said(lane)


def test_what_comes_back_and_is_taken_back_in_one_batch_is_gone() -> None:
    lane = lane_of(READS, DEMO)
    lane.take(retraction(2))
    lane.take(DEMO, retraction(3))
    assert lane.core() == lane_of(READS).core()
    check_said(lane)


def test_what_comes_after_a_tick_whose_cause_was_taken_back_stands_before_it() -> None:
    lane = lane_of(activity(10, "page_view", **ANONYMOUS))
    lane.tick(45)
    lane.take(retraction(46), activity(10.5, "page_view"), activity(10.2, "page_view", "joe@acme.com"))
    undisturbed = lane_of(activity(10.2, "page_view", "joe@acme.com"), activity(10.5, "page_view"))
    undisturbed.tick(45)
    assert lane.core() == undisturbed.core()
    assert lane.standing_transitions() == undisturbed.standing_transitions()


def test_a_timer_that_should_have_fired_long_ago_moves_the_account_without_an_alert() -> None:
    lane = lane_of(
        activity(0, "trial_started", ends_ms=at(14)),
        activity(2, "feature_used", **ANONYMOUS),
        activity(12, "feature_used", "", subject="a:v-2"),
    )
    lane.tick(12.1)
    result = lane.take(retraction(12.2))
    assert ("trial_stalled", "restated") in [(item.trigger, item.reason) for item in result.held_back]
    undisturbed = lane_of(
        activity(0, "trial_started", ends_ms=at(14)), activity(12, "feature_used", "", subject="a:v-2")
    )
    undisturbed.tick(12.1)
    assert lane.core() == undisturbed.core()


def test_hits_go_back_to_their_subject() -> None:
    old = activity(0, "page_view", **ANONYMOUS)
    machine = activity(35, "page_view", grade=Grade.MACHINE, **ANONYMOUS)
    fresh = [activity(40 + number / 10, "page_view", url="https://x.io/a", **ANONYMOUS) for number in range(70)]
    lane = lane_of(old, machine, READS, *fresh)
    (returned,) = lane.take(retraction(48)).returned
    assert (returned.subject, returned.account_id, returned.returned_ms) == ("a:v-1", "acme", at(48))
    assert [hit.event_id for hit in returned.hits] == [item.event_id for item in fresh[-RETURNED_MAX:]]
    assert {hit.url for hit in returned.hits} == {"https://x.io/a"}
    assert lane.take(retraction(49)).returned == ()


def test_an_account_nothing_is_left_of_is_as_if_never_seen() -> None:
    lane = lane_of(DEMO)
    lane.take(retraction(2))
    assert lane.core() == AccountLane().core()
    assert not lane.standing_transitions()
    assert not lane.standing_alerts()


def test_a_retraction_for_an_account_never_seen_makes_none() -> None:
    lane = AccountLane()
    result = lane.take(retraction(2), DEMO.model_copy(update={"grade": Grade.MACHINE}))
    assert (result.state, result.pages) == (None, {})


def test_of_a_suppressed_account_nothing_is_said() -> None:
    lane = AccountLane()
    lane.suppress("competitor")
    result = lane.take(READS, DEMO)
    assert (result.transitions, result.alerts) == ((), ())
    assert {item.reason for item in result.held_back} == {"suppressed"}


def test_suppression_takes_back_and_its_end_restores_without_alerts() -> None:
    lane = lane_of(READS, DEMO)
    lane.suppress("competitor")
    result = lane.tick(2)
    assert not lane.standing_transitions()
    assert not lane.standing_alerts()
    assert {item.restated_because for item in result.transitions} == {"suppressed: competitor"}
    assert result.restated == ("suppression",)
    lane.take(activity(3, "pricing_view"))
    lane.suppress("")
    result = lane.tick(4)
    assert lane.standing_transitions() == lane_of(READS, DEMO, activity(3, "pricing_view")).standing_transitions()
    assert result.alerts == ()
    assert lane.tick(5) is None
    check_said(lane)


def test_a_batch_meets_the_directory_before_any_tick() -> None:
    lane = lane_of(READS, DEMO)
    lane.suppress("press")
    result = lane.take(activity(2, "page_view"))
    assert result.restated == ("suppression",)
    assert not lane.standing_transitions()


def test_corrections_that_follow_each_other_are_worked_at_once() -> None:
    lane = lane_of(READS, DEMO, activity(1, "pricing_view", "", subject="a:v-2"))
    result = lane.take(retraction(2, reason="one"), retraction(2, "a:v-2", "two"))
    assert result.restated == ("retraction",)
    assert {item.restated_because for item in result.transitions} == {"one; two"}


SMALL = Bounds(segment=4, full=1, said=100, unsaid=100)


def visits(count: int, start: float = 0.0) -> list:
    return [activity(start + number, "page_view", "joe@acme.com") for number in range(count)]


def test_whole_segments_fall_out() -> None:
    lane = AccountLane(SMALL)
    for visit in visits(11):
        lane.take(visit)
    assert lane.state.journal.segments == (4, 8)
    assert [number for number, _ in lane.journal.entries()] == list(range(4, 11))
    assert "c00000004" in lane.pages
    assert not lane.journal.complete


def test_a_large_batch_fills_segments_as_small_ones_do() -> None:
    lane, one_by_one = AccountLane(SMALL), AccountLane(SMALL)
    lane.take(*visits(11))
    for visit in visits(11):
        one_by_one.take(visit)
    firsts = [[item.before.clock_ms for item in made.journal.segments] for made in (lane, one_by_one)]
    assert firsts[0] == firsts[1]


def test_what_lies_before_the_journal_leaves_the_evidence_and_is_counted() -> None:
    lane = AccountLane(SMALL)
    lane.take(activity(0, "demo_request", **ANONYMOUS), *visits(11))
    result = lane.take(retraction(20))
    assert result.beyond == 1
    assert "a:v-1" not in [item.subject for item in lane.state.evidence]
    assert "deciding" in [item.to_stage for item in lane.standing_transitions().values()]
    assert lane.take(retraction(20)).beyond == 0


def test_a_transition_from_before_the_journal_is_suppressed_and_restored_without_causes() -> None:
    lane = AccountLane(SMALL)
    lane.take(activity(0, "demo_request", "joe@acme.com"), *visits(11, start=1))
    lane.suppress("partner")
    lane.tick(20)
    assert not lane.standing_transitions()
    lane.suppress("")
    lane.tick(21)
    (restored,) = lane.standing_transitions().values()
    assert (restored.to_stage, restored.causes, restored.score) == ("deciding", (), 0.0)
    assert restored.why == "Acme Corp: deciding, as before; its causes are no longer kept."
    check_said(lane)


def test_what_is_said_is_bounded_too() -> None:
    lane = AccountLane(Bounds(segment=4, full=1, said=2, unsaid=1))
    for number in range(6):
        lane.take(activity(number * 5, "demo_request"))
    head = lane.state.journal
    assert head.said - head.said_from == 2
    assert len([name for name in lane.pages if name.startswith("s")]) == 2


@pytest.mark.parametrize("text", [b"", b"{}", b'{"activities":[' + b"x" * 50_000 + b"]}"])
def test_pages_survive_packing(text: bytes) -> None:
    assert unpack(pack(text)) == text


def test_a_common_page_shrinks_to_less_than_half() -> None:
    lane = lane_of(activity(1.234, "pricing_view", "", subject="a:5f0c5d0d-4a3c", url="https://x.io/pricing"))
    page = lane.pages["e00000000"]
    assert len(page) < len(unpack(page)) / 2
