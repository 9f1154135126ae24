"""One line of input -> the event it stands for: a mailbox, an address, or an event of any of our formats.

Total: whatever the bytes are, there is an answer with a reason, and nothing raises.
"""

import time
from dataclasses import dataclass

import orjson
from pydantic import ValidationError

from pipeline.decode import clean
from pipeline.identity.networks import Networks
from pipeline.ingest import RawRecord, ingest
from schemas.base import Source
from schemas.event import Event
from schemas.rejected import Rejected, RejectReason

_NOT_OF_THIS_SOURCE = frozenset({RejectReason.UNSUPPORTED_TYPE, RejectReason.UNKNOWN_FORMAT})


@dataclass(frozen=True, slots=True)
class Given:
    """What a line says.

    Args:
        text: the line without blanks around it.
        kind: `ip`, `email`, `event` or `unknown`.
        event: what it stands for; None where it stands for none.
        remark: why it does not, or what else is to be said of it.
    """

    text: str
    kind: str
    event: Event | None = None
    remark: str = ""


def read(line: bytes, networks: Networks, source: Source | None = None) -> Given:
    """What a line says.

    Args:
        line: as it was read; not necessarily text.
        networks: address data, for an event's network.
        source: family of an event's topic; found out by trying if None.
    """
    bare = line.strip()
    text = bare.decode(errors="replace")
    if not bare:
        return Given(text, "unknown", remark="the line is empty")
    if bare[:1] in b"{[":
        return _event(bare, text, networks, source)
    # a name around it is no harm: `Jane Doe <jane@acme.com>`, or one JSON string a line
    plain = text.strip("\"'").rpartition("<")[2].rstrip("> ")
    if "@" in plain:
        email = clean.mailbox(plain)
        return Given(text, "email", _bare(email=email)) if email else Given(text, "unknown", remark="no valid mailbox")
    if address := clean.ip(plain):
        return Given(text, "ip", _bare(ip=address))
    return Given(text, "unknown", remark="neither a mailbox nor an IP address nor a JSON event")


def _event(line: bytes, text: str, networks: Networks, source: Source | None) -> Given:
    if b'"origin"' in line and b'"occurred_ms"' in line and (known := _normal_form(line)):
        return Given(text, "event", known)
    received_ms = time.time_ns() // 1_000_000
    refused: Rejected | None = None
    for tried in Source if source is None else (source,):
        outcomes = ingest(RawRecord(tried, "identify", 0, 0, received_ms, None, line), networks)
        events = [outcome for outcome in outcomes if isinstance(outcome, Event)]
        if events:
            more = f"the first of {len(outcomes)} events of the line: give each a line of its own"
            return Given(text, "event", events[0], more if len(outcomes) > 1 else "")
        [first, *_] = outcomes
        assert isinstance(first, Rejected)
        if refused is None or (refused.reason in _NOT_OF_THIS_SOURCE and first.reason not in _NOT_OF_THIS_SOURCE):
            refused = first
        if first.reason is RejectReason.BAD_JSON:
            break
    assert refused is not None
    return Given(text, "event", remark=f"rejected, {refused.reason}: {refused.detail}")


def _normal_form(line: bytes) -> Event | None:
    """An event as it lies on `intent.events.v1`; None if it is none."""
    try:
        return Event.model_validate(orjson.loads(line), strict=False)
    except (ValidationError, orjson.JSONDecodeError):
        return None


def _bare(email: str = "", ip: str = "") -> Event:
    now_ms = time.time_ns() // 1_000_000  # whose it is now: a mailbox or an address alone has no time
    return Event.model_construct(
        event_id="identify",
        source=Source.WEB,
        format="native",
        type="page_view",
        occurred_ms=now_ms,
        received_ms=now_ms,
        origin="identify:0:0:0",
        email=email,
        ip=ip,
    )
