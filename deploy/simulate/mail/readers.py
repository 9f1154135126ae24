"""How people read mails: when they are there, whether their program shows images, how many links they follow."""

from random import Random
from typing import NamedTuple

from deploy.simulate.spec import MINUTE_MS

QUICK_SHARE = 0.06
IMAGES_SHARE = 0.8
CLICK_SHARE = 0.6
ASSET_SHARE = 0.8
SECOND_LINK_SHARE = 0.15


class Reading(NamedTuple):
    """One person's reading of one mail, times in ms since 1970.

    Args:
        opened_ms: when.
        shown: the opening can be counted, since images are shown.
        clicked_ms: when the first link is followed; 0 if none is.
        link: which link, by its number in the mail.
        second_ms, second: the same of a second link; 0 if there is none.
    """

    opened_ms: int
    shown: bool
    clicked_ms: int = 0
    link: int = 0
    second_ms: int = 0
    second: int = 0


def reading(delivered_ms: int, eager: bool, rng: Random) -> Reading:
    """How somebody reads a mail who reads it at all.

    Args:
        eager: sure to follow a link.
    """
    quick = rng.random() < QUICK_SHARE
    if quick:
        opened_ms = delivered_ms + 4_000 + int(rng.random() * 8) * 1000
    else:
        opened_ms = delivered_ms + (4 * MINUTE_MS + int(rng.random() ** 3 * 600 * MINUTE_MS)) // 1000 * 1000
    shown = rng.random() < IMAGES_SHARE
    if not eager and rng.random() > CLICK_SHARE:
        return Reading(opened_ms, True)
    clicked_ms = opened_ms + (3_000 if quick else 15_000) + int(rng.random() * (10 if quick else 90)) * 1000
    link = 0 if rng.random() < ASSET_SHARE else 1
    if rng.random() >= SECOND_LINK_SHARE:
        return Reading(opened_ms, shown, clicked_ms, link)
    second_ms = clicked_ms + 3_000 + int(rng.random() ** 2 * 300) * 1000
    return Reading(opened_ms, shown, clicked_ms, link, second_ms, 2 if rng.random() < 0.6 else 1 - link)
