"""Nouns become rows: a pure function from the bytes on Kafka to the columns of a table.

Fast, since the archive is one of the two hot places of the pipeline: our own records are decoded by orjson and picked
apart without a pydantic pass. Only a value that does not fit at once (a record of an older version without a newer
field, say) goes through its model, which fills in defaults or says what is wrong. Records of input topics, which others
write, always go through their model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, cast

import orjson
from pydantic import ValidationError

from schemas.account import Account
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.authored.activation import Activation
from schemas.authored.asset import Asset
from schemas.base import Record
from schemas.dispatch.digest import Digest
from schemas.dispatch.held import HeldAlert
from schemas.errors import RecordError
from schemas.event import Event
from schemas.handover.entry import Handover
from schemas.handover.feedback import Answer
from schemas.identity import IdentityFact
from schemas.rejected import Rejected
from schemas.transition import Transition
from sinks.columns import Column, columns_of

Coordinates = tuple[str, int, int, int]
"""Topic, partition, offset, timestamp in milliseconds of one archived record."""

OnBad = Callable[[int, RecordError], None]
"""Told of a value that cannot be read: its index in the batch, and the error."""

PIECE_ROWS = 500
REMOVED = "removed"
KAFKA_COLUMNS = ("kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp")


@dataclass(frozen=True)
class ColumnBatch:
    """Rows of one table, column by column: what a `RowSink` takes."""

    table: str
    columns: tuple[str, ...]
    column_values: Sequence[Sequence[Any]]

    @property
    def rows(self) -> int:
        """How many rows these are."""
        return len(self.column_values[0]) if self.column_values else 0


@dataclass(frozen=True)
class TableSpec:
    """Where a noun goes.

    Args:
        noun: model of the archived records.
        name: the noun's plain name, which is the view's; the table's has `_log` behind it.
        foreign: written by others, so each value is checked against the model.
        closed: takes out of a record's JSON fields what may not reach a table.
        tombstones: a null value is a deletion of its key: a row of that id and defaults, with `removed` set.
    """

    noun: type[Record]
    name: str
    foreign: bool = False
    tombstones: bool = False
    closed: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.name + "_log"

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Columns in the order of a row's values."""
        removed = (REMOVED,) if self.tombstones else ()
        return tuple(column.name for column in self._own) + removed + KAFKA_COLUMNS

    def row(self, value: bytes, coordinates: Coordinates) -> tuple[Any, ...]:
        """One record as a row.

        Raises:
            RecordError: the record cannot be read; the text names its coordinates.
        """
        return tuple(column[0] for column in self._columns([self.read(value, coordinates)], [coordinates]))

    def read(self, value: bytes, coordinates: Coordinates) -> dict[str, Any]:
        """One record as JSON fields, all of them there.

        Raises:
            RecordError: the record cannot be read; the text names its coordinates.
        """
        if not self.foreign:
            try:
                fields: dict[str, Any] = orjson.loads(value)
                self._columns([fields], [coordinates])
                return fields
            except (ValueError, TypeError, KeyError, AttributeError):
                pass  # the model knows defaults, and says better what is wrong
        try:
            fields = orjson.loads(self.noun.model_validate_json(value).encode())
            self._columns([fields], [coordinates])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            topic, partition, offset, _ = coordinates
            raise RecordError(
                f"{topic}:{partition}:{offset} is no {self.noun.__name__}: {_in_words(error)}.",
                "Another writer on this topic, or a worker of another version; see who wrote it.",
            ) from error
        return fields

    def gone(self, key: bytes) -> dict[str, Any]:
        """The JSON fields of a record that was deleted: its id, and nothing else known."""
        first = next(iter(self.noun.model_fields))
        empty: dict[str, Any] = {name: "" for name, field in self.noun.model_fields.items() if field.is_required()}
        record = self.noun.model_construct(None, **(empty | {first: key.decode("utf-8", "replace")}))
        fields: dict[str, Any] = orjson.loads(record.encode())
        return fields | {REMOVED: True}

    def batch(self, records: Sequence[dict[str, Any]], coordinates: Sequence[Coordinates]) -> ColumnBatch:
        """Records as columns. Raises KeyError or TypeError where a record does not have the noun's fields."""
        return ColumnBatch(self.table, self.columns, self._columns(records, coordinates))

    def _columns(self, records: Sequence[dict[str, Any]], coordinates: Sequence[Coordinates]) -> list[Sequence[Any]]:
        if not records:
            return [() for _ in self.columns]
        if self.closed is not None:
            records = list(map(self.closed, records))
        fields = list(zip(*map(self._pick, records), strict=True))
        values: list[Sequence[Any]] = []
        for column in self._own:
            given = fields[self._index[column.field]]
            values.append(given if column.convert is None else list(map(column.convert, given)))
        if self.tombstones:
            values.append([record.get(REMOVED, False) for record in records])
        values.extend(zip(*coordinates, strict=True))
        return values

    @cached_property
    def _own(self) -> tuple[Column, ...]:
        return columns_of(self.noun)

    @cached_property
    def _index(self) -> Mapping[str, int]:
        return {name: index for index, name in enumerate(self.noun.model_fields)}

    @cached_property
    def _pick(self) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
        return itemgetter(*self.noun.model_fields)


def closed_alert(fields: dict[str, Any]) -> dict[str, Any]:
    """An alert as it lies on its team's topic, with pseudonyms again where its sentence has clear addresses."""
    why = fields["why"]
    clear = [person for person in fields["people"] if "@" in person["address"]]
    for person in sorted(clear, key=lambda person: -len(person["address"])):  # one may be the end of another
        why = why.replace(person["address"], person["person"])
    return fields | {"why": why} if clear else fields


TABLES: Mapping[str, TableSpec] = {
    spec.name: spec
    for spec in (
        TableSpec(Event, "events"),
        TableSpec(Rejected, "rejected"),
        TableSpec(IdentityFact, "identity"),
        TableSpec(Activity, "activities"),
        TableSpec(Transition, "transitions"),
        TableSpec(Alert, "alerts", closed=closed_alert),
        TableSpec(Digest, "digests"),
        TableSpec(HeldAlert, "alerts_held"),
        TableSpec(Answer, "feedback"),
        TableSpec(Handover, "handovers"),
        TableSpec(Account, "accounts", foreign=True, tombstones=True),
        TableSpec(Activation, "journeys"),
        TableSpec(Asset, "assets", foreign=True, tombstones=True),
    )
}
"""Noun's plain name -> where it goes, in the order of the data's way."""

_BY_NOUN: Mapping[type[Record], TableSpec] = {spec.noun: spec for spec in TABLES.values()}


def rows_of(
    topic_noun: type[Record],
    values: Sequence[bytes | None],
    coordinates: Sequence[Coordinates],
    on_bad: OnBad | None = None,
    keys: Sequence[bytes | None] = (),
) -> ColumnBatch:
    """The rows of a batch of records of one noun.

    Args:
        values: what lies on Kafka, one value a record; None is a null value.
        coordinates: where each value lies, in the same order.
        on_bad: told of each value that cannot be read, which then makes no row; for input topics, where a bad value is
            not ours to stop for. Without it such a value raises.
        keys: of each value, where a null value deletes its key.

    Raises:
        RecordError: a value cannot be read; the text names its coordinates and what is wrong.
    """
    spec = _BY_NOUN[topic_noun]
    if not spec.foreign and (fast := _fast(spec, values, coordinates)) is not None:
        return fast
    records: list[dict[str, Any]] = []
    places: list[Coordinates] = []
    for index, (value, place) in enumerate(zip(values, coordinates, strict=True)):
        if spec.tombstones and not value:
            if value is None and keys and (key := keys[index]):
                records.append(spec.gone(key))
                places.append(place)
            continue
        try:
            records.append(spec.read(value or b"", place))
        except RecordError as error:
            if on_bad is None:
                raise
            on_bad(index, error)
            continue
        places.append(place)
    return spec.batch(records, places)


def _fast(spec: TableSpec, values: Sequence[bytes | None], coordinates: Sequence[Coordinates]) -> ColumnBatch | None:
    """The batch, if every value is a record as our own workers write it; else None.

    In pieces: 100,000 decoded records at once are three times slower than 500 at a time (caches, garbage collector).
    """
    columns: list[list[Any]] = [[] for _ in spec.columns]
    try:
        for start in range(0, len(values), PIECE_ROWS):
            records = list(map(orjson.loads, cast(Sequence[bytes], values[start : start + PIECE_ROWS])))
            piece = spec.batch(records, coordinates[start : start + PIECE_ROWS])
            for column, more in zip(columns, piece.column_values, strict=True):
                column.extend(more)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return ColumnBatch(spec.table, spec.columns, columns)


def _in_words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'value'}: {item['msg']}" for item in error.errors(include_input=False)
        )
    return f"{type(error).__name__} {error}"


__all__ = ["KAFKA_COLUMNS", "TABLES", "ColumnBatch", "Coordinates", "OnBad", "TableSpec", "rows_of"]
