"""What the directory knows, and does not: names that are close, domains nobody declared, accounts that are networks."""

from typing import Any

from deploy.simulate.spec import WorldSpec
from deploy.simulate.traits.chance import holds
from deploy.simulate.traits.networks import MADE_UP, OTHERS
from deploy.simulate.world import Company


def declared_domains(spec: WorldSpec, company: Company) -> tuple[str, ...]:
    """The domains of a company that its directory entry lists."""
    undeclared = len(company.domains) > 1 and holds(spec.traits.undeclared_domain, spec, "undeclared", company.index)
    return company.domains[:-1] if undeclared else company.domains


def network_domain(at: int) -> str:
    """Mail domain of the people who work at a network."""
    return OTHERS[at].name.split()[0].lower() + "-works-sim.com"


def network_id(at: int) -> str:
    """Account id of a network that is an account."""
    return f"net-{at:03d}"


def network_records(spec: WorldSpec) -> list[dict[str, Any]]:
    """Directory entries of networks; where the name does not give the network away, whoever keeps the directory has
    flagged it."""
    return [
        {
            "account_id": network_id(at),
            "name": OTHERS[at].name,
            "domains": [network_domain(at)],
            "owner": "ana.berg@example.com",
            "tier": "1",
            "never_by_ip": not OTHERS[at].telling,
        }
        for at in MADE_UP[: spec.traits.network_accounts]
    ]
