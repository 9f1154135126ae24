"""Users and mailboxes are hubs: what is known of one goes on to the ids it was seen with.

A user or mailbox that belongs to an account passes its links on to the visitors it was seen as, and a user to its
mailboxes and back; a visitor passes nothing on. What must not go on, or no longer, is taken back by a further fact:
- a hub seen with more than 50 ids is crowded (a shared log-in, a list, a test account): it passes nothing on;
- a mailbox of several users (`info@`) is nobody's own: it passes nothing on to them;
- what a hub itself is unlinked from.
"""

from pipeline.identity.links import EDGES_MAX, active_links
from schemas.base import stable_id
from schemas.identity import FactKind, IdentityFact, Link, SubjectState

PASSED_LINKS_MAX = 4
PASSED_ID_LENGTH = 12


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

    Args:
        subject: the hub.
        state: what is known of it; `passed` says what was passed on before.
    """
    passed = set(state.passed)
    passing = {} if crowded(state) else {_key(link): link for link in active_links(state)[:PASSED_LINKS_MAX]}
    facts: list[IdentityFact] = []
    for neighbour in state.edges:
        may = _may(subject, neighbour, state)
        for link in state.links:
            entry = _entry(neighbour, link)
            passes = may and _key(link) in passing and link.via != neighbour
            if passes != (entry in passed):
                kind = FactKind.PASSED if passes else FactKind.WITHDRAWN
                facts.append(_passed(subject, neighbour, state.edges[neighbour], link, kind))
                passed ^= {entry}
    return tuple(facts), tuple(sorted(passed)) if facts else state.passed


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


def _key(link: Link) -> tuple[str, str, str, str]:
    return link.account_id, link.method, link.person, link.user_id


def _entry(neighbour: str, link: Link) -> str:
    return stable_id(neighbour, *_key(link))[:PASSED_ID_LENGTH]


def _passed(subject: str, neighbour: str, seen_ms: int, link: Link, kind: FactKind) -> IdentityFact:
    observed_ms = max(seen_ms, link.first_ms)
    person = link.person or subject[2:]
    what = "seen with" if kind is FactKind.PASSED else "no longer by the word of"
    return IdentityFact(
        fact_id=stable_id("fact", kind, subject, neighbour, *_key(link), observed_ms),
        kind=kind,
        subject=neighbour,
        other=subject,
        account_id=link.account_id,
        domain=link.domain,
        person=person,
        user_id=subject[2:] if subject[:2] == "u:" else link.user_id,
        method=link.method,
        confidence=link.confidence,
        reason=f"{what} {subject}: {link.reason}",
        event_id=link.event_id,
        observed_ms=observed_ms,
    )
