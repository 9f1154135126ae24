"""Signs of a machine at a hit on a mail, and what they weigh.

Points are tenths, so that sums are exact: from 10 on the hit is a machine's, from 5 on it is suspect (identity
reference, section 7, whose table this is). What the reference does not have is marked "own".
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from enum import StrEnum

MACHINE_FROM = 10
SUSPECT_FROM = 5

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS

QUARANTINE_MS = 15 * MINUTE_MS
"""How long a suspicious click waits for what may follow (reference: hold a click 15 min)."""

NEAR_MS = 15 * MINUTE_MS
"""How far a machine's hit tells on others of the same client (reference: ±15 min)."""

PROOF_MS = 60 * MINUTE_MS
"""An answer or a form so long after a suspect click speaks for it; later it speaks only for itself (own)."""


class Sign(StrEnum):
    """One sign of a machine; its value is (part of) the grade reason."""

    HIDDEN_LINK = "hidden_link"
    """A link no reader can see was clicked (`tp_trap=1` in it)."""

    HEAD_REQUEST = "head_request"
    """HEAD or OPTIONS: only the existence of the page was asked for."""

    LINK_BURST = "link_burst"
    """At least 3 links within 2 s, or 4 within 10 s (own: how many links a mail has, its events do not say)."""

    AT_DELIVERY = "at_delivery"
    """At most 2 s from delivery."""

    RESCAN = "rescan"
    """The same link again within 10 s by another address and user agent: a mail gateway looked at it first."""

    SAME_CLIENT = "same_client"
    """Address and user agent of a machine on the same mail, at most 15 min away, on another link."""

    THREE_LINKS = "three_links"
    """3 links within 10 s (own)."""

    SAME_CLIENT_AGAIN = "same_client_again"
    """Address and user agent of a machine on the same mail, at most 15 min away, on a link it had (own): perhaps the
    reader behind the gateway."""

    SOON = "soon_after_delivery"
    """2 to 10 s after delivery."""

    TOO_SOON = "too_soon_after_delivery"
    """2 to 5 s after delivery without an open (own): nobody gets, reads and clicks a mail so soon."""

    BEFORE_DELIVERY = "before_delivery"
    """Up to a minute before delivery (own): some gateways look at the links before they take the mail."""

    TWO_LINKS = "two_links"
    """2 links within 2 s; or within 10 s of delivery, before any open (own)."""

    UNSUBSCRIBE_BURST = "unsubscribe_burst"
    """The link that unsubscribes and another one within 10 s."""

    HOSTING = "hosting_network"
    """The address is a data centre's or a VPN's."""

    OFFICE = "office_user_agent"
    """An office program, not a browser: it looks at links, and then opens the reader's browser."""

    RESCAN_LIKE = "rescan_like"
    """As a rescan, but by another address only, or by another user agent only (own)."""

    LIKE_CLIENT = "like_client"
    """Address or user agent of a machine on the same mail, at most 15 min away, on another link."""

    UNSUBSCRIBE_SWEPT = "unsubscribe_swept"
    """3 links within 15 min, the one that unsubscribes among them, and whoever did it did not open the mail (own)."""

    MANY_LINKS = "many_links"
    """3 links within 15 min (own)."""

    WITHOUT_OPEN = "without_open"
    """The mail was not opened before (own weight: who shows no images opens no mail that could be counted)."""

    NO_USER_AGENT = "empty_user_agent"
    """The client's address is known and its user agent is empty."""

    QUITE_SOON = "half_minute_after_delivery"
    """10 to 30 s after delivery."""


POINTS: dict[str, int] = {
    Sign.HIDDEN_LINK: 10,
    Sign.HEAD_REQUEST: 10,
    Sign.LINK_BURST: 10,
    Sign.AT_DELIVERY: 10,
    Sign.RESCAN: 10,
    Sign.SAME_CLIENT: 10,
    Sign.THREE_LINKS: 7,
    Sign.UNSUBSCRIBE_SWEPT: 7,
    Sign.SAME_CLIENT_AGAIN: 5,
    Sign.SOON: 5,
    Sign.TOO_SOON: 5,
    Sign.BEFORE_DELIVERY: 5,
    Sign.TWO_LINKS: 5,
    Sign.UNSUBSCRIBE_BURST: 5,
    Sign.HOSTING: 5,
    Sign.OFFICE: 5,
    Sign.RESCAN_LIKE: 5,
    Sign.LIKE_CLIENT: 5,
    Sign.MANY_LINKS: 3,
    Sign.WITHOUT_OPEN: 3,
    Sign.NO_USER_AGENT: 3,
    Sign.QUITE_SOON: 2,
}

EXCUSED: frozenset[str] = frozenset({Sign.SOON, Sign.QUITE_SOON, Sign.WITHOUT_OPEN})
"""Signs that are forgiven when the quarantine ends and nothing more came: quick readers have them too."""

EXCUSED_READ: frozenset[str] = EXCUSED | {Sign.TWO_LINKS, Sign.UNSUBSCRIBE_BURST}
"""The same where whoever clicked had opened the mail."""

QUIET_LINKS = 2
"""So many links may have been clicked within 15 min around an excused click (own)."""


def points_of(signs: Iterable[str]) -> int:
    """The sum; a sign that is not in the table is a grade reason of the event by itself, which is a machine's."""
    return sum(POINTS.get(sign, MACHINE_FROM) for sign in signs)


def reason_of(signs: AbstractSet[str]) -> str:
    """The grade reason: the signs, those that weigh most first, by `+`; a decisive one stands alone."""
    ranked = sorted(signs, key=lambda sign: (sign in POINTS, -POINTS.get(sign, 0), sign))
    if ranked and POINTS.get(ranked[0], MACHINE_FROM) >= MACHINE_FROM:
        return ranked[0]
    return "+".join(ranked)
