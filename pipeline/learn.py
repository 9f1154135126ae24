"""2'. What comes back to a subject: facts that other subjects' events showed, unlinks, and hits an account returned."""

from pipeline.directory import Directory
from pipeline.identify import Identified, remember
from pipeline.identity.answer import Answer, decide
from pipeline.identity.clues import Clues
from pipeline.identity.stitched import by_earlier_visit
from pipeline.machines.restate import holding, let_go, proved, settled
from pipeline.stitch.attribute import attributed, retraction_of
from pipeline.stitch.hubs import edges_by, is_hub, passed_on
from pipeline.stitch.links import ANY, active_links, blocked, link_of, with_block, with_edge, with_link, without_pass
from schemas.activity import Activity
from schemas.base import Source
from schemas.event import Event
from schemas.hit import Returned
from schemas.identity import FactKind, IdentityFact, SubjectState

SHOWN = (FactKind.LINK, FactKind.EDGE, FactKind.UNMATCHED)
"""Facts that an event showed: only these say that ids were seen together."""


def learn(fact: IdentityFact, state: SubjectState | None, directory: Directory) -> Identified:
    """Take a fact about this subject: it is linked, seen with another id, or unlinked; waiting hits are attributed, and
    what no longer is the account's is taken back from it.

    Args:
        fact: the fact; its subject is the key of `state`.
        state: what is known of the subject, None at first.
        directory: the accounts as they are now.
    """
    before = state or SubjectState()
    after, cleared = _proved(fact, _noted(fact, before))
    facts: tuple[IdentityFact, ...] = ()
    if is_hub(fact.subject):
        facts, known = passed_on(fact.subject, after, fact.observed_ms, fact.heard_ms)
        if facts:
            after = after.model_copy(update={"passed": known})
    if after == before:
        return Identified(state, None, (), facts)
    retractions = _retractions(fact, before, after)
    after = let_go(after, [retraction.account_id for retraction in retractions])
    after, late, fell_out = named_now(fact.subject, fact.observed_ms, after, directory, fact.heard_ms)
    return Identified(after, None, (*cleared, *retractions, *late), facts, fell_out)


def wait(state: SubjectState, now_ms: int) -> Identified:
    """Time has passed over a subject: what nothing more was heard of is judged now. Due at `state.pulse.due_ms`."""
    after, activities = settled(state, now_ms)
    return Identified(after, None, activities)


def take_back(returned: Returned, state: SubjectState | None, directory: Directory) -> Identified:
    """Take hits back that an account returned: they wait for a name again, or have another one by now."""
    before = state or SubjectState()
    waiting = {hit.event_id for hit in before.history}
    history, fell_out = before.history, 0
    for hit in returned.hits:
        if hit.event_id not in waiting:
            history, count = remember(history, hit)
            fell_out += count
    ordered = tuple(sorted(history, key=lambda hit: (hit.occurred_ms, hit.event_id)))
    after = before.model_copy(update={"history": ordered})
    after, late, more = named_now(returned.subject, returned.returned_ms, after, directory)
    return Identified(after, None, late, (), fell_out + more)


def named_now(
    subject: str, now_ms: int, state: SubjectState, directory: Directory, heard_ms: int = 0
) -> tuple[SubjectState, tuple[Activity, ...], int]:
    """Attribute what waits, if the subject is named: the state after that, the activities, and how many fell out.

    Args:
        now_ms, heard_ms: event time of what may name it, and when the broker took that; 0 where that is not known.
    """
    if not state.history or not state.links:
        return state, (), 0
    answer = naming(subject, now_ms, state, directory)
    if answer is None:
        return state, (), 0
    late, fell_out = attributed(state, answer, now_ms, heard_ms)
    after = holding(state.model_copy(update={"history": (), "by_network": {}}), late)
    return after, late, fell_out


def naming(subject: str, now_ms: int, state: SubjectState, directory: Directory) -> Answer | None:
    """The account a subject is named for by its links, without an event."""
    kind, _, given = subject.partition(":")
    silent = Event(
        event_id=subject,
        source=Source.WEB,
        format="native",
        type="page_view",
        occurred_ms=now_ms,
        received_ms=now_ms,
        origin="",
        anonymous_id=given if kind == "a" else "",
        user_id=given if kind == "u" else "",
        email=given if kind == "e" else "",
    )
    return decide(by_earlier_visit(Clues(silent, state, directory))).winner


def _proved(fact: IdentityFact, state: SubjectState) -> tuple[SubjectState, tuple[Activity, ...]]:
    """Who was seen in a browser under a mailbox was there: what is only suspect of the mailbox's clicks is cleared."""
    seen = fact.event_id and fact.kind in (FactKind.LINK, FactKind.EDGE, FactKind.UNMATCHED)
    if not (seen and fact.subject.startswith("e:") and fact.other.startswith("a:")):
        return state, ()
    return proved(state, fact.observed_ms)


def _noted(fact: IdentityFact, state: SubjectState) -> SubjectState:
    """The state with a fact in its sets."""
    changes: dict[str, object] = {}
    if fact.kind in (FactKind.LINK, FactKind.PASSED):
        changes["links"] = with_link(state.links, link_of(fact))
    elif fact.kind is FactKind.WITHDRAWN:
        changes["links"] = without_pass(state.links, fact)
    elif fact.kind in (FactKind.UNLINK, FactKind.RELINK):
        changes["blocks"] = with_block(state.blocks, fact)
        return state.model_copy(update=changes)
    if is_hub(fact.subject) and fact.kind in SHOWN:
        edges = state.edges
        for other in edges_by(fact.subject, fact):
            edges = with_edge(edges, other, fact.observed_ms)
        changes["edges"] = edges
    return state.model_copy(update=changes)


def _retractions(fact: IdentityFact, before: SubjectState, after: SubjectState) -> tuple[Activity, ...]:
    """Take back what the subject did for accounts it is no longer linked to; an unlink by command takes back what was
    attributed without a link, too."""
    still = {link.account_id for link in active_links(after)}
    gone = {link.account_id for link in active_links(before)} - still
    if fact.kind is FactKind.UNLINK and not fact.other and blocked(after.blocks, fact.account_id):
        if fact.account_id != ANY:
            gone.add(fact.account_id)
        else:
            gone |= {link.account_id for link in before.links} | set(before.by_network.values())
    return tuple(retraction_of(fact, account_id) for account_id in sorted(gone))
