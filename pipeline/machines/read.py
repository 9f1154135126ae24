"""What one mail event says by itself, as a beat of its thread."""

import re
from functools import lru_cache
from zlib import crc32

from pipeline.machines.signs import Sign
from schemas.event import Event, Grade, NetworkKind
from schemas.hit import Act, Beat

TRAP = "link_trap"
"""Property of a click on a hidden link: mails we send mark such links by `tp_trap` (`pipeline/decode/links.py`)."""

_ACTS = {"open": Act.OPEN, "click": Act.CLICK, "unsubscribe": Act.UNSUBSCRIBE}
_ANYBODYS = frozenset({NetworkKind.HOSTING, NetworkKind.VPN, NetworkKind.CRAWLER})
_PROXIED = frozenset({"proxy_open", "sender_verdict"})
"""Grade reasons of opens that a proxy may have made for a reader."""

_METHODS = ("method", "http_method", "request_method")
_UNSUBSCRIBES = re.compile(r"unsubscri|opt[-_]?out|abmeld|abbestell|d[eé]s(abonn|inscri)|sign[-_]?off", re.IGNORECASE)
_OFFICE = re.compile(r"^microsoft office|ms-?office|^microsoft (outlook|word|excel)", re.IGNORECASE)
_UNSUBSCRIBE_LINK = 1
"""One link for all that unsubscribes: the click and the sender's word that it worked are one act."""


def is_hit(event: Event) -> bool:
    """Whether a mail event is a hit on the mail: of a reader, or of a machine on the way to one."""
    return event.type in _ACTS


def mail_of(event: Event) -> str:
    """The mail and its recipient. Without a message id the asset stands for the mail.

    SendGrid adds to the message id which of its servers sent it; that part can differ between events of one mail.
    """
    mail = event.message_id or event.asset
    if event.format == "sendgrid":
        head = mail.partition(".filter")[0].partition(".recvd")[0]
        mail = head or mail
    return f"{mail}|{event.email}"


def beat_of(event: Event) -> Beat:
    """The beat of a hit: an open, a click or an unsubscription, graded by itself."""
    act = _ACTS[event.type]
    if act is Act.CLICK and _unsubscribes(event.url):
        act = Act.UNSUBSCRIBE
    signs = _signs(event, act)
    if act is Act.OPEN and (event.network_kind is NetworkKind.RELAY or not _PROXIED.isdisjoint(signs)):
        act, signs = Act.PROXY, signs if event.grade is Grade.MACHINE else ("proxy_open",)
    link = _UNSUBSCRIBE_LINK if act is Act.UNSUBSCRIBE else checksum(event.url)
    return Beat(
        event.event_id,
        event.occurred_ms,
        not event.clamped,
        act,
        link,
        checksum(event.ip),
        checksum(event.user_agent),
        signs,
        event.grade,
    )


def checksum(text: str) -> int:
    """A number to compare a text by; 0 for an empty one. Addresses are personal data, so none is kept as it is."""
    return crc32(text.encode("utf-8", "surrogatepass")) if text else 0


def _signs(event: Event, act: Act) -> tuple[str, ...]:
    if event.grade is Grade.MACHINE:
        return (event.grade_reason or "sender_verdict",)
    signs: list[str] = []
    given = event.properties
    if given:
        if given.get(TRAP):
            signs.append(Sign.HIDDEN_LINK)
        if any(given.get(name, "").upper() in ("HEAD", "OPTIONS") for name in _METHODS):
            signs.append(Sign.HEAD_REQUEST)
    if event.type == "unsubscribe":
        return tuple(signs)  # one-click unsubscription is sent by the mailbox's own servers, in the reader's name
    if event.network_kind in _ANYBODYS:
        signs.append(Sign.HOSTING)
    if act is not Act.OPEN:
        if event.ip and not event.user_agent:
            signs.append(Sign.NO_USER_AGENT)
        elif _OFFICE.search(event.user_agent):
            signs.append(Sign.OFFICE)
    return tuple(signs)


@lru_cache(maxsize=8192)
def _unsubscribes(url: str) -> bool:
    return _UNSUBSCRIBES.search(url) is not None
