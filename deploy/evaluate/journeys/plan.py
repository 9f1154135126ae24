"""How much is measured: a full evaluation in under five minutes, a quick one in under one."""

from dataclasses import dataclass

from deploy.simulate import WorldSpec


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure on. All worlds have everything that makes naming hard.

    Args:
        seed: which worlds.
        companies, days: size of the world that stages and triggers are measured on.
        small: companies of the world that is delivered late, and in other orders.
        orders: other orders of its messages tried.
        steady: accounts of each size in which nothing changes for a year, for false alarms of a surge.
    """

    seed: int
    companies: int
    days: float
    small: int
    orders: int
    steady: int

    @property
    def spec(self) -> WorldSpec:
        """The world for stages and triggers."""
        return WorldSpec.hard(self.seed, companies=self.companies, days=self.days)

    @property
    def small_spec(self) -> WorldSpec:
        """The world that is delivered again and again."""
        return WorldSpec.hard(self.seed + 1, companies=self.small, days=90.0)


def full(seed: int) -> Plan:
    """Under five minutes on two cores."""
    return Plan(seed, companies=400, days=150.0, small=80, orders=3, steady=50)


def quick(seed: int) -> Plan:
    """Under a minute."""
    return Plan(seed, companies=80, days=100.0, small=20, orders=1, steady=8)
