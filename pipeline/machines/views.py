"""Bursts of page views: more in a minute, or in an hour, than anybody reads (identity reference, section 6)."""

from bisect import bisect_right

from schemas.hit import View

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
VIEWS_IN_MINUTE = 60
VIEWS_IN_HOUR = 500
VIEWS_KEPT = VIEWS_IN_HOUR + 1
REASON = "page_burst"

Views = tuple[View, ...]


def with_view(views: Views, event_id: str, at_ms: int) -> tuple[Views, bool, tuple[str, ...]]:
    """The views with one more, whether that one is suspect, and the earlier ones that have become so.

    More than 60 within a minute or 500 within an hour are suspect, all of them. Kept are the newest 501 of the hour up
    to the newest: what comes more than an hour late is not judged.
    """
    if not views or at_ms >= views[-1].at_ms:
        number, newest_ms = len(views), at_ms
        views = (*views, View(at_ms, event_id))
    else:
        number, newest_ms = bisect_right(views, at_ms, key=_at_ms), views[-1].at_ms
        views = (*views[:number], View(at_ms, event_id), *views[number:])
    suspect = False
    fresh: tuple[str, ...] = ()
    if len(views) > VIEWS_IN_MINUTE:
        views, suspect, fresh = _marked(views, number)
    if views[0][0] <= newest_ms - HOUR_MS or len(views) > VIEWS_KEPT:
        views = views[max(bisect_right(views, newest_ms - HOUR_MS, key=_at_ms), len(views) - VIEWS_KEPT) :]
    return views, suspect, fresh


def _marked(views: Views, number: int) -> tuple[Views, bool, tuple[str, ...]]:
    found = _bursts(views, number, VIEWS_IN_MINUTE, MINUTE_MS) | _bursts(views, number, VIEWS_IN_HOUR, HOUR_MS)
    places = sorted(place for place in found if not views[place].suspect)
    if places:
        marked = list(views)
        for place in places:
            marked[place] = marked[place]._replace(suspect=True)
        views = tuple(marked)
    return views, number in found, tuple(views[place].event_id for place in places if place != number)


def _bursts(views: Views, number: int, most: int, width_ms: int) -> set[int]:
    """Places of all runs of more than `most` views within the width that the one at `number` is part of."""
    found: set[int] = set()
    for first in range(max(0, number - most), min(number, len(views) - 1 - most) + 1):
        if views[first + most].at_ms - views[first].at_ms < width_ms:
            found.update(range(first, first + most + 1))
    return found


def _at_ms(view: View) -> int:
    return view.at_ms
