"""The account directory in memory: who owns which domain at what time, which name and which office addresses."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from pipeline.accounts.frozen_map import FrozenMap
from pipeline.domains import registrable
from pipeline.identity.names import normal_name
from pipeline.identity.ranges import Block, blocks_around, office_block
from schemas.account import Account
from schemas.base import to_ms

K = TypeVar("K", bound=Hashable)
DAY_MS = 86_400_000
ALWAYS = (-(1 << 62), 1 << 62)
"""From when, and until before when, in ms since 1970."""


class Claim(NamedTuple):
    """An account says that something is its own, for a time."""

    account: Account
    from_ms: int
    to_ms: int


class Directory:
    """An immutable set of accounts, looked up by id, by domain and time, by exact normalised name and by address.

    What two accounts claim is ambiguous: both are given. A changed directory shares with the old one what did not
    change, so a change costs by its own size, not by the directory's.

    Args:
        accounts: account id -> account.
    """

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts: FrozenMap[str, Account] = FrozenMap(accounts)
        self._domains = _Claims(domain_spans).moved((), accounts.values())
        self._names = _Claims(_names).moved((), accounts.values())
        self._offices = _Claims(_offices).moved((), accounts.values())
        self._lengths = _lengths_of(accounts.values())
        self.suppressed: frozenset[str] = frozenset(key for key, account in accounts.items() if account.suppressed)
        """Ids of the accounts that are kept out."""

    def __len__(self) -> int:
        return len(self._accounts)

    def account(self, account_id: str) -> Account | None:
        """The account of an id."""
        return self._accounts.get(account_id)

    def owners(self, host: str, at_ms: int) -> tuple[Account, ...]:
        """Accounts that claim a host at a moment: by its exact domain, else by the registrable one."""
        return self._domains.at(host, at_ms) or self._domains.at(registrable(host), at_ms)

    def named(self, name: str) -> tuple[Account, ...]:
        """Accounts of exactly this name or alias, legal forms and case aside."""
        return self._names.at(normal_name(name), 0)

    def offices(self, address: str) -> tuple[Account, ...]:
        """Accounts with a declared office range an address lies in."""
        found: dict[str, Account] = {}
        for block in blocks_around(address, self._lengths):
            found |= {account.account_id: account for account in self._offices.at(block, 0)}
        return tuple(found[account_id] for account_id in sorted(found))

    def with_changes(self, changes: Iterable[tuple[str, Account | None]]) -> "Directory":
        """A directory with accounts set, or removed where None; of several changes of one account the last counts."""
        latest = {key: account for key, account in dict(changes).items() if self._accounts.get(key) != account}
        if not latest:
            return self
        gone = [old for old in map(self._accounts.get, latest) if old is not None]
        new = [account for account in latest.values() if account is not None]
        made = Directory({})
        made._accounts = self._accounts.with_changes(latest)
        made._domains = self._domains.moved(gone, new)
        made._names = self._names.moved(gone, new)
        made._offices = self._offices.moved(gone, new)
        made._lengths = self._lengths + _lengths_of(new)
        made._lengths -= _lengths_of(gone)
        kept_out = {account.account_id for account in new if account.suppressed}
        made.suppressed = self.suppressed.difference(latest) | kept_out
        return made


class _Claims(Generic[K]):
    """Who claims what, of one kind of key.

    Args:
        claimed: what an account claims, and from when until when.
    """

    def __init__(self, claimed: Callable[[Account], Iterable[tuple[K, tuple[int, int]]]]) -> None:
        self._claimed = claimed
        self._held: FrozenMap[K, tuple[Claim, ...]] = FrozenMap()

    def at(self, key: K, at_ms: int) -> tuple[Account, ...]:
        """Who claims a key at a moment, by account id."""
        held = self._held.get(key)
        return tuple([claim.account for claim in held if claim.from_ms <= at_ms < claim.to_ms]) if held else ()

    def moved(self, gone: Collection[Account], new: Iterable[Account]) -> "_Claims[K]":
        """These claims without those of some accounts and with those of others."""
        ids = {account.account_id for account in gone}
        keys = {key for account in gone for key, _ in self._claimed(account)}
        changed = {key: [claim for claim in self._of(key) if claim.account.account_id not in ids] for key in keys}
        for account in new:
            for key, span in self._claimed(account):
                if key not in changed:
                    changed[key] = list(self._of(key))
                changed[key].append(Claim(account, *span))
        made = _Claims(self._claimed)
        made._held = self._held.with_changes(
            {
                key: tuple(sorted(claims, key=_order) if len(claims) > 1 else claims) or None
                for key, claims in changed.items()
            }
        )
        return made

    def _of(self, key: K) -> tuple[Claim, ...]:
        return self._held.get(key) or ()


def _order(claim: Claim) -> tuple[str, int]:
    return claim.account.account_id, claim.from_ms


def day_ms(day: date) -> int:
    """Beginning of a day, UTC, in ms since 1970."""
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))


def domain_spans(account: Account) -> Iterator[tuple[str, tuple[int, int]]]:
    """Domains of an account and from when until when, in ms since 1970; of one domain no two times overlap."""
    given: dict[str, list[tuple[int, int]]] = {domain: [ALWAYS] for domain in account.domains}
    for period in account.domain_periods:
        first = day_ms(period.valid_from) if period.valid_from else ALWAYS[0]
        end = day_ms(period.valid_to + timedelta(days=1)) if period.valid_to else ALWAYS[1]
        given.setdefault(period.domain, []).append((first, end))
    for domain, spans in given.items():
        spans.sort()
        first, end = spans[0]
        for later in spans[1:]:
            if later[0] > end:
                yield domain, (first, end)
                first, end = later
            end = max(end, later[1])
        yield domain, (first, end)


def _names(account: Account) -> Iterator[tuple[str, tuple[int, int]]]:
    names = {normal_name(given) for given in (account.name, *account.aliases)} - {""}
    return ((name, ALWAYS) for name in names)


def _offices(account: Account) -> Iterator[tuple[Block, tuple[int, int]]]:
    # `triggerpoint accounts import` tells of a bad range; here one must not cost the account
    blocks = {office_block(text) for text in account.office_ranges} - {None}
    return ((block, ALWAYS) for block in blocks if block is not None)


def _lengths_of(accounts: Iterable[Account]) -> Counter[tuple[int, int]]:
    """Versions and prefix lengths of office ranges, and how often: an address is looked up once for each."""
    return Counter(block[:2] for account in accounts for block, _ in _offices(account))


EMPTY = Directory({})
