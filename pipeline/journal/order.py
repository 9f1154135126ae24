"""Where an activity stands among an account's others, whatever order they come in: by what it says of itself.

- What is news when it reaches the broker (within the rules' `late_hours`) stands where it happened.
- What comes later stands where the broker took it, and what waited for a name where the name came: history counts from
  then on, and does not change what was said before.

At the same moment what happened first comes first, then the id decides.
"""

from typing import NamedTuple

from schemas.activity import Attributed


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
