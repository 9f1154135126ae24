"""From when on each act could be named: an account that nobody can name yet is at no stage and at no trigger point.

The line is not asked; what was sent decides. An act can be named for the company that truly did it

- at once, if its producer names the account or its domain, or a work mailbox of a domain the directory lists is in it;
- for a company that is not in the directory, at once, if the producer names its workspace: that is its account then;
- by the visitor's or user's id, once that was seen with any of these, as long as it was seen with no other company, and
  at most 30 days back, as the product promises.

An address alone names no people, so it does not count here, as it raises no alert.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.evaluate.measures.attribution import UNNAMEABLE
from deploy.evaluate.measures.evidence import BACK_DAYS, DAY_MS, evidence_of, ids_of
from deploy.evaluate.world import Case, World
from schemas.base import Source
from schemas.event import Event

HOUR_MS = 3_600_000
FRESH_MS = DAY_MS
"""What could not be named for longer than a day is history when it is, and history is no trigger point."""

NO_ACTS = frozenset({"delivered", "open", "bounce", "drop"})
"""Mail events that show nobody doing anything: what is opened is mostly opened by programs."""

Said = Mapping[str, Mapping[str, int]]
"""Id -> company it was seen with -> when the broker took the first such event, ms since 1970."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a human of a company did.

    Args:
        event: as the producers reported it.
        account_id: the company that truly did it.
        doer: mailbox of the person who truly did it.
        who: the mailbox it was done under, else the true one if a user id says who it is; '' if anonymous.
        named_ms: from when on it could be named, never before the broker took it; None if it never could.
        own_word: the event itself names the company.
        seen: it could be told by then or later that somebody of the company is there, be it by the address.
    """

    event: Event
    account_id: str
    doer: str
    who: str
    named_ms: int | None
    own_word: bool
    seen: bool

    @property
    def at_ms(self) -> int:
        """When it was done, ms since 1970."""
        return self.event.occurred_ms

    @property
    def fresh(self) -> bool:
        """It could be named within a day."""
        return self.named_ms is not None and self.named_ms - self.at_ms <= FRESH_MS


def acts_of(cases: Sequence[Case], world: World) -> dict[str, list[Act]]:
    """Company -> all its people did, in order of time; what machines do, and mails that arrive, is no act."""
    owners = owners_of(world)
    said = _said(cases, world, owners)
    evidence = evidence_of(cases, world)
    found: dict[str, list[Act]] = defaultdict(list)
    for case in cases:
        event, account_id = case.event, case.truth.account_id
        if case.truth.machine or not account_id or (event.source is Source.EMAIL and event.type in NO_ACTS):
            continue
        own = account_id in set(_companies_in(event, world, owners))
        who = event.email or (case.truth.doer if event.user_id else "")
        named_ms = event.received_ms if own else _by_ids(event, account_id, said)
        seen = named_ms is not None or evidence.get(event.event_id, UNNAMEABLE) != UNNAMEABLE
        found[account_id].append(Act(event, account_id, case.truth.doer, who, named_ms, own, seen))
    for acts in found.values():
        acts.sort(key=lambda act: (act.at_ms, act.event.event_id))
    return dict(found)


def owners_of(world: World) -> dict[str, str]:
    """Account id the line may use -> company: the directory's, and the workspaces of companies that it lacks."""
    found = {account_id: account_id for account_id in world.listed}
    for company in world.companies.values():
        found.setdefault(company.workspace_id, company.account_id)
    return found


def account_of(account_id: str, world: World) -> str:
    """The account a company is known as: the directory's entry, else its workspace."""
    return account_id if account_id in world.listed else world.companies[account_id].workspace_id


def _by_ids(event: Event, account_id: str, said: Said) -> int | None:
    """When an id of the event was first seen with its company and with no other."""
    moments = [
        companies[account_id]
        for given in ids_of(event)
        if (companies := said.get(given, {})).keys() == {account_id}
        and event.occurred_ms >= companies[account_id] - BACK_DAYS * DAY_MS
    ]
    return max(min(moments), event.received_ms) if moments else None


def _said(cases: Iterable[Case], world: World, owners: Mapping[str, str]) -> Said:
    """What each id was seen with; a visitor's id takes over what its users were seen with, from when on it was seen
    with them."""
    said: dict[str, dict[str, int]] = defaultdict(dict)
    users: dict[str, dict[str, int]] = defaultdict(dict)
    for case in cases:
        event = case.event
        given = tuple(ids_of(event))
        for account_id in _companies_in(event, world, owners):
            for one in given:
                said[one][account_id] = min(event.received_ms, said[one].get(account_id, event.received_ms))
        if len(given) > 1:
            visitor, user = given
            users[visitor][user] = min(event.received_ms, users[visitor].get(user, event.received_ms))
    for visitor, known in users.items():
        for user, seen_ms in known.items():
            for account_id, said_ms in list(said.get(user, {}).items()):
                both_ms = max(seen_ms, said_ms)
                said[visitor][account_id] = min(both_ms, said[visitor].get(account_id, both_ms))
    return said


def _companies_in(event: Event, world: World, owners: Mapping[str, str]) -> Iterator[str]:
    """Companies an event names by itself under an account of theirs."""
    meant = owners.get(event.account_id, "")
    if meant and (event.account_id in world.listed or meant not in world.listed):
        yield meant
    for host in (event.account_domain, event.email.rpartition("@")[2]):
        account_id = world.owner(host)
        declared = world.declared.get(account_id, ())
        if any(host == domain or host.endswith("." + domain) for domain in declared):
            yield account_id
