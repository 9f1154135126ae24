"""What a machine's click says of other clicks on the same mail: same address or user agent, at most 15 min away.

The reference takes either for enough. Here both are asked for, or a link nobody had yet: a gateway in the office has
the office's address, and one that poses as a browser has the user agent of many readers; and a reader comes after the
gateway, to a link that it had, mostly with an open in between.
"""

from collections.abc import Iterable, Sequence

from pipeline.machines.bursts import traits
from pipeline.machines.signs import NEAR_MS, SECOND_MS, Sign
from schemas.hit import Beat

OPEN_NEAR_MS = 10 * SECOND_MS


def same_client(click: Beat, machines: Sequence[Beat], opens: Sequence[Beat]) -> Sign | None:
    """The sign that a click has where a machine on the same mail has its address and user agent; None if none has.

    Args:
        click: not a machine's for another reason.
        machines: clicks that are.
        opens: of the mail, proxied ones left out.
    """
    near = _near(click, machines)
    same = [machine for machine in near if traits(click, machine) == 2]
    if not same:
        return None
    if not any(machine.link == click.link for machine in near):
        return Sign.SAME_CLIENT
    before = [machine.at_ms for machine in same if machine.at_ms <= click.at_ms]
    read = before and any(max(before) + OPEN_NEAR_MS < opened.at_ms < click.at_ms for opened in opens)
    return None if read else Sign.SAME_CLIENT_AGAIN


def like_client(click: Beat, machines: Sequence[Beat]) -> Sign | None:
    """The sign that a click has where a machine has its address or its user agent, on a link no machine had."""
    near = _near(click, machines)
    alike = any(traits(click, machine) == 1 for machine in near)
    return Sign.LIKE_CLIENT if alike and not any(machine.link == click.link for machine in near) else None


def opened_by(machines: Iterable[Beat], opened: Beat) -> bool:
    """Whether a machine that clicked has also opened the mail: the same client within 10 s."""
    return any(
        abs(machine.at_ms - opened.at_ms) <= OPEN_NEAR_MS and traits(opened, machine) == 2 for machine in machines
    )


def _near(click: Beat, machines: Sequence[Beat]) -> list[Beat]:
    return [machine for machine in machines if abs(machine.at_ms - click.at_ms) <= NEAR_MS]
