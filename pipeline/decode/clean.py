"""Cleaning of single values, shared by all formats: text, ids, mailboxes, addresses, domains, times.

Producers' values are not under their owners' control once they are in flight, so text is cut rather than refused. Ids
are never cut: two persons whose long ids begin alike would become one. Caches are bounded in entries and in key length.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any

from pipeline.decode.form import NOTHING, RefusedError, shown
from schemas.base import ID_LENGTH_MAX, TEXT_LENGTH_MAX, URL_LENGTH_MAX, to_ms
from schemas.rejected import RejectReason
from schemas.text import BREAKS, UNSEEN

ADDRESS_LENGTH_MAX = 100
MAILBOX_LENGTH_MAX = 254
EARLIEST_MS = 946_684_800_000  # 2000-01-01: anything before is a clock that was never set
LATEST_MS = 253_402_300_799_000  # the last second datetime can hold
EPOCH_MS_FROM = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973

_BARRED = rf"\s<>{BREAKS}{UNSEEN}"
_MAILBOX = re.compile(rf"[^@{_BARRED}]+@[^@{_BARRED}]+\.[^@.{_BARRED}]+")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if type(value) is dict else NOTHING


def text(value: object, limit: int = TEXT_LENGTH_MAX) -> str:
    """Text or a number as trimmed text of at most `limit` characters; '' for anything else."""
    if type(value) is str:
        return value.strip()[:limit]
    return str(value) if type(value) is int or type(value) is float else ""


def first_text(*values: object) -> str:
    """The first of the values that is not blank."""
    for value in values:
        if found := text(value):
            return found
    return ""


def ident(value: object, field: str) -> str:
    """An id as trimmed text; '' if absent or not an id (an object, a bool, a fraction).

    Raises:
        RefusedError: it is too long. It is not cut, since that would merge persons.
    """
    found = value.strip() if type(value) is str else str(value) if type(value) is int else ""
    if len(found) > ID_LENGTH_MAX:
        raise RefusedError(
            RejectReason.OVERSIZE_FIELD,
            f"{field}: an id of {len(found)} characters, got {shown(found)};",
            f"at most {ID_LENGTH_MAX} are read",
        )
    return found


def mailbox(value: object) -> str:
    """A mailbox in lower case; '' where it is none, since one bad trait must not cost the event."""
    if type(value) is not str or len(value) > MAILBOX_LENGTH_MAX:
        return ""
    found = value.strip().lower()
    return found if _MAILBOX.fullmatch(found) else ""


def domain(value: object) -> str:
    """A company domain from a domain, a URL or a mailbox; '' where there is none."""
    if type(value) is not str or len(value) > URL_LENGTH_MAX:
        return ""
    host = value.strip().lower().rpartition("://")[2]
    host = re.split(r"[/?#]", host, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    host = host.removeprefix("www.").rstrip(".")
    return host if len(host) <= 253 and _DOMAIN.fullmatch(host) else ""


def ip(value: object) -> str:
    """A valid IPv4 or IPv6 address in its usual spelling; '' otherwise.

    Understands what proxies and SDKs make of it: brackets (RudderStack's `request_ip`), a port, a forwarding list.
    """
    return _ip(value) if type(value) is str and 0 < len(value) <= ADDRESS_LENGTH_MAX else ""


@lru_cache(maxsize=8192)
def _ip(value: str) -> str:
    found = value.partition(",")[0].strip()
    if found.startswith("["):
        found = found[1:].partition("]")[0]
    elif found.count(":") == 1:
        found = found.partition(":")[0]
    try:
        address = ip_address(found)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return ""
        return str(address.ipv4_mapped or address)
    return str(address)


def moment_ms(value: object, field: str) -> int:
    """A time in milliseconds since 1970: ISO 8601 (without zone: UTC), or epoch seconds or milliseconds, also as text.

    Raises:
        RefusedError: it is no time, or before 2000.
    """
    try:
        found = _moment_ms(value)
    except (ValueError, OverflowError):
        found = -1
    if EARLIEST_MS <= found <= LATEST_MS:
        return found
    raise bad_time(field, value)


def bad_time(field: str, value: object) -> RefusedError:
    """The refusal of a time that is none or cannot be true."""
    return RefusedError(
        RejectReason.BAD_TIME,
        f"{field}: not a time since 2000, got {shown(value)};",
        'use ISO 8601 with zone, e.g. "2026-11-22T10:00:00Z"',
    )


def _moment_ms(value: object) -> int:
    if type(value) is str:
        given = value.strip()
        if _NUMBER.fullmatch(given):
            return _moment_ms(float(given))
        moment = datetime.fromisoformat(given)
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if type(value) is int or type(value) is float:
        return int(value if value >= EPOCH_MS_FROM else value * 1000)
    return -1
