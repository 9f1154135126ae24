"""Which column comes from which field of a noun, by rule, so that no second list must be kept in step with the schemas.

- a time in milliseconds `<name>_ms` becomes `<name>_at`;
- a datetime keeps its name, and goes as milliseconds, 0 for none; a date as days since 1970, 0 for none or earlier;
- a record within the noun is flattened: `play.message` becomes `play_message`;
- a tuple of records becomes an array of tuples, in the order of the record's fields; so do records within them;
- a client's address (`ip`) loses what tells one machine from its neighbours;
- everything else goes as it is. The one unwanted null, a float's, stays: 0 is an answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import IPv6Address
from operator import itemgetter
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime

from schemas.base import Record, to_ms

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """One column: its name, the noun's field it comes from, and what to do with the field's JSON value, if anything."""

    name: str
    field: str
    convert: Convert | None = None


def columns_of(noun: type[Record]) -> tuple[Column, ...]:
    """The columns of a noun, in the order of its fields."""
    return tuple(column for name, kind in _kinds(noun).items() for column in _columns(name, kind))


def moment_ms(value: str | None) -> int:
    """A datetime as pydantic writes it, as milliseconds since 1970; 0 for null."""
    return to_ms(datetime.fromisoformat(value)) if value else 0


def day_number(value: str | None) -> int:
    """A date as pydantic writes it, as days since 1970; 0 for null and for what is earlier."""
    return max(0, (date.fromisoformat(value) - date(1970, 1, 1)).days) if value else 0


def coarse_address(value: str) -> str:
    """An address without its last 8 bits (IPv4) or 80 bits (IPv6): the network still, and no longer the machine.

    >>> coarse_address("192.0.2.17"), coarse_address("2001:db8:1:2::3")
    ('192.0.2.0', '2001:db8:1::')
    """
    head, dot, _ = value.rpartition(".")
    if dot and ":" not in value:
        return f"{head}.0"
    if not value:
        return ""
    return str(IPv6Address(int(IPv6Address(value)) >> 80 << 80))


def column_name(field: str) -> str:
    """Name of the column of a field."""
    return field.removesuffix("_ms") + "_at" if field.endswith("_ms") else field


def _columns(field: str, kind: Any) -> list[Column]:
    if _is_record(kind):
        parts = [column for name, inner in _kinds(kind).items() for column in _columns(name, inner)]
        return [Column(f"{field}_{part.name}", field, _chained(itemgetter(part.field), part.convert)) for part in parts]
    return [Column(column_name(field), field, coarse_address if field == "ip" else _convert_of(kind))]


def _convert_of(kind: Any) -> Convert | None:
    if kind in (datetime, AwareDatetime):
        return moment_ms
    if kind is date:
        return day_number
    if _is_record(kind):
        as_tuples = _tuples_of(kind)
        return lambda value: as_tuples([value])[0]
    inner = get_args(kind)[0] if get_origin(kind) is tuple else None
    return _tuples_of(inner) if inner is not None and _is_record(inner) else None


def _tuples_of(record: type[Record]) -> Convert:
    """A list of JSON objects as a list of tuples; a missing field is a KeyError, as in the noun itself."""
    pick: Callable[[Any], tuple[Any, ...]] = itemgetter(*_kinds(record))
    converts = tuple(_convert_of(kind) for kind in _kinds(record).values())
    if any(converts):
        return lambda values: [
            tuple(part if turn is None else turn(part) for turn, part in zip(converts, pick(value), strict=True))
            for value in values
        ]

    def convert(values: list[Any]) -> list[tuple[Any, ...]]:
        return list(map(pick, values))

    return convert


def _chained(first: Convert, second: Convert | None) -> Convert:
    if second is None:
        return first
    then = second
    return lambda value: then(first(value))


def _kinds(noun: type[Record]) -> Mapping[str, Any]:
    """Field -> its type, without annotations and without `| None`; those that reach no table are left out."""
    return {name: _bare(field.annotation) for name, field in noun.model_fields.items() if name not in noun.UNARCHIVED}


def _bare(kind: Any) -> Any:
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return _bare(next(part for part in get_args(kind) if part is not type(None)))
    return kind


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Record)


__all__ = ["Column", "Convert", "column_name", "columns_of", "day_number", "moment_ms"]
