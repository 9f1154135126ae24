"""2a. Hit: what of an event an activity is made of, before anybody is named for it."""

from pydantic import Field

from schemas.base import Record, Source
from schemas.event import Grade


class Hit(Record):
    """One thing somebody did, whichever company it turns out to be. Absent text is '' and absent numbers are 0."""

    event_id: str
    source: Source
    type: str = Field(
        description="Activity type of the journey.",
        examples=["pricing_view", "content_download"],
    )
    occurred_ms: int = Field(description="When it happened, ms since 1970 UTC.")
    received_ms: int = Field(description="When the broker took the raw record, ms since 1970 UTC.")
    subject: str = Field(description="Subject that did it.", examples=["a:v-81"])
    person: str = Field("", description="Mailbox, else user id; '' for an anonymous visitor.")
    person_name: str = ""
    job_title: str = ""
    grade: Grade = Grade.HUMAN
    grade_reason: str = Field("", description="Why it is not graded human.")
    url: str = ""
    asset: str = ""
    topic: str = ""
    feature: str = ""
    product: str = ""
    rating: float | None = None
    amount: float | None = None
    ends_ms: int = Field(0, description="When the trial runs out, ms since 1970 UTC; 0 if none.")


class Returned(Record):
    """Hits an account gives back to the subject that did them, since it is not that account's (any more). Lies on
    `intent.returned.v1`, keyed by the subject; `advance` writes it, `identify` lets them wait for a name again."""

    subject: str
    account_id: str = Field(description="Account they were taken from.")
    returned_ms: int = Field(description="When the link was taken back, ms since 1970 UTC.")
    hits: tuple[Hit, ...] = Field(description="Of the last 30 days, oldest first.")
