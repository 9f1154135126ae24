"""How long a retry waits."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.retry import RetryPolicy, delay_seconds

POLICY = RetryPolicy(first_seconds=0.5, factor=2.0, cap_seconds=6.0, spread=0.0)


def test_waits_double_up_to_the_cap() -> None:
    assert [delay_seconds(POLICY, attempt, 0.3) for attempt in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 6.0, 6.0]


def test_a_hundred_thousand_failures_still_wait_the_cap() -> None:
    assert delay_seconds(POLICY, 100_000, 0.0) == 6.0


def test_chance_takes_away_at_most_its_share() -> None:
    policy = RetryPolicy(first_seconds=1.0, spread=0.5)
    assert [delay_seconds(policy, 1, chance) for chance in (0.0, 0.5, 1.0)] == [1.0, 0.75, 0.5]


@given(chance=st.floats(0, 1), spread=st.floats(0, 1), factor=st.floats(1, 10))
def test_waits_never_fall_nor_pass_the_cap(chance: float, spread: float, factor: float) -> None:
    policy = RetryPolicy(0.1, factor, 5.0, spread)
    waits = [delay_seconds(policy, attempt, chance) for attempt in range(1, 30)]
    assert all(earlier <= later for earlier, later in pairwise(waits))
    assert all(0 <= wait <= 5.0 for wait in waits)


@pytest.mark.parametrize("attempt", [0, -1])
def test_an_attempt_that_did_not_happen_has_no_wait(attempt: int) -> None:
    with pytest.raises(ValueError, match="attempt"):
        delay_seconds(POLICY, attempt, 0.0)


@pytest.mark.parametrize(
    "wrong",
    [{"first_seconds": 0.0}, {"first_seconds": 9.0, "cap_seconds": 1.0}, {"factor": 0.5}, {"spread": 1.5}],
)
def test_a_policy_without_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        RetryPolicy(**wrong)
