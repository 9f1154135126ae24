"""Properties: what else a producer sends, as flat text, bounded and without secrets."""

from collections.abc import Iterable
from functools import lru_cache

import orjson

from pipeline.decode.form import names
from schemas.base import TEXT_LENGTH_MAX
from schemas.raw import PROPERTIES_MAX

KEY_LENGTH_MAX = 100

_SECRET = names(
    """apikey apisecret writekey secret secretkey clientsecret privatekey token accesstoken refreshtoken authtoken
    idtoken sessiontoken jwt password passwd pwd authorization signature cookie setcookie"""
)

_PERSONAL = names(
    """firstname lastname fullname givenname familyname surname middlename phone phonenumber mobile mobilephone
    telephone birthday birthdate dateofbirth dob gender street streetaddress iban ssn passport"""
)


def personal(name: str) -> bool:
    """Whether a field or parameter of this name says something of a person that nothing here needs: a phone number."""
    return normal(name[:KEY_LENGTH_MAX]) in _PERSONAL


def secret(name: str) -> bool:
    """Whether a field or parameter of this name holds a key, a token or a password."""
    return normal(name[:KEY_LENGTH_MAX]) in _SECRET


@lru_cache(maxsize=8192)
def normal(name: str) -> str:
    """A name without case, spaces and signs: `Trial Started`, `trial_started` and `trialStarted` are one.

    Callers bound the length, since results are cached.
    """
    return "".join(filter(str.isalnum, name.lower()))


def flat(said: Iterable[tuple[str, str]], given: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Properties as flat text: ours (`said`) first, then the producer's (`given`), at most `PROPERTIES_MAX` together.

    Nested values are kept as JSON where they are short, else dropped; blanks, secrets (keys, tokens, passwords) and
    what is a person's own (names, phone numbers, birthdays) are dropped, so that they reach no table.
    """
    found = {key: value for key, value in said if value}
    for name, value in given:
        if len(found) >= PROPERTIES_MAX:
            break
        key = name[:KEY_LENGTH_MAX]
        if key in found or secret(key) or personal(key):
            continue
        if shortened := as_property(value):
            found[key] = shortened
    return found


def as_property(value: object) -> str:
    """A JSON value as the text of a property; '' for what has none."""
    if type(value) is str:
        return value[:TEXT_LENGTH_MAX]
    if value is None or value == {} or value == []:
        return ""
    written = orjson.dumps(value).decode()
    return written if len(written) <= TEXT_LENGTH_MAX else ""
