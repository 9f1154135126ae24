"""Which privacy key a line's persons are known under. Lies on `intent.keymarks.v1`, compacted, keyed by the mark."""

from pydantic import Field

from schemas.base import Record


class KeyMark(Record):
    """A key's fingerprint: it tells keys apart, and nobody gets a key, or an id, from it."""

    fingerprint: str = Field(description="16 hex digits, a keyed hash of nothing else.")
