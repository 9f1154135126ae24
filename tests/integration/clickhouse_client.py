"""Writing to the views' tables as the archive does, and asking them."""

import asyncio
from collections.abc import Sequence
from typing import Any

from clickhouse_story import day

from schemas.base import Record, to_ms
from sinks.clickhouse import ClickHouseSink
from sinks.migrate import MIGRATIONS_FOLDER
from sinks.rows import rows_of


async def archive(sink: ClickHouseSink, records: Sequence[Record], rows_max: int = 1000, first: int = 0) -> None:
    """Insert records as the archive does, in pieces of so many rows; the first lies at this offset."""
    noun = type(records[0])
    values = [record.encode() for record in records]
    places = [(noun.__name__, 0, offset, to_ms(day(11)) + offset) for offset in range(first, first + len(records))]
    for start in range(0, len(values), rows_max):
        batch = rows_of(noun, values[start : start + rows_max], places[start : start + rows_max])
        assert await sink.insert(batch.table, batch.columns, batch.column_values) == batch.rows


async def rows(sink: ClickHouseSink, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await sink.query(sql)]


PARAMETERS: dict[str, dict[str, Any]] = {
    "why_this_alert": {"alert_id": "A1"},
    "account_story": {"account_id": "acme"},
    "buying_group": {"days": 36500, "people_min": 2},
    "rejects_lately": {"days": 36500},
    "new_companies": {"days": 36500, "people_min": 1},
    "taken_back": {"days": 36500},
    "unused_assets": {"days": 5},
    "assets_that_move": {"seen_min": 1},
    "what_next": {"stage": "evaluating"},
}


async def ask(sink: ClickHouseSink, name: str) -> list[tuple[Any, ...]]:
    sql = await asyncio.to_thread((MIGRATIONS_FOLDER / "queries" / f"{name}.sql").read_text)
    assert sql.startswith("-- ")
    return [tuple(row.values()) for row in await sink.query(sql, PARAMETERS.get(name))]
