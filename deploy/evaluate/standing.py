"""What stands at the end: which activities of each event, after corrections and retractions, and how it is graded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.activity import RETRACTION, Activity
from schemas.event import Event, Grade

NONE: Mapping[str, Grade] = {}


@dataclass(frozen=True)
class Standing:
    """The end of a run.

    Args:
        activities: event id -> its activities that stand, sorted by account.
        grades: event id -> its grade after all corrections.
        told: activities ever told, those taken back or corrected since among them.
    """

    activities: Mapping[str, tuple[Activity, ...]] = field(default_factory=dict)
    grades: Mapping[str, Grade] = field(default_factory=dict)
    told: int = 0


def standing_of(
    events: Iterable[Event], activities: Iterable[Activity], regraded: Mapping[str, Grade] = NONE
) -> Standing:
    """What stands after these records, in the order of their topics.

    Args:
        regraded: event id -> grade of hits that wait for a name: what is found out of them meanwhile is on no topic.
    """
    grades = {event.event_id: event.grade for event in events}
    grades.update(regraded)
    by_subject: dict[tuple[str, str], dict[str, Activity]] = {}
    told = 0
    for activity in activities:
        place = by_subject.setdefault((activity.account_id, activity.subject), {})
        if activity.type == RETRACTION:
            place.clear()
            continue
        told += 1
        known = place.get(activity.activity_id)
        if known is None or activity.revision >= known.revision:
            place[activity.activity_id] = activity
    found: dict[str, list[Activity]] = {}
    for place in by_subject.values():
        for activity in place.values():
            found.setdefault(activity.event_id, []).append(activity)
    for event_id, several in found.items():
        grades[event_id] = max(several, key=lambda activity: activity.revision).grade
    stand = {
        event_id: tuple(sorted(several, key=lambda activity: activity.account_id))
        for event_id, several in found.items()
    }
    return Standing(stand, grades, told)
