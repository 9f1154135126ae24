"""What kind of network a holder runs, by its name. Any kind but `other` names no company by address."""

import re
import unicodedata
from functools import lru_cache

from pipeline.identity.brands import BRANDS, WORDS_MAX
from pipeline.identity.names import normal_name
from schemas.event import NetworkKind

_WORDS: tuple[tuple[NetworkKind, str], ...] = (
    # first match wins
    (NetworkKind.RELAY, r"relay|tor|tor ?exit|private relay"),
    (NetworkKind.VPN, r"vpn\w*|\w*vpn|proxy|proxies|tunnel|anonymi[sz]\w*"),
    (
        NetworkKind.HOSTING,
        r"\w*hosting\w*|\w*hoster|host|host(?!ess|ile|el|age)\w+|(?!ghost)\w{2,}host|\w*cloud\w*|\w*servers?|supercomput\w*"
        r"|data ?cent(er|re)s?|datacent\w*|rechenzentr\w*|colo|colocation\w*|\w*vps|cdn\w*|content delivery|dedicated",
    ),
    (
        NetworkKind.EDUCATION,
        r"\w*universi\w*|univ|uni|college|schools?|school district|hochschule\w*|academ(?!y sports)\w*"
        r"|education\w*|edu|institute of technology|polytechnic\w*|research (and education )?network|national research"
        r"|campus|faculty|facult[ae]\w*|escuela|ecole|colegio|lycee|gymnasium",
    ),
    (NetworkKind.MOBILE, r"(?<!exxon )mobil(?! oil)\w*|movil\w*|wireless|cellular|cellulaire|gsm|umts|lte|[345]g"),
    (
        NetworkKind.ISP,
        r"\w*tele[ck]om\w*|\w*telefon\w*|telco\w*|\w*telephone|telephony|telegraph|telia\w*|telenor\w*|tele|tel"
        r"|(?!(?:in|mat|ho|mo|hos|car|pas|chat|man|gris|char)tel\b)\w{2,}tel|\w*(?:broad|breit|breed|bred)band\w*|\w*cable\w*|kabel\w*|\w*kabel"
        r"|catv|tv|television\w*|\w*internet\w*|isp|wisp|wi ?fi|\w*fib(er|re|ra)\w*|\w*dsl|adsl|communications?"
        r"|kommunikation\w*|\w*comunica\w*|iletisim\w*|\w*svyaz\w*|\w*online|backbone|peering|ix|internet exchange"
        r"|\w*exchange point|(?!(?:pla|mag|cabi|forti|gar|bon|hor|mo|fidel|te)net\b)\w*net|networking|netz\w*|\w*netz"
        r"|(?<!juniper )(?<!palo alto )(?<!arista )(?<!extreme )networks?|network services?"
        r"|(?!(?:broad|via|inter|pay|sit)com\b)\w{2,}com|\w{3,}link|transit|satellite\w*|provedor\w*|provider|ertebat\w*|interconn?e[ck]\w*",
    ),
)
_PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})\b")) for kind, words in _WORDS)
_SIGNS = re.compile(r"[^\w]+|_")
_FORMS_BEFORE = re.compile(
    r"^(?:(?:pjsc|prjsc|ojsc|cjsc|jsc|pao|oao|ooo|ao|zao|pt|sia|uab|too|llc|tov|the|limited liability company"
    r"|joint stock company|public joint stock company) )+"
)


@lru_cache(maxsize=65_536)
def network_kind(holder: str) -> NetworkKind:
    """The kind of a network, by its holder's name: known names first, then what the words in it say.

    >>> network_kind("Deutsche Telekom AG"), network_kind("Acme Works Inc.")
    (<NetworkKind.ISP: 'isp'>, <NetworkKind.OTHER: 'other'>)
    """
    text = unicodedata.normalize("NFKD", holder.casefold())
    words = _SIGNS.sub(" ", "".join(char for char in text if not unicodedata.combining(char))).strip()
    words = _FORMS_BEFORE.sub("", words)
    if known := _brand(words, normal_name(holder)):
        return known
    for kind, pattern in _PATTERNS:
        if pattern.search(words):
            return kind
    return NetworkKind.OTHER


def _brand(words: str, whole: str) -> NetworkKind | None:
    if exact := BRANDS.get(f"={whole}") or BRANDS.get(f"={_FORMS_BEFORE.sub('', whole)}"):
        return exact
    parts = words.split()[:WORDS_MAX]
    for count in range(len(parts), 0, -1):
        if found := BRANDS.get(" ".join(parts[:count])):
            return found
    return None
