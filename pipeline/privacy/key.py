"""The key of an installation, and the pseudonyms made with it.

A pseudonym is a keyed hash (BLAKE2b, 80 bits): the same person has the same one in every event, and without the key
nobody can say, or try out, whose it is. A mailbox keeps its domain, since that says the company and no person:
`jane@acme.com` is `p-5e8c1f0a94b7d2630c1e@acme.com`. Users, visitors and mailboxes are hashed apart, and a mailbox with
its domain, so that equal texts of two kinds or companies show nothing.

The clear address is sealed beside it (AES-SIV, authenticated; the same in every event, so that results follow from the
input alone), and opens for its own pseudonym only.

What is no person's stays as it is, since guards further down the line must know it: placeholders such as `null`, and
mailboxes that only send.
"""

import re
from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import blake2b

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from pipeline.identity.ids import only_sends, placeholder_id
from schemas.errors import SettingsError

KEY_BYTES_MIN = 32
CACHED_IDS = 65_536
_HASH_BYTES = 10  # a billion persons share none by chance (1 : 2,400,000)
_PSEUDONYM = re.compile(r"p-[0-9a-f]{20}(@[^@\s]+)?")


def is_pseudonym(given: str) -> bool:
    """Whether an id has the form of a pseudonym, as the topics and views show it.

    >>> is_pseudonym("p-5e8c1f0a94b7d2630c1e@acme.com"), is_pseudonym("jane@acme.com")
    (True, False)
    """
    return _PSEUDONYM.fullmatch(given) is not None


class PrivacyKey:
    """What makes pseudonyms. It keeps what it made last, and shows its secret nowhere.

    Args:
        secret: at least 32 bytes that nobody can guess.

    Raises:
        SettingsError: it is too short.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < KEY_BYTES_MIN:
            raise SettingsError(
                f"The privacy key has {len(secret)} bytes, and must have {KEY_BYTES_MIN} at least.",
                "Make one: `openssl rand -hex 32`.",
            )
        whole = blake2b(secret, digest_size=64, person=b"triggerpoint").digest()
        self._hashing = blake2b(key=whole, digest_size=_HASH_BYTES)
        self.fingerprint = blake2b(key=whole, digest_size=8, person=b"fingerprint").hexdigest()
        """Tells keys apart, and nothing else of them."""
        self.mailbox = lru_cache(CACHED_IDS)(self._mailbox)
        self.user = lru_cache(CACHED_IDS)(self._user)
        self.visitor = lru_cache(CACHED_IDS)(self._visitor)
        self._sealing = AESSIV(blake2b(key=whole, digest_size=64, person=b"contacts").digest())
        self.sealed = lru_cache(CACHED_IDS)(self._seal)
        """Address and name of a person, for whoever has the key: (pseudonym, address, name) -> text."""

    def _mailbox(self, clear: str) -> str:
        given = clear.strip().lower()
        if only_sends(given):
            return given
        return f"{self._hash('e', given)}@{given.rpartition('@')[2]}"

    def _user(self, clear: str) -> str:
        if "@" in clear:  # many producers use the mailbox as the user's id
            return self._mailbox(clear)
        return clear if placeholder_id(clear) else self._hash("u", clear)

    def _visitor(self, clear: str) -> str:
        return clear if placeholder_id(clear) else self._hash("a", clear)

    def _seal(self, person: str, address: str, name: str) -> str:
        written = orjson.dumps([address, name])
        return b64encode(self._sealing.encrypt(written, [person.encode()])).decode()

    def opened(self, person: str, sealed: str) -> tuple[str, str] | None:
        """Address and name of a person's sealed contact; None if another key, or another person's, sealed it."""
        try:
            address, name = orjson.loads(self._sealing.decrypt(b64decode(sealed), [person.encode()]))
        except (InvalidTag, ValueError):
            return None
        return address, name

    def subject(self, clear: str) -> str:
        """Key of a subject's state, of its clear form: `e:jane@acme.com`, `u:17`, `a:v-81`; a company's stays."""
        kind, _, given = clear.partition(":")
        hashed = {"e": self.mailbox, "u": self.user, "a": self.visitor}.get(kind)
        return clear if hashed is None or is_pseudonym(given) else f"{kind}:{hashed(given)}"

    def _hash(self, kind: str, given: str) -> str:
        hashing = self._hashing.copy()
        hashing.update(f"{kind}:{given}".encode("utf-8", "surrogatepass"))
        return "p-" + hashing.hexdigest()

    def __repr__(self) -> str:
        return f"PrivacyKey({self.fingerprint})"
