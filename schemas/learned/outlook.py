"""Outlook: what accounts did next from a stage, or after a trigger in it, as learned from all their history."""

from pydantic import AwareDatetime, Field

from schemas.base import Record


class NextStep(Record):
    """One stage accounts went on to."""

    stage: str
    probability: float = Field(description="That it is the next one, 0 to 1; who has not moved yet is allowed for.")
    median_days: float = Field(description="Half of those who took it had done so within so many days.")
    took: int = Field(description="How many took it.")


class Outlook(Record):
    """What came next for all who stood at one point. Lies on `intent.outlooks.v1`, keyed by stage and trigger."""

    stage: str
    trigger: str = Field("", description="Of alerts of this trigger in the stage; '' for the stage whatever happened.")
    steps: tuple[NextStep, ...] = Field((), description="The likeliest first.")
    moved: int = Field(0, description="How many went on to anything.")
    waiting: int = Field(0, description="How many stand there still.")
    learned_at: AwareDatetime

    @property
    def key(self) -> bytes:
        """Its key on the topic."""
        return f"{self.stage}/{self.trigger}".encode()


class AlertOutlook(Record):
    """What the buyer will most likely do next, as an alert tells it."""

    text: str = Field("", description="In a sentence: as learned, or the play's own words.")
    learned: bool = Field(False, description="From history; false while there is too little of it.")
    next_stage: str = Field("", description="The likeliest next stage; '' where nothing was learned.")
    probability: float = Field(0.0, description="That it is the next one, 0 to 1; 0 where nothing was learned.")
    median_days: float = Field(0.0, description="Half of those who took it had done so within so many days.")
    moved: int = Field(0, description="From how many accounts' or alerts' next steps it was learned.")


NO_OUTLOOK = AlertOutlook()
