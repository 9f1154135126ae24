"""The journal of an account: what was folded into its journey, and what was said of it, so that evidence can be taken
out again. It lies beside the account's state, under further keys of the same lane (`pipeline/journal/pages.py`)."""

from pydantic import Field

from schemas.activity import Attributed
from schemas.alert import Alert
from schemas.base import Record
from schemas.journey import Standing
from schemas.transition import Transition

STANDING = {"standing"}


class Entry(Record):
    """One batch of an account's activities, or one firing of its timers."""

    ticked_ms: int = Field(0, description="Tick before these activities, which fired all timers due by then; 0: none.")
    standing: Standing | None = Field(None, description="Null: as in the entry before.")
    activities: tuple[Attributed, ...] = Field((), description="Those that counted, in the order they came.")

    def encode(self, standing_as_before: bool = False) -> bytes:
        """The entry as JSON bytes, without what is at its default, and without a standing that is as before."""
        left_out = STANDING if standing_as_before else None
        return self.__pydantic_serializer__.to_json(self, exclude=left_out, exclude_defaults=True)


class Said(Record):
    """One transition or alert as it was said last, without its causes: enough to take it back by the same id."""

    entry: int = Field(description="Number of the entry that made it.")
    transition: Transition | None = None
    alert: Alert | None = None
    digest: str = Field("", description="Of a transition's content: has it changed?")
    muted: bool = Field(False, description="It does not stand only because the account is suppressed.")

    @property
    def id(self) -> str:
        """Id of the transition or alert."""
        return (
            self.transition.transition_id if self.transition is not None else self.alert.alert_id if self.alert else ""
        )

    def encode(self) -> bytes:
        """The record as JSON bytes, without what is at its default."""
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)
