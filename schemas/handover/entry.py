"""7. Hand-over: one line of the ledger of what became of an alert. Lies on `intent.handovers.v1`, by account id."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from schemas.base import Record, Team


class Step(StrEnum):
    """What a line says. The first is said once, the five in the middle by the team, the rest by the clock."""

    OFFERED = "offered"
    """The alert lies on the team's topic: the clock starts."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FIRST_TOUCH = "first_touch"
    SNOOZED = "snoozed"
    DONE = "done"
    WARNED = "warned"
    """A share of the time is used up."""

    BREACHED = "breached"
    """The time is over."""

    ESCALATED = "escalated"
    """Somebody above is told."""

    REASSIGNED = "reassigned"
    """Somebody else has it now, with a clock of their own."""

    RETRACTED = "retracted"
    """The alert was taken back: nobody owes anything."""

    LAPSED = "lapsed"
    """Nobody has said anything for long: it is followed no more."""


class Clock(StrEnum):
    """What there is time for, from the offer on."""

    ACCEPT = "accept"
    """To accept or reject."""

    FIRST_TOUCH = "first_touch"
    """To reach out."""

    DONE = "done"
    """To finish."""


class Handover(Record):
    """One line. A line that proves wrong, because an answer came late, is said once more under the same id, with the
    next revision and `withdrawn`."""

    entry_id: str = Field(description="128-bit id from alert, step, clock and round, or answer.")
    alert_id: str
    account_id: str
    account_name: str = ""
    trigger: str
    team: Team
    owner: str = Field("", description="Who had it then; '' for the whole team.")
    round: int = Field(0, description="How often it was reassigned before.")
    step: Step
    clock: Clock | None = Field(None, description="The clock it is about; null if none.")
    at: AwareDatetime = Field(description="When that was.")
    due_at: AwareDatetime | None = Field(
        None, description="When that clock's time is over, as it stood then; the next owner's where it is reassigned."
    )
    touch_by: AwareDatetime | None = Field(None, description="When the owner should have reached out by.")
    business_seconds: float = Field(0.0, description="Used of that clock by then: working time, snoozes left out.")
    share: float | None = Field(None, description="The same over the time there is; above 1 is too late.")
    reason: str = Field("", description="Why, in words.")
    by: str = Field("", description="Who answered.")
    to: str = Field("", description="Whom it was escalated or reassigned to.")
    until: AwareDatetime | None = Field(None, description="Snoozed until.")
    system_delay_seconds: float = Field(
        description="From the broker's receipt of the raw record to the alert on the team's topic: ours, not theirs."
    )
    human_delay_seconds: float | None = Field(
        None, description="Working time from the offer to this answer, snoozes included: theirs; null if it is none."
    )
    policy_version: str = Field("", description="Content hash of the policy it was judged by.")
    revision: int = Field(0, description="0 at first; the highest of an entry id counts.")
    withdrawn: bool = Field(False, description="It does not stand any more.")
