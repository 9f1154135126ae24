"""Users and mailboxes are hubs: what is known of one goes on to the ids it was seen with.

A user or mailbox that belongs to an account passes its links on to the visitors it was seen as, and a user to its
mailboxes and back; a visitor passes nothing on. What must not go on, or no longer, is taken back by a further fact:
- a hub seen with more than 50 ids is crowded (a shared log-in, a list, a test account): it passes nothing on;
- a mailbox of several users (`info@`) is nobody's own: it passes nothing on to them;
- what a hub itself is unlinked from; that its word for it does not count is passed on as well.
"""

from collections.abc import Sequence

from pipeline.stitch.links import BY, EDGES_MAX, active_links, key_of, week_of
from schemas.base import stable_id
from schemas.identity import FactKind, IdentityFact, Link, Method, SubjectState

PASSED_LINKS_MAX = 4
SEPARATOR = "\x1f"
PASSED_PARTS = 5


def is_hub(subject: str) -> bool:
    """Whether a subject is a person (user or mailbox), not a browser or a company."""
    return subject[:2] in ("u:", "e:")


def crowded(state: SubjectState | None) -> bool:
    """Whether a hub was seen with more ids than one person has."""
    return state is not None and len(state.edges) > EDGES_MAX


def edges_by(subject: str, fact: IdentityFact) -> tuple[str, ...]:
    """Ids a fact says its subject was seen with; a user is never one with another user, nor a mailbox with another."""
    mailbox = "e:" + fact.person if "@" in fact.person and subject[:2] == "u:" else ""
    user = "u:" + fact.user_id if fact.user_id and subject[:2] == "e:" else ""
    other = fact.other if fact.other[:2] != subject[:2] else ""
    return tuple(edge for edge in dict.fromkeys((other, mailbox, user)) if edge)


def news(before: SubjectState, after: SubjectState) -> bool:
    """Whether a hub may have something new to pass on; most of its events have not."""
    if before.edges != after.edges:
        weeks = {other: week_of(seen_ms) for other, seen_ms in before.edges.items()}
        if weeks != {other: week_of(seen_ms) for other, seen_ms in after.edges.items()}:
            return True
    if before.links is after.links:
        return False
    said = [(key_of(link), link.confidence) for link in before.links]
    return said != [(key_of(link), link.confidence) for link in after.links]


def passed_on(
    subject: str, state: SubjectState, now_ms: int, heard_ms: int
) -> tuple[tuple[IdentityFact, ...], dict[str, str]]:
    """Facts for the ids a hub was seen with, and what it has passed on after that.

    Hubs and what they were seen with are a tree (a mailbox passes on to one user only), so facts never go in circles.

    Args:
        subject: the hub.
        state: what is known of it; `passed` says what was passed on before.
        now_ms: event time of what is new about it, ms since 1970.
        heard_ms: when the broker took that.
    """
    links = () if crowded(state) else active_links(state)[:PASSED_LINKS_MAX]
    wanted: dict[str, str] = {}
    facts: list[IdentityFact] = []
    for neighbour, seen_ms in state.edges.items():
        week_ms = week_of(seen_ms)
        for link in links if _may(subject, neighbour, state) else ():
            entry = SEPARATOR.join((neighbour, link.account_id, link.method, _person(subject, link), link.user_id))
            if link.via != neighbour and entry not in wanted:
                wanted[entry] = f"{week_ms}:{link.confidence:g}"
                if state.passed.get(entry) != wanted[entry]:
                    facts.append(_passed(subject, neighbour, week_ms, link, now_ms, heard_ms))
        for account_id, at_ms in state.blocks.items():
            if BY not in account_id:
                entry = SEPARATOR.join((neighbour, account_id))
                wanted[entry] = str(at_ms)
                if state.passed.get(entry) != wanted[entry]:
                    facts.append(_taken_back(subject, neighbour, account_id, at_ms))
    gone = [entry.split(SEPARATOR) for entry in state.passed if entry not in wanted]
    facts += [_withdrawn(subject, parts, now_ms) for parts in gone if len(parts) == PASSED_PARTS]
    return tuple(facts), dict(sorted(wanted.items()))


def _may(subject: str, neighbour: str, state: SubjectState) -> bool:
    if subject[:2] == "e:" and neighbour[:2] == "u:":
        return sum(other[:2] == "u:" for other in state.edges) == 1
    return True


def _person(subject: str, link: Link) -> str:
    return link.person or subject[2:]


def _passed(subject: str, neighbour: str, week_ms: int, link: Link, now_ms: int, heard_ms: int) -> IdentityFact:
    said = (link.account_id, link.method, _person(subject, link), link.user_id, week_ms)
    return IdentityFact(
        fact_id=stable_id("fact", FactKind.PASSED, subject, neighbour, *said),
        kind=FactKind.PASSED,
        subject=neighbour,
        other=subject,
        account_id=link.account_id,
        domain=link.domain,
        person=_person(subject, link),
        user_id=link.user_id,
        method=link.method,
        confidence=link.confidence,
        reason=f"seen with {subject}: {link.reason}",
        event_id=link.event_id,
        observed_ms=now_ms,
        heard_ms=heard_ms,
        seen_ms=week_ms,
    )


def _taken_back(subject: str, neighbour: str, account_id: str, at_ms: int) -> IdentityFact:
    """An unlink or relink of a hub told to an id it was seen with: what that says by its word does not count either."""
    kind = FactKind.UNLINK if at_ms > 0 else FactKind.RELINK
    return IdentityFact(
        fact_id=stable_id("fact", kind, subject, neighbour, account_id, at_ms),
        kind=kind,
        subject=neighbour,
        other=subject,
        account_id=account_id,
        reason=f"{subject} was {kind}ed from {account_id}",
        observed_ms=abs(at_ms),
    )


def _withdrawn(subject: str, parts: Sequence[str], now_ms: int) -> IdentityFact:
    neighbour, account_id, method, person, user_id = parts
    return IdentityFact(
        fact_id=stable_id("fact", FactKind.WITHDRAWN, subject, *parts, now_ms),
        kind=FactKind.WITHDRAWN,
        subject=neighbour,
        other=subject,
        account_id=account_id,
        person=person,
        user_id=user_id,
        method=Method(method),
        reason=f"{subject} no longer passes on that it is of {account_id}",
        observed_ms=now_ms,
    )
