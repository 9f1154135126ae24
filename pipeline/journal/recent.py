"""States of the last entries, in memory alone: what comes a little out of order is folded anew from there instead of
from the last checkpoint. Without them the outcome is the same, only slower."""

from collections import OrderedDict
from collections.abc import Sequence

from schemas.journey import JourneyState

ACCOUNTS_MAX = 1024
ENTRIES_MAX = 6

Kept = tuple[int, JourneyState | None]
"""Number of an entry, and the state before it."""


class Recent:
    """Of the accounts worked last, the states before their last entries.

    Args:
        accounts: of how many.
    """

    def __init__(self, accounts: int = ACCOUNTS_MAX) -> None:
        self._accounts = accounts
        self._kept: OrderedDict[tuple[str, str], list[Kept]] = OrderedDict()

    def note(self, key: tuple[str, str], entry: int, before: JourneyState | None) -> None:
        """Keep the state before an entry that is appended.

        Args:
            key: account and product.
        """
        kept = self._kept.setdefault(key, [])
        kept.append((entry, before))
        del kept[:-ENTRIES_MAX]
        self._kept.move_to_end(key)
        if len(self._kept) > self._accounts:
            self._kept.popitem(last=False)

    def replace(self, key: tuple[str, str], kept: Sequence[Kept]) -> None:
        """An account was folded anew: only these states are right."""
        self._kept[key] = list(kept)[-ENTRIES_MAX:]

    def newest(self, key: tuple[str, str], oldest: int, entry: int) -> Kept | None:
        """The state before the newest entry from `oldest` to `entry`, if one is kept."""
        found = [kept for kept in self._kept.get(key, ()) if oldest < kept[0] <= entry]
        return max(found, key=lambda kept: kept[0]) if found else None
