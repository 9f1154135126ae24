"""The demo's teams: the same alert is met in the same way, in an order that a team would keep."""

from collections import Counter

from deploy.demo.teams import HOUR_MS, Habits, reactions
from schemas.handover.feedback import Verdict
from tests.handovers import hour
from tests.unit.test_handover_handler import alert

HABITS = Habits()


def test_all_habits_are_seen_and_shares_are_about_those_set() -> None:
    met = Counter(
        tuple(feedback.verdict for _, feedback in reactions(alert(alert_id=f"l{number}"), hour(0), HABITS))[:1]
        for number in range(2000)
    )
    assert set(met) == {(), (Verdict.REJECTED,), (Verdict.SNOOZED,), (Verdict.ACCEPTED,)}
    assert abs(met[()] / 2000 - HABITS.silent) < 0.03
    assert abs(met[Verdict.REJECTED,] / 2000 - HABITS.rejected) < 0.03


def test_an_answer_names_alert_account_and_time_and_is_the_same_each_time() -> None:
    for number in range(50):
        given = alert(alert_id=f"l{number}")
        answers = list(reactions(given, hour(0), HABITS))
        assert answers == list(reactions(given, hour(0), HABITS))
        times = [at for at, _ in answers]
        assert times == sorted(times)
        assert all(at > hour(0) and feedback.account_id == given.account_id for at, feedback in answers)
        for at, feedback in answers:
            assert feedback.occurred_at.timestamp() * 1000 == at
            assert feedback.until is None or feedback.until.timestamp() * 1000 > at + 20 * HOUR_MS
