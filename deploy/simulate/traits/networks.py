"""Who announces which address in a world: a table as the public ones, `start,end,asn,holder`, and its truth beside it.

Networks of others lie in 240.0.0.0/4 and a part of 2001:db8::/32, which nobody uses; a company's own network is its
office range. Holders of known networks are called as in public tables, the others are made up.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address, ip_network

from deploy.simulate.journeys import SCRIPTS, script_of
from deploy.simulate.spec import WorldSpec, mix
from deploy.simulate.traits.chance import holds, roll
from deploy.simulate.world import Company, company_of, office_of, word_of


class Use(StrEnum):
    """Whose people use a network's addresses."""

    COMPANY = "company"
    ISP = "isp"
    MOBILE = "mobile"
    HOSTING = "hosting"
    VPN = "vpn"
    RELAY = "relay"
    EDUCATION = "education"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a network.

    Args:
        telling: the name gives away that anybody may use it.
        account: it is made up, and may be an account.
    """

    name: str
    use: Use
    telling: bool = True
    account: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One range of addresses, and whose it is.

    Args:
        first, last: addresses as numbers; IPv6 above 32 bits.
        account_id: the company that alone uses it, under its own name; '' if none.
        office_of: the company whose office lies in it, whoever announces it.
    """

    first: int
    last: int
    asn: int
    holder: Holder
    account_id: str = ""
    office_of: str = ""


OTHERS: Sequence[Holder] = (
    Holder("Deutsche Telekom AG", Use.ISP),
    Holder("Norvel Telekom AG", Use.ISP, account=True),
    Holder("Comcast Cable Communications, LLC", Use.ISP),
    Holder("Velmora", Use.ISP, telling=False, account=True),
    Holder("Telefonica de Espana S.A.U.", Use.ISP),
    Holder("Charter Communications Inc", Use.ISP),
    Holder("Tarnwood Group Ltd", Use.ISP, telling=False, account=True),
    Holder("KABELPLUS-AS Kabelplus GmbH", Use.ISP, telling=False),
    Holder("Liberty Global B.V.", Use.ISP, telling=False),
    Holder("Ostrana S.A.", Use.ISP, telling=False, account=True),
    Holder("Arvelin Breitband GmbH", Use.ISP, account=True),
    Holder("Kestra Fibre Ltd", Use.ISP, account=True),
    Holder("Ondalia Telecomunicaciones S.A.", Use.ISP, account=True),
    Holder("Sundal Kabel-TV AS", Use.ISP, account=True),
    Holder("Brenholt Net GmbH", Use.ISP, account=True),
    Holder("T-Mobile USA, Inc.", Use.MOBILE),
    Holder("Halbera Mobil AG", Use.MOBILE, account=True),
    Holder("Polarin Wireless LLC", Use.MOBILE, account=True),
    Holder("Vodafone GmbH", Use.MOBILE),
    Holder("Sundira Oyj", Use.MOBILE, telling=False, account=True),
    Holder("AMAZON-02", Use.HOSTING),
    Holder("Ostra Cloud Hosting GmbH", Use.HOSTING, account=True),
    Holder("Vestra Datacenter A/S", Use.HOSTING, account=True),
    Holder("Orbisa VPS SIA", Use.HOSTING, account=True),
    Holder("Hetzner Online GmbH", Use.HOSTING),
    Holder("DigitalOcean, LLC", Use.HOSTING),
    Holder("Quorvane B.V.", Use.HOSTING, telling=False, account=True),
    Holder("M247 Europe SRL", Use.VPN),
    Holder("Packethub S.A.", Use.VPN, telling=False),
    Holder("Hidevault VPN Ltd", Use.VPN, account=True),
    Holder("Lumera Proxy Services Inc", Use.VPN, account=True),
    Holder("Cloudflare, Inc.", Use.RELAY),
    Holder("Akamai Technologies, Inc.", Use.RELAY),
    Holder("Universitaet Kordal", Use.EDUCATION, account=True),
    Holder("Dalfen College", Use.EDUCATION, account=True),
    Holder("Politecnico di Norda", Use.EDUCATION, telling=False),
)
MADE_UP = tuple(at for at, holder in enumerate(OTHERS) if holder.account)
"""Those that may be accounts."""

_BASE_V4 = int(ip_address("240.0.0.0"))
_WIDTH = 1 << 16
_BASE_V6 = int(ip_address("2001:db8:f000::"))
_ISP_BIT_V6 = 1 << 76
CAFES = 12
FIRST_ASN, OWN_ASN = 64_600, 100_000
_ISPS = tuple(at for at, holder in enumerate(OTHERS) if holder.use is Use.ISP)


def address_in(spec: WorldSpec, use: Use, *whose: int | str) -> str:
    """An address of some network of that use; always the same for the same asker."""
    places = [at for at, holder in enumerate(OTHERS) if holder.use is use]
    return address_of(spec, places[int(roll(spec, "holder", use, *whose) * len(places))], *whose)


def address_of(spec: WorldSpec, at: int, *whose: int | str) -> str:
    """An address of one of `OTHERS`; always the same for the same asker."""
    host = int(roll(spec, "host", at, *whose) * (_WIDTH - 2)) + 1
    if OTHERS[at].use is Use.ISP and holds(0.15, spec, "v6", *whose):
        return str(ip_address(_BASE_V6 + at * _ISP_BIT_V6 + (host << 64) + 2))
    return str(ip_address(_BASE_V4 + at * _WIDTH + host))


def cafe_of(spec: WorldSpec, *whose: int | str) -> str:
    """The address of a café; there are few, so people of many companies share one."""
    return address_in(spec, Use.ISP, "café", int(roll(spec, "café", *whose) * CAFES))


def has_own_network(spec: WorldSpec, index: int) -> bool:
    """Whether a company announces its office range itself."""
    return holds(spec.traits.own_network, spec, "own network", index)


def isp_beside(spec: WorldSpec, index: int) -> str:
    """Name of the ISP that shares a company's word; '' if there is none."""
    if not holds(spec.traits.isp_namesake, spec, "isp namesake", index):
        return ""
    endings = ("Telecom AG", "Net GmbH", "Broadband Ltd", "Communications Inc.", "Fiber LLC")
    return f"{word_of(spec, index).capitalize()} {endings[index % len(endings)]}"


def rows_of(spec: WorldSpec) -> Iterator[Row]:
    """All ranges of a world, none overlapping another."""
    for at, holder in enumerate(OTHERS):
        first = _BASE_V4 + at * _WIDTH
        yield Row(first, first + _WIDTH - 1, FIRST_ASN + at, holder)
        if holder.use is Use.ISP:
            first = _BASE_V6 + at * _ISP_BIT_V6
            yield Row(first, first + _ISP_BIT_V6 - 1, FIRST_ASN + at, holder)
    yield from _reserved()
    for index in range(spec.companies):
        yield _office(spec, index)


def csv_lines(spec: WorldSpec) -> Iterator[str]:
    """The table as public ones are written; what it does not tell is the use."""
    for row in rows_of(spec):
        first, last = (str(row.first), str(row.last)) if row.last < 1 << 32 else _spelt(row)
        yield f'{first},{last},{row.asn},"{row.holder.name}"'


def _spelt(row: Row) -> tuple[str, str]:
    return str(ip_address(row.first)), str(ip_address(row.last))


def _reserved() -> Iterator[Row]:
    """Ranges from which the rest of the simulation takes homes, crawlers and mail gateways."""
    for text, name in (("203.0.113.0/24", "Deutsche Telekom AG"), ("192.0.2.0/24", "AMAZON-02")):
        at = next(at for at, holder in enumerate(OTHERS) if holder.name == name)
        network = ip_network(text)
        yield Row(int(network[0]), int(network[-1]), FIRST_ASN + at, OTHERS[at])


def _office(spec: WorldSpec, index: int) -> Row:
    network = ip_network(office_of(index)[0])
    first, last = int(network[0]), int(network[-1])
    name = script_of(spec, index)
    company = company_of(spec, index, name, SCRIPTS[name].customer)
    at_desk = company.account_id
    if has_own_network(spec, index):
        return Row(first, last, OWN_ASN + index, Holder(_spelling(company), Use.COMPANY), at_desk, at_desk)
    beside = isp_beside(spec, index)
    if beside:
        return Row(first, last, OWN_ASN + index, Holder(beside, Use.ISP), office_of=at_desk)
    at = _ISPS[mix(spec.seed, index, 21) % len(_ISPS)]
    return Row(first, last, FIRST_ASN + at, OTHERS[at], office_of=at_desk)


def _spelling(company: Company) -> str:
    """A company's name as registers write it: as it is, in capitals, with another legal form, or a handle."""
    words = company.name.removesuffix(".").split()
    spellings = (
        company.name,
        company.name.upper(),
        company.name + " GmbH",
        f"{words[0].upper()}-AS",
        f"The {company.name} Holding",
    )
    return spellings[company.index % len(spellings)]


class Map:
    """Whose address it is, in truth.

    Args:
        spec: the world.
    """

    def __init__(self, spec: WorldSpec) -> None:
        self._rows = sorted(rows_of(spec), key=lambda row: row.first)
        self._firsts = [row.first for row in self._rows]
        self.of = lru_cache(maxsize=65_536)(self._of)

    def _of(self, address: str) -> Row | None:
        try:
            number = int(ip_address(address))
        except ValueError:
            return None
        at = bisect_right(self._firsts, number) - 1
        return self._rows[at] if at >= 0 and number <= self._rows[at].last else None
