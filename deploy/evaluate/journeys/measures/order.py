"""How much of what is told depends on the order in which partitions are read."""

from collections.abc import Mapping

from deploy.evaluate.journeys.told import Told
from deploy.evaluate.measures.attribution import Share

Ends = Mapping[str, tuple[object, ...]]


def order_differs(first: Told, second: Told) -> Share:
    """Transitions and alerts that two deliveries of the same events do not share, of all that either told.

    What counts is what stands at the end, by id: a transition's stages and moment, an alert's trigger and moment. The
    same told with other causes is the same.
    """
    one, other = ends_of(first), ends_of(second)
    every = one.keys() | other.keys()
    return Share(sum(one.get(id_) != other.get(id_) for id_ in every), len(every))


def ends_of(told: Told) -> Ends:
    """Id -> what it says, of all that stands at the end."""
    last = {move.transition.transition_id: move.transition for move in told.moves}
    found: dict[str, tuple[object, ...]] = {
        id_: (move.from_stage, move.to_stage, move.occurred_at) for id_, move in last.items() if not move.withdrawn
    }
    found.update({each.alert.alert_id: (each.alert.trigger, each.alert.raised_at) for each in told.standing})
    return found
