"""Links without what makes one page look like many: fragment, credentials, tracking parameters, secrets."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_plus, urlsplit

from pipeline.decode.form import names
from pipeline.decode.properties import personal, secret
from schemas.base import TEXT_LENGTH_MAX, URL_LENGTH_MAX
from schemas.text import BREAKS, PINGED, UNSEEN

_TRACKING = names(
    """gclid gclsrc dclid gbraid wbraid fbclid msclkid twclid ttclid yclid igshid li_fat_id rdt_cid mc_cid mc_eid
    mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking vero_id vero_conv _ga _gl _kx oly_enc_id oly_anon_id
    wickedid elqtrackid elqtrack elqaid elqat elq_mid elq_cid s_cid sc_cid trk trkemail"""
)
_KEPT = {
    "utm_campaign": "utm_campaign",
    "utm_source": "utm_source",
    "utm_medium": "utm_medium",
    "tp_vid": "link_visitor_id",  # set in links of mails we send: which mail's reader came
    "tp_trap": "link_trap",  # set in links of mails we send that no reader can see: who clicks it is a machine
}

_SCRIPTS = names("javascript data vbscript file blob")
_UNSAFE = re.compile(rf"[<>`\"\s{BREAKS}{UNSEEN}]+|\](?=\()|{PINGED}", re.IGNORECASE)


class Link(NamedTuple):
    """A page or link without fragment, tracking and secrets, and what its tracking parameters said."""

    url: str
    said: tuple[tuple[str, str], ...] = ()


def link(value: object) -> Link:
    """A link without fragment, credentials, tracking parameters, secrets and names or phone numbers.

    The campaign parameters (`utm_campaign`, `utm_source`, `utm_medium`) and our own (`tp_vid`: visitor id, `tp_trap`:
    hidden link) are taken out of the link too, since they would split one page into many, and handed back beside it.
    What is no URL at all gives an empty link, and so does one that a browser would run instead of opening it.
    """
    return _link(value.strip()[:URL_LENGTH_MAX]) if type(value) is str else Link("")


@lru_cache(maxsize=4096)
def _link(value: str) -> Link:
    if not value.isprintable() or _UNSAFE.search(value):
        value = _UNSAFE.sub(lambda found: quote(found.group()), value)[:URL_LENGTH_MAX]
    if value.partition(":")[0].strip().lower() in _SCRIPTS:
        return Link("")
    page, _, query = value.partition("#")[0].partition("?")
    scheme, mark, rest = page.partition("://")
    if mark and "@" in (host := rest.partition("/")[0]):
        page = scheme + mark + rest[len(host.rpartition("@")[0]) + 1 :]
    try:
        urlsplit(page)
    except ValueError:  # an unclosed bracket, say: who reads the event may rely on a link that can be taken apart
        return Link("")
    if not query:
        return Link(page)
    kept: list[str] = []
    said: dict[str, str] = {}
    for part in query.split("&"):
        name, _, given = part.partition("=")
        lowered = name.lower()
        if property_name := _KEPT.get(lowered):
            if found := unquote_plus(given).strip()[:TEXT_LENGTH_MAX]:
                said.setdefault(property_name, found)
        elif part and not (lowered in _TRACKING or lowered.startswith("utm_") or secret(lowered) or personal(lowered)):
            kept.append(part)
    return Link(f"{page}?{'&'.join(kept)}" if kept else page, tuple(said.items()))
