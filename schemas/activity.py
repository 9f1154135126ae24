"""2b. Activity: an event plus the account behind it, how it was matched and how surely. Keyed by account id."""

from pydantic import Field

from schemas.base import Record, Source
from schemas.event import Grade
from schemas.identity import Method


class Activity(Record):
    """One thing an account did. Lies on `intent.activities.v1`. Absent text is '' and absent numbers are 0."""

    activity_id: str = Field(description="128-bit id from event id and account id.")
    event_id: str
    account_id: str
    account_name: str = ""
    domain: str = ""
    source: Source
    type: str = Field(
        description="Activity type of the journey.",
        examples=["pricing_view", "content_download"],
    )
    occurred_ms: int = Field(description="When it happened, ms since 1970 UTC.")
    received_ms: int = Field(description="When the broker took the raw record, ms since 1970 UTC.")
    late: bool = Field(
        False,
        description="Attributed after the fact, from a visitor's anonymous history.",
    )
    subject: str = Field(description="Subject that did it.", examples=["a:v-81"])
    person: str = Field("", description="Mailbox, else user id; '' for an anonymous visitor.")
    person_name: str = ""
    job_title: str = ""
    method: Method
    confidence: float = Field(ge=0, le=1)
    reason: str = Field(description="Why this account.")
    grade: Grade = Grade.HUMAN
    url: str = ""
    asset: str = ""
    topic: str = ""
    feature: str = ""
    product: str = ""
    rating: float | None = None
    amount: float | None = None
    ends_ms: int = Field(0, description="When the trial runs out, ms since 1970 UTC; 0 if none.")
