"""Users and mailboxes are hubs: what is known of one goes on to the ids it was seen with.

A user or mailbox that belongs to an account passes its links on to the visitors it was seen as, and a user to its
mailboxes and back; a visitor passes nothing on. What must not go on, or no longer, is taken back by a further fact:
- a hub seen with more than 50 ids is crowded (a shared log-in, a list, a test account): it passes nothing on;
- a mailbox of several users (`info@`) is nobody's own: it passes nothing on to them;
- what a hub itself is unlinked from.
"""

from pipeline.stitch.links import EDGES_MAX, active_links
from schemas.base import stable_id
from schemas.identity import FactKind, IdentityFact, Link, Method, SubjectState

PASSED_LINKS_MAX = 4
SEPARATOR = "\x1f"


def is_hub(subject: str) -> bool:
    """Whether a subject is a person (user or mailbox), not a browser or a company."""
    return subject[:2] in ("u:", "e:")


def crowded(state: SubjectState) -> bool:
    """Whether a hub was seen with more ids than one person has."""
    return len(state.edges) > EDGES_MAX


def edges_by(subject: str, fact: IdentityFact) -> tuple[str, ...]:
    """Ids a fact says its subject was seen with; a user is never one with another user, nor a mailbox with another."""
    mailbox = "e:" + fact.person if "@" in fact.person and subject[:2] == "u:" else ""
    user = "u:" + fact.user_id if fact.user_id and subject[:2] == "e:" else ""
    other = fact.other if fact.other[:2] != subject[:2] else ""
    return tuple(edge for edge in dict.fromkeys((other, mailbox, user)) if edge)


def passed_on(subject: str, state: SubjectState) -> tuple[tuple[IdentityFact, ...], tuple[str, ...]]:
    """Facts for the ids a hub was seen with, and what it has passed on after that.

    Hubs and what they were seen with are a tree (a mailbox passes on to one user only), so facts never go in circles.

    Args:
        subject: the hub.
        state: what is known of it; `passed` says what was passed on before.
    """
    links = () if crowded(state) else active_links(state)[:PASSED_LINKS_MAX]
    wanted: dict[str, Link] = {}
    for neighbour in state.edges:
        if _may(subject, neighbour, state):
            for link in links:
                if link.via != neighbour:
                    wanted.setdefault(_entry(neighbour, link), link)
    before = set(state.passed)
    if wanted.keys() == before:
        return (), state.passed
    new = [_passed(subject, entry, wanted[entry], state) for entry in wanted if entry not in before]
    gone = [_withdrawn(subject, entry, state) for entry in state.passed if entry not in wanted]
    return (*new, *gone), tuple(sorted(wanted))


def words_taken_back(subject: str, fact: IdentityFact, edges: tuple[str, ...]) -> tuple[IdentityFact, ...]:
    """An unlink or relink of a hub told to ids it was seen with: what they say by its word does not count either."""
    return tuple(
        fact.model_copy(
            update={
                "fact_id": stable_id("fact", fact.kind, neighbour, fact.account_id, subject, fact.observed_ms),
                "subject": neighbour,
                "other": subject,
            }
        )
        for neighbour in edges
    )


def _may(subject: str, neighbour: str, state: SubjectState) -> bool:
    if subject[:2] == "e:" and neighbour[:2] == "u:":
        return sum(other[:2] == "u:" for other in state.edges) == 1
    return True


def _entry(neighbour: str, link: Link) -> str:
    return SEPARATOR.join((neighbour, link.account_id, link.method))


def _passed(subject: str, entry: str, link: Link, state: SubjectState) -> IdentityFact:
    neighbour = entry.partition(SEPARATOR)[0]
    observed_ms = max(state.edges[neighbour], link.first_ms)
    return IdentityFact(
        fact_id=stable_id("fact", FactKind.PASSED, subject, entry, observed_ms),
        kind=FactKind.PASSED,
        subject=neighbour,
        other=subject,
        account_id=link.account_id,
        domain=link.domain,
        person=link.person or subject[2:],
        user_id=subject[2:] if subject[:2] == "u:" else link.user_id,
        method=link.method,
        confidence=link.confidence,
        reason=f"seen with {subject}: {link.reason}",
        event_id=link.event_id,
        observed_ms=observed_ms,
    )


def _withdrawn(subject: str, entry: str, state: SubjectState) -> IdentityFact:
    neighbour, account_id, method = entry.split(SEPARATOR)
    observed_ms = max(*state.edges.values(), *(abs(at_ms) for at_ms in state.blocks.values()), 0, 0)
    return IdentityFact(
        fact_id=stable_id("fact", FactKind.WITHDRAWN, subject, entry, observed_ms),
        kind=FactKind.WITHDRAWN,
        subject=neighbour,
        other=subject,
        account_id=account_id,
        method=Method(method),
        reason=f"{subject} no longer passes on that it is of {account_id}",
        observed_ms=observed_ms,
    )
