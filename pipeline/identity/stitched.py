"""Evidence of what was said before: the accounts a subject is linked to.

A visitor's id is a browser, not a person: its links fade (half-life 30 days since it was last seen with the person),
and a browser that several people use names nobody. Users and mailboxes are people; theirs do not fade.
"""

from pipeline.identity.answer import CONFIDENCE, RANK, Answer, family_of
from pipeline.identity.clues import Clues
from pipeline.identity.ids import shared_device
from pipeline.stitch.links import active_links, rank_of
from schemas.identity import Link, Method, SubjectState

DAY_MS = 86_400_000
HALF_LIFE_DAYS = 30
RIVAL_DAYS = 30
"""Of links of equal rank, those last seen within so many days of the newest are in conflict with it; older ones are
outdated: somebody has changed employer, or the device its owner."""

REACH_DAYS = 30
"""A link names what happened at most so many days before its first sign."""

Answers = tuple[Answer, ...]


def by_earlier_visit(clues: Clues) -> Answers:
    """Accounts the subject is linked to: one, or several in conflict."""
    state, event = clues.state, clues.event
    if not state.links:
        return ()
    links, is_visitor = active_links(state), bool(event.anonymous_id)
    if is_visitor and shared_device(state, event.occurred_ms):
        links = tuple(link for link in links if link.user_id and link.user_id == event.user_id)
    elif event.user_id:
        links = tuple(link for link in links if link.user_id in ("", event.user_id))
    reach_ms = event.occurred_ms + REACH_DAYS * DAY_MS
    best = _best(tuple(link for link in links if link.first_ms <= reach_ms), state)
    return tuple(_answer(link, state, clues, is_visitor) for link in best)


def why_not_stitched(clues: Clues) -> str:
    """Why nothing earlier names anybody, in words."""
    if clues.event.anonymous_id and shared_device(clues.state, clues.event.occurred_ms):
        return "a shared device: several people were seen with this visitor"
    if clues.state.links and not active_links(clues.state):
        return "its links were taken back"
    return "nothing earlier is known of this subject, or it was somebody else"


def last_seen_ms(link: Link, state: SubjectState) -> int:
    """When the subject was last seen with what the link rests on, ms since 1970."""
    return max(link.last_ms, state.users.get(link.user_id, 0) if link.user_id else 0)


def _best(links: tuple[Link, ...], state: SubjectState) -> tuple[Link, ...]:
    """One link for each account that the best rank names, the newest of it; outdated ones are left out."""
    if not links:
        return ()
    rank = min(map(_rank, links))
    by_account: dict[str, Link] = {}
    for link in sorted(links, key=lambda item: (-last_seen_ms(item, state), item.account_id, item.reason)):
        if _rank(link) == rank:
            by_account.setdefault(link.account_id, link)
    newest_ms = max(last_seen_ms(link, state) for link in by_account.values())
    since_ms = newest_ms - RIVAL_DAYS * DAY_MS
    return tuple(link for link in by_account.values() if last_seen_ms(link, state) >= since_ms)


def _rank(link: Link) -> int:
    if rank_of(link) >= RANK[Method.EMAIL_RECIPIENT]:
        return rank_of(link) + 1  # what was no better then, does not outrank what is said now
    return RANK[Method.STITCHED]


def _answer(link: Link, state: SubjectState, clues: Clues, is_visitor: bool) -> Answer:
    account = clues.directory.account(link.account_id)
    sure = min(link.confidence, CONFIDENCE[Method.STITCHED])
    if is_visitor:
        days = max(0, clues.event.occurred_ms - last_seen_ms(link, state)) // DAY_MS
        sure = round(sure * 0.5 ** (days / HALF_LIFE_DAYS), 4)
    return Answer(
        link.account_id,
        account.name if account else link.domain or link.account_id,
        link.domain,
        Method.STITCHED,
        sure,
        f"seen before: {link.reason}",
        _rank(link),
        family_of(link.method),
    )
