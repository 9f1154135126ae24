"""The rules that count, and since when."""

from dataclasses import dataclass

from pipeline.rules.model import Rules


@dataclass(frozen=True, slots=True)
class Live:
    """Rules while they count.

    Args:
        rules: the journey's rules.
        since_ms: when they were activated, in the pipeline's time, ms since 1970; 0 where nobody knows.
    """

    rules: Rules
    since_ms: int = 0
