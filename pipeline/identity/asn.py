"""Which network announces an address, who holds it: lines `start,end,asn,holder` into arrays and a binary search."""

import csv
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.identity.ranges import number_of
from schemas.errors import RecordError


@dataclass(frozen=True, slots=True)
class Holder:
    """A network (autonomous system) and who holds it."""

    asn: int
    name: str


class AsnTable:
    """Ranges that do not overlap, by address.

    Args:
        lines: `start,end,asn,holder`; addresses as numbers or as text, IPv4 and IPv6 mixed as they like.
        build: version of the data, for answers that rest on it.

    Raises:
        RecordError: a line is not of that form; the text names it.
    """

    def __init__(self, lines: Iterable[str], build: str) -> None:
        self.build = build
        self._holders: list[Holder] = []
        self._starts: dict[int, array[int] | list[int]] = {4: array("Q"), 6: []}
        self._ends: dict[int, array[int] | list[int]] = {4: array("Q"), 6: []}
        self._of: dict[int, array[int]] = {4: array("I"), 6: array("I")}
        known: dict[tuple[str, str], int] = {}
        for version, start, end, holder in sorted(_rows(lines, known, self._holders)):
            self._starts[version].append(start)
            self._ends[version].append(end)
            self._of[version].append(holder)

    def __len__(self) -> int:
        return len(self._starts[4]) + len(self._starts[6])

    def holder(self, address: str) -> Holder | None:
        """Who announces an address; None where nobody does."""
        number = number_of(address)
        if number is None:
            return None
        version, value = number
        at = bisect_right(self._starts[version], value) - 1
        if at < 0 or value > self._ends[version][at]:
            return None
        return self._holders[self._of[version][at]]


Row = tuple[int, int, int, int]


def _rows(lines: Iterable[str], known: dict[tuple[str, str], int], holders: list[Holder]) -> Iterator[Row]:
    for number, row in enumerate(csv.reader(lines), 1):
        if not row or (number == 1 and not _is_address(row[0])):
            continue  # blank, or a heading
        try:
            start, end, asn, name = row[0], row[1], row[2], row[3]
            version, first = _bound(start)
            _, last = _bound(end)
            key = (asn, name)
            at = known.get(key)
            if at is None:
                holders.append(Holder(int(asn.removeprefix("AS") or 0), name.strip()))
                at = known[key] = len(holders) - 1
        except (ValueError, IndexError):
            raise RecordError(
                f"line {number} of the network data is not `start,end,asn,holder`: {','.join(row)[:120]}.",
                "Use the CSV files of @ip-location-db/asn, as they are.",
            ) from None
        yield version, first, last, at


def _is_address(text: str) -> bool:
    return text.isdigit() or number_of(text) is not None


def _bound(text: str) -> tuple[int, int]:
    if text.isdigit():
        value = int(text)
        return (4, value) if value < 1 << 32 else (6, value)
    found = number_of.__wrapped__(text)
    if found is None:
        raise ValueError(text)
    return found
