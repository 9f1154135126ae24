"""A person is forgotten: what a subject's state knows of it goes, and its accounts are told to take it out.

A fact of kind `erase` says so, once for each id of the person under its own key (then all of the state goes), and once
for each other subject that was seen with it (then what it knows of that id goes).
"""

from pipeline.identify import Identified
from pipeline.stitch.hubs import SEPARATOR, is_hub
from pipeline.stitch.links import BY
from schemas.activity import ERASURE, Activity
from schemas.base import Source, stable_id
from schemas.event import Grade
from schemas.identity import IdentityFact, Method, SubjectState

REASON = "a person was erased"


def forget(fact: IdentityFact, state: SubjectState | None) -> Identified:
    """Take an erasure in.

    Args:
        fact: of kind `erase`; its subject is the key of `state`. An account in it is told besides those linked.
        state: what is known of the subject.
    """
    if fact.other:
        return Identified(None if state is None else without(state, fact.other), None)
    accounts = {fact.account_id} - {""}
    if state is not None:
        accounts |= {link.account_id for link in state.links} | set(state.by_network.values())
    return Identified(None, None, tuple(erasure_of(fact, account_id) for account_id in sorted(accounts)))


def without(state: SubjectState, other: str) -> SubjectState:
    """A state without what it knows of another id; the same object where that is nothing."""
    person = other[2:]
    if person not in state.encode().decode():
        return state
    changes = {
        "links": tuple(link for link in state.links if link.via != other and person not in (link.person, link.user_id)),
        "edges": {subject: at_ms for subject, at_ms in state.edges.items() if subject != other},
        "blocks": {key: at_ms for key, at_ms in state.blocks.items() if key.partition(BY)[2] != other},
        "history": tuple(hit for hit in state.history if person not in (hit.person, hit.subject[2:])),
        "passed": {
            entry: value for entry, value in state.passed.items() if not {other, person} & set(entry.split(SEPARATOR))
        },
        "users": {user: at_ms for user, at_ms in state.users.items() if user != person},
    }
    waiting = {hit.event_id for hit in state.history} - {hit.event_id for hit in changes["history"]}  # type: ignore[attr-defined]
    changes["by_network"] = {hit: account for hit, account in state.by_network.items() if hit not in waiting}
    after = state.model_copy(update=changes)
    if person in after.encode().decode():  # mails to it, and activities of it that are held
        after = after.model_copy(update={"pulse": None})
    return after


def erasure_of(fact: IdentityFact, account_id: str) -> Activity:
    """What takes a subject, and the person it is, out of an account."""
    return Activity(
        activity_id=stable_id("erasure", fact.fact_id, account_id),
        event_id=fact.fact_id,
        source=Source.WEB,
        type=ERASURE,
        occurred_ms=fact.observed_ms,
        received_ms=fact.observed_ms,
        subject=fact.subject,
        person=fact.subject[2:] if is_hub(fact.subject) else "",
        grade=Grade.MACHINE,
        account_id=account_id,
        method=Method.STITCHED,
        confidence=0.0,
        reason=REASON,
    )
