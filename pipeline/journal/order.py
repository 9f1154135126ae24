"""Where an activity stands among an account's others, whatever order they come in: by what it says of itself.

- What is news when it reaches the broker (within the rules' `late_hours`) stands where it happened.
- What comes later stands where the broker took it, and what waited for a name where the name came: history counts from
  then on, and does not change what was said before.

At the same moment what happened first comes first, then the id decides.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from schemas.activity import Attributed
from schemas.event import Grade

ActivityT = TypeVar("ActivityT", bound=Attributed)


class Key(NamedTuple):
    """What activities are ordered by; all ms since 1970.

    Args:
        place_ms: where it stands among others.
        occurred_ms: when it happened.
        activity_id: its id.
    """

    place_ms: int
    occurred_ms: int
    activity_id: str


def key_of(activity: Attributed, late_ms: int) -> Key:
    """The key of an activity.

    Args:
        activity: the activity.
        late_ms: what reaches the broker so long after the fact is no news.
    """
    occurred_ms, place_ms = activity.occurred_ms, activity.known_ms
    if not place_ms:
        received_ms = activity.received_ms
        place_ms = received_ms if received_ms - occurred_ms > late_ms else occurred_ms
    return Key(place_ms, occurred_ms, activity.activity_id)


def arrange(
    activities: Sequence[ActivityT], newest: tuple[int, int, str], clock_ms: int, late_ms: int
) -> tuple[Sequence[ActivityT], Sequence[ActivityT]]:
    """Activities in order, those of machines left out: what stands behind all that was folded, and what does not.

    Args:
        activities: as they came.
        newest: key of the newest that was folded.
        clock_ms: the journey's own time: a timer may have fired since.
        late_ms: what reaches the broker so long after the fact is no news.
    """
    given = [one for one in activities if one.grade is not Grade.MACHINE]
    last, keys = newest, [key_of(one, late_ms) for one in given]
    for key in keys:
        if key <= last or key[0] < clock_ms:
            break
        last = key
    else:  # nearly always
        return given, ()
    ahead = [(key, one) for key, one in zip(keys, given, strict=True) if key > newest and key.place_ms >= clock_ms]
    ahead.sort(key=lambda item: item[0])
    found = {id(one) for _, one in ahead}
    return [one for _, one in ahead], [one for one in given if id(one) not in found]
