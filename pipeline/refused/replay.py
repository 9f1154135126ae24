"""Refused input, sent back: what is sent, how ingest knows it again, and what is noted of it.

A replayed record carries where it lay at first and when the broker took it, and ingest takes it for that record. So
what comes of it is what would have come of it then: the same ids, origins and times, whenever it is replayed. The
header is believed only if all it says fits: anybody who may write to the topic may write a header.
"""

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import ValidationError

from pipeline.handover.answers import RawAnswer
from pipeline.ingest import WHOLE, Placed, RawRecord
from schemas.base import stable_id, to_ms
from schemas.errors import TriggerpointError
from schemas.rejected import Rejected, RejectedStatus, as_text, kept_headers

HEADER = "tp_replay"
HEADER_BYTES_MAX = 16_384
REPLAYS_MAX = 1000
AGE_DAYS_MAX = 120
"""Rejected records are kept for 90 days; what claims to be much older is no replay of ours."""

_DAY_MS = 86_400_000

RawT = TypeVar("RawT", RawRecord, RawAnswer)


class CannotReplayError(TriggerpointError):
    """A refused record cannot be sent back."""


@dataclass(frozen=True, slots=True)
class Resent:
    """What is written to replay one: the record for its input topic, and the note for the rejected topic."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    note: Rejected


def resent(rejected: Rejected) -> Resent:
    """What to write, in one transaction, to replay a record.

    Raises:
        CannotReplayError: its bytes are not whole, it is under way or was used already, or it was sent back too often.
    """
    if rejected.status is not RejectedStatus.REJECTED:
        raise CannotReplayError(f"it is {rejected.status} already.")
    if not rejected.whole:
        raise CannotReplayError(
            f"only the beginning of its {rejected.size} bytes is kept.", "Let its producer send less in a record."
        )
    if rejected.replays >= REPLAYS_MAX:
        raise CannotReplayError(f"it was sent back {rejected.replays} times and refused each time.")
    replays = rejected.replays + 1
    note = rejected.model_copy(
        update={"status": RejectedStatus.REPLAYED, "replays": replays, "revision": 2 * replays - 1}
    )
    bare = note.model_copy(update={"key": None, "value": None, "headers": ()})
    return Resent(
        rejected.topic,
        rejected.partition,
        rejected.original_key(),
        rejected.original_value(),
        [*(header for header in rejected.original_headers() if header[0] != HEADER), (HEADER, bare.encode())],
        note,
    )


def origin_of(record: Placed) -> Rejected | None:
    """The refusal a record is a replay of; None if it is none, or says what cannot be."""
    values = [value for name, value in record.headers if name == HEADER]
    if len(values) != 1 or not values[0] or len(values[0]) > HEADER_BYTES_MAX:
        return None
    try:
        said = Rejected.model_validate_json(values[0])
    except ValidationError:
        return None
    age_ms = record.timestamp_ms - to_ms(said.received_at)
    sane = (
        said.topic == record.topic
        and said.partition >= 0
        and said.offset >= 0
        and said.index >= WHOLE
        and said.rejected_id == stable_id("rejected", said.topic, said.partition, said.offset, said.index)
        and 0 <= age_ms <= AGE_DAYS_MAX * _DAY_MS
        and 1 <= said.replays <= REPLAYS_MAX
        and said.revision == 2 * said.replays - 1
        and said.value is None
        and said.key is None
        and not said.headers
    )
    return said if sane else None


def in_place(record: RawT, origin: Rejected) -> RawT:
    """A replayed record, as the one it was at first."""
    return replace(
        record,
        partition=origin.partition,
        offset=origin.offset,
        timestamp_ms=to_ms(origin.received_at),
        headers=[header for header in record.headers if header[0] != HEADER],
        index=origin.index,
        replays=origin.replays,
    )


def accepted(origin: Rejected, record: Placed, became: str) -> Rejected:
    """The note that a replayed record was used.

    Args:
        origin: its refusal.
        record: as replayed.
        became: id of the (first) event or answer.
    """
    text, encoding = as_text(record.value)
    return origin.model_copy(
        update={
            "key": None if record.key is None else b64encode(record.key).decode(),
            "value": text,
            "encoding": encoding,
            "headers": kept_headers([header for header in record.headers if header[0] != HEADER]),
            "status": RejectedStatus.ACCEPTED,
            "revision": 2 * origin.replays,
            "became": became,
        }
    )
