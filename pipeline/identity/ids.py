"""Guards for ids: what stands in an id field without being an id, and visitors that are several people."""

import re
from functools import lru_cache

from pipeline.domains import mail_host, placeholder_host
from schemas.base import ID_LENGTH_MAX
from schemas.event import Event
from schemas.identity import SubjectState

DAY_MS = 86_400_000
SHARED_DAYS = 30
SHARED_USERS = 2
"""So many user ids (or work mail hosts) with one visitor within 30 days: a shared device."""

SHARED_EVER = 5
"""More than so many at any time: a shared device for good."""

KNOWN_MAX = SHARED_EVER + 1

# what SDKs and forms are known to send where nobody is signed in: the lists of Segment and PostHog
_WORDS = """anonymous guest distinctid distinct_id id not_authenticated email undefined true false none null nil nan
    void unknown n/a -1 abc123"""
_NOBODY = frozenset({*_WORDS.split(), "[object object]", "not set", "(not set)"})
_ZEROS = re.compile(r"[0-]*")
_ROLES = frozenset({"noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster"})


@lru_cache(maxsize=65_536)
def placeholder_id(given: str) -> bool:
    """Whether an id names nobody: `null`, `anonymous`, zeros and dashes only, or too long to be one.

    >>> placeholder_id("00000000-0000-0000-0000-000000000000"), placeholder_id("u-1")
    (True, False)
    """
    bare = given.strip().strip("'\"").strip()
    return len(given) > ID_LENGTH_MAX or bare.lower() in _NOBODY or _ZEROS.fullmatch(bare) is not None


@lru_cache(maxsize=65_536)
def placeholder_mailbox(given: str) -> bool:
    """Whether a mailbox is nobody's: of a test domain, or one that only sends."""
    return only_sends(given) or placeholder_host(mail_host(given))


def only_sends(given: str) -> bool:
    """Whether a mailbox is one that only sends: nobody reads there."""
    return given.rpartition("@")[0].lower() in _ROLES


def with_real_ids(event: Event) -> Event:
    """The event with placeholder ids taken for absent; the same object where it has none."""
    changes: dict[str, str] = {}
    if event.anonymous_id and placeholder_id(event.anonymous_id):
        changes["anonymous_id"] = ""
    if event.user_id and (
        placeholder_mailbox(event.user_id) if "@" in event.user_id else placeholder_id(event.user_id)
    ):
        changes["user_id"] = ""
    if event.email and placeholder_mailbox(event.email):
        changes["email"] = ""
    if event.account_id and placeholder_id(event.account_id):
        changes["account_id"] = ""
    return event.model_copy(update=changes) if changes else event


def shared_device(state: SubjectState, now_ms: int) -> bool:
    """Whether a visitor is several people: at least 2 user ids or work mail hosts in 30 days, or more than 5 ever."""
    return _shared(state.users, now_ms) or _shared(state.mail_hosts, now_ms)


def _shared(seen: dict[str, int], now_ms: int) -> bool:
    if len(seen) < SHARED_USERS:
        return False
    since_ms = now_ms - SHARED_DAYS * DAY_MS
    return len(seen) > SHARED_EVER or sum(at_ms >= since_ms for at_ms in seen.values()) >= SHARED_USERS


def noted(seen: dict[str, int], key: str, at_ms: int) -> dict[str, int]:
    """With one more id seen, the newest 6 kept (more than 5 are as many as need be known); the same dict if no news."""
    known_ms = seen.get(key)
    if known_ms is not None and known_ms >= at_ms:
        return seen
    kept = sorted((seen | {key: at_ms}).items(), key=lambda item: (-item[1], item[0]))[:KNOWN_MAX]
    return dict(sorted(kept))
