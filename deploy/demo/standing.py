"""What of the records on a topic stands at the end: neither said anew nor taken back since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.activity import RETRACTION
from schemas.alert import AlertStatus

Said = tuple[int, int, Mapping[str, Any]]
"""Partition, offset and fields of one record."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Records that stand, and how many statements (an id and its revision) stand twice."""

    ids: int
    twice: int


def standing(records: Iterable[Said], id_field: str) -> Standing:
    """What stands of records whose ids may be said again.

    Args:
        records: of all partitions, each partition in offset order.
        id_field: the id by which a statement is one.
    """
    newest: dict[str, Mapping[str, Any]] = {}
    said: set[tuple[str, int]] = set()
    twice = 0
    for fields in _not_retracted(list(records)):
        key, revision = fields[id_field], fields.get("revision", 0)
        twice += (key, revision) in said
        said.add((key, revision))
        if key not in newest or newest[key].get("revision", 0) < revision:
            newest[key] = fields
    return Standing(sum(map(_holds, newest.values())), twice)


def _holds(fields: Mapping[str, Any]) -> bool:
    return not fields.get("withdrawn") and fields.get("status") != AlertStatus.RETRACTED


def _not_retracted(records: list[Said]) -> list[Mapping[str, Any]]:
    """All but retractions, and what one took back: what its subject did for the account before it."""
    cuts = {_whose(fields): offset for _, offset, fields in records if fields.get("type") == RETRACTION}
    return [
        fields
        for _, offset, fields in records
        if fields.get("type") != RETRACTION and ("subject" not in fields or offset > cuts.get(_whose(fields), -1))
    ]


def _whose(fields: Mapping[str, Any]) -> tuple[str, str]:
    return fields.get("account_id", ""), fields.get("subject", "")
