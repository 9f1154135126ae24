"""Company names made comparable: equal after this means equal, anything less means nothing."""

import re
import unicodedata
from functools import lru_cache

# at the end of a name, as words; registers and directories write them or leave them out as they like
_FORMS = """inc incorporated corp corporation co company companies ltd limited llc llp lp plc pllc pc
    gmbh ag kg kgaa se ohg ug ev mbh sa sas sasu sarl sl slu srl spa snc bv nv vof cv ab asa as oy oyj aps
    ks kft zrt nyrt doo dd ad ood eood ooo oao zao pao sro spzoo pte pty bhd sdn tbk pt kk yk gk
    holding holdings group the"""
_LEGAL_FORMS = frozenset(_FORMS.split())
_JOINED = (
    ("sp z o o", "spzoo"),
    ("sp z oo", "spzoo"),
    ("s r o", "sro"),
    ("d o o", "doo"),
    ("s p a", "spa"),
    ("s a s", "sas"),
)
_WORDS = re.compile(r"[^\w]+", re.UNICODE)
_DOTTED = re.compile(r"\b(?:\w\.){2,}")


@lru_cache(maxsize=65_536)
def normal_name(name: str) -> str:
    """A company's name without case, accents, punctuation and legal forms; '' where nothing else is in it.

    >>> normal_name("The Acme Works, Inc."), normal_name("ACME WORKS GmbH & Co. KG"), normal_name("SE")
    ('acme works', 'acme works', '')
    """
    text = name.casefold()
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    text = _DOTTED.sub(lambda match: match[0].replace(".", "") + " ", text).replace("&", " and ")
    words = _WORDS.sub(" ", text).strip()
    for spelt, joined in _JOINED:
        if words.endswith(spelt):
            words = re.sub(rf"\b{spelt}$", joined, words)
    parts = words.split()
    while parts and (parts[-1] in _LEGAL_FORMS or parts[-1] == "and"):
        parts.pop()
    while parts and parts[0] == "the":
        parts.pop(0)
    return " ".join(parts)
