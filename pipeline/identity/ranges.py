"""Address ranges in sorted arrays: which of them hold an address, by one binary search."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Number = tuple[int, int]
"""Version (4 or 6) and the address as a number."""

Block = tuple[int, int, int]
"""A CIDR range: version, prefix length and its leading bits as a number."""

Range = tuple[int, int, int, str]
"""Version, first and last address as numbers, whom it belongs to."""

# many companies use these within: they say nothing about which one
_PRIVATE = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"),
            *("::1/128", "fc00::/7", "fe80::/10"),
        ),
    )
)
WIDEST = {4: 8, 6: 20}
"""Shortest prefix that can be one company's own."""


@lru_cache(maxsize=65_536)
def number_of(address: str) -> Number | None:
    """An address as version and number; None if it is none. IPv4 within IPv6 is IPv4."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if found.version == 6 and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.version, int(found)


def office_network(text: str) -> IPv4Network | IPv6Network:
    """A company's own network, of its CIDR form or a single address.

    Raises:
        ValueError: it is none, or one that cannot be a single company's; the text says which.
    """
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"`{text}` is no address range") from None
    if any(network.version == private.version and network.overlaps(private) for private in _PRIVATE):
        raise ValueError(f"`{text}` is a private range, which many companies use")
    if network.prefixlen < WIDEST[network.version]:
        raise ValueError(f"`{text}` is too wide for one company")
    return network


@lru_cache(maxsize=65_536)
def office_block(text: str) -> Block | None:
    """A company's own network as a block; None where `office_network` refuses it."""
    try:
        network = office_network(text)
    except ValueError:
        return None
    bits = network.max_prefixlen - network.prefixlen
    return network.version, network.prefixlen, int(network.network_address) >> bits


def blocks_around(address: str, lengths: Iterable[tuple[int, int]]) -> Iterator[Block]:
    """Blocks an address lies in, of these versions and prefix lengths."""
    number = number_of(address)
    if number is None:
        return
    version, value = number
    width = 32 if version == 4 else 128
    for of_version, length in lengths:
        if of_version == version:
            yield version, length, value >> (width - length)


class RangeTable:
    """Who holds an address. Ranges may overlap: then all of their holders are named.

    Args:
        ranges: in any order.
    """

    def __init__(self, ranges: Iterable[Range]) -> None:
        given = list(ranges)
        self._tables = {version: _segments([item for item in given if item[0] == version]) for version in (4, 6)}

    def holders(self, address: str) -> tuple[str, ...]:
        """Holders of all ranges an address lies in, sorted."""
        number = number_of(address)
        if number is None:
            return ()
        starts, holders = self._tables[number[0]]
        at = bisect_right(starts, number[1]) - 1
        return holders[at] if at >= 0 else ()


def _segments(ranges: Sequence[Range]) -> tuple[list[int], list[tuple[str, ...]]]:
    """Cut at each edge into pieces that do not overlap: where each begins, and who holds it (nobody, in gaps)."""
    edges: dict[int, list[tuple[str, int]]] = {}
    for _, first, last, holder in ranges:
        edges.setdefault(first, []).append((holder, 1))
        edges.setdefault(last + 1, []).append((holder, -1))
    starts: list[int] = []
    held: list[tuple[str, ...]] = []
    open_now: dict[str, int] = {}
    for edge in sorted(edges):
        for holder, change in edges[edge]:
            open_now[holder] = open_now.get(holder, 0) + change
            if not open_now[holder]:
                del open_now[holder]
        starts.append(edge)
        held.append(tuple(sorted(open_now)))
    return starts, held
