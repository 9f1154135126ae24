"""6. Feedback: what a team answers to an alert. Lies on `intent.feedback.v1` as teams write it, and on
`intent.answers.v1` once it is checked, keyed by account id."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, model_validator

from schemas.base import Id, Record, Text, stable_id, to_ms
from schemas.text import escaped_id, tamed

Said = Annotated[Text, BeforeValidator(tamed)]
IdSaid = Annotated[Id, BeforeValidator(escaped_id)]


class Verdict(StrEnum):
    """Steps of the hand-over."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FIRST_TOUCH = "first_touch"
    SNOOZED = "snoozed"
    DONE = "done"


class Feedback(Record):
    """One answer to one alert, as a team sends it. Further fields, as other systems add them, are let be."""

    model_config = ConfigDict(extra="ignore")

    alert_id: IdSaid = Field(min_length=1, description="`alert_id` of the alert.")
    account_id: IdSaid = Field(min_length=1, description="`account_id` of the alert: the clock runs by account.")
    verdict: Verdict
    occurred_at: AwareDatetime = Field(description="When the team did so; a time to come counts as now.")
    by: Said = Field("", description="Who answered.")
    reason: Said = Field("", description="Why it was rejected or snoozed.")
    until: AwareDatetime | None = Field(None, description="Snoozed until; needed for `snoozed`.")

    @model_validator(mode="after")
    def _snoozed_until_when(self) -> Self:
        if self.verdict is Verdict.SNOOZED and self.until is None:
            raise ValueError("`snoozed` needs `until`, the time up to which the clock stands still")
        return self


class Answer(Record):
    """Feedback that was checked. The same answer sent twice has one id."""

    answer_id: str = Field(description="128-bit id from what the answer says.")
    alert_id: str
    account_id: str
    verdict: Verdict
    occurred_at: AwareDatetime = Field(description="When the team did so; never after received_at.")
    received_at: AwareDatetime = Field(description="When the broker took it.")
    by: str = ""
    reason: str = ""
    until: AwareDatetime | None = None


def answer_id_of(feedback: Feedback) -> str:
    """The same for the same words, whoever sends them again and whenever."""
    until = to_ms(feedback.until) if feedback.until else 0
    moment = to_ms(feedback.occurred_at)
    said = feedback.alert_id, feedback.account_id, feedback.verdict, moment, feedback.by, feedback.reason, until
    return stable_id("answer", *said)
