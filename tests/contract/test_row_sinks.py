"""One suite for every row sink: the one in memory, and ClickHouse on the engine in this process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.exceptions import DatabaseError

from schemas.alert import AlertPerson
from schemas.cause import Cause
from schemas.errors import SettingsError, TerminalSinkError, TransientSinkError
from sinks.base import RowSink
from sinks.clickhouse import ClickHouseSink
from sinks.columns import column_name
from sinks.connection import ClickHouseTarget, connect
from sinks.faults import MENDS, PASSING, classed
from sinks.memory import MemorySink
from sinks.migrate import Migration, copy_comments, migrate, pending, plan, read, statements_of
from sinks.rows import TABLES

DATABASE = "triggerpoint"
COLUMNS = ["event_id", "source", "type", "occurred_at", "received_at", "kafka_timestamp"]
KEPT_MS = 4_000_000_000_000
"""2096: the tables drop what lies too long behind the clock of the machine that runs the test."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The engine in this process, with our tables; a handle held open keeps the engine alive between tests."""
    found = f"chdb:{tmp_path_factory.mktemp('engine')}"
    held = connect(ClickHouseTarget(found, ""))
    migrate(found, DATABASE)
    yield found
    held.close()


@pytest.fixture(params=["memory", "clickhouse"])
async def sink(request: pytest.FixtureRequest) -> AsyncIterator[RowSink]:
    if request.param == "memory":
        made: RowSink = MemorySink()
    else:
        made = ClickHouseSink(request.getfixturevalue("url"), DATABASE)
    yield made
    await made.close()


def rows(*ids: str) -> list[list[object]]:
    moment = 1_772_366_400_123
    return [
        list(ids),
        ["web"] * len(ids),
        ["page_view"] * len(ids),
        [moment] * len(ids),
        [moment] * len(ids),
        [KEPT_MS] * len(ids),
    ]


async def found_ids(sink: RowSink, prefix: str) -> list[str]:
    if isinstance(sink, MemorySink):
        return sorted(row["event_id"] for row in sink.rows["events_log"] if row["event_id"].startswith(prefix))
    assert isinstance(sink, ClickHouseSink)
    sql = "SELECT event_id FROM events_log WHERE startsWith(event_id, {prefix:String}) ORDER BY event_id"
    return [row["event_id"] for row in await sink.query(sql, {"prefix": prefix})]


async def test_rows_are_there_once_insert_returns(sink: RowSink) -> None:
    assert await sink.insert("events_log", COLUMNS, rows("there-1", "there-2")) == 2
    assert await found_ids(sink, "there-") == ["there-1", "there-2"]


async def test_columns_may_come_as_tuples(sink: RowSink) -> None:
    assert await sink.insert("events_log", tuple(COLUMNS), [tuple(values) for values in rows("tuple-1")]) == 1


async def test_no_rows_are_no_error(sink: RowSink) -> None:
    assert await sink.insert("events_log", COLUMNS, rows()) == 0


async def test_columns_of_different_length_are_refused(sink: RowSink) -> None:
    with pytest.raises(TerminalSinkError, match="do not fit"):
        await sink.insert("events_log", COLUMNS, [*rows("a", "b")[:-1], [1]])
    with pytest.raises(TerminalSinkError, match="do not fit"):
        await sink.insert("events_log", COLUMNS[:-1], rows("a"))


async def test_an_unknown_table_is_refused(sink: RowSink) -> None:
    with pytest.raises(TerminalSinkError, match="no_such_table"):
        await sink.insert("no_such_table", COLUMNS, rows("a"))


async def test_an_unknown_column_is_refused(sink: RowSink) -> None:
    with pytest.raises(TerminalSinkError, match="no_such_column"):
        await sink.insert("events_log", [*COLUMNS[:-1], "no_such_column"], rows("a"))


async def test_ping_of_a_sink_that_answers_returns(sink: RowSink) -> None:
    await sink.ping()


async def test_closing_twice_is_no_error_and_then_nothing_goes(sink: RowSink) -> None:
    await sink.close()
    await sink.close()
    with pytest.raises(TransientSinkError):
        await sink.insert("events_log", COLUMNS, rows("late"))


class TestMemory:
    """Faults on order."""

    async def test_faults_come_in_order_and_then_end(self) -> None:
        sink = MemorySink(faults=[TransientSinkError("busy"), None, TerminalSinkError("no")])
        with pytest.raises(TransientSinkError):
            await sink.insert("events_log", COLUMNS, rows("a"))
        assert await sink.insert("events_log", COLUMNS, rows("a")) == 1
        with pytest.raises(TerminalSinkError):
            await sink.ping()
        await sink.ping()
        assert sink.inserts == [("events_log", 1)]

    async def test_a_lost_reply_keeps_the_rows(self) -> None:
        sink = MemorySink(faults=[TransientSinkError("cut")], lose_replies=True)
        with pytest.raises(TransientSinkError):
            await sink.insert("events_log", COLUMNS, rows("a"))
        assert len(sink.rows["events_log"]) == 1


class TestClickHouse:
    """What only ClickHouse can do wrong."""

    async def test_a_value_of_the_wrong_type_is_refused_for_good(self, url: str) -> None:
        sink = ClickHouseSink(url, DATABASE)
        bad = [*rows("a")[:-1], ["no time"]]
        with pytest.raises(TerminalSinkError, match="events_log"):
            await sink.insert("events_log", COLUMNS, bad)
        await sink.close()

    async def test_a_server_that_is_away_is_waited_for_and_its_password_not_shown(self) -> None:
        sink = ClickHouseSink("http://maria:secret@127.0.0.1:1", DATABASE)
        with pytest.raises(TransientSinkError) as caught:
            await sink.insert("events_log", COLUMNS, rows("a"))
        assert "127.0.0.1:1" in str(caught.value)
        assert "secret" not in str(caught.value)
        with pytest.raises(TransientSinkError):
            await sink.ping()
        await sink.close()

    async def test_a_missing_database_says_how_to_make_it(self, url: str) -> None:
        sink = ClickHouseSink(url, "not_there")
        with pytest.raises(TerminalSinkError, match="triggerpoint migrate"):
            await sink.ping()
        await sink.close()

    async def test_a_column_added_later_is_found(self, url: str) -> None:
        sink = ClickHouseSink(url, DATABASE)
        client = connect(ClickHouseTarget(url, DATABASE))
        client.command("CREATE TABLE grows (a String) ENGINE = MergeTree ORDER BY a")
        await sink.insert("grows", ["a"], [["x"]])
        client.command("ALTER TABLE grows ADD COLUMN b String")
        await sink.insert("grows", ["a", "b"], [["x"], ["y"]])
        assert len(await sink.query("SELECT * FROM grows")) == 2
        client.close()
        await sink.close()

    async def test_rows_of_six_hundred_months_are_taken(self, url: str) -> None:
        sink = ClickHouseSink(url, DATABASE)
        months = [number * 31 * 86_400_000 for number in range(600)]
        ids = [f"old-{number}" for number in range(600)]
        values = [ids, ["web"] * 600, ["page_view"] * 600, months, months, [KEPT_MS] * 600]
        assert await sink.insert("events_log", COLUMNS, values) == 600
        await sink.close()

    @pytest.mark.parametrize("wrong", ["ftp://127.0.0.1", "127.0.0.1:8123", "http://", ""])
    async def test_an_address_without_sense_is_a_settings_error(self, wrong: str) -> None:
        sink = ClickHouseSink(wrong, DATABASE)
        with pytest.raises(SettingsError, match="TRIGGERPOINT_CLICKHOUSE_URL"):
            await sink.ping()
        await sink.close()

    def test_error_codes_bear_the_engine_s_names(self, url: str) -> None:
        client = connect(ClickHouseTarget(url, ""))
        names = dict(client.query("SELECT number, errorCodeToName(number) FROM numbers(1000)").result_rows)
        client.close()
        assert {code: names[code] for code in PASSING} == dict(PASSING)
        assert all(names[code] for code in MENDS)


@pytest.mark.parametrize(
    ("text", "code", "kind"),
    [
        ("Too many parts", 252, TransientSinkError),
        ("Memory limit", 241, TransientSinkError),
        ("Table is in readonly mode", 242, TransientSinkError),
        ("Keeper", 999, TransientSinkError),
        ("Type mismatch", 53, TerminalSinkError),
        ("HTTP driver received HTTP status 502, server response: bad gateway", None, TransientSinkError),
        ("HTTP driver received HTTP status 429", None, TransientSinkError),
        ("HTTP driver received HTTP status 404", None, TerminalSinkError),
    ],
)
def test_errors_are_classed_by_code(text: str, code: int | None, kind: type[Exception]) -> None:
    assert isinstance(classed(DatabaseError(text, code=code), "Inserting"), kind)


class TestMigrations:
    """Files, plan, and what is in the database afterwards."""

    def test_statements_end_at_semicolons_outside_quotes_and_comments(self) -> None:
        sql = "-- a; b\nSELECT ';', `a;b`, 'it''s; \\'x;'; /* ; */\n SELECT 2 -- end;\n;\n;"
        assert list(statements_of(sql)) == ["SELECT ';', `a;b`, 'it''s; \\'x;'", "SELECT 2"]

    def test_nothing_is_applied_twice(self, url: str) -> None:
        assert migrate(url, DATABASE) == []
        assert pending(url, DATABASE) == []

    def test_a_dry_run_changes_nothing(self, url: str) -> None:
        assert len(pending(url, "not_there")) == len(read())
        assert len(pending(url, "not_there")) == len(read())

    def test_a_broken_off_run_is_finished_by_the_next(self, url: str, tmp_path: Path) -> None:
        (tmp_path / "0001_a.sql").write_text("-- migrate:up\nCREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = Memory;\n")
        second = tmp_path / "0002_b.sql"
        create = "-- migrate:up\nCREATE TABLE IF NOT EXISTS b (x Int8) ENGINE = Memory;\n"
        second.write_text(create + "CREATE NONSENSE;\n")
        with pytest.raises(TerminalSinkError, match=r"0002_b\.sql, statement 2"):
            migrate(url, "broken_off", tmp_path)
        second.write_text(create)
        assert [migration.name for migration in migrate(url, "broken_off", tmp_path)] == ["0002_b.sql"]

    def test_a_changed_file_and_a_newer_database_are_told(self) -> None:
        first = Migration("0001", "0001_a.sql", ("SELECT 1",))
        assert plan({"0001": first.checksum}, [first]) == []
        assert plan({"0001": ""}, [first]) == []
        with pytest.raises(SettingsError, match="has changed"):
            plan({"0001": "other"}, [first])
        with pytest.raises(SettingsError, match="newer"):
            plan({"0002": "other"}, [first])

    def test_comments_and_blank_lines_change_no_checksum(self) -> None:
        plain = Migration("1", "a", tuple(statements_of("SELECT 1;")))
        talkative = Migration("1", "a", tuple(statements_of("-- why\n\nSELECT 1;\n\n-- end\n")))
        assert plain.checksum == talkative.checksum

    @pytest.mark.parametrize("name", ["", "a b", "a`b", "1a"])
    def test_a_name_no_database_can_have_is_refused(self, url: str, name: str) -> None:
        with pytest.raises(SettingsError):
            migrate(url, name)

    def test_folders_that_make_no_sense_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="no migrations"):
            read(tmp_path)
        (tmp_path / "0001_a.sql").write_text("SELECT 1")
        with pytest.raises(SettingsError, match="migrate:up"):
            read(tmp_path)
        (tmp_path / "0001_a.sql").write_text("-- migrate:up\nSELECT 1")
        (tmp_path / "001_b.sql").write_text("-- migrate:up\nSELECT 1")
        with pytest.raises(SettingsError, match="number"):
            read(tmp_path)

    def test_each_field_of_each_noun_has_its_column(self, url: str) -> None:
        client = connect(ClickHouseTarget(url, DATABASE))
        for spec in TABLES.values():
            columns = [row[0] for row in client.query(f"DESCRIBE TABLE {spec.table}").result_rows]
            assert columns == [*spec.columns, "archived_at", "version"]
        client.close()

    def test_tuples_within_rows_are_in_the_order_of_their_records(self, url: str) -> None:
        client = connect(ClickHouseTarget(url, DATABASE))
        for table, column, record in (
            ("alerts_log", "causes", Cause),
            ("transitions_log", "causes", Cause),
            ("alerts_log", "people", AlertPerson),
        ):
            types = {row[0]: row[1] for row in client.query(f"DESCRIBE TABLE {table}").result_rows}
            tuples = get_from_name(types[column]).element_type
            kept = [field for field in record.model_fields if field not in record.UNARCHIVED]
            assert list(tuples.element_names) == [column_name(field) for field in kept]
        client.close()

    def test_each_column_table_and_view_has_a_comment(self, url: str) -> None:
        client = connect(ClickHouseTarget(url, DATABASE))
        copy_comments(client)
        columns = "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''"
        tables = "SELECT name FROM system.tables WHERE database = currentDatabase() AND comment = ''"
        assert [row for row in client.query(columns).result_rows if row[0] != "grows"] == []
        assert [row for row in client.query(tables).result_rows if row[0] != "grows"] == []
        client.close()

    def test_down_takes_away_what_up_made(self, url: str) -> None:
        client = connect(ClickHouseTarget(url, ""))
        migrate(url, "to_take_back")
        client.database = "to_take_back"
        for path in sorted((Path(__file__).parents[2] / "deploy" / "clickhouse").glob("0*.sql"), reverse=True):
            for statement in statements_of(path.read_text().partition("-- migrate:down")[2]):
                client.command(statement)
        left = client.query("SELECT name FROM system.tables WHERE database = 'to_take_back'").result_rows
        client.close()
        assert left == [("schema_migrations",)]


async def test_the_event_loop_runs_on_during_an_insert(url: str) -> None:
    sink = ClickHouseSink(url, DATABASE)
    insert = asyncio.create_task(
        sink.insert("events_log", COLUMNS, rows(*[f"many-{number}" for number in range(50_000)]))
    )
    turns = 0
    while not insert.done():
        await asyncio.sleep(0)
        turns += 1
    assert await insert == 50_000
    assert turns > 10
    await sink.close()
