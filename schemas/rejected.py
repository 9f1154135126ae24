"""x. Rejected: input that could not be used, with its original bytes, the reason and where it lay. Nothing is lost."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from schemas.base import Record, Source

FROM_TEAMS: Literal["feedback"] = "feedback"
"""Source of refused input that is no event but an answer to an alert."""


class RejectReason(StrEnum):
    """Closed list; a metric label."""

    EMPTY = "empty"
    OVERSIZE = "oversize"
    BAD_ENCODING = "bad_encoding"
    BAD_JSON = "bad_json"
    TOO_DEEP = "too_deep"
    UNKNOWN_FORMAT = "unknown_format"
    UNSUPPORTED_TYPE = "unsupported_type"
    BAD_FIELD = "bad_field"
    OVERSIZE_FIELD = "oversize_field"
    NO_SUBJECT = "no_subject"
    BAD_TIME = "bad_time"
    NO_CONSENT = "no_consent"
    """The person does not agree to be known, and it says no company: dropped by that rule, without its content."""

    ERASED = "erased"
    """Somebody erased did it: dropped by that rule, without its content."""


class RejectedStatus(StrEnum):
    """What became of it since."""

    REJECTED = "rejected"
    REPLAYED = "replayed"
    """Sent back to its input topic; what comes of it is not known yet."""

    ACCEPTED = "accepted"
    """Sent back, and used."""


BY_RULE = frozenset({RejectReason.ERASED, RejectReason.NO_CONSENT})
"""Nothing is wrong with the input: a rule drops it, and nothing of it is kept."""


class Rejected(Record):
    """One refused input record, or one refused item of an input batch; the highest revision of an id counts."""

    rejected_id: str = Field(description="128-bit id from the coordinates.")
    source: Source | Literal["feedback"]
    reason: RejectReason
    detail: str = Field(description="What is wrong, where, and how to mend it.")
    topic: str
    partition: int
    offset: int
    index: int = Field(description="Item within the record; 0 where the record is one item, -1 for the whole record.")
    received_at: AwareDatetime = Field(description="When the broker took the raw record.")
    key: str | None = Field(None, description="Original key, base64; null if there was none.")
    value: str | None = Field(
        description="Original bytes, in `encoding`; null for a null value, and where a rule forbids to keep them."
    )
    encoding: Literal["utf-8", "base64"]
    size: int = Field(0, description="Bytes of the original value; more than are kept if it was too large.")
    headers: tuple[tuple[str, str], ...] = Field((), description="Original headers: name, and value in base64.")
    status: RejectedStatus = RejectedStatus.REJECTED
    replays: int = Field(0, description="How often it was sent back to its input topic.")
    revision: int = Field(0, description="0 at first; each replay and its outcome raise it.")
    became: str = Field("", description="Event or answer it became, by its id (the first, of several); '' if none.")

    @property
    def whole(self) -> bool:
        """Whether all original bytes are kept."""
        kept = self.original_value()
        return kept is None or len(kept) >= self.size

    def original_key(self) -> bytes | None:
        """The original key."""
        return None if self.key is None else b64decode(self.key)

    def original_headers(self) -> list[tuple[str, bytes]]:
        """The original headers, as far as they were kept."""
        return [(name, b64decode(value)) for name, value in self.headers]

    def original_value(self) -> bytes | None:
        """The original bytes, as the producer wrote them."""
        if self.value is None:
            return None
        return self.value.encode() if self.encoding == "utf-8" else b64decode(self.value)


HEADERS_MAX = 32
HEADER_BYTES_MAX = 4096


def kept_headers(headers: Sequence[tuple[str, bytes | None]]) -> tuple[tuple[str, str], ...]:
    """Headers as they are kept: the first 32, longer ones (4 KiB) left out."""
    short = [(name, value or b"") for name, value in headers if len(name) + len(value or b"") <= HEADER_BYTES_MAX]
    return tuple((name, b64encode(value).decode()) for name, value in short[:HEADERS_MAX])


def as_text(value: bytes | None) -> tuple[str | None, Literal["utf-8", "base64"]]:
    """Bytes as text that JSON can carry without loss: UTF-8 where they are, base64 where they are not."""
    if value is None:
        return None, "utf-8"
    try:
        return value.decode(), "utf-8"
    except UnicodeDecodeError:
        return b64encode(value).decode(), "base64"
