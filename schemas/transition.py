"""4. Transition: an account moved from one stage to another, and why. Lies on `intent.transitions.v1`."""

from pydantic import AwareDatetime, Field

from schemas.base import Record
from schemas.cause import Cause


class Transition(Record):
    """One step on the journey, with its frozen causes."""

    transition_id: str = Field(description="128-bit id from account, product, stages and how often it made that step.")
    account_id: str
    account_name: str = ""
    product: str = Field("", description="Which of the account's journeys; '' for the general one.")
    sequence: int = Field(description="1 for the journey's first transition.")
    from_stage: str
    to_stage: str
    occurred_at: AwareDatetime = Field(description="Event time of what moved it; for a timer, when it was due.")
    received_at: AwareDatetime = Field(description="When the broker took the record that moved it.")
    entered_from_at: AwareDatetime | None = Field(None, description="When `from_stage` was entered.")
    rule: str = Field(description="Rule that was met.", examples=["evaluating"])
    why: str = Field(description="The reason in one sentence.")
    score: float = Field(description="Sum of the causes' points.")
    fit: str = Field("", description="How well the account fits who we sell to, A to D; '' where nobody knows.")
    causes: tuple[Cause, ...]
    rule_version: str = Field(description="Content hash of the rules.")
    revision: int = Field(0, description="0 at first; the highest of a transition id counts.")
    withdrawn: bool = Field(False, description="It did not happen: the evidence was taken back. Then without causes.")
    restated_because: str = Field("", description="Why it was said anew or withdrawn; '' at first.")
