"""Short factories for mail events of one recipient, and a way to have a story of them watched."""

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.machines.watch import settle, watch
from schemas.base import Source, stable_id
from schemas.event import Event, Grade, NetworkKind
from schemas.hit import Pulse
from tests.builders import BASE_MS

SITE = "https://x.test"
LINKS = tuple(f"{SITE}/{page}" for page in ("guide", "blog", "pricing", "docs", "unsubscribe"))
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
OFFICE, GATEWAY, CLOUD = "198.51.100.7", "192.0.2.8", "203.0.113.9"
FOREVER_MS = 10**14


def mail(type: str, seconds: float, link: int | None = None, **fields: Any) -> Event:
    """A mail event so many seconds after the base; clicks come from the reader's office unless told otherwise."""
    at_ms = BASE_MS + int(seconds * 1000)
    base: dict[str, Any] = {
        "source": Source.EMAIL,
        "format": "native",
        "type": type,
        "occurred_ms": at_ms,
        "received_ms": at_ms + 500,
        "origin": "t:0:0:0",
        "email": "jane@acme.com",
        "message_id": "m-1",
    }
    if type != "delivered":
        base |= {"ip": OFFICE, "user_agent": BROWSER}
    if link is not None:
        base["url"] = LINKS[link]
    base |= fields
    return Event(**({"event_id": stable_id(*(f"{name}={value}" for name, value in base.items()))} | base))


def within(event: Event, kinds: dict[str, NetworkKind]) -> Event:
    """The event with the kind of its address's network."""
    return event.model_copy(update={"network_kind": kinds.get(event.ip, NetworkKind.UNKNOWN)})


def watched(
    events: Iterable[Event],
    kinds: dict[str, NetworkKind] | None = None,
    *,
    settled_ms: int = FOREVER_MS,
    pulse: Pulse | None = None,
) -> dict[str, tuple[Grade, str]]:
    """Event id -> last word on it, after all events and the settling."""
    words: dict[str, tuple[Grade, str]] = {}
    for event in (within(event, kinds or {}) for event in events):
        found = watch(event, pulse)
        words[event.event_id] = found.grade, found.grade_reason
        words |= {verdict.event_id: (verdict.grade, verdict.grade_reason) for verdict in found.verdicts}
        pulse = found.pulse
    if pulse is not None and settled_ms:
        words |= {one.event_id: (one.grade, one.grade_reason) for one in settle(pulse, settled_ms).verdicts}
    return words


def grades(events: Sequence[Event], kinds: dict[str, NetworkKind] | None = None, **more: Any) -> str:
    """The last word on each event by its first letter: h, s, m."""
    words = watched(events, kinds, **more)
    return "".join(words[event.event_id][0][0] for event in events)
