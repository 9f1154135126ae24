"""What is known of an address by data files: its network's holder and kind, and a commercial database's company."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.identity.asn import AsnTable, Holder
from pipeline.identity.kinds import NetworkKind, network_kind
from pipeline.identity.names import normal_name

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
    """What is known of one address."""

    holder: Holder | None = None
    kind: NetworkKind | None = None
    company: Company | None = None


class Networks:
    """Address data, as far as there is any; answers are cached.

    Args:
        asn: who announces which addresses.
        database: a customer's own MMDB file.
        database_build: its version.
    """

    def __init__(self, asn: AsnTable | None = None, database: Lookup | None = None, database_build: str = "") -> None:
        self.asn, self.database, self.database_build = asn, database, database_build
        self.of: Callable[[str], Network] = lru_cache(maxsize=65_536)(self._of)

    def _of(self, address: str) -> Network:
        holder = self.asn.holder(address) if self.asn else None
        record = self.database(address) if self.database else None
        return Network(
            holder, network_kind(holder.name) if holder else None, None if record is None else company_of(record)
        )


NO_NETWORKS = Networks()


def company_of(record: Mapping[str, Any]) -> Company:
    """The company in one MMDB record (nested as MaxMind Enterprise, or flat as MaxMind ISP and IPinfo files).

    A company is named where the user type is business or government and the organization is not the carrier.
    """
    nested = record.get("traits")
    traits: Mapping[str, Any] = nested if isinstance(nested, Mapping) else record
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


def _text(traits: Mapping[str, Any], name: str) -> str:
    found = traits.get(name)
    if not isinstance(found, str):
        return ""
    return found.strip() if name in ("organization", "name", "isp") else found.strip().lower()
