"""Which ids are one person's, by what was seen together.

A user is one with the mailboxes it gave, a mailbox with its user if it has just one (a mailbox of a role has several,
and is none of theirs), and either with the visitors that were seen with nobody else. A visitor is one with the person
it was seen with, if that is one person: a shared device is nobody's, and stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

HUBS = ("u:", "e:")
Seen = Mapping[str, set[str]]
"""Subject -> subjects it was seen with."""


def seen_of(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Pairs of ids as a symmetric relation."""
    found: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        if one and other and one != other and one[:2] != "c:" and other[:2] != "c:":
            found[one].add(other)
            found[other].add(one)
    return dict(found)


def kin_of(start: str, seen: Seen) -> set[str]:
    """All ids of the person behind one of them; itself at least."""
    found = {start}
    if start[:2] == "a:":
        hubs = _hubs(start, seen)
        people = [_people(hub, seen) for hub in hubs]
        if not people or any(hubs - kin for kin in people):
            return found
        found |= people[0]
    else:
        found |= _people(start, seen)
    visitors = {other for hub in found for other in seen.get(hub, ()) if other[:2] == "a:"}
    return found | {visitor for visitor in visitors if _hubs(visitor, seen) <= found}


def _people(hub: str, seen: Seen) -> set[str]:
    """The users and mailboxes that are one person with a user or mailbox."""
    found, waiting = {hub}, [hub]
    while waiting:
        one = waiting.pop()
        others = _hubs(one, seen)
        if one[:2] == "e:" and sum(other[:2] == "u:" for other in others) > 1:
            continue
        for other in others - found:
            shared = other[:2] == "e:" and sum(third[:2] == "u:" for third in _hubs(other, seen)) > 1
            if other[:2] != one[:2] and not shared:
                found.add(other)
                waiting.append(other)
    return found


def _hubs(subject: str, seen: Seen) -> set[str]:
    return {other for other in seen.get(subject, ()) if other[:2] in HUBS}
