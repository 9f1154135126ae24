"""What a subject belongs to: links, edges and blocks as sets that merge in any order.

A link is one kind of evidence for one account. Links are only ever added; an unlink blocks an account (or one id's word
for it), and a relink takes the block back. So whatever order facts and events come in, the same is known in the end.

Facts are told once a week, so what they say of time counts by the week: else it would matter which event of several
came first. What a subject's own events show of it counts to the millisecond.

Bounds: the 64 best links (beyond, order may matter) and the 51 newest edges of a subject; more than 50 edges make a
hub crowded (`hubs.py`).
"""

from collections.abc import Iterable, Mapping

from pipeline.identity.answer import RANK
from schemas.identity import FactKind, IdentityFact, Link, SubjectState

LINKS_MAX = 64
EDGES_MAX = 50
WEEK_MS = 7 * 86_400_000
ANY = "*"
BY = "|"


def week_of(at_ms: int) -> int:
    """Start of the week a moment lies in, ms since 1970."""
    return at_ms - at_ms % WEEK_MS


def link_of(fact: IdentityFact) -> Link:
    """What a fact adds to its subject."""
    assert fact.method is not None
    week_ms = week_of(fact.seen_ms or fact.observed_ms)
    return Link(
        account_id=fact.account_id,
        domain=fact.domain,
        method=fact.method,
        confidence=fact.confidence,
        reason=fact.reason,
        person=fact.person,
        user_id=fact.user_id,
        via=fact.other if fact.kind is FactKind.PASSED else "",
        event_id=fact.event_id,
        first_ms=week_ms,
        last_ms=week_ms,
    )


def with_link(links: tuple[Link, ...], new: Link) -> tuple[Link, ...]:
    """Links with one more sign: a link known already is seen again, and its first sign is the one that speaks."""
    key = key_of(new)
    for at, old in enumerate(links):
        if key_of(old) == key:
            merged = _merged(old, new)
            return links if merged is old else (*links[:at], merged, *links[at + 1 :])
    return tuple(sorted((*links, new), key=_order)[:LINKS_MAX])


def with_edge(edges: dict[str, int], other: str, at_ms: int) -> dict[str, int]:
    """Edges with one more, the newest kept; the same dict if it is no news."""
    known_ms = edges.get(other)
    if known_ms is not None and known_ms >= at_ms:
        return edges
    kept = sorted((edges | {other: at_ms}).items(), key=lambda item: (-item[1], item[0]))[: EDGES_MAX + 1]
    return dict(sorted(kept))


def with_block(blocks: dict[str, int], fact: IdentityFact) -> dict[str, int]:
    """Blocks after an unlink or relink; of several for one account the newest in time counts, on a tie the unlink."""
    key = fact.account_id + (BY + fact.other if fact.other else "")
    known_ms = blocks.get(key, 0)
    at_ms = fact.observed_ms if fact.kind is FactKind.UNLINK else -fact.observed_ms
    if (abs(known_ms), known_ms) >= (abs(at_ms), at_ms):
        return blocks
    return dict(sorted((blocks | {key: at_ms}).items()))


def blocked(blocks: Mapping[str, int], account_id: str, by: Iterable[str] = ()) -> bool:
    """Whether an account is not this subject's, at all or by the word of one of these ids."""
    if not blocks:
        return False
    keys = (ANY, account_id, *(f"{named}{BY}{other}" for other in by for named in (account_id, ANY)))
    return any(blocks.get(key, 0) > 0 for key in keys)


def active_links(state: SubjectState) -> tuple[Link, ...]:
    """Links that no block takes back."""
    if not state.blocks:
        return state.links
    return tuple(link for link in state.links if not blocked(state.blocks, link.account_id, words_of(link)))


def words_of(link: Link) -> tuple[str, ...]:
    """Ids on whose word a link rests: the hub that passed it on, the mailbox and the user that showed it."""
    words = (link.via, "e:" + link.person if "@" in link.person else "", "u:" + link.user_id if link.user_id else "")
    return tuple(word for word in words if word)


def without_pass(links: tuple[Link, ...], fact: IdentityFact) -> tuple[Link, ...]:
    """Links without the one a hub passed on and now takes back."""
    gone = (fact.account_id, fact.method, fact.person, fact.user_id, fact.other)
    return tuple(link for link in links if key_of(link) != gone)


def rank_of(link: Link) -> int:
    """Rank of what a link says, when it was said: 1 is best."""
    return RANK[link.method]


def key_of(link: Link) -> tuple[str, str, str, str, str]:
    """What makes a link the same one, seen again."""
    return link.account_id, link.method, link.person, link.user_id, link.via


def _order(link: Link) -> tuple[int, tuple[str, str, str, str, str]]:
    return rank_of(link), key_of(link)


def _merged(old: Link, new: Link) -> Link:
    first = new if (new.first_ms, new.event_id) < (old.first_ms, old.event_id) else old
    last_ms, confidence = max(old.last_ms, new.last_ms), max(old.confidence, new.confidence)
    if first is old and (last_ms, confidence) == (old.last_ms, old.confidence):
        return old
    return Link.trusted(first.__dict__ | {"last_ms": last_ms, "confidence": confidence})
