"""An activation: from then on a journey counts. Lies on `intent.journeys.v1`, keyed by its number."""

from pydantic import AwareDatetime, Field

from schemas.base import Record


class Activation(Record):
    """One journey that went live. Nothing is ever overwritten: going back to an older one is an activation, too."""

    number: int = Field(ge=1, description="1 for the first; the highest whose text can be read counts.")
    rule_version: str = Field(description="Content hash of the rules, as transitions and alerts carry it.")
    name: str = Field(description="The journey's name, as its file gives it.")
    text: str = Field(description="The file as it was written, comments too.")
    activated_at: AwareDatetime
    activated_by: str = Field("", description="Who did it, as they say.")
    note: str = Field("", description="Why, or where the text came from.")

    @property
    def key(self) -> bytes:
        """Its key on the topic."""
        return f"{self.number:08d}".encode()
