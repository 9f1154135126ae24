"""Evidence of the address: a declared office range, a commercial database, the network's holder. Weak: never alone."""

from pipeline.identity.answer import CONFIDENCE, Answer
from pipeline.identity.clues import Clues, listed
from pipeline.identity.networks import ANYBODYS
from schemas.account import Account
from schemas.event import Grade, NetworkKind
from schemas.identity import Method

Answers = tuple[Answer, ...]

NOBODYS_OFFICE = frozenset({NetworkKind.OWN, NetworkKind.RELAY, NetworkKind.VPN, NetworkKind.CRAWLER})
"""Listed as such, an address is no office, whoever declared it. A datacentre may be one: companies leave through it."""

NOBODYS_COMPANY = NOBODYS_OFFICE | {NetworkKind.HOSTING}
"""Listed as such, an address is no company's in a commercial database either."""


def by_office_range(clues: Clues) -> Answers:
    """An address in a range a customer declared; where ranges of two accounts overlap, both answer."""
    if not _usable(clues) or clues.networks.of(clues.event.ip).listed in NOBODYS_OFFICE:
        return ()
    accounts = clues.directory.offices(clues.event.ip)
    return tuple(
        listed(Method.OFFICE_RANGE, account, "", "the address lies in a declared office range of the account")
        for account in accounts
        if not account.never_by_ip
    )


def by_database(clues: Clues) -> Answers:
    """A commercial database names a company that is in the directory, by name or by domain."""
    if not _usable(clues) or clues.networks.database is None:
        return ()
    network = clues.networks.of(clues.event.ip)
    company = network.company
    if company is None or not company.organization or network.listed in NOBODYS_COMPANY:
        return ()
    owners = [*clues.directory.named(company.organization)]
    if company.domain:
        owners += clues.directory.owners(company.domain, clues.event.occurred_ms)
    reason = f"the IP database names {company.organization}"
    return tuple(
        listed(Method.IP_DATABASE, account, "", reason, company.confidence, clues.networks.database_build)
        for account in _once(owners)
    )


def by_holder(clues: Clues) -> Answers:
    """The network's holder has exactly the name of an account, and is neither an ISP nor the like."""
    if not _usable(clues) or clues.networks.asn is None:
        return ()
    network = clues.networks.of(clues.event.ip)
    if network.holder is None or network.kind is not NetworkKind.OTHER:
        return ()
    accounts = clues.directory.named(network.holder.name)
    reason = f"network AS{network.holder.asn} is held by {network.holder.name}"
    sure, build = CONFIDENCE[Method.AS_HOLDER], clues.networks.asn.build
    return tuple(listed(Method.AS_HOLDER, account, "", reason, sure, build) for account in _once(accounts))


def why_no_office(clues: Clues) -> str:
    """Why no office range names anybody, in words."""
    if not clues.event.ip:
        return "no address"
    listed = clues.networks.of(clues.event.ip).listed
    if listed in NOBODYS_OFFICE:
        return _of_list(clues, listed)
    return "the address is in no declared office range"


def why_no_database(clues: Clues) -> str:
    """Why the database names nobody, in words."""
    if clues.networks.database is None:
        return "no IP database is given (TRIGGERPOINT_MMDB_FILE)"
    if not clues.event.ip:
        return "no address"
    network = clues.networks.of(clues.event.ip)
    company = network.company
    if network.listed in NOBODYS_COMPANY:
        return _of_list(clues, network.listed)
    if company is None:
        return f"the address is not in the IP database{_data(clues.networks.database_build)}"
    names = f"the IP database names {company.organization}, which is no account or never by address"
    return (company.refusal or names) + _data(clues.networks.database_build)


def why_no_holder(clues: Clues) -> str:
    """Why the network's holder names nobody, in words."""
    if clues.networks.asn is None:
        return "no network data is given (`triggerpoint data update`, or TRIGGERPOINT_ASN_FILE)"
    if not clues.event.ip:
        return "no address"
    network, data = clues.networks.of(clues.event.ip), _data(clues.networks.asn.build)
    if network.holder is None:
        return f"no network announces the address{data}"
    held = f"network AS{network.holder.asn} is held by {network.holder.name}"
    if network.listed in ANYBODYS:
        return f"{held}; {_of_list(clues, network.listed)}"
    if network.kind is not NetworkKind.OTHER:
        return f"{held}, of kind {network.kind}: its users are anybody{data}"
    return f"{held}, which is no account's name or never by address{data}"


def _of_list(clues: Clues, kind: NetworkKind) -> str:
    return f"the address is listed as {kind}{_data(clues.networks.lists_build)}"


def _data(build: str) -> str:
    return f", data {build}" if build else ""


def _usable(clues: Clues) -> bool:
    return bool(clues.event.ip) and clues.event.grade is not Grade.MACHINE  # a crawler's address names its host


def _once(accounts: list[Account] | tuple[Account, ...]) -> list[Account]:
    return [account for account in {item.account_id: item for item in accounts}.values() if not account.never_by_ip]
