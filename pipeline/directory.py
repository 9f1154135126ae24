"""The account directory in memory: who owns which domain, which name and which office addresses."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from pipeline.domains import registrable
from pipeline.identity.names import normal_name
from pipeline.identity.ranges import Range, RangeTable, office_network
from schemas.account import Account


class Directory:
    """An immutable set of accounts, looked up by id, by domain, by exact normalised name and by address.

    What two accounts claim is ambiguous: it then names nobody.

    Args:
        accounts: account id -> account.
    """

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = dict(accounts)
        self._by_domain: dict[str, tuple[Account, ...]] = {}
        for account in self._accounts.values():
            for domain in account.domains:
                holders = self._by_domain.get(domain, ())
                if account not in holders:
                    self._by_domain[domain] = (*holders, account)

    def __len__(self) -> int:
        return len(self._accounts)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def account(self, account_id: str) -> Account | None:
        """The account of an id."""
        return self._accounts.get(account_id)

    def owners(self, host: str) -> tuple[Account, ...]:
        """Accounts that claim a host: by its exact domain, else by the registrable one."""
        return self._by_domain.get(host) or self._by_domain.get(registrable(host), ())

    def of_domain(self, host: str) -> Account | None:
        """The account that owns a host; None where nobody does, or several claim it."""
        owners = self.owners(host)
        return owners[0] if len(owners) == 1 else None

    def named(self, name: str) -> tuple[Account, ...]:
        """Accounts of exactly this name or alias, legal forms and case aside."""
        normal = normal_name(name)
        return self._by_name.get(normal, ()) if normal else ()

    def offices(self, address: str) -> tuple[Account, ...]:
        """Accounts with a declared office range an address lies in."""
        return tuple(self._accounts[holder] for holder in self._ranges.holders(address))

    @cached_property
    def suppressed(self) -> frozenset[str]:
        """Ids of the accounts that are kept out."""
        return frozenset(account.account_id for account in self._accounts.values() if account.suppressed)

    def with_changes(self, changes: Iterable[tuple[str, Account | None]]) -> "Directory":
        """A directory with accounts set, or removed where None."""
        accounts = dict(self._accounts)
        for account_id, account in changes:
            if account is None:
                accounts.pop(account_id, None)
            else:
                accounts[account_id] = account
        return Directory(accounts)

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[Account, ...]]:
        found: dict[str, tuple[Account, ...]] = {}
        for account in self._accounts.values():
            for name in {normal_name(given) for given in (account.name, *account.aliases)} - {""}:
                found[name] = (*found.get(name, ()), account)
        return found

    @cached_property
    def _ranges(self) -> RangeTable:
        return RangeTable(entry for account in self._accounts.values() for entry in _ranges_of(account))


def _ranges_of(account: Account) -> Iterator[Range]:
    for text in account.office_ranges:
        try:
            network = office_network(text)
        except ValueError:
            continue  # `triggerpoint accounts import` says so; one bad range must not cost the account
        yield network.version, int(network[0]), int(network[-1]), account.account_id


EMPTY = Directory({})
