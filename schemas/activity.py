"""2c. Activity: a hit plus the account behind it, how it was matched and how surely. Keyed by account id."""

from pydantic import Field

from schemas.hit import Hit
from schemas.identity import Method

RETRACTION = "retraction"
"""Type of the activity that takes back all activities of its subject that lie before it under its account."""

ERASURE = "erasure"
"""Type of the activity that takes its subject and person out of an account, for good and without a trace."""

ANSWER = "alert_answer"
"""Type of what a team answered to an alert, as the account's journal keeps it: `asset` is the alert, `topic` the
verdict, `ends_ms` until when it is snoozed."""


class Attributed(Hit):
    """A hit with its account found: what the journey weighs, and what the account's journal keeps of an activity."""

    activity_id: str = Field(description="128-bit id from event id and account id.")
    revision: int = Field(0, description="0 at first; the highest of an activity id counts.")
    account_name: str = ""
    late: bool = Field(
        False,
        description="Attributed after the fact, from a visitor's anonymous history.",
    )
    known_ms: int = Field(
        0,
        description="Of what is late: when its account became known, ms since 1970; from then on it counts. Else 0.",
    )
    method: Method
    confidence: float = Field(ge=0, le=1)


class Activity(Attributed):
    """One thing an account did. Lies on `intent.activities.v1`.

    What was said once can be corrected: an activity with the id of an earlier one and a higher revision stands in its
    place, and one of type `retraction` takes back all that its subject did for the account so far. Both stay where
    they are, so that what was said when can still be seen.
    """

    account_id: str
    domain: str = ""
    reason: str = Field(description="Why this account; of a retraction, why not.")
