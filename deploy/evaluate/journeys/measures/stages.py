"""Stage accuracy: whether accounts are where they truly are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.evaluate.journeys.meaning import ASIDE, DAY_MS, OUT, STAGES
from deploy.evaluate.journeys.tale import Tale
from deploy.evaluate.journeys.told import Moved
from deploy.evaluate.measures.attribution import Share

UNTOLD = "unaware"
ORDER = tuple(dict.fromkeys(STAGES.values()))
NO_MOVES: Sequence[Moved] = ()


@dataclass(frozen=True, slots=True)
class Stages:
    """Where accounts are.

    Args:
        accuracy: account-days on which the stage told last is the true one, of all.

            Every account is asked at noon (UTC) of each day from when on anybody could name it to the end of the span.
            Its true stage is that of its newest milestone whose act could be named by then; after 30 days without a
            sign (customers: 120), or a lost deal, it is dormant until the next one. Ours is where the last transition
            that lay on the topic by then, and was not withdrawn by then, has left it; none is `unaware`. A detour the
            truth does not know is the stage before it (`meaning.py`). There is no tolerance in time. Suppressed
            companies and those that nobody can name are left out.
        by_stage: true stage -> the same of its days.
        taken_for: true stage -> the wrong stage told most, and on how many days.
    """

    accuracy: Share
    by_stage: Mapping[str, Share]
    taken_for: Mapping[str, tuple[str, int]]


def judge_stages(tales: Sequence[Tale], moves: Mapping[str, Sequence[Moved]], start_ms: int, end_ms: int) -> Stages:
    """Compare, day by day.

    Args:
        moves: account id -> its transitions, in order of telling.
        start_ms, end_ms: the span, ms since 1970.
    """
    days: dict[str, Counter[str]] = {}
    noons = range(start_ms // DAY_MS * DAY_MS + DAY_MS // 2, end_ms, DAY_MS)
    for tale in tales:
        if tale.silent:
            continue
        ours = _Place(moves.get(tale.account_id, NO_MOVES))
        for noon_ms in noons:
            ours.hear(noon_ms)
            if (true := tale.stage_at(noon_ms)) is not None:
                days.setdefault(true, Counter())[ours.stage] += 1
    by_stage = {stage: Share(days[stage][stage], days[stage].total()) for stage in ORDER if stage in days}
    wrong = {
        stage: Counter({other: count for other, count in found.items() if other != stage})
        for stage, found in days.items()
    }
    return Stages(
        accuracy=Share(sum(share.right for share in by_stage.values()), sum(share.all for share in by_stage.values())),
        by_stage=by_stage,
        taken_for={stage: wrong[stage].most_common(1)[0] for stage in by_stage if wrong[stage]},
    )


class _Place:
    """Where an account is by what was told so far.

    Args:
        moves: its transitions, in order of telling.
    """

    def __init__(self, moves: Sequence[Moved]) -> None:
        self._moves, self._heard = moves, 0
        self._standing: dict[str, tuple[int, str]] = {}

    def hear(self, at_ms: int) -> None:
        """Take in what was told by then."""
        while self._heard < len(self._moves) and self._moves[self._heard].told_ms <= at_ms:
            move = self._moves[self._heard].transition
            self._heard += 1
            self._standing.pop(move.transition_id, None)
            if not move.withdrawn:
                to = move.from_stage if move.to_stage in ASIDE else move.to_stage
                self._standing[move.transition_id] = (move.sequence, OUT.get(to, to))

    @property
    def stage(self) -> str:
        """The stage of the last transition that stands."""
        return max(self._standing.values(), default=(0, UNTOLD))[1]
