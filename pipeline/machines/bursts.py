"""Bursts: clicks on several links of a mail within a short time. All functions take clicks whose time can be trusted,
by time, and add to their signs."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.machines.signs import NEAR_MS, SECOND_MS, Sign
from schemas.hit import Act, Beat

AT_ONCE_MS = 2 * SECOND_MS
BURST_MS = 10 * SECOND_MS
LINKS_AT_ONCE = 3
LINKS_IN_BURST = 4
RESCAN_MS = 10 * SECOND_MS


class Marked(NamedTuple):
    """A click or an unsubscription, and the signs of a machine found on it so far."""

    beat: Beat
    signs: set[str]


Clicks = Sequence[Marked]


def note_bursts(clicks: Clicks) -> None:
    """Several links at once, or nearly so. Of signs that say the same only the strongest is noted."""
    for run in runs(clicks, BURST_MS):
        links = links_of(run)
        if links >= LINKS_AT_ONCE:
            _add(run, Sign.LINK_BURST if links >= LINKS_IN_BURST else Sign.THREE_LINKS)
        if links >= 2 and _unsubscribes(run):
            _add(run, Sign.UNSUBSCRIBE_BURST)
    for run in runs(clicks, AT_ONCE_MS):
        links = links_of(run)
        if links >= LINKS_AT_ONCE:
            _add(run, Sign.LINK_BURST)
        elif links == 2:
            _add(run, Sign.TWO_LINKS, unless=Sign.THREE_LINKS)


def note_sweeps(clicks: Clicks) -> None:
    """Many links one after the other: gateways that wait between links to look like readers.

    Clicks that are machines' for another reason must be left out: a reader who comes after a gateway has not clicked
    what the gateway clicked.
    """
    for run in runs(clicks, NEAR_MS):
        if links_of(run) < LINKS_AT_ONCE:
            continue
        _add(run, Sign.MANY_LINKS, unless=Sign.THREE_LINKS)
        if _unsubscribes(run):
            unread = [click for click in run if Sign.WITHOUT_OPEN in click.signs]
            _add(unread, Sign.UNSUBSCRIBE_SWEPT, unless=Sign.UNSUBSCRIBE_BURST)


def note_rescans(clicks: Clicks) -> None:
    """The same link twice in a moment by two clients: a gateway looks at the link when the reader clicks it. The
    reader's click follows, unless the other one shows more signs of a machine by itself."""
    for number, click in enumerate(clicks):
        one = click.beat
        for later in clicks[number + 1 :]:
            other = later.beat
            if other.at_ms - one.at_ms > RESCAN_MS:
                break
            if other.link != one.link or not (one.ip and other.ip):
                continue
            differ = (one.ip != other.ip) + (one.agent != other.agent)
            if differ:
                machine = later if len(other.signs) > len(one.signs) else click
                machine.signs.add(Sign.RESCAN if differ == 2 else Sign.RESCAN_LIKE)


def runs(clicks: Clicks, width_ms: int) -> Iterator[Clicks]:
    """Runs of at least two clicks within the width, none of them part of another."""
    reached = 0
    for first, click in enumerate(clicks):
        after = max(first + 1, reached)
        while after < len(clicks) and clicks[after].beat.at_ms - click.beat.at_ms <= width_ms:
            after += 1
        if after > reached and after - first > 1:
            yield clicks[first:after]
        reached = after


def links_of(clicks: Clicks) -> int:
    """How many different links, as far as they are known."""
    return len({click.beat.link for click in clicks if click.beat.link})


def _unsubscribes(clicks: Clicks) -> bool:
    return any(click.beat.act is Act.UNSUBSCRIBE for click in clicks)


def _add(clicks: Clicks, sign: Sign, *, unless: Sign | None = None) -> None:
    for click in clicks:
        if unless not in click.signs:
            click.signs.add(sign)
