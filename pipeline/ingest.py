"""Ingest: bytes of one input record -> decode -> validate -> grade -> events in the one normal form, or rejections.

The step is total: whatever the bytes are, each item of input gives exactly one outcome, in order, and nothing raises.
It is pure: no clock (the broker's time is in the record), no environment, no I/O, no log.

Ids. An event's id is made from format and producer's id. Where the producer gave none, it is made from the item's
content in canonical form and from nothing of its coordinates: a producer that sends the same item again is counted
once. The price is that two events without id that are equal to the last field and the millisecond count as one.
A rejection's id is made from its coordinates, since equal garbage at two places is garbage twice.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import orjson

from pipeline.decode import Decoded, Format, Item, RefusedError, enveloped, recognise, split, unknown
from pipeline.decode.safe import safe
from pipeline.decode.signatures import of_bytes
from pipeline.grade import grade
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.privacy.key import PrivacyKey
from pipeline.privacy.pseudonyms import pseudonyms_of
from schemas.base import Source, from_ms, stable_id
from schemas.event import Event
from schemas.rejected import Rejected, RejectReason, as_text, kept_headers
from schemas.text import escaped, visible
from schemas.topics import RECORD_BYTES_MAX

DEPTH_MAX = 32
DEPTH_WRITABLE = 200
"""orjson reads 1,024 levels but writes only 254: a deeper record is refused whole, so that any item can be quoted."""

ITEMS_MAX = 10_000
"""Items of one record. One rejection an item is the rule, so a megabyte of `1,1,1,…` must not become half a million."""

WHOLE = -1
"""Index of a rejection that stands for the whole record."""

_LATEST_MS = 253_402_300_799_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record of an input topic, as the broker gave it.

    Args:
        source: family of the topic.
        topic, partition, offset: its coordinates; ids and origins are made from them.
        timestamp_ms: the broker's time, the event's `received_ms`; not above 0 if the broker has none.
        key, value, headers: verbatim.
        index: item this record is, of the record with these coordinates; `WHOLE` unless it was replayed alone.
        replays: how often it was sent back after a refusal.
    """

    source: Source
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    index: int = WHOLE
    replays: int = 0


class Placed(Protocol):
    """A record with its coordinates: what a rejection says of where it came from."""

    @property
    def source(self) -> Source | Literal["feedback"]:
        """Family of the topic."""

    @property
    def topic(self) -> str:
        """Its topic."""

    @property
    def partition(self) -> int:
        """Its partition."""

    @property
    def offset(self) -> int:
        """Its offset."""

    @property
    def timestamp_ms(self) -> int:
        """The broker's time."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its value."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Its headers."""

    @property
    def index(self) -> int:
        """Item it is, if it was replayed alone; `WHOLE` if not."""

    @property
    def replays(self) -> int:
        """How often it was sent back."""


def ingest(
    record: RawRecord, networks: Networks = NO_NETWORKS, key: PrivacyKey | None = None
) -> list[Event | Rejected]:
    """All outcomes of one record, in the order of its items; at least one.

    A record holds one JSON object, or several in a list or a batch envelope. A bad item of several is rejected alone,
    with its index and its own JSON; what cannot be taken apart is rejected whole, with the original bytes.

    Args:
        record: the record.
        networks: address data, as far as there is any: an event says of which kind its address's network is.
        key: makes pseudonyms of persons' ids; None leaves them clear, for whoever looks at input of their own.
    """
    try:
        document = parse(record.value, lambda looks_like: unknown(looks_like, record.source, record.topic))
        items, inherited = split(document, record.source)
        depth = take_apart(document, items, record.value)
        if record.index != WHOLE:
            document, items = _alone(document, items), None
        if items is None:
            return [_event(record, max(record.index, 0), document, inherited, depth > DEPTH_MAX, networks, key)]
    except RefusedError as refused:
        return [rejected_of(record, place_of(record, refused), refused, record.value)]
    outcomes: list[Event | Rejected] = []
    for index, item in enumerate(items):
        try:
            too_deep = depth > DEPTH_MAX and _depth(item) > DEPTH_MAX
            outcomes.append(_event(record, index, item, inherited, too_deep, networks, key))
        except RefusedError as refused:
            outcomes.append(rejected_of(record, index, refused, orjson.dumps(enveloped(item, inherited))))
    return outcomes


def _alone(document: Any, items: list[Any] | None) -> Any:
    """The one item a replayed record is: in an envelope, where that says something for it; a list is an item itself."""
    return items[0] if items and type(document) is dict else document


def place_of(record: Placed, refused: RefusedError) -> int:
    """Index of a refusal of a record that holds one item: whole, where it was not known yet that it does."""
    if record.index != WHOLE:
        return record.index
    return WHOLE if refused_whole(refused) else 0


_REASONS_OF_WHOLE = frozenset(
    {
        RejectReason.EMPTY,
        RejectReason.OVERSIZE,
        RejectReason.BAD_ENCODING,
        RejectReason.BAD_JSON,
        RejectReason.TOO_DEEP,
        RejectReason.UNKNOWN_FORMAT,
    }
)
"""Reasons that are found before it is known that the record is one item."""


def refused_whole(refused: RefusedError) -> bool:
    """Whether a refusal is of the record and not of an item in it."""
    return refused.reason in _REASONS_OF_WHOLE


def parse(value: bytes | None, foreign: Callable[[str], RefusedError]) -> Any:
    """The JSON document of a record.

    Args:
        value: the record's value.
        foreign: the refusal of bytes that look like some other format.

    Raises:
        RefusedError: there is none, or it cannot be read.
    """
    if not value or value.isspace():
        raise RefusedError(RejectReason.EMPTY, "the record has no value.", "Send one JSON object or a list of them")
    if len(value) > RECORD_BYTES_MAX:
        raise RefusedError(
            RejectReason.OVERSIZE,
            f"the value has {len(value)} bytes, at most {RECORD_BYTES_MAX} are read; its beginning is kept here.",
            "Send fewer items in a record",
        )
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        if value.startswith(_BOM):  # editors on Windows put it there, it says nothing
            try:
                return orjson.loads(value[len(_BOM) :])
            except orjson.JSONDecodeError:
                pass
        raise _unreadable(value, error, foreign) from None


def _unreadable(value: bytes, error: orjson.JSONDecodeError, foreign: Callable[[str], RefusedError]) -> RefusedError:
    if looks_like := of_bytes(value):
        return foreign(looks_like)
    try:
        value.decode()
    except UnicodeDecodeError as broken:
        return RefusedError(
            RejectReason.BAD_ENCODING,
            f"not UTF-8: {broken.reason} at byte {broken.start}.",
            "Send JSON in UTF-8, uncompressed and without a schema prefix",
        )
    if "limit" in error.msg:  # the one other thing orjson stops at
        return _too_deep()
    return RefusedError(RejectReason.BAD_JSON, f"not JSON: {error}.", "Send one JSON object or a list of them")


def take_apart(document: Any, items: list[Any] | None, value: bytes | None = None) -> int:
    """How deep a document is nested, as far as that matters; 0 if there is no need to look.

    Args:
        document: the document.
        items: its items, if it holds several.
        value: the bytes it was read from.

    Raises:
        RefusedError: it is too deep to be quoted, or has no items or too many.
    """
    depth = _depth(document) if value is None or _brackets(value) > DEPTH_MAX else 0
    if depth > DEPTH_WRITABLE:
        raise _too_deep()
    if items is None:
        return depth
    if not items:
        raise RefusedError(RejectReason.EMPTY, "the list has no items.", "Send one JSON object or a list of them")
    if len(items) > ITEMS_MAX:
        raise RefusedError(
            RejectReason.OVERSIZE,
            f"the list has {len(items)} items, at most {ITEMS_MAX} are read.",
            "Send fewer in a record",
        )
    return depth


def _too_deep() -> RefusedError:
    return RefusedError(
        RejectReason.TOO_DEEP, f"nested deeper than {DEPTH_MAX} levels.", "Send events as flat objects or lists of them"
    )


def _brackets(value: bytes) -> int:
    """An upper bound of the depth, for next to nothing: most records have fewer brackets than levels are allowed."""
    return value.count(b"{") + value.count(b"[")


def _depth(document: object) -> int:
    """Levels of nesting, level by level, so that depth costs no stack."""
    depth = 0
    level = [document] if type(document) is dict or type(document) is list else []
    while level:
        depth += 1
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
    return depth


def _event(
    record: RawRecord,
    index: int,
    item: Item,
    inherited: Mapping[str, Any],
    too_deep: bool,
    networks: Networks,
    key: PrivacyKey | None,
) -> Event:
    if too_deep:
        raise _too_deep()
    form = recognise(item, record.source, record.topic)
    decoded = form.decode(item, record.source, inherited)
    fields = safe(decoded.fields)
    if not _names_subject(fields):
        raise RefusedError(
            RejectReason.NO_SUBJECT, "no id in it that names a subject.", f"Give at least one of {form.ids}"
        )
    # a broker without times says -1: then the producer's clock is all there is
    received_ms = record.timestamp_ms if record.timestamp_ms > 0 else decoded.occurred_ms
    clamped = decoded.occurred_ms > received_ms
    graded, why = grade(record.source, fields["type"], fields.get("user_agent"), decoded.verdict)
    return Event.model_validate(
        {
            **fields,
            **(pseudonyms_of(fields, key) if key else {}),
            **_network(fields.get("ip", ""), networks),
            "event_id": _event_id(record.source, form, item, decoded),
            "source": record.source,
            "format": form.name,
            "occurred_ms": received_ms if clamped else decoded.occurred_ms,
            "received_ms": received_ms,
            "clamped": clamped,
            "origin": f"{record.topic}:{record.partition}:{record.offset}:{index}",
            "source_event_id": escaped(decoded.producer_id),
            "grade": graded,
            "grade_reason": why,
        }
    )


def _network(address: str, networks: Networks) -> Mapping[str, Any]:
    if not address or networks is NO_NETWORKS:
        return {}
    found = networks.of(address)
    if found.holder is None:
        return {"network_kind": found.kind}
    return {"network_kind": found.kind, "network_asn": found.holder.asn, "network_holder": found.holder.name}


def _names_subject(fields: Mapping[str, Any]) -> bool:
    given = fields.get
    return bool(
        given("anonymous_id") or given("user_id") or given("email") or given("account_id") or given("account_domain")
    )


def _event_id(source: Source, form: Format, item: Item, decoded: Decoded) -> str:
    if decoded.producer_id:
        # producers number their own events: two of them may both have a 17
        return stable_id(form.name, source, decoded.producer_id)
    content = {name: value for name, value in item.items() if name not in form.transport}
    # another name than the format's, so that no producer's id can ever equal a content's
    return stable_id(f"{form.name}#content", orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())


def rejected_of(record: Placed, index: int, refused: RefusedError, value: bytes | None) -> Rejected:
    """The refusal of an item, or with `WHOLE` as index of a record, with its original bytes."""
    size = len(value or b"")
    if refused.reason is RejectReason.OVERSIZE and value is not None:
        value = value[:RECORD_BYTES_MAX]  # else the rejection itself would not fit into its topic
    text, encoding = as_text(value)
    if text is not None and len(orjson.dumps(text)) > 2 * RECORD_BYTES_MAX:
        # control characters take six bytes each in JSON, base64 takes four for three
        assert value is not None
        text, encoding = b64encode(value).decode(), "base64"
    return Rejected(
        rejected_id=stable_id("rejected", record.topic, record.partition, record.offset, index),
        source=record.source,
        reason=refused.reason,
        detail=visible(str(refused)),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        index=index,
        # producers that send microseconds as the record's time are known; no date holds that
        received_at=from_ms(min(max(record.timestamp_ms, 0), _LATEST_MS)),
        key=None if record.key is None else b64encode(record.key).decode(),
        value=text,
        encoding=encoding,
        size=size,
        headers=kept_headers(record.headers),
        replays=record.replays,
        revision=2 * record.replays,
    )
