"""What is known of an address by data files: its network's holder and kind, and a commercial database's company."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.identity.asn import AsnTable, Holder
from pipeline.identity.kinds import network_kind
from pipeline.identity.names import normal_name
from pipeline.identity.ranges import RangeTable
from schemas.event import NetworkKind

COMPANY_TYPES = frozenset({"business", "government"})
STATIC_FROM = 50.0
"""Static IP scores from here on (0 to 100) count as a fixed office address (proposed; the maker names no threshold)."""

ANONYMOUS = ("is_anonymous", "is_anonymous_vpn", "is_hosting_provider", "is_public_proxy", "is_residential_proxy")
ANONYMOUS_SHORT = ("vpn", "proxy", "tor", "relay", "hosting")

Lookup = Callable[[str], Mapping[str, Any] | None]
"""Address -> record of an MMDB file; the file is opened outside."""


@dataclass(frozen=True, slots=True)
class Company:
    """The company a commercial database names for an address, or why it names none."""

    organization: str = ""
    domain: str = ""
    confidence: float = 0.0
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """What is known of one address.

    Args:
        holder: who announces it.
        kind: whose people use it; any source that says "anybody's" wins, a list of the operator's before all.
        listed: what such a list says; unknown where the address is on none.
        company: what a commercial database says.
    """

    holder: Holder | None = None
    kind: NetworkKind = NetworkKind.UNKNOWN
    listed: NetworkKind = NetworkKind.UNKNOWN
    company: Company | None = None


class Networks:
    """Address data, as far as there is any; answers are cached.

    Args:
        asn: who announces which addresses.
        database: a customer's own MMDB file.
        database_build: its version.
        lists: the operator's own lists of ranges and their kinds.
        lists_build: their version.
    """

    def __init__(
        self,
        asn: AsnTable | None = None,
        database: Lookup | None = None,
        database_build: str = "",
        lists: RangeTable | None = None,
        lists_build: str = "",
    ) -> None:
        self.asn, self.database, self.database_build = asn, database, database_build
        self.lists, self.lists_build = lists, lists_build
        self.of: Callable[[str], Network] = lru_cache(maxsize=65_536)(self._of)

    def _of(self, address: str) -> Network:
        holder = self.asn.holder(address) if self.asn else None
        record = self.database(address) if self.database else None
        listed = _strictest(self.lists.holders(address)) if self.lists else NetworkKind.UNKNOWN
        told = NetworkKind.UNKNOWN if record is None else kind_of(record)
        by_name = network_kind(holder.name) if holder else NetworkKind.UNKNOWN
        return Network(
            holder,
            listed or (told if told in ANYBODYS else by_name or told),
            listed,
            None if record is None else company_of(record),
        )


NO_NETWORKS = Networks()

STRICTEST_FIRST = (
    NetworkKind.OWN,
    NetworkKind.RELAY,
    NetworkKind.VPN,
    NetworkKind.CRAWLER,
    NetworkKind.HOSTING,
    NetworkKind.MOBILE,
    NetworkKind.ISP,
    NetworkKind.EDUCATION,
    NetworkKind.OTHER,
)
"""Where lists overlap, the kind that names fewest counts."""

ANYBODYS = frozenset(STRICTEST_FIRST) - {NetworkKind.OTHER}

_USERS: Mapping[str, NetworkKind] = {
    # user types of MaxMind Enterprise and types of IPinfo
    "business": NetworkKind.OTHER,
    "government": NetworkKind.OTHER,
    "military": NetworkKind.OTHER,
    "residential": NetworkKind.ISP,
    "isp": NetworkKind.ISP,
    "router": NetworkKind.ISP,
    "cafe": NetworkKind.ISP,
    "traveler": NetworkKind.ISP,
    "cellular": NetworkKind.MOBILE,
    "hosting": NetworkKind.HOSTING,
    "content_delivery_network": NetworkKind.HOSTING,
    "consumer_privacy_network": NetworkKind.RELAY,
    "search_engine_spider": NetworkKind.CRAWLER,
    "college": NetworkKind.EDUCATION,
    "school": NetworkKind.EDUCATION,
    "library": NetworkKind.EDUCATION,
    "education": NetworkKind.EDUCATION,
}
_FLAGS: tuple[tuple[NetworkKind, tuple[str, ...]], ...] = (
    (NetworkKind.RELAY, ("relay", "tor", "is_tor_exit_node")),
    (NetworkKind.VPN, ("vpn", "proxy", "is_anonymous_vpn", "is_public_proxy", "is_residential_proxy")),
    (NetworkKind.HOSTING, ("hosting", "is_hosting_provider")),
)


def _strictest(kinds: tuple[str, ...]) -> NetworkKind:
    return next((kind for kind in STRICTEST_FIRST if kind in kinds), NetworkKind.UNKNOWN)


def kind_of(record: Mapping[str, Any]) -> NetworkKind:
    """The kind of network one MMDB record tells of; unknown where it says nothing of it."""
    traits = _traits(record)
    for kind, flags in _FLAGS:
        if any(traits.get(flag) in (True, "true") for flag in flags):
            return kind
    return _USERS.get(_text(traits, "user_type") or _text(traits, "type"), NetworkKind.UNKNOWN)


def company_of(record: Mapping[str, Any]) -> Company:
    """The company in one MMDB record (nested as MaxMind Enterprise, or flat as MaxMind ISP and IPinfo files).

    A company is named where the user type is business or government and the organization is not the carrier.
    """
    traits = _traits(record)
    kind = _text(traits, "user_type") or _text(traits, "type")
    organization = _text(traits, "organization") or _text(traits, "name")
    carrier = _text(traits, "isp")
    if any(traits.get(flag) in (True, "true") for flag in (*ANONYMOUS, *ANONYMOUS_SHORT)):
        return Company(refusal="a VPN, proxy or hosting address")
    if kind not in COMPANY_TYPES:
        return Company(refusal=f"used by {kind or 'an unknown kind of users'}, not by a company")
    if not normal_name(organization):
        return Company(refusal="no organization in it")
    if carrier and normal_name(carrier) == normal_name(organization):
        return Company(refusal=f"{organization} is the carrier itself")
    confidence = 0.50
    if _text(traits, "connection_type") == "corporate":
        confidence += 0.10
    score = traits.get("static_ip_score")
    if isinstance(score, int | float) and score >= STATIC_FROM:
        confidence += 0.10
    return Company(organization, _text(traits, "domain"), round(confidence, 2))


def _traits(record: Mapping[str, Any]) -> Mapping[str, Any]:
    nested = record.get("traits")
    return nested if isinstance(nested, Mapping) else record


def _text(traits: Mapping[str, Any], name: str) -> str:
    found = traits.get(name)
    if not isinstance(found, str):
        return ""
    return found.strip() if name in ("organization", "name", "isp") else found.strip().lower()
