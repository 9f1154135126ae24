"""ClickHouse: rows a second into the events table, bytes of an event on disk, times of the shipped views."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from schemas.errors import SinkError
from sinks.clickhouse import ClickHouseSink
from sinks.migrate import migrate
from tests.bench.figures.plot import Plot
from tests.bench.line.race import STAGES, WholeLine
from tests.bench.surroundings import Bench

DATABASE = "bench_engine"
ROWS, ROWS_QUICK = 10_000_000, 50_000
COUNTED = ("events_log", "activities_log")


async def engine(bench: Bench, quick: bool) -> tuple[Mapping[str, Any], list[Plot]]:
    """The line fills the tables; the rows are then multiplied within the engine, ids made anew, up to 10^7 events."""
    line = WholeLine(bench, 3_000 if quick else 20_000, database=DATABASE)
    migrate(bench.clickhouse_url, DATABASE)
    lap = await line.lap("ours", stages=(*STAGES, "archive"))
    sink = ClickHouseSink(bench.clickhouse_url, DATABASE)
    try:
        rates = await _multiply(sink, ROWS_QUICK if quick else ROWS)
        sizes = await sink.query(
            "SELECT table, sum(rows) AS n, sum(bytes_on_disk) AS bytes FROM system.parts "
            f"WHERE active AND database = '{DATABASE}' GROUP BY table"
        )
        times = await _views(sink)
    finally:
        await sink.close()
    per_row = {row["table"]: round(row["bytes"] / row["n"], 1) for row in sizes if row["n"]}
    figures = {
        "line_with_archive_cpu_seconds_per_million": round(lap.cpu_seconds_per_million, 1),
        "engine_rows": {row["table"]: row["n"] for row in sizes},
        "engine_bytes_per_row": per_row,
        "engine_copied_rows_per_second": rates,
        "view_seconds": times,
    }
    slow = sorted(times.items(), key=lambda item: -item[1])
    bars = {name: [(float(at), seconds)] for at, (name, seconds) in enumerate(slow[:12])}
    return figures, [Plot("shipped views, read whole, slowest first", "view", "seconds", bars)]


async def _multiply(sink: ClickHouseSink, goal: int) -> dict[str, int]:
    """Double the rows until there are enough; each copy has ids of its own."""
    rates: dict[str, int] = {}
    for table, id_ in (("events_log", "event_id"), ("activities_log", "activity_id")):
        count = (await sink.query(f"SELECT count() AS n FROM {table}"))[0]["n"]
        copies = max(0, goal // max(count, 1) - 1)
        if not count or not copies:
            continue
        began = time.monotonic()
        await sink.query(
            f"INSERT INTO {table} SELECT first.* REPLACE (lower(hex(MD5(concat({id_}, toString(number))))) AS {id_}) "
            f"FROM {table} AS first CROSS JOIN numbers(1, {copies}) AS copies"
        )
        rates[table] = round(count * copies / (time.monotonic() - began))
    return rates


async def _views(sink: ClickHouseSink) -> dict[str, float]:
    found = await sink.query("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'")
    times: dict[str, float] = {}
    for name in sorted(row["name"] for row in found):
        began = time.monotonic()
        with suppress(SinkError):  # stopped at its time: what it says then is at least that
            await sink.query(f"SELECT count() AS n FROM (SELECT * FROM {name}) SETTINGS max_execution_time = 60")
        times[name] = round(time.monotonic() - began, 3)
    return times
