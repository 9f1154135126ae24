"""5b. Alert that was not sent, or not at once, and why. Lies on `intent.alerts.held.v1`."""

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

    DONE = "done"
    """Its team is done with the last one, and the trigger rests."""

    REJECTED = "rejected"
    """Its team rejected the last one, and the trigger rests."""

    SNOOZED = "snoozed"
    """Its team wants to hear of it later."""

    RULES_CHANGED = "rules_changed"
    """By the rules activated since it was due before they counted."""

    RESTATED = "restated"
    """It came to light when the account was folded anew: history that is filled in late never alerts."""

    QUIET_HOURS = "quiet_hours"
    """Whoever it is routed to is off."""

    BUDGET = "budget"
    """Whoever it is routed to has had the alerts of the day."""

    LISTED = "listed"
    """A list of the policy keeps it back."""

    UNROUTED = "unrouted"
    """The policy gives it to nobody."""


class Outcome(StrEnum):
    """What became of an alert that was held."""

    NOT_SENT = "not_sent"
    WAITING = "waiting"
    """It waits for a digest."""

    DIGEST = "digest"
    """Sent with the digest `digest_id`."""

    NOW = "now"
    """Sent by itself after all, since it was raised again."""

    RESOLVED = "resolved"
    """Taken back before its digest: nobody heard of it."""

    EXPIRED = "expired"
    """Its moment (`act_by`) was over before its digest."""

    OVERFLOW = "overflow"
    """Too many waited for one digest, and others are worth more."""


class HeldAlert(Record):
    """One alert that was not sent, or not at once. Of one account, product, trigger and reason at most one a day (UTC)
    is recorded by `advance`: the first. `dispatch` records each, and with the next revision what became of it."""

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
    routed_to: str = Field("", description="Whom it was routed to; '' for the whole team, or where none was asked.")
    value: float = Field(0.0, description="What it was worth by the policy; 0 where it was not asked.")
    why: str = Field("", description="The list's or the policy's own words, where it has some.")
    outcome: Outcome = Outcome.NOT_SENT
    ended_at: AwareDatetime | None = Field(None, description="When it was known what became of it, if not at once.")
    digest_id: str = Field("", description="The digest it was sent with.")
    revision: int = Field(0, description="0 at first; the highest of a held id counts.")
