"""What `dispatch` remembers: of each owner who waits for what, and of each alert what became of it."""

from pydantic import Field

from schemas.alert import Alert
from schemas.base import Record
from schemas.dispatch.held import HeldReason, Outcome

FORGET_OWNER_MS = 60 * 86_400_000
"""How long an owner is remembered to whom nothing is sent."""


class Waiting(Record):
    """An alert that waits for a digest."""

    alert_id: str
    due_ms: int = Field(description="Moment of its digest, ms since 1970 UTC.")
    act_by_ms: int
    value: float


class OwnerState(Record):
    """What is remembered of one owner. Bounds: `pipeline/dispatch/fold.py` says what falls out and when."""

    version: int = 1
    until_ms: int = Field(0, description="Moment of the newest digest that was due: nothing is decided as of before.")
    touched_ms: int = Field(0, description="Moment of the newest decision.")
    sent: dict[int, int] = Field(default_factory=dict, description="Local day (ordinal) -> alerts that count for it.")
    values: tuple[float, ...] = Field((), description="What the newest alerts were worth, oldest first.")
    waiting: tuple[Waiting, ...] = ()
    resolved: int = Field(0, description="Taken back while they waited, since the last digest.")

    @property
    def due_ms(self) -> int:
        """When the next digest is due, or when the owner may be forgotten."""
        return min((one.due_ms for one in self.waiting), default=self.touched_ms + FORGET_OWNER_MS)


class AlertMemory(Record):
    """What is remembered of one alert."""

    revision: int
    outcome: Outcome
    reason: HeldReason | None = Field(None, description="Why it was held, if it was.")
    digest_id: str = ""
    digest_ms: int = 0
    noted: int = Field(-1, description="Revision of the newest record of its being held; -1: there is none.")
    alert: Alert | None = Field(None, description="The alert itself, while it waits.")
    later: tuple[Alert, ...] = Field(
        (), description="Its revisions of after its digest, which is due and not sent yet."
    )
    due_ms: int = Field(0, description="When it may be forgotten; 0 while it waits.")
