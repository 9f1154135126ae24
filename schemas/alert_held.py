"""5b. Alert that was not sent, and why. Lies on `intent.alerts.held.v1`."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from schemas.base import Record, Team


class HeldReason(StrEnum):
    """Why an alert was not sent."""

    COOLDOWN = "cooldown"
    """The same trigger fired for the same account and product a short while ago."""

    LATE = "late"
    """What raised it reached us too late to be news."""

    IP_ONLY = "ip_only"
    """All that decided is the account's by its address alone."""

    SUPPRESSED = "suppressed"
    """The directory keeps the account out."""

    RULES_CHANGED = "rules_changed"
    """By the rules activated since it was due before they counted."""

    RESTATED = "restated"
    """It came to light when the account was folded anew: history that is filled in late never alerts."""


class HeldAlert(Record):
    """One alert that was not sent. Of one account, product, trigger and reason at most one a day (UTC) is recorded by
    `advance`: the first."""

    held_id: str = Field(description="128-bit id from account, product, trigger, reason and day, or from the alert.")
    alert_id: str = Field("", description="Id of the alert, where it was made before it was held; else ''.")
    trigger: str = Field(examples=["pricing_interest"])
    team: Team
    account_id: str
    account_name: str = ""
    product: str = Field("", description="'' for the account's general journey.")
    owner: str = ""
    tier: str = ""
    stage: str
    reason: HeldReason
    held_at: AwareDatetime = Field(description="Event time of what would have raised it; for a timer, when it was due.")
    received_at: AwareDatetime = Field(description="When the broker took the record that would have raised it.")
    until: AwareDatetime | None = Field(None, description="When the reason ends, where it has an end.")
    title: str
    score: float = Field(description="Account's score then.")
    rule_version: str = ""
