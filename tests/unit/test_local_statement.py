"""Taking a statement apart: kind, answer format, where an insert's data begins."""

import pytest

from deploy.local.endpoint.statement import StatementError, split_statement


@pytest.mark.parametrize(
    ("text", "kind", "form"),
    [
        (b"SELECT 1", "SELECT", None),
        (b"select 1 format JSONCompact", "SELECT", "JSONCompact"),
        (b"SELECT 1 FORMAT Native SETTINGS max_threads = 1;", "SELECT", "Native"),
        (b"SELECT 1 AS format", "SELECT", None),
        (b"SELECT 'x FORMAT CSV' -- FORMAT TSV\n", "SELECT", None),
        (b"/* INSERT */ # note\nSELECT format FROM t", "SELECT", None),
        (b"(SELECT 1) UNION ALL (SELECT 2 FORMAT CSV)", "SELECT", None),
        (b"WITH 1 AS x SELECT x FORMAT TSV ; ", "WITH", "TSV"),
        (b"SHOW TABLES", "SHOW", None),
        (b"SELECT $a$; FORMAT$a$", "SELECT", None),
        (b"SELECT 'it''s; \\'; ok'", "SELECT", None),
        (b"CREATE TABLE t (a Int8 COMMENT ';') ENGINE = Memory", "CREATE", None),
    ],
)
def test_kind_and_format(text: bytes, kind: str, form: str | None) -> None:
    statement = split_statement(text)
    assert (statement.kind, statement.output_format, statement.insert_format) == (kind, form, None)


@pytest.mark.parametrize(
    ("text", "form", "data"),
    [
        (b"INSERT INTO t FORMAT Native\n\n\x00", "Native", b"\n\x00"),  # a first byte that looks like a line end stays
        (b"INSERT INTO t (a, b) FORMAT JSONEachRow {}", "JSONEachRow", b"{}"),
        (b"insert into `values` values (1)", "Values", b" (1)"),
        (b"INSERT INTO values VALUES (1, ';')", "Values", b" (1, ';')"),
        (b"INSERT INTO TABLE db.format (x) SETTINGS a = 1 VALUES (1)", "Values", b" (1)"),
        (b"INSERT INTO t FORMAT TSV;\n1\t2", "TSV", b"1\t2"),
        (b"INSERT INTO t FORMAT Native", "Native", b""),
        (b"INSERT INTO t (a)", "", b""),
        (b"-- note\nINSERT INTO t FORMAT CSV\r\n1", "CSV", b"1"),
    ],
)
def test_inserts_end_where_their_data_begins(text: bytes, form: str, data: bytes) -> None:
    statement = split_statement(text)
    assert statement.kind == "INSERT"
    assert (statement.insert_format, text[statement.data_start :]) == (form, data)


@pytest.mark.parametrize(
    ("text", "head"),
    [
        (b"insert into t (a, b) format Native\nxy", b"insert into t (a, b) "),
        (b"insert into t settings async_insert = 0 format Native\nxy", b"insert into t "),
        (b"insert into `settings` values (1)", b"insert into `settings` "),
        (b"insert into t settings max_threads = 1 values (1)", b"insert into t "),
        (b"insert into t ", b"insert into t"),
        (b"insert into t;", b"insert into t"),
        (b"insert into t settings max_threads = 1", b"insert into t "),
    ],
)
def test_the_source_of_an_insert_is_named_before_its_settings(text: bytes, head: bytes) -> None:
    statement = split_statement(text)
    assert statement.sql[: statement.source_at] == head


@pytest.mark.parametrize(
    "text", [b"INSERT INTO t SELECT 1 AS values", b"WITH 1 AS x INSERT INTO t SELECT x", b"INSERT INTO t (a) SELECT 1;"]
)
def test_inserts_from_queries_carry_no_data(text: bytes) -> None:
    statement = split_statement(text)
    assert (statement.kind, statement.insert_format) == ("INSERT", None)
    assert not statement.changes_nothing


@pytest.mark.parametrize("text", [b"", b"  -- only a note", b"SELECT 1; SELECT 2", b";", b"INSERT INTO t FORMAT"])
def test_anything_but_one_statement_is_refused(text: bytes) -> None:
    with pytest.raises(StatementError):
        split_statement(text)


def test_a_semicolon_at_the_end_is_no_second_statement() -> None:
    assert split_statement(b"SELECT 1 ;\n-- done\n").sql == b"SELECT 1"


def test_only_reads_may_come_by_get() -> None:
    assert split_statement(b"SELECT 1").changes_nothing
    assert not split_statement(b"DROP TABLE t").changes_nothing
    assert not split_statement(b"KILL QUERY WHERE 1").changes_nothing
