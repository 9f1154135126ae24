"""By what evidence an event could have been named rightly: the best there is for its true company, in what was sent.

The line is not asked. An event counts under the first of these that holds:

- `account_id`, `account_domain`  the producer named the company
- `email`            a work mailbox is typed or given by a signed-in user
- `email_recipient`  a mail to a work mailbox, which may have been forwarded
- `stitched`         the same visitor's or user's id was seen with a work mailbox of the company, and of no other
- `office_range`     the address lies in a range the company declared
- `as_holder`        the address lies in the company's own network, however its name is spelt
- `undeclared`       only a mail domain says it that the directory lacks, or a company that is no account
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network

from deploy.evaluate.world import Case, World
from schemas.base import Source
from schemas.event import Event

DAY_MS = 86_400_000
BACK_DAYS = 30
"""What happened longer before the first name is nobody's, by the product's own promise."""

ORDER = (
    *("account_id", "account_domain", "email", "email_recipient", "stitched", "office_range", "as_holder"),
    "undeclared",
)
PLACEHOLDERS = frozenset({"null", "undefined", "anonymous", "[object Object]", "0"})

Said = dict[str, dict[str, int]]
"""Id -> company said of it -> event time of the first time, ms since 1970."""


def evidence_of(cases: Sequence[Case], world: World) -> dict[str, str]:
    """Event id -> evidence, for every event somebody can be named for; passers-by and machines have none."""
    said = _said(cases, world)
    found: dict[str, str] = {}
    for case in cases:
        account_id = case.truth.account_id
        if case.truth.machine or not account_id:
            continue
        kinds = set(_own(case.event, account_id, world)) | set(_around(case.event, account_id, world, said))
        if account_id not in world.listed:
            kinds = {"undeclared"} if kinds else set()
        best = next((kind for kind in ORDER if kind in kinds), "")
        if best:
            found[case.event.event_id] = best
    return found


def ids_of(event: Event) -> Iterator[str]:
    """The visitor's and the user's id of an event, if they are ids at all."""
    for kind, given in (("a", event.anonymous_id), ("u", event.user_id)):
        if given and given not in PLACEHOLDERS and given.strip("0-"):
            yield f"{kind}:{given}"


def _own(event: Event, account_id: str, world: World) -> Iterator[str]:
    """What the event says by itself."""
    if event.account_id == account_id:
        yield "account_id"
    if event.account_domain and world.owner(event.account_domain) == account_id:
        yield "account_domain" if _declared(event.account_domain, account_id, world) else "undeclared"
    host = event.email.rpartition("@")[2]
    if host and world.owner(host) == account_id:
        if not _declared(host, account_id, world):
            yield "undeclared"
        else:
            yield "email_recipient" if event.source is Source.EMAIL and event.type != "reply" else "email"


def _around(event: Event, account_id: str, world: World, said: Said) -> Iterator[str]:
    """What its ids and its address say."""
    for given in ids_of(event):
        companies = said.get(given, {})
        if companies.keys() == {account_id} and event.occurred_ms >= companies[account_id] - BACK_DAYS * DAY_MS:
            yield "stitched"
    company = world.companies.get(account_id)
    if not event.ip or company is None:
        return
    if any(ip_address(event.ip) in ip_network(office) for office in company.office_ranges):
        yield "office_range"
    row = world.addresses.of(event.ip)
    if row is not None and row.account_id == account_id:
        yield "as_holder"


def _said(cases: Iterable[Case], world: World) -> Said:
    """What was said of each id, by whoever sent it; a visitor's id takes over what is said of its users."""
    said: Said = defaultdict(dict)
    users: dict[str, dict[str, int]] = defaultdict(dict)
    for case in cases:
        event = case.event
        given = tuple(ids_of(event))
        for account_id in _companies_in(event, world):
            for one in given:
                said[one][account_id] = min(event.occurred_ms, said[one].get(account_id, event.occurred_ms))
        if len(given) > 1:
            visitor, user = given
            users[visitor][user] = min(event.occurred_ms, users[visitor].get(user, event.occurred_ms))
    for visitor, known in users.items():
        for user, seen_ms in known.items():
            for account_id in said.get(user, {}):
                said[visitor][account_id] = min(seen_ms, said[visitor].get(account_id, seen_ms))
    return said


def _companies_in(event: Event, world: World) -> set[str]:
    """Companies of the directory an event names by itself."""
    found = {event.account_id} & world.listed
    for host in (event.account_domain, event.email.rpartition("@")[2]):
        account_id = world.owner(host)
        if account_id and _declared(host, account_id, world):
            found.add(account_id)
    return found


def _declared(host: str, account_id: str, world: World) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in world.declared.get(account_id, ()))
