"""What kind of network a holder runs, by the words of its name. Any kind but `other` names no company by address."""

import re
from enum import StrEnum
from functools import lru_cache


class NetworkKind(StrEnum):
    """Whose people use the addresses: its own (`other`), or anybody's."""

    ISP = "isp"
    HOSTING = "hosting"
    VPN = "vpn"
    RELAY = "relay"
    EDUCATION = "education"
    MOBILE = "mobile"
    OTHER = "other"


_WORDS: tuple[tuple[NetworkKind, str], ...] = (
    # first match wins
    (NetworkKind.RELAY, r"relay|tor\b|tor-?exit|private relay"),
    (NetworkKind.VPN, r"vpn\w*|\w*vpn|proxy|proxies|tunnel|anonymi[sz]\w*|m247|datacamp"),
    (
        NetworkKind.HOSTING,
        r"\w*hosting\w*|\w*hoster|hosts?|\w*cloud\w*|servers?|\w*servers|data ?cent(er|re)s?|datacent\w*|rechenzentr\w*"
        r"|colo\w*|vps|cdn|dedicated|aws|amazon\w*|google|microsoft|azure|oracle|akamai|fastly|digital ?ocean"
        r"|ovh|hetzner|linode|vultr|leaseweb|contabo|rackspace|alibaba|tencent|ionos",
    ),
    (
        NetworkKind.EDUCATION,
        r"univ\w*|college|schools?|hochschule|academ\w*|education\w*|edu|institute of technology|research network"
        r"|national research|campus|faculty",
    ),
    (NetworkKind.MOBILE, r"mobile\w*|mobil\w*|wireless|cellular|gsm|lte|[345]g"),
    (
        NetworkKind.ISP,
        r"\w*tele[ck]om\w*|\w*telefon\w*|telco\w*|\w*telephone|telephony|telegraph|telia\w*|telenor|\w*broadband\w*"
        r"|\w*cable\w*|\w*internet\w*|isp|\w*fib(er|re)\w*|\w*dsl|communications?|kommunikation\w*|comunica\w*"
        r"|\w*online|carrier|backbone|exchange|ix|\w*net|networks? services?|provider|transit|satellite"
        r"|comcast|verizon|charter|cox|at ?t|att|vodafone|orange|swisscom|proximus|kpn|bt|ntt|lumen|level 3|cogent"
        r"|hurricane|centurylink|spectrum|rogers|telus|bell canada|optus|jio|bharti|airtel|bsnl|telmex|claro|vivo",
    ),
)
_PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})\b")) for kind, words in _WORDS)
_SIGNS = re.compile(r"[^\w-]+|_")


@lru_cache(maxsize=65_536)
def network_kind(holder: str) -> NetworkKind:
    """The kind of a network, by its holder's name.

    >>> network_kind("Deutsche Telekom AG"), network_kind("Acme Works Inc.")
    (<NetworkKind.ISP: 'isp'>, <NetworkKind.OTHER: 'other'>)
    """
    words = _SIGNS.sub(" ", holder.casefold())
    for kind, pattern in _PATTERNS:
        if pattern.search(words):
            return kind
    return NetworkKind.OTHER
