"""What a decoder is: takes one item of input, gives the fields of an event, or refuses with a reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from schemas.base import Source
from schemas.errors import TriggerpointError
from schemas.rejected import RejectReason

Item = dict[str, Any]
"""One JSON object of input, as orjson gives it. Decoders read it and never change it."""

NOTHING: Mapping[str, Any] = {}


def names(words: str) -> frozenset[str]:
    """A set of names written as one text, apart by space: easier to read and to compare than a quoted list."""
    return frozenset(words.split())


def shown(value: object, limit: int = 80) -> str:
    """A value as it is shown in a rejection: JSON, shortened."""
    try:
        written = orjson.dumps(value[:limit] if type(value) is str else value).decode()
    except orjson.JSONEncodeError:
        return f"a {type(value).__name__}"
    return written if len(written) <= limit else written[: limit - 1] + "…"


class RefusedError(TriggerpointError):
    """An item (or a whole record) cannot be used. Raised by decoders, turned into `Rejected` by ingest, never past it.

    Args:
        reason: from the closed list of reasons.
        what: what is wrong and where.
        mend: what the producer can do about it.
    """

    def __init__(self, reason: RejectReason, what: str, mend: str = "") -> None:
        super().__init__(what, mend)
        self.reason = reason


class Decoded(NamedTuple):
    """What a decoder read from one item.

    Args:
        producer_id: id the producer gave; '' if none, then the event's id is made from its content.
        occurred_ms: event time as given, not yet clamped.
        fields: further fields of `schemas.event.Event` by name: `type` always, others where known; no blank ids.
        verdict: why the sender itself calls the hit a machine's (a grade reason); '' if it does not say so.
    """

    producer_id: str
    occurred_ms: int
    fields: dict[str, Any]
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """One format of input.

    Args:
        name: as it stands in `Event.format`, and part of event ids.
        sources: topics families it is read on.
        told_by: how it is recognised, in words for the reader of a rejection.
        ids: fields that name a subject, in words for the same reader.
        recognises: whether an item is in this format; must be cheap and must not raise on any JSON object.
        decode: item, source and what the envelope says for all its items -> fields; raises `RefusedError`.
        transport: top-level fields that differ between two deliveries of one event, left out of ids made from content.
    """

    name: str
    sources: frozenset[Source]
    told_by: str
    ids: str
    recognises: Callable[[Item], bool]
    decode: Callable[[Item, Source, Mapping[str, Any]], Decoded]
    transport: frozenset[str] = frozenset()
