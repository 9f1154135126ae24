"""Lists of address ranges and their kinds, as an operator gives them: lines `cidr,kind`, or bare ranges of one kind."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from pipeline.identity.ranges import Range
from schemas.errors import RecordError
from schemas.event import NetworkKind

_OTHER_NAMES = {"datacenter": NetworkKind.HOSTING, "datacentre": NetworkKind.HOSTING}


def listed_kind(text: str) -> NetworkKind:
    """The kind of a name.

    Raises:
        ValueError: there is no such kind.
    """
    name = text.strip().lower()
    if not name:
        raise ValueError(text)
    return _OTHER_NAMES.get(name) or NetworkKind(name)


def read_ranges(lines: Iterable[str], of_all: NetworkKind = NetworkKind.UNKNOWN) -> Iterator[Range]:
    """Ranges of lines `cidr,kind`; what stands behind `#`, blank lines and a heading say nothing.

    Args:
        lines: the text of a list.
        of_all: kind of lines that name none.

    Raises:
        RecordError: a line is not of that form; the text names it.
    """
    for number, line in enumerate(lines, 1):
        given, _, named = line.partition("#")[0].partition(",")
        if not given.strip() or (number == 1 and given.strip().lower() in ("cidr", "range", "network")):
            continue
        try:
            network = ip_network(given.strip(), strict=False)
            kind = listed_kind(named) if named.strip() else of_all
            if not kind:
                raise ValueError(line)
        except ValueError:
            raise RecordError(
                f"line {number} of the list of ranges is not `cidr,kind`: {line.strip()[:120]}.",
                f"Kinds are {', '.join(kind for kind in NetworkKind if kind)}.",
            ) from None
        yield network.version, int(network[0]), int(network[-1]), kind
