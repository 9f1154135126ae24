"""Choose loopback ports: the usual ones if they are free, else others that are."""

import random
import socket
from collections.abc import Iterable

from schemas.errors import LocalStackError

LOOPBACK = "127.0.0.1"
# Below the range the kernel hands out to outgoing connections, so that none of those takes our port while we are down.
_RANGE = range(20000, 30000)
_TRIES = 200


def is_free(port: int) -> bool:
    """Tell whether nothing listens on the loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port with closed connections in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_port(service: str, *, asked: int | None, wishes: Iterable[int], avoid: Iterable[int] = ()) -> int:
    """Choose a port for a service.

    Args:
        service: its name, for the error text.
        asked: the port the user asked for; then no other will do.
        wishes: ports to prefer, best first.
        avoid: ports that will be taken by others of the same stack.

    Raises:
        LocalStackError: the port asked for is taken, or none is free.
    """
    if asked is not None:
        if is_free(asked):
            return asked
        raise LocalStackError(
            f"Port {asked} for {service} is taken by another process.",
            "End that process, ask for another port, or leave the choice to the stack.",
        )
    barred = set(avoid)
    chance = random.sample(_RANGE, _TRIES)
    for port in (*wishes, *chance):
        if port not in barred and is_free(port):
            return port
    raise LocalStackError(
        f"No free port for {service} on {LOOPBACK}; tried {_TRIES} between {_RANGE.start} and {_RANGE.stop}.",
        "End processes that listen there.",
    )
