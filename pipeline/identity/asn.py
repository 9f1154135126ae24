"""Which network announces an address, who holds it: lines `start,end,asn,holder` into arrays and a binary search."""

import csv
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, MutableSequence
from dataclasses import dataclass

from pipeline.identity.ranges import number_of
from schemas.errors import RecordError

ASN_MAX = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Holder:
    """A network (autonomous system) and who holds it."""

    asn: int
    name: str


class AsnTable:
    """Ranges that do not overlap, by address; 515,000 of them take about 40 MB.

    Args:
        lines: `start,end,asn,holder`; addresses as numbers or as text, IPv4 and IPv6 mixed as they like.
        build: version of the data, for answers that rest on it.

    Raises:
        RecordError: a line is not of that form; the text names it.
    """

    def __init__(self, lines: Iterable[str], build: str) -> None:
        self.build = build
        self._holders: list[Holder] = []
        # one array after the other, never a list of rows: those would cost four times the memory, for good
        self._columns = {4: _Columns(array("I"), array("I")), 6: _Columns([], [])}
        known: dict[tuple[int, str], int] = {}
        for version, start, end, holder in _rows(lines):
            at = known.get(holder)
            if at is None:
                at = known[holder] = len(self._holders)
                self._holders.append(Holder(*holder))
            self._columns[version].add(start, end, at)
        for columns in self._columns.values():
            columns.sort()

    def __len__(self) -> int:
        return sum(len(columns.of) for columns in self._columns.values())

    def holder(self, address: str) -> Holder | None:
        """Who announces an address; None where nobody does."""
        number = number_of(address)
        if number is None:
            return None
        version, value = number
        columns = self._columns[version]
        at = bisect_right(columns.starts, value) - 1
        if at < 0 or value > columns.ends[at]:
            return None
        return self._holders[columns.of[at]]


Numbers = MutableSequence[int]


class _Columns:
    """First and last addresses of ranges side by side, and whose they are."""

    def __init__(self, starts: Numbers, ends: Numbers) -> None:
        self.starts, self.ends, self.of = starts, ends, array("I")
        self._in_order = True

    def add(self, start: int, end: int, holder: int) -> None:
        self._in_order = self._in_order and (not self.starts or self.starts[-1] < start)
        self.starts.append(start)
        self.ends.append(end)
        self.of.append(holder)

    def sort(self) -> None:
        if self._in_order:  # as the published files are
            return
        order = sorted(range(len(self.of)), key=self.starts.__getitem__)
        for column in (self.starts, self.ends, self.of):
            for at, value in enumerate([column[at] for at in order]):
                column[at] = value
        self._in_order = True


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, int, int, tuple[int, str]]]:
    for number, row in enumerate(_cells(lines), 1):
        if not row or (number == 1 and not _is_address(row[0])):
            continue  # blank, or a heading
        try:
            start, end, asn, name = row[0], row[1], row[2], row[3]
            version, first = _bound(start)
            version_of_end, last = _bound(end)
            held = int(asn.removeprefix("AS") or 0)
            if version_of_end != version or last < first or not 0 <= held <= ASN_MAX:
                raise ValueError(row)
        except (ValueError, IndexError):
            raise RecordError(
                f"line {number} of the network data is not `start,end,asn,holder`: {','.join(row)[:120]}.",
                "Use the CSV files of @ip-location-db/asn, as they are.",
            ) from None
        yield version, first, last, (held, name.strip())


def _cells(lines: Iterable[str]) -> Iterator[list[str]]:
    reader = csv.reader(lines)
    try:
        yield from reader
    except csv.Error as error:
        raise RecordError(
            f"line {reader.line_num} of the network data is no CSV: {error}.", "Give a CSV file."
        ) from None


def _is_address(text: str) -> bool:
    return text.isdigit() or number_of(text) is not None


def _bound(text: str) -> tuple[int, int]:
    if text.isdigit():
        value = int(text)
        if value >= 1 << 128:
            raise ValueError(text)
        return (4, value) if value < 1 << 32 else (6, value)
    found = number_of.__wrapped__(text)
    if found is None:
        raise ValueError(text)
    return found
