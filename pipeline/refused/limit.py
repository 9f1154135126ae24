"""How much of the newest input of a partition was refused, and when that is too much to go on.

A few bad records are rejected and the line goes on. Where nearly all are, something is set wrong, or a producer has
changed, and going on would only fill the rejected topic: ingest stops, commits nothing of that batch, and says so.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from schemas.errors import PoisonError
from schemas.rejected import Rejected

REASONS_SHOWN = 3
DETAIL_SHOWN_MAX = 300


@dataclass(frozen=True, slots=True)
class RefusalLimit:
    """When it is too much.

    Args:
        share_max: share of refused records that is still let pass, 0 to 1; 1 lets everything pass.
        window_records: newest records that are looked at; fewer are never judged.
    """

    share_max: float = 0.9
    window_records: int = 1000


class Refusals:
    """The newest records of one partition.

    Args:
        place: topic and partition, in words.
        limit: when it is too much.
    """

    def __init__(self, place: str, limit: RefusalLimit) -> None:
        self._place, self._limit = place, limit
        self._refused: deque[bool] = deque(maxlen=limit.window_records)
        self._open: list[bool] = []

    def check(self, refused: Sequence[bool], why: Sequence[Rejected]) -> None:
        """See whether a batch may be committed, behind those that were seen since and are not yet.

        Args:
            refused: of each record, whether nothing in it could be used, in order.
            why: the batch's rejections.

        Raises:
            PoisonError: of some newest records up to one of the batch too many were refused.
        """
        limit, window = self._limit, self._limit.window_records
        before = (*self._refused, *self._open)
        self._open += refused
        if limit.share_max >= 1 or not any(refused):
            return
        known = (*before, *refused)
        sums = list(accumulate(known, initial=0))
        ends = range(max(window, len(before) + 1), len(sums))
        # windows that end with a refused one: so it does not matter how batches are cut
        most = max((sums[end] - sums[end - window] for end in ends if known[end - 1]), default=0)
        if most <= limit.share_max * window:
            return
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in _common(why))
        raise PoisonError(
            f"{most:,} of {window:,} records in a row on {self._place} were refused ({reasons}), more than the share of"
            f" {limit.share_max:g} that is let pass; the last one: {why[-1].detail[:DETAIL_SHOWN_MAX]} Nothing of this"
            " batch was committed.",
            "Is the topic set as the right source (TRIGGERPOINT_INPUT_TOPICS)? Has its producer changed? To let such"
            " input pass as rejected, and replay it after a fix, set TRIGGERPOINT_REJECTED_SHARE_MAX=1.",
        )

    def take(self, refused: Sequence[bool]) -> float:
        """Take in a batch that was committed; the share refused of the newest records, 0 to 1."""
        self._refused.extend(refused)
        del self._open[: len(refused)]
        return sum(self._refused) / len(self._refused)

    def give_up(self) -> None:
        """What was seen and not taken in was not committed."""
        self._open.clear()


def _common(why: Sequence[Rejected]) -> list[tuple[str, int]]:
    return Counter(one.reason.value for one in why).most_common(REASONS_SHOWN)
