"""Mailboxes in texts that are no field for them: links, search words, titles, a producer's properties."""

import re
from urllib.parse import unquote

from pipeline.privacy.key import PrivacyKey

_MAILBOX = re.compile(r"[\w.!#$&'*+/^`{|}~%-]*[\w-](?:@|%40)[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_LOCAL = re.compile(r"[\w.!#$&'*+^`{|}~%-]*$")

_IDS = frozenset({"link_visitor_id", "previous_id"})
STAFF_PROPERTIES = frozenset({"owner"})
"""People of our own side: who is at work here is no buyer, and alerts are addressed by it."""


def scrubbed(text: str, key: PrivacyKey) -> str:
    """A text in which each mailbox is its pseudonym.

    >>> scrubbed("https://x.io/?to=jane%40acme.com", PrivacyKey(bytes(32)))[:19]
    'https://x.io/?to=p-'
    """
    if "@" not in text and "%40" not in text:
        return text
    return _MAILBOX.sub(lambda found: _replaced(found[0], key), text)


def _replaced(found: str, key: PrivacyKey) -> str:
    plain = unquote(found)
    local, _, host = plain.rpartition("@")
    # in a path the beginning belongs to the link: /u/jane@acme.com
    name = _LOCAL.search(local)
    bare = name[0] if name else local
    return local[: len(local) - len(bare)] + key.mailbox(f"{bare}@{host}")


def scrubbed_properties(properties: dict[str, str], key: PrivacyKey) -> dict[str, str]:
    """Properties without what is a person's; the same object if there was none."""
    if _IDS.isdisjoint(properties) and "@" not in (texts := "".join(properties.values())) and "%40" not in texts:
        return properties  # as most are
    found: dict[str, str] = {}
    changed = False
    for name, value in properties.items():
        if name in _IDS:
            new = key.user(value) if "@" in value else key.visitor(value)
        else:
            new = value if name in STAFF_PROPERTIES else scrubbed(value, key)
        changed = changed or new is not value
        found[name] = new
    return found if changed else properties
