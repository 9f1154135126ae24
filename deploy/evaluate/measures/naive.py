"""What a free network table gives by itself: the holder of the address is the company. The baseline beside ours."""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.evaluate.measures.attribution import Share
from deploy.evaluate.world import Case, World


@dataclass(frozen=True, slots=True)
class Naive:
    """The baseline's figures, over the same human events.

    Args:
        precision: events named for the company that truly did them, of all it names.
        company_events: the same, of all events that people of companies did.
        per_thousand: false names a thousand human events.
        networks_named: hits from addresses that are not one company's alone, named by them.
    """

    precision: Share
    company_events: Share
    per_thousand: float
    networks_named: int


def name_by_holder(cases: Sequence[Case], world: World) -> Naive:
    """Name each event for the holder of its address."""
    humans = [case for case in cases if not case.truth.machine]
    rows = [(case, world.addresses.of(case.event.ip)) for case in humans if case.event.ip]
    named = [(case, row) for case, row in rows if row is not None]
    right = sum(bool(row.account_id) and row.account_id == case.truth.account_id for case, row in named)
    return Naive(
        precision=Share(right, len(named)),
        company_events=Share(right, sum(bool(case.truth.account_id) for case in humans)),
        per_thousand=1000 * (len(named) - right) / max(1, len(humans)),
        networks_named=sum(not row.account_id for _, row in named),
    )
