"""Cause: one part of a score, frozen when a transition or an alert was made. Causes add up to the score shown."""

from pydantic import Field

from schemas.base import Record


class Cause(Record):
    """One activity's share of the score at one moment.

    Points are multiples of 1/8, so that their sum is exact in binary floating point, in any order, on any machine.
    """

    event_id: str = Field(description="'' for the sum of activities that fell out of the list.")
    type: str
    occurred_ms: int
    person: str = Field("", description="Mailbox, else user id; '' for an anonymous visitor.")
    detail: str = Field("", description="Asset, page or feature.")
    base_points: float = Field(description="Points on the day, weighed by grade, identity confidence, role and tier.")
    decay: float = Field(description="Share left at that moment, 0 to 1, by the type's half-life or lifespan.")
    points: float = Field(description="base_points x decay, rounded to 1/8.")
    confidence: float = Field(description="How sure the account is, 0 to 1.")
    count: int = Field(1, description="How many activities this stands for.")
    decisive: bool = Field(False, description="Part of the condition that was met.")
