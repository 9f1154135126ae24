"""A person's rows in ClickHouse: in every table of ours, whatever its columns, so that a new table is not forgotten.

Rows that are about the person go. Rows about an account that name the person among others (transitions, alerts) stay,
and name nobody there. Both are mutations that are waited for; they rewrite parts, so bytes go, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sinks.clickhouse import ClickHouseSink

OF_ONE_PERSON = frozenset({"events_log", "identity_log", "activities_log", "rejected_log"})
ERASED = "erased"
"""Stands where a person was named."""

REJECTED = "rejected_log"
_CLEAR = """(multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(value, ''), ' ', detail, ' ',
    tryBase64Decode(ifNull(key, '')), ' ', if(encoding = 'base64', tryBase64Decode(ifNull(value, '')), ''), ' ',
    arrayStringConcat(arrayMap(header -> concat(header.1, ' ', tryBase64Decode(header.2)), headers), ' ')
    ), {clear:Array(String)})
    OR hasAny(arrayMap(text -> lowerUTF8(tryBase64Decode(text)),
        arrayPushBack(arrayMap(header -> header.2, headers), ifNull(key, ''))), {whole:Array(String)}))"""
"""The originals of a refusal: value, key and headers as the producer sent them, of which the latter two may be the id
and nothing else."""


@dataclass(frozen=True, slots=True)
class Needles:
    """What is looked for.

    Args:
        ids: pseudonyms, without the kind before them.
        clear: clear ids, lower case, in what was refused.
    """

    ids: Sequence[str]
    clear: Sequence[str] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """For queries."""
        found: list[str] = []
        for one in self.clear:
            # an id such as `17` stands in many numbers: only as a whole JSON text it is this one
            found += [one, one.replace("@", "%40"), one.replace("@", "\\u0040")] if "@" in one else [f'"{one}"']
        ids = sorted({text.partition("@")[0] for text in self.ids})
        return {"ids": ids, "clear": found, "whole": list(self.clear)}


class Tables:
    """All tables of a database.

    Args:
        sink: how to reach it.
        database: its name.
    """

    def __init__(self, sink: ClickHouseSink, database: str) -> None:
        self._sink, self._database = sink, database
        self._known: dict[str, dict[str, str]] = {}

    async def pairs(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """Ids that identity facts say were seen together with one of these."""
        rows = await self._sink.query(
            """SELECT DISTINCT subject, other, person, user_id FROM identity_log
            WHERE multiSearchAny(concat(subject, ' ', other, ' ', person, ' ', user_id), {ids:Array(String)})""",
            Needles(ids).parameters,
        )
        found: list[tuple[str, str]] = []
        for row in rows:
            subject, person = row["subject"], row["person"]
            others = (row["other"], "e:" + person if "@" in person else "", "u:" + row["user_id"])
            found += [(subject, other) for other in others if len(other) > 2]
        return found

    async def rows(self, needles: Needles) -> dict[str, list[dict[str, Any]]]:
        """Every row that names the person, by table."""
        found: dict[str, list[dict[str, Any]]] = {}
        for table, columns in (await self._tables()).items():
            where = _where(table, columns, needles)
            sql = f"SELECT * FROM `{table}` WHERE {where}"  # noqa: S608 - our tables, values are parameters
            rows = await self._sink.query(sql, needles.parameters)
            if rows:
                found[table] = rows
        return found

    async def counts(self, needles: Needles) -> dict[str, int]:
        """How many rows name the person, by table; those without any are left out."""
        found: dict[str, int] = {}
        for table, columns in (await self._tables()).items():
            where = _where(table, columns, needles)
            sql = f"SELECT count() AS n FROM `{table}` WHERE {where}"  # noqa: S608 - our tables, values are parameters
            [row] = await self._sink.query(sql, needles.parameters)
            if row["n"]:
                found[table] = row["n"]
        return found

    async def erase(self, needles: Needles) -> dict[str, int]:
        """Delete the person's rows, and take it out of the others; gives how many rows of which table.

        Raises:
            SinkError: ClickHouse is away, or the user may not ALTER DELETE and ALTER UPDATE.
        """
        found = await self.counts(needles)
        for table in found:
            columns = (await self._tables())[table]
            where = _where(table, columns, needles)
            if table in OF_ONE_PERSON:
                change = f"DELETE WHERE {where}"
            else:
                changes = [f"`{name}` = {_without(name, kind)}" for name, kind in columns.items()]
                change = f"UPDATE {', '.join(changes)} WHERE {where}"
            parameters = needles.parameters
            parameters["pattern"] = "|".join(f"{text}(@[^ ,()'\"]+)?" for text in parameters["ids"])
            await self._sink.command(f"ALTER TABLE `{table}` {change} SETTINGS mutations_sync = 2", parameters)
        return found

    async def _tables(self) -> Mapping[str, Mapping[str, str]]:
        """Table -> its columns that may hold an id, with their types; keys of the table cannot be changed."""
        if not self._known:
            rows = await self._sink.query(
                """SELECT table, name, type FROM system.columns
                WHERE database = {database:String} AND endsWith(table, '_log') AND position(type, 'String') > 0
                    AND NOT is_in_sorting_key AND NOT startsWith(name, 'kafka_')
                    OR database = {database:String} AND table IN {whole:Array(String)} AND position(type, 'String') > 0
                ORDER BY table, position""",
                {"database": self._database, "whole": sorted(OF_ONE_PERSON)},
            )
            for row in rows:
                self._known.setdefault(row["table"], {})[row["name"]] = row["type"]
        return self._known


def _where(table: str, columns: Mapping[str, str], needles: Needles) -> str:
    texts = ", ' ', ".join(f"ifNull(toString(`{name}`), '')" for name in columns)
    where = f"multiSearchAny(concat({texts}, ''), {{ids:Array(String)}})"
    return f"({where} OR {_CLEAR})" if table == REJECTED and needles.clear else where


def _without(name: str, kind: str) -> str:
    text = f"replaceRegexpAll(toString(`{name}`), {{pattern:String}}, '{ERASED}')"
    return f"CAST({text} AS {kind})"
