"""Erasure: a person asked to be forgotten. Lies on `intent.erasures.v1`, compacted, keyed by the subject."""

from pydantic import Field

from schemas.base import Record


class Erasure(Record):
    """One id of a person that was erased, as its keyed hash: all that is kept, so that a replay is known."""

    subject: str = Field(description="a:, u: or e: and the pseudonym.")
    erased_ms: int = Field(description="When it was said, ms since 1970 UTC: what happened until then is dropped.")
    forbid: bool = Field(False, description="What happens later is dropped, too.")
