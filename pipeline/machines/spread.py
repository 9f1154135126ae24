"""What a machine's click says of other clicks on the same mail: same address or user agent, at most 15 min away.

The reference takes either for enough. Here both are asked for, or a link nobody had yet: a gateway in the office has
the office's address, and one that poses as a browser has the user agent of many readers; and a reader comes after the
gateway, to a link that it had, mostly with an open in between.
"""

from collections.abc import Iterable, Sequence

from pipeline.machines.signs import NEAR_MS, SECOND_MS, Sign
from schemas.hit import Act, Beat

OPEN_NEAR_MS = 10 * SECOND_MS


def sign_of_client(click: Beat, machines: Sequence[Beat], opens: Sequence[Beat]) -> Sign | None:
    """The heaviest sign that a click has from machines on the same mail; None if there is none.

    Args:
        click: not a machine's for another reason.
        machines: clicks that are.
        opens: of the mail, proxied ones left out.
    """
    near = [machine for machine in machines if abs(machine.at_ms - click.at_ms) <= NEAR_MS]
    alike = [(machine, _traits(click, machine)) for machine in near]
    most = max((traits for _, traits in alike), default=0)
    if not most:
        return None
    again = any(machine.link == click.link for machine in near)
    if most == 1:
        return None if again else Sign.LIKE_CLIENT
    if not again:
        return Sign.SAME_CLIENT
    before = [machine.at_ms for machine, traits in alike if traits == most and machine.at_ms <= click.at_ms]
    read = before and any(max(before) + OPEN_NEAR_MS < opened.at_ms < click.at_ms for opened in opens)
    return None if read else Sign.SAME_CLIENT_AGAIN


def opened_by(machines: Iterable[Beat], opened: Beat) -> bool:
    """Whether a machine that clicked has also opened the mail: the same client within 10 s."""
    return any(
        abs(machine.at_ms - opened.at_ms) <= OPEN_NEAR_MS and _traits(opened, machine) == 2
        for machine in machines
        if machine.act is not Act.OPEN
    )


def _traits(one: Beat, other: Beat) -> int:
    return (one.ip == other.ip != 0) + (one.agent == other.agent != 0)
