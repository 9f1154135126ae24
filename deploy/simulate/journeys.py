"""Which journeys there are, how frequent each is, and the plan of any company."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from deploy.simulate import buying, owning
from deploy.simulate.plan import Draft, Plan
from deploy.simulate.spec import WorldSpec, mix
from deploy.simulate.world import company_of


class Script(NamedTuple):
    """A kind of journey.

    Args:
        write: writes it into a draft.
        weight: how frequent it is among all.
        customer: the company was a customer before the span.
    """

    write: Callable[[Draft], None]
    weight: float
    customer: bool = False


SCRIPTS: Mapping[str, Script] = {
    "classic": Script(owning.classic, 0.28),
    "silent_researcher": Script(buying.silent_researcher, 0.15),
    "going_quiet": Script(buying.going_quiet, 0.10),
    "lost_opportunity": Script(buying.lost_opportunity, 0.09),
    "trial_stall": Script(buying.trial_stall, 0.10),
    "trial_expiring": Script(buying.trial_expiring, 0.08),
    "silent_deal": Script(buying.silent_deal, 0.05),
    "steady_reader": Script(buying.steady_reader, 0.06),
    "usage_drop": Script(owning.usage_drop, 0.05, customer=True),
    "support_burst": Script(owning.support_burst, 0.05, customer=True),
    "advocate": Script(owning.advocate, 0.05, customer=True),
    "second_product": Script(owning.second_product, 0.05, customer=True),
}


def script_of(spec: WorldSpec, index: int) -> str:
    """Name of the journey a company goes; the first two are the classic one and the stalled trial, if in use."""
    names = spec.scripts or tuple(SCRIPTS)
    if index < 2 and (early := ("classic", "trial_stall")[index]) in names:
        return early
    roll = (mix(spec.seed, index, 3) & 0xFFFFFFFF) / 0x100000000 * sum(SCRIPTS[name].weight for name in names)
    for name in names:
        roll -= SCRIPTS[name].weight
        if roll < 0:
            return name
    return names[-1]


def plan_of(spec: WorldSpec, index: int) -> Plan:
    """The whole journey of one company, made from (seed, index) alone."""
    name = script_of(spec, index)
    script = SCRIPTS[name]
    draft = Draft(spec, company_of(spec, index, name, script.customer))
    script.write(draft)
    return draft.plan()
