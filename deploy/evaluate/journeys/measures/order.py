"""How much of what is told depends on the order in which partitions are read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deploy.evaluate.journeys.told import Told
from deploy.evaluate.measures.attribution import Share


@dataclass(frozen=True, slots=True)
class Order:
    """What two deliveries of the same events do not share, of what stands at the end of either.

    Args:
        differs: transitions and alerts of which the other has none with the same id, stages or trigger, and moment. The
            same told with other causes is the same.
        in_kind: those of which the other has none of the same trigger or stage for the same account, whenever: the
            rest was told by another event of the same minutes.
    """

    differs: Share
    in_kind: Share


def compare_orders(first: Told, others: Sequence[Told]) -> Order:
    """Each of the others against the first, all together."""
    differs, in_kind, every = 0, 0, 0
    for other in others:
        said = [list(_standing(told)) for told in (first, other)]
        one, two = (Counter(each) for each in said)
        every += (one | two).total()
        differs += (one | two).total() - (one & two).total()
        one, two = (Counter(item[:2] for item in each) for each in said)
        in_kind += (one | two).total() - (one & two).total()
    return Order(Share(differs, every), Share(in_kind, every))


def _standing(told: Told) -> Iterator[tuple[object, ...]]:
    """What stands at the end, alike where it says the same."""
    for move in {move.transition.transition_id: move.transition for move in told.moves}.values():
        if not move.withdrawn:
            yield move.account_id, move.to_stage, move.transition_id, move.from_stage, move.occurred_at
    for each in told.standing:
        yield each.alert.account_id, each.alert.trigger, each.alert.alert_id, each.alert.raised_at
