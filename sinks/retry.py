"""How long to wait before the next try. Pure: chance comes in as an argument, sleeping is the caller's."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential waiting with a cap.

    Args:
        first_seconds: wait before the first retry, without jitter.
        factor: each further wait is this many times longer.
        cap_seconds: no wait is longer than this.
        spread: share of the wait that chance decides, 0 (none) to 1 (all), so that workers do not return in step.
    """

    first_seconds: float = 0.2
    factor: float = 2.0
    cap_seconds: float = 30.0
    spread: float = 0.5

    def __post_init__(self) -> None:
        if self.first_seconds <= 0 or self.cap_seconds < self.first_seconds:
            raise ValueError("first_seconds must be above 0 and not above cap_seconds")
        if self.factor < 1 or not 0 <= self.spread <= 1:
            raise ValueError("factor must be at least 1, spread from 0 to 1")


def delay_seconds(policy: RetryPolicy, attempt: int, chance: float) -> float:
    """Wait before the next try.

    Args:
        attempt: tries that have failed so far, 1 or more.
        chance: a number from 0 to 1 that the caller draws; the same number gives the same wait.
    """
    if attempt < 1 or not 0 <= chance <= 1:
        raise ValueError(f"attempt must be 1 or more and chance from 0 to 1, not {attempt} and {chance}")
    wait = policy.first_seconds
    for _ in range(attempt - 1):
        wait *= policy.factor
        if wait >= policy.cap_seconds or policy.factor == 1:
            break
    return min(wait, policy.cap_seconds) * (1 - policy.spread * chance)


__all__ = ["RetryPolicy", "delay_seconds"]
