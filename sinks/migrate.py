"""Numbered plain SQL files, applied once each and in order, recorded in `schema_migrations` with a checksum.

Files keep dbmate's marks (`-- migrate:up`, `-- migrate:down`) and its table's columns, so operators may use dbmate.
ClickHouse has no transactions and no locks for this: statements can be run twice without harm, so that a broken-off run
is run again, and two runs at once end with the same tables.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from clickhouse_connect.driver.client import Client

from schemas.errors import SettingsError
from sinks.cluster import on_cluster
from sinks.connection import ClickHouseTarget, connect
from sinks.faults import classed

MIGRATIONS_FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "clickhouse"

_FILE_NAME = re.compile(r"^(\d+)_(\w+)\.sql$")
_DATABASE_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_TOKEN = re.compile(r"'(?:[^'\\]|\\.|'')*'|`[^`]*`|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|;", re.DOTALL)
_RECORDS = (
    """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version String COMMENT 'Number of the migration file',
    ts DateTime DEFAULT now() COMMENT 'When it was applied',
    applied UInt8 DEFAULT 1 COMMENT '1, or 0 once taken back (dbmate)',
    name String DEFAULT '' COMMENT 'Name of the file',
    checksum String DEFAULT '' COMMENT 'SHA-256 of what was applied'
)
ENGINE = ReplacingMergeTree(ts)
ORDER BY version
COMMENT 'Migrations applied to this database'
""",
    # for a table made by dbmate
    "ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS name String DEFAULT ''",
    "ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS checksum String DEFAULT ''",
)


@dataclass(frozen=True)
class Migration:
    """One file: its number, its name, and the statements of its `migrate:up` part."""

    version: str
    name: str
    statements: tuple[str, ...]

    @property
    def checksum(self) -> str:
        """Changes with the statements, not with comments around them."""
        return sha256("\n;\n".join(self.statements).encode()).hexdigest()


def read(folder: Path = MIGRATIONS_FOLDER) -> list[Migration]:
    """The migrations of a folder, in order.

    Raises:
        SettingsError: two files have one number, or a file has no `-- migrate:up`.
    """
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.match(path.name)
        if match is None:
            raise SettingsError(f"{path} is not named NNNN_name.sql.")
        _, mark, up = path.read_text(encoding="utf-8").partition("-- migrate:up")
        if not mark:
            raise SettingsError(f"{path} has no line `-- migrate:up`.")
        number = int(match[1])
        if number in found:
            raise SettingsError(f"{path} has the number of {found[number].name}.")
        statements = tuple(statements_of(up.partition("-- migrate:down")[0]))
        found[number] = Migration(match[1], path.name, statements)
    if not found:
        raise SettingsError(f"There are no migrations in {folder}.")
    return [found[number] for number in sorted(found)]


def statements_of(sql: str) -> Iterator[str]:
    """Statements of a script, without the comments; semicolons in quotes and comments do not end a statement."""
    kept: list[str] = []
    end = 0
    for token in _TOKEN.finditer(sql):
        kept.append(sql[end : token.start()])
        end = token.end()
        if token[0] == ";":
            yield from _unless_empty(kept)
            kept = []
        elif not token[0].startswith(("--", "/*")):
            kept.append(token[0])
    kept.append(sql[end:])
    yield from _unless_empty(kept)


def plan(applied: Mapping[str, str], migrations: Sequence[Migration]) -> list[Migration]:
    """Migrations still to be applied.

    Args:
        applied: version -> checksum it was applied with; '' where dbmate applied it.

    Raises:
        SettingsError: an applied file has changed since, or one is missing.
    """
    versions = {migration.version for migration in migrations}
    if unknown := sorted(set(applied) - versions):
        raise SettingsError(
            f"The database has migration {', '.join(unknown)}, which is not among the files.",
            "It was made by a newer version: update before you migrate.",
        )
    for migration in migrations:
        if applied.get(migration.version, "") not in ("", migration.checksum):
            raise SettingsError(
                f"{migration.name} has changed since it was applied.",
                "Take the change back and write it as a new migration. "
                "A local stack begins anew after `triggerpoint local wipe`.",
            )
    return [migration for migration in migrations if migration.version not in applied]


def pending(
    url: str, database: str, folder: Path = MIGRATIONS_FOLDER, *, ca_file: Path | None = None
) -> list[Migration]:
    """What `migrate` would apply; changes nothing. Raises as `migrate` does."""
    client = connect(ClickHouseTarget(url, "", ca_file=ca_file))
    try:
        return plan(_applied(client, _checked(database)), read(folder))
    finally:
        client.close()


def migrate(
    url: str, database: str, folder: Path = MIGRATIONS_FOLDER, *, ca_file: Path | None = None, cluster: str = ""
) -> list[Migration]:
    """Make the database if need be, apply what is missing, and return that.

    Args:
        url, database, ca_file: as `ClickHouseTarget` has them.
        folder: of the SQL files.
        cluster: whose servers all get the tables, replicated; '' for a single server.

    Raises:
        SettingsError: an applied file has changed, or a name is wrong.
        SinkError: ClickHouse is away (transient) or refuses a statement (terminal); run again, nothing is lost.
    """
    client = connect(ClickHouseTarget(url, "", ca_file=ca_file))
    try:
        return apply(client, folder, database, cluster)
    finally:
        client.close()


def apply(client: Client, folder: Path, database: str, cluster: str = "") -> list[Migration]:
    """Apply what is missing, and return that. Leaves the client in the database. Raises as `migrate` does."""
    migrations = read(folder)
    plan(_applied(client, _checked(database)), migrations)
    made = on_cluster(f"CREATE DATABASE IF NOT EXISTS `{database}`", cluster)
    _command(client, made, f"Making the database {database}")
    client.database = database
    for statement in _RECORDS:
        _command(client, on_cluster(statement, cluster), "Making schema_migrations")
    done: list[Migration] = []
    for migration in migrations:
        # asked anew for each file: another run may have been faster
        if migration not in plan(_applied(client, database), migrations):
            continue
        for number, statement in enumerate(migration.statements, 1):
            _command(client, on_cluster(statement, cluster), f"{migration.name}, statement {number}")
        _record(client, migration)
        done.append(migration)
    copy_comments(client, cluster)
    own_views(client, cluster)
    return done


def own_views(client: Client, cluster: str = "") -> None:
    """Let views read by the rights of who makes them: whoever may read a view need not be let into the tables."""
    open_views = client.query(
        """
        SELECT name FROM system.tables
        WHERE database = currentDatabase() AND engine = 'View' AND create_table_query NOT LIKE '%SQL SECURITY DEFINER%'
        ORDER BY name
        """
    ).result_rows
    for (view,) in open_views:
        statement = f"ALTER TABLE `{view}` MODIFY SQL SECURITY DEFINER DEFINER = CURRENT_USER"
        _command(client, on_cluster(statement, cluster), f"Owning the view {view}")


def copy_comments(client: Client, cluster: str = "") -> None:
    """Give the columns of the views `<noun>` and `<noun>_said` the comments of the tables `<noun>_log`: a view does not
    inherit them."""
    missing = client.query(
        """
        SELECT v.table AS view, v.name AS name, t.comment AS comment
        FROM system.columns AS v INNER JOIN system.columns AS t
            ON t.database = v.database AND t.table IN (concat(v.table, '_log'), replace(v.table, '_said', '_log'))
                AND t.name = v.name
        WHERE v.database = currentDatabase() AND t.table != v.table AND v.comment != t.comment
        ORDER BY view, v.position
        """
    ).result_rows
    by_view: dict[str, list[str]] = {}
    for view, name, comment in missing:
        quoted = comment.replace("\\", "\\\\").replace("'", "\\'")
        by_view.setdefault(view, []).append(f"COMMENT COLUMN `{name}` '{quoted}'")
    for view, changes in by_view.items():
        comment_on = on_cluster(f"ALTER TABLE `{view}` {', '.join(changes)}", cluster)
        _command(client, comment_on, f"Commenting the view {view}")


def _applied(client: Client, database: str) -> dict[str, str]:
    """Version -> checksum of what was applied; empty where there is no database or no table yet."""
    known = "SELECT count() FROM system.tables WHERE database = {database:String} AND name = 'schema_migrations'"
    try:
        if not client.query(known, parameters={"database": database}).result_rows[0][0]:
            return {}
        client.database = database
        rows = list(client.query("SELECT * FROM schema_migrations FINAL WHERE applied = 1").named_results())
    except Exception as error:
        raise classed(error, "Reading schema_migrations") from error
    return {row["version"]: row.get("checksum", "") for row in rows}


def _record(client: Client, migration: Migration) -> None:
    row = [migration.version, migration.name, migration.checksum]
    try:
        client.insert("schema_migrations", [row], column_names=["version", "name", "checksum"])
    except Exception as error:
        raise classed(error, f"Recording {migration.name}") from error


def _command(client: Client, statement: str, doing: str) -> None:
    try:
        client.command(statement)
    except Exception as error:
        raise classed(error, doing) from error


def _checked(database: str) -> str:
    if not _DATABASE_NAME.match(database):
        raise SettingsError(f"`{database}` is no name for a database.", "Letters, digits and _ only.")
    return database


def _unless_empty(parts: Sequence[str]) -> Iterator[str]:
    lines = "".join(parts).strip().splitlines()
    if lines:
        yield "\n".join(line.rstrip() for line in lines if line.strip())


__all__ = ["MIGRATIONS_FOLDER", "Migration", "apply", "migrate", "pending", "plan", "read", "statements_of"]
