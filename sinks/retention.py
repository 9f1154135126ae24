"""How long rows stay, where the operator wants another time than the tables were made with."""

from collections.abc import Mapping
from pathlib import Path

from schemas.errors import SettingsError
from sinks.connection import ClickHouseTarget, connect
from sinks.faults import classed
from sinks.rows import TABLES

FOR_EVER = frozenset({"accounts"})
"""Small, and what never changes must not fall out of them."""


def keep_rows(
    url: str, database: str, days: Mapping[str, int], *, ca_file: Path | None = None, cluster: str = ""
) -> None:
    """Set the TTL of tables; what is past it goes in the background. Safe to run again.

    Args:
        url, database, ca_file: as `ClickHouseTarget` has them.
        days: a view's name -> days its rows stay, counted from when they lay on Kafka.
        cluster: whose servers all change; '' for a single server.

    Raises:
        SettingsError: a name is no table's.
        SinkError: ClickHouse is away (transient) or refuses a statement (terminal).
    """
    if unknown := sorted(days.keys() - (TABLES.keys() - FOR_EVER)):
        raise SettingsError(
            f"TRIGGERPOINT_TABLE_DAYS: {', '.join(unknown)} is no table with a retention.",
            f"Those are {', '.join(sorted(TABLES.keys() - FOR_EVER))}.",
        )
    client = connect(ClickHouseTarget(url, database, ca_file=ca_file))
    on = f" ON CLUSTER `{cluster}`" if cluster else ""
    try:
        for name, count in days.items():
            ttl = f"toDateTime(kafka_timestamp) + INTERVAL {count:d} DAY"
            try:
                client.command(f"ALTER TABLE `{TABLES[name].table}`{on} MODIFY TTL {ttl}")
            except Exception as error:
                raise classed(error, f"Setting how long rows of {name} stay") from error
    finally:
        client.close()


__all__ = ["keep_rows"]
