"""What a contestant's work amounts to: the activities, transitions and alerts that stand when all is worked.

How often something was said on the way differs by how the work is cut (one event at a time restates more often than a
batch does); which activities and transitions stand at the end must not, else the contestants have not done the same
job. Alerts may: they tell news, and what arrives after the fact, since topics are read side by side, alerts nobody.
"""

from collections.abc import Iterable, Mapping

import orjson

from schemas.activity import RETRACTION
from schemas.alert import AlertStatus
from schemas.topics import ACTIVITIES, TRANSITIONS, TRIGGERS, Topic

SAID: Mapping[str, Topic] = {"activity_id": ACTIVITIES, "transition_id": TRANSITIONS, "alert_id": TRIGGERS}


def standing(values: Iterable[bytes]) -> set[str]:
    """Ids of what has been said and not been taken back since.

    Args:
        values: of `ACTIVITIES`, `TRANSITIONS` and `TRIGGERS`, in the order of each partition.
    """
    newest: dict[str, tuple[int, bool]] = {}
    for value in values:
        said = orjson.loads(value[value.index(b"{") :])  # quix has the topic's name before it
        id_ = next(f"{name} {said[name]}" for name in reversed(SAID) if name in said)
        gone = said.get("withdrawn") or said.get("type") == RETRACTION or said.get("status") == AlertStatus.RETRACTED
        if id_ not in newest or said["revision"] >= newest[id_][0]:
            newest[id_] = said["revision"], not gone
    return {id_ for id_, (_, stands) in newest.items() if stands}


def agreement(found: set[str], expected: set[str]) -> float:
    """Share of the activities and transitions of either that both have."""
    mine, theirs = ({id_ for id_ in ids if not id_.startswith("alert_id ")} for ids in (found, expected))
    return len(mine & theirs) / max(1, len(mine | theirs))


def by_kind(found: set[str]) -> dict[str, int]:
    """How many of each kind."""
    return {name: sum(id_.startswith(f"{name} ") for id_ in found) for name in SAID}
