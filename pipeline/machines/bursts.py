"""Bursts: clicks on several links of a mail within a short time. All functions take clicks whose time can be trusted,
by time, and add to their signs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.machines.signs import NEAR_MS, QUIET_LINKS, SECOND_MS, Sign
from schemas.hit import Act, Beat

AT_ONCE_MS = 2 * SECOND_MS
BURST_MS = 10 * SECOND_MS
LINKS_AT_ONCE = 3
LINKS_IN_BURST = 4
RESCAN_MS = 10 * SECOND_MS


_SOON = {Sign.AT_DELIVERY, Sign.TOO_SOON, Sign.SOON}


class Marked(NamedTuple):
    """A click or an unsubscription, whether who clicked had opened the mail before (not by a proxy, and from the same
    address or with the same user agent), and the signs of a machine found on it so far."""

    beat: Beat
    read: bool
    signs: set[str]


Clicks = Sequence[Marked]
Client = tuple[int, int]
"""Address and user agent, as checksums."""


def note_bursts(clicks: Clicks) -> None:
    """Several links at once, or nearly so. Of signs that say the same only the strongest is noted."""
    clients = clients_of(clicks)
    for run in runs(clicks, BURST_MS):
        core = without_readers(run, clients, links=1, apart_ms=AT_ONCE_MS)
        links = links_of(core)
        if links >= LINKS_AT_ONCE:
            _add(core, Sign.LINK_BURST if links >= LINKS_IN_BURST else Sign.THREE_LINKS)
        elif links == 2 and all(not click.read and click.signs & _SOON for click in core):
            _add(core, Sign.TWO_LINKS)
        if links >= 2 and _unsubscribes(core):
            _add(core, Sign.UNSUBSCRIBE_BURST)
    for run in runs(clicks, AT_ONCE_MS):
        links = links_of(run)
        if links >= LINKS_AT_ONCE:
            _add(run, Sign.LINK_BURST)
        elif links == 2 and any(traits(run[0].beat, other.beat) for other in run[1:]):
            _add(run, Sign.TWO_LINKS, unless=Sign.THREE_LINKS)


def note_sweeps(clicks: Clicks) -> None:
    """Many links one after the other: gateways that wait between links to look like readers.

    Clicks that are machines' for another reason must be left out: a reader who comes after a gateway has not clicked
    what the gateway clicked.
    """
    clients = clients_of(clicks)
    for run in runs(clicks, NEAR_MS):
        core = without_readers(run, clients, links=QUIET_LINKS, apart_ms=0)
        if links_of(core) < LINKS_AT_ONCE:
            continue
        _add(core, Sign.MANY_LINKS, unless=Sign.THREE_LINKS)
        if _unsubscribes(core):
            _add([click for click in core if not click.read], Sign.UNSUBSCRIBE_SWEPT, unless=Sign.UNSUBSCRIBE_BURST)


def note_rescans(clicks: Clicks) -> None:
    """The same link twice in a moment by two clients: a gateway looks at the link when the reader clicks it. The reader
    is whoever opened the mail, else who shows fewer signs of a machine by itself, else the later one."""
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
                machine = later if _strange(later) > _strange(click) else click
                machine.signs.add(Sign.RESCAN if differ == 2 else Sign.RESCAN_LIKE)


def clients_of(clicks: Clicks) -> dict[int, set[Client]]:
    """Link -> the clients that clicked it."""
    found: dict[int, set[Client]] = {}
    for click in clicks:
        found.setdefault(click.beat.link, set()).add(_client(click))
    return found


def without_readers(run: Clicks, clients: Mapping[int, set[Client]], links: int, apart_ms: int) -> Clicks:
    """A run without whoever may be a reader among a gateway's clicks; all of it if nobody else is left.

    Args:
        run: clicks within a window.
        clients: of all clicks on the mail: each of a reader's links was clicked by another client, too.
        links: so many links a reader may have clicked in the run.
        apart_ms: a reader's click is further than this from all others.
    """
    if len({_client(click) for click in run}) == 1:
        return run
    clicked: dict[Client, set[int]] = {}
    for click in run:
        clicked.setdefault(_client(click), set()).add(click.beat.link)
    readers = {
        client for client, own in clicked.items() if len(own) <= links and all(len(clients[link]) > 1 for link in own)
    }
    if apart_ms:
        readers = {client for client in readers if _apart(client, run, apart_ms)}
    return [click for click in run if _client(click) not in readers] or run


def _apart(client: Client, run: Clicks, width_ms: int) -> bool:
    own = [click.beat.at_ms for click in run if _client(click) == client]
    others = [click.beat.at_ms for click in run if _client(click) != client]
    return all(abs(one - other) > width_ms for one in own for other in others)


def _client(click: Marked) -> Client:
    return click.beat.ip, click.beat.agent


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


def traits(one: Beat, other: Beat) -> int:
    """How many of address and user agent are known and the same: 2 for one client."""
    return (one.ip == other.ip != 0) + (one.agent == other.agent != 0)


def _strange(click: Marked) -> tuple[bool, int]:
    return not click.read, len(click.beat.signs)


def _unsubscribes(clicks: Clicks) -> bool:
    return any(click.beat.act is Act.UNSUBSCRIBE for click in clicks)


def _add(clicks: Clicks, sign: Sign, *, unless: Sign | None = None) -> None:
    for click in clicks:
        if unless not in click.signs:
            click.signs.add(sign)
