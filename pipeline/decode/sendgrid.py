"""SendGrid's event webhook, posted as an array of events, read by the vendor's public event reference.

Facts behind the rules: retries repeat `sg_event_id`; `ip` is the reader's only where the reader acted, otherwise it is
the sending server's; `sg_machine_open` marks opens by privacy proxies; unknown top-level fields are the sender's own.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.decode.clean import first_text, ident, ip, mailbox, moment_ms, text
from pipeline.decode.form import Decoded, Format, Item, RefusedError, names, shown
from pipeline.decode.links import link
from pipeline.decode.properties import flat
from schemas.base import ID_LENGTH_MAX, Source
from schemas.rejected import RejectReason

TYPES: Mapping[str, str] = {
    "processed": "processed",
    "deferred": "deferred",
    "dropped": "dropped",
    "delivered": "delivered",
    "bounce": "bounce",
    "open": "open",
    "click": "click",
    "unsubscribe": "unsubscribe",
    "group_unsubscribe": "unsubscribe",
    "group_resubscribe": "resubscribe",
    "spamreport": "spam_report",
}
"""SendGrid's event -> our type. Where the native form has no such type, the event keeps a name of its own."""

_BY_READER = frozenset({"open", "click", "unsubscribe", "group_unsubscribe", "group_resubscribe"})
_MAPPED = names(
    """email timestamp event sg_event_id sg_message_id smtp-id useragent ip url url_offset category reason tls
    marketing_campaign_name singlesend_name sg_machine_open sg_content_type"""
)


def recognises(item: Item) -> bool:
    """Whether it bears SendGrid's event id, which no other sender writes."""
    return "sg_event_id" in item


def decode(item: Item, source: Source, inherited: Mapping[str, Any]) -> Decoded:
    """Fields of one SendGrid event.

    Raises:
        RefusedError: the event is not one of SendGrid's mail events, has no usable time, or an id is too long.
    """
    event = item.get("event")
    kind = TYPES.get(event) if type(event) is str else None
    if kind is None:
        raise RefusedError(
            RejectReason.UNSUPPORTED_TYPE,
            f"event: not a mail event, got {shown(event)};",
            f"use one of {', '.join(TYPES)}",
        )
    page = link(item.get("url"))
    by_reader = event in _BY_READER
    categories = [found for found in _listed(item.get("category")) if found]
    fields: dict[str, Any] = {
        "type": kind,
        "email": mailbox(item.get("email")),
        "ip": ip(item.get("ip")) if by_reader else "",
        "user_agent": text(item.get("useragent")),
        "url": page.url,
        "asset": _asset(item, categories),
        "message_id": text(item.get("sg_message_id"), ID_LENGTH_MAX),
        "reason": text(item.get("reason")),
        "properties": flat(
            (*page.said, ("category", ", ".join(categories)[:1024] if len(categories) > 1 else "")),
            ((name, value) for name, value in item.items() if name not in _MAPPED),
        ),
    }
    machine = item.get("sg_machine_open") in (True, "true")
    return Decoded(
        ident(item.get("sg_event_id"), "sg_event_id"),
        moment_ms(item.get("timestamp"), "timestamp"),
        fields,
        "proxy_open" if machine and kind == "open" else "",
    )


def _listed(category: object) -> list[str]:
    return [text(one) for one in category] if type(category) is list else [text(category)]


def _asset(item: Item, categories: list[str]) -> str:
    """What was sent, by the name that says most: the campaign's, else the category, else the subscription group."""
    group = text(item.get("asm_group_id"))
    return first_text(
        item.get("marketing_campaign_name"),
        item.get("singlesend_name"),
        categories[0] if categories else "",
        f"asm-group-{group}" if group else "",
    )


FORMAT = Format(
    name="sendgrid",
    sources=frozenset({Source.EMAIL}),
    told_by="SendGrid's event webhook, an array of objects with `sg_event_id`",
    ids="email",
    recognises=recognises,
    decode=decode,
)
