"""The table of input formats, in the order of recognition: the most telling signs first.

A new format is one module with a `FORMAT` and one line in the table.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.decode import native, segment, sendgrid, signatures
from pipeline.decode.form import NOTHING, Decoded, Format, Item, RefusedError
from schemas.base import Source
from schemas.rejected import RejectReason

FORMATS: tuple[Format, ...] = (
    native.FORMAT,  # first: nobody else has its two fields
    sendgrid.FORMAT,
    segment.RUDDERSTACK,  # before segment: the same shape and marks of its own
    segment.SEGMENT,
)

_ON: Mapping[Source, tuple[Format, ...]] = {
    source: tuple(form for form in FORMATS if source in form.sources) for source in Source
}
_ENVELOPES_ON = segment.SEGMENT.sources


def recognise(item: object, source: Source, topic: str) -> Format:
    """The format of one item.

    Raises:
        RefusedError: it is in none of the formats read on this source. The detail names what it looks like, if that is
            known, and what is read here.
    """
    if type(item) is dict:
        for form in _ON[source]:
            if form.recognises(item):
                return form
    raise unknown(_looks_like(item), source, topic)


def split(document: object, source: Source) -> tuple[list[Any] | None, Mapping[str, Any]]:
    """The items of a record that holds several, and what its envelope says for all; (None, …) if it holds one."""
    if type(document) is list:
        return document, NOTHING
    if type(document) is dict and source in _ENVELOPES_ON and (opened := segment.open_envelope(document)):
        return opened
    return None, NOTHING


def enveloped(item: object, inherited: Mapping[str, Any]) -> object:
    """An item with what its envelope said for it, as an envelope that holds only this item; the item, if that is
    nothing. So it can be worked alone, and gives the same."""
    said = {name: value for name, value in inherited.items() if value}
    return {**said, "batch": [item]} if said else item


def unknown(looks_like: str, source: Source, topic: str) -> RefusedError:
    """The refusal of what is in no format read on this source."""
    here = "; or ".join(f"{form.name} ({form.told_by})" for form in _ON[source])
    seen = f"looks like {looks_like}" if looks_like else "in no format we know"
    return RefusedError(RejectReason.UNKNOWN_FORMAT, f"{seen}; not read on {topic}.", f"Accepted here: {here}")


def _looks_like(item: object) -> str:
    if type(item) is not dict:
        return "a bare JSON value or a list inside a list"
    for form in FORMATS:
        if form.recognises(item):
            return f"{form.name}, which is read on the sources {', '.join(sorted(form.sources))}"
    return signatures.of_object(item) or _nearly_native(item)


def _nearly_native(item: Item) -> str:
    kind = item.get("type")
    return "a native event without `occurred_at`" if type(kind) is str and kind in native.TYPES else ""


__all__ = ["FORMATS", "Decoded", "Format", "Item", "RefusedError", "recognise", "split", "unknown"]
