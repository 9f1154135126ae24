"""6. Feedback: what a team answers to an alert. Lies on `intent.feedback.v1`, keyed by account id."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from schemas.base import Id, Record, Text


class Verdict(StrEnum):
    """Steps of the hand-over."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FIRST_TOUCH = "first_touch"
    SNOOZED = "snoozed"
    DONE = "done"


class Feedback(Record):
    """One answer to one alert."""

    alert_id: Id = Field(min_length=1)
    account_id: Id = Field("", description="The alert's account.")
    verdict: Verdict
    occurred_at: AwareDatetime
    by: Text = Field("", description="Who answered.")
    reason: Text = Field("", description="Why it was rejected or snoozed.")
    until: AwareDatetime | None = Field(None, description="Snoozed until.")
