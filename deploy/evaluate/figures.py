"""All that is measured, in the order of the plan; and which goals it meets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.evaluate.lookups import measure_lookups
from deploy.evaluate.measures.attribution import Attribution, judge
from deploy.evaluate.measures.evidence import evidence_of
from deploy.evaluate.measures.machines import Machines, weigh_machines
from deploy.evaluate.measures.memory import Memory, measure_memory
from deploy.evaluate.measures.naive import Naive, name_by_holder
from deploy.evaluate.measures.order import Order, try_orders
from deploy.evaluate.measures.unlink import Unlink, try_unlinks
from deploy.evaluate.plan import Plan
from deploy.evaluate.world import Tell, World, run

PRECISION_MIN = 0.99
BURSTS_MIN = 0.98
LOST_MAX = 0.005

Begin = Callable[[str], Tell]
"""Told the name of a part, gives whom to tell how far it is."""


@dataclass(frozen=True)
class Figures:
    """What came out.

    Args:
        events: good events of the world, by humans and by machines.
        lookups: microseconds a lookup (`lookups.py`); reported, no goal of this run: machines differ.
    """

    plan: Plan
    events: int
    attribution: Attribution
    naive: Naive
    machines: Machines
    order: Order
    unlink: Unlink
    memory: Memory
    lookups: Mapping[str, float]

    @property
    def missed(self) -> Sequence[str]:
        """Goals that are not met, in words; none is good."""
        return [text for text, holds in _goals(self) if not holds]

    def summary(self) -> dict[str, Any]:
        """The last line."""
        attribution, machines, naive = self.attribution, self.machines, self.naive
        return {
            "attribution_precision": _round(attribution.precision.value),
            "precision_by_method": {str(name): _round(share.value) for name, share in attribution.by_method.items()},
            "recall": _round(attribution.recall.value),
            "recall_by_method": {name: _round(share.value) for name, share in attribution.by_evidence.items()},
            "false_per_thousand": _round(attribution.per_thousand),
            "networks_named": attribution.networks_named,
            "passers_by_unnamed": _round(attribution.nobody.value),
            "machine_caught": _round(machines.caught.value),
            "machine_sure": _round(machines.sure.value),
            "bursts_caught": _round(machines.bursts.value),
            "human_lost": _round(machines.lost.value),
            "human_surely_lost": _round(machines.surely_lost.value),
            "order_independent": self.order.independent,
            "orders": self.order.runs,
            "unlink_exact": self.unlink.exact == self.unlink.tried,
            "unlinks": self.unlink.tried,
            "naive_precision": _round(naive.precision.value),
            "naive_false_per_thousand": _round(naive.per_thousand),
            "naive_networks_named": naive.networks_named,
            "memory_bytes_per_million_ids": round(self.memory.million),
            "memory_ids_held": self.memory.ids,
            "lookups": dict(self.lookups),
            "events": self.events,
            "seed": self.plan.seed,
            "missed": list(self.missed),
        }


def measure(plan: Plan, begin: Begin) -> Figures:
    """Measure all parts of a plan."""
    world = World(plan.spec)
    worked = run(world, begin("a world's traffic through the line"))
    evidence = evidence_of(worked.cases, world)
    attribution = judge(worked.cases, worked.standing, worked.activities, evidence, world)
    machines = weigh_machines(worked.cases, worked.standing)
    naive = name_by_holder(worked.cases, world)
    small = World(plan.small_spec)
    order = try_orders(small, plan.orders, begin("a small world in other orders"))
    unlink = try_unlinks(World(plan.short_spec), plan.unlinks, begin("links taken back"))
    holding = begin(f"{plan.known_ids:,} known ids in memory")
    memory = measure_memory(plan.known_ids)
    holding(1.0)
    looking = begin("costs of lookups")
    lookups = measure_lookups()
    looking(1.0)
    return Figures(plan, len(worked.cases), attribution, naive, machines, order, unlink, memory, lookups)


def _goals(figures: Figures) -> Iterator[tuple[str, bool]]:
    attribution, machines = figures.attribution, figures.machines
    yield f"attribution precision {PRECISION_MIN}", attribution.precision.value >= PRECISION_MIN
    yield "no ISP, hosting, VPN, relay, mobile or education address named", attribution.networks_named == 0
    yield f"scanner bursts caught {BURSTS_MIN}", machines.bursts.value >= BURSTS_MIN
    yield f"humans lost at most {LOST_MAX}", machines.lost.value <= LOST_MAX
    yield "order of events does not matter", figures.order.independent
    yield "unlink restores exactly", figures.unlink.exact == figures.unlink.tried


def _round(value: float) -> float:
    return round(value, 5)
