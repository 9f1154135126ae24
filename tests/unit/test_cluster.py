"""Migrations on a cluster: every statement of the shipped files is said to all servers, and the engine can read it."""

import re

import pytest
from chdb import query

from sinks.cluster import on_cluster
from sinks.migrate import _RECORDS, read

# rows are inserted on one server and replicate
STATEMENTS = [*_RECORDS, *(statement for migration in read() for statement in migration.statements)]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE DATABASE IF NOT EXISTS `db`", "CREATE DATABASE IF NOT EXISTS `db` ON CLUSTER 'c'"),
        (
            "CREATE TABLE IF NOT EXISTS t (a Int8) ENGINE = ReplacingMergeTree(v) ORDER BY a",
            "CREATE TABLE IF NOT EXISTS t ON CLUSTER 'c' (a Int8) ENGINE = ReplicatedReplacingMergeTree(v) ORDER BY a",
        ),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW v ON CLUSTER 'c' AS SELECT 1"),
        ("ALTER TABLE `v` COMMENT COLUMN a 'b'", "ALTER TABLE `v` ON CLUSTER 'c' COMMENT COLUMN a 'b'"),
        ("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)"),
        (
            "CREATE TABLE t (a Int8) ENGINE = ReplicatedMergeTree ORDER BY a",
            "CREATE TABLE t ON CLUSTER 'c' (a Int8) ENGINE = ReplicatedMergeTree ORDER BY a",
        ),
    ],
)
def test_a_statement_is_said_to_the_cluster(statement: str, said: str) -> None:
    assert on_cluster(statement, "c") == said


def test_without_a_cluster_nothing_changes() -> None:
    assert [on_cluster(statement, "") for statement in STATEMENTS] == STATEMENTS


def test_every_shipped_statement_goes_to_the_cluster_and_can_be_read() -> None:
    for statement in (given for given in STATEMENTS if not given.lstrip().startswith("INSERT")):
        said = on_cluster(statement, "prod")
        assert said.count("ON CLUSTER 'prod'") == 1, statement[:200]
        assert not re.search(r"ENGINE\s*=\s*\w*MergeTree", said) or "ENGINE = Replicated" in said
        quoted = said.replace("\\", "\\\\").replace("'", "\\'")
        formatted = query(f"SELECT formatQuerySingleLine('{quoted}')", "TabSeparatedRaw").bytes().decode()  # parses it
        assert "ON CLUSTER prod" in formatted, formatted[:200]
