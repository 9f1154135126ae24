"""The account directory in memory: who owns which domain."""

from collections.abc import Iterable, Mapping

from pipeline.domains import registrable
from schemas.account import Account


class Directory:
    """An immutable set of accounts, looked up by id and by domain.

    Two accounts that claim the same domain make it ambiguous: it then names nobody.

    Args:
        accounts: account id -> account.
    """

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = dict(accounts)
        self._by_domain: dict[str, Account | None] = {}
        for account in self._accounts.values():
            for domain in account.domains:
                self._claim(domain, account)

    def _claim(self, domain: str, account: Account) -> None:
        holder = self._by_domain.setdefault(domain, account)
        if holder is not None and holder.account_id != account.account_id:
            self._by_domain[domain] = None

    def __len__(self) -> int:
        return len(self._accounts)

    def account(self, account_id: str) -> Account | None:
        """The account of an id."""
        return self._accounts.get(account_id)

    def of_domain(self, host: str) -> Account | None:
        """The account that owns a host: its exact domain first, then the registrable one."""
        return self._by_domain.get(host) or self._by_domain.get(registrable(host))

    def with_changes(self, changes: Iterable[tuple[str, Account | None]]) -> "Directory":
        """A directory with accounts set, or removed where None."""
        accounts = dict(self._accounts)
        for account_id, account in changes:
            if account is None:
                accounts.pop(account_id, None)
            else:
                accounts[account_id] = account
        return Directory(accounts)


EMPTY = Directory({})
