"""Users of ClickHouse with few rights: the shipped grants are SQL the engine reads, and hold in the embedded engine.

The embedded engine has no users of its own making, but takes them from a file; so each role's grants are put there, for
the user a process runs as. The views' owner is a second user with the migrator's.
"""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from sinks.migrate import statements_of

ROOT = Path(__file__).resolve().parents[2]
GRANTS = ROOT / "deploy" / "clickhouse" / "grants"
ROLES = ("migrator", "writer", "reader", "analyst", "eraser")
DATABASE = "triggerpoint"
INSERT = f"INSERT INTO {DATABASE}.rejected_log (rejected_id, received_at) VALUES ('r', now())"
ASK = """
import sys
import chdb

connection = chdb.connect(sys.argv[1])
for statement in sys.stdin.read().split("\\0"):
    try:
        connection.query(statement, "TSV")
        print("yes")
    except Exception as error:
        print("no", " ".join(str(error).split()))
"""
MIGRATE = """
import sys
from clickhouse_connect import get_client
from sinks.migrate import MIGRATIONS_FOLDER, apply

client = get_client(interface="chdb", path=sys.argv[1], tz_mode="aware")
print(len(apply(client, MIGRATIONS_FOLDER, sys.argv[2])))
"""

pytestmark = pytest.mark.integration


def grants_of(role: str) -> list[str]:
    """The grants of a role, without whom to."""
    found = [re.match(r"(GRANT .+ ON .+) TO \w+", statement, re.DOTALL) for statement in statements(role)]
    return [match[1] for match in found if match]


def statements(role: str) -> list[str]:
    return list(statements_of((GRANTS / f"{role}.sql").read_text()))


def views() -> set[str]:
    sql = "\n".join(path.read_text() for path in (ROOT / "deploy" / "clickhouse").glob("*.sql"))
    return set(re.findall(r"CREATE (?:OR REPLACE )?VIEW (?:IF NOT EXISTS )?(\w+)", sql))


def python(code: str, *arguments: str, stdin: str = "") -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], input=stdin, capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


ALL_RIGHTS = "<access_management>1</access_management>"
ACCOUNT = "<password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>"


def address(folder: Path, role: str) -> str:
    """The engine as a process whose user has the rights of a role and no others; of `all` it has all."""
    owner = rights(grants_of("migrator"))
    own = ALL_RIGHTS if role == "all" else rights(grants_of(role))
    users, config = folder / f"users-{role}.xml", folder / f"config-{role}.xml"
    users.write_text(
        "<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users>"
        f"<default>{ACCOUNT}{own}</default><triggerpoint_migrator>{ACCOUNT}{owner}</triggerpoint_migrator>"
        "</users></clickhouse>"
    )
    config.write_text(
        f"<clickhouse><users_config>{users}</users_config><user_directories><users_xml><path>{users}</path></users_xml>"
        "</user_directories></clickhouse>"
    )
    return f"{folder / 'data'}?config-file={config}"


def rights(grants: list[str]) -> str:
    return f"<grants>{''.join(f'<query>{grant}</query>' for grant in grants)}</grants>"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our database, made by somebody with all rights; its views belong to the migrator."""
    folder = tmp_path_factory.mktemp("grants")
    python(MIGRATE, str(folder / "data"), DATABASE)
    owner = "SQL SECURITY DEFINER DEFINER = triggerpoint_migrator"
    owned = [f"ALTER TABLE {DATABASE}.{view} MODIFY {owner}" for view in sorted(views())]
    assert set(python(ASK, address(folder, "all"), stdin="\0".join([*owned, INSERT]))) == {"yes"}
    return folder


def may(engine: Path, role: str, *statements: str) -> list[bool]:
    answers = python(ASK, address(engine, role), stdin="\0".join(statements))
    assert all(answer == "yes" or "ACCESS_DENIED" in answer or "not enough" in answer.lower() for answer in answers), (
        answers
    )
    return [answer == "yes" for answer in answers]


@pytest.mark.parametrize("role", ROLES)
def test_the_engine_reads_every_statement(engine: Path, role: str) -> None:
    assert len(statements(role)) >= 4
    assert set(may(engine, "analyst", *(f"EXPLAIN AST {statement}" for statement in statements(role)))) == {True}


def test_a_writer_only_inserts(engine: Path) -> None:
    assert may(
        engine,
        "writer",
        INSERT,
        f"DESCRIBE TABLE {DATABASE}.events_log",
        f"SELECT * FROM {DATABASE}.rejected_log",
        f"SELECT * FROM {DATABASE}.alerts",
        f"SELECT * FROM {DATABASE}.next_steps",
        f"ALTER TABLE {DATABASE}.rejected_log DELETE WHERE 1",
        f"TRUNCATE TABLE {DATABASE}.rejected_log",
        f"DROP TABLE {DATABASE}.rejected_log",
        f"CREATE TABLE {DATABASE}.x (a Int8) ENGINE = Memory",
    ) == [True, True, False, False, True, False, False, False, False]


def test_an_analyst_reads_views_and_no_table(engine: Path) -> None:
    readable = [f"SELECT * FROM {DATABASE}.{view} LIMIT 1" for view in sorted(views() - {"rejected"})]
    assert set(may(engine, "analyst", *readable)) == {True}
    assert (
        may(
            engine,
            "analyst",
            f"SELECT * FROM {DATABASE}.rejected",
            f"SELECT * FROM {DATABASE}.events_log",
            INSERT,
            f"DROP VIEW {DATABASE}.funnel",
        )
        == [False] * 4
    )


def test_a_reader_sees_what_was_refused(engine: Path) -> None:
    assert may(
        engine, "reader", f"SELECT value FROM {DATABASE}.rejected", f"SELECT * FROM {DATABASE}.rejected_log", INSERT
    ) == [
        True,
        False,
        False,
    ]


def test_a_migrator_makes_everything_in_its_database_and_nothing_beside_it(engine: Path, tmp_path: Path) -> None:
    config = address(engine, "migrator").partition("?")[2]
    assert int(python(MIGRATE, f"{tmp_path / 'data'}?{config}", DATABASE)[-1]) > 5
    assert may(engine, "migrator", "CREATE DATABASE other", "CREATE TABLE default.x (a Int8) ENGINE = Memory") == [
        False,
        False,
    ]


ERASE = """
import asyncio
import sys
from deploy.privacy.tables import Needles, Tables
from sinks.clickhouse import ClickHouseSink


async def run():
    sink = ClickHouseSink("chdb:" + sys.argv[1], sys.argv[2])
    tables, jane = Tables(sink, sys.argv[2]), Needles(["p-5e8c1f0a94b7d2630c1e"], ["jane@acme.com"])
    print(await tables.erase(jane), await tables.counts(jane))


asyncio.run(run())
"""


def test_an_eraser_takes_people_out_and_does_nothing_else(engine: Path) -> None:
    named = "'p-5e8c1f0a94b7d2630c1e looked', now()"  # rows without a time are as good as gone
    of_jane = f"INSERT INTO {DATABASE}.rejected_log (detail, kafka_timestamp) VALUES ({named})"
    in_alert = f"INSERT INTO {DATABASE}.alerts_log (why, kafka_timestamp) VALUES ({named})"
    assert may(engine, "all", of_jane, in_alert) == [True, True]
    assert python(ERASE, quote(address(engine, "eraser")), DATABASE) == ["{'alerts_log': 1, 'rejected_log': 1} {}"]
    denied = [
        INSERT,
        f"TRUNCATE TABLE {DATABASE}.rejected_log",
        f"DROP TABLE {DATABASE}.rejected_log",
        f"DROP VIEW {DATABASE}.funnel",
        f"ALTER TABLE {DATABASE}.rejected_log ADD COLUMN x Int8",
        f"CREATE TABLE {DATABASE}.x (a Int8) ENGINE = Memory",
    ]
    assert may(engine, "eraser", *denied) == [False] * len(denied)


@pytest.mark.parametrize("role", ["writer", "reader", "analyst"])
def test_who_writes_or_reads_takes_nothing_out(engine: Path, role: str) -> None:
    changes = ("DELETE WHERE 1", "UPDATE detail = '' WHERE 1")
    assert may(engine, role, *(f"ALTER TABLE {DATABASE}.rejected_log {change}" for change in changes)) == [False] * 2
