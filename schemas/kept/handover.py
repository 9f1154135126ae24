"""What `handover` remembers of one account: the alerts that are handed over, and what was answered and said of each."""

from pydantic import Field

from schemas.base import Record, Team
from schemas.handover.entry import Clock, Step
from schemas.handover.feedback import Verdict


class Offer(Record):
    """What is kept of an alert."""

    alert_id: str
    account_id: str
    account_name: str = ""
    trigger: str
    team: Team
    owner: str = ""
    offered_ms: int = Field(description="When it lay on the team's topic, ms since 1970 UTC.")
    play_ms: int = Field(description="How long the moment lasts, by the alert's play, ms.")
    system_ms: int = Field(description="From the receipt of the raw record until then, real ms.")
    revision: int = 0
    retracted_ms: int = Field(0, description="When it was taken back; 0 if it was not.")
    why: str = Field("", description="Why it was taken back.")


class Given(Record):
    """What is kept of an answer."""

    answer_id: str
    verdict: Verdict
    at_ms: int
    received_ms: int
    by: str = ""
    reason: str = ""
    until_ms: int = 0


class Line(Record):
    """A line of the ledger as it was said last: enough to see whether it still holds, and to take it back."""

    entry_id: str
    step: Step
    clock: Clock | None = None
    round: int = 0
    at_ms: int
    owner: str = ""
    digest: str = Field(description="Of its content.")
    revision: int = 0
    withdrawn: bool = False


class Held(Record):
    """One hand-over."""

    alert_id: str
    offer: Offer | None = Field(None, description="Null while only answers have come: another partition may be behind.")
    answers: tuple[Given, ...] = Field((), description="By time, then id.")
    lines: tuple[Line, ...] = ()
    closed_ms: int = Field(0, description="When it came to its end; 0 while it is open.")
    due_ms: int = Field(0, description="When it wants to be looked at again; 0: never.")


class HandoverState(Record):
    """One account's hand-overs. Bounds: `pipeline/handover/fold.py` says what falls out and when."""

    version: int = 1
    account_id: str
    until_ms: int = Field(0, description="Clocks have been looked at as of then.")
    held: tuple[Held, ...] = ()

    @property
    def due_ms(self) -> int:
        """When the next of them wants to be looked at; 0: never."""
        return min((one.due_ms for one in self.held if one.due_ms), default=0)

    @property
    def open(self) -> tuple[Held, ...]:
        """Those that are offered and not at their end."""
        return tuple(one for one in self.held if one.offer is not None and not one.closed_ms)
