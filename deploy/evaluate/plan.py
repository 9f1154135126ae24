"""How much is measured: a full evaluation in under five minutes, a quick one in under one."""

from dataclasses import dataclass

from deploy.evaluate.measures.memory import MILLION
from deploy.simulate import WorldSpec


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure on.

    Args:
        seed: which worlds.
        companies, days: size of the world that attribution and grades are measured on.
        small: companies of the world that is worked again and again.
        orders: other orders of its events tried.
        unlinks: links taken back, each in two runs.
        known_ids: ids held in memory.
    """

    seed: int
    companies: int
    days: float
    small: int
    orders: int
    unlinks: int
    known_ids: int

    @property
    def spec(self) -> WorldSpec:
        """The world for attribution and grades."""
        return WorldSpec.hard(self.seed, companies=self.companies, days=self.days)

    @property
    def small_spec(self) -> WorldSpec:
        """The world whose events are worked in other orders."""
        return WorldSpec.hard(self.seed + 1, companies=self.small, days=60.0)

    @property
    def short_spec(self) -> WorldSpec:
        """The world whose links are taken back: so short that all its hits can be given back."""
        return WorldSpec.hard(self.seed + 2, companies=self.small, days=28.0, pace=2.0)


def full(seed: int) -> Plan:
    """Under five minutes on two cores."""
    return Plan(seed, companies=400, days=150.0, small=16, orders=30, unlinks=30, known_ids=MILLION)


def quick(seed: int) -> Plan:
    """Under a minute."""
    return Plan(seed, companies=60, days=90.0, small=6, orders=21, unlinks=9, known_ids=MILLION // 10)
