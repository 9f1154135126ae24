"""What a change of the directory means: which accounts are new, changed or removed, and which domains two claim."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.directory import ALWAYS, DAY_MS, domain_spans
from schemas.account import Account


@dataclass(frozen=True, slots=True)
class Comparison:
    """A directory against another, by account id; `changes` makes the one of the other, None where one is removed."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    changes: Mapping[str, Account | None]


def compare(present: Mapping[str, Account], wanted: Iterable[Account], *, replace: bool) -> Comparison:
    """What would change.

    Args:
        present: the directory as it is.
        wanted: accounts as they should be.
        replace: whether accounts that are not wanted go.
    """
    given = {account.account_id: account for account in wanted}
    added = tuple(key for key in given if key not in present)
    changed = tuple(key for key, account in given.items() if key in present and present[key] != account)
    removed = tuple(sorted(key for key in present if key not in given)) if replace else ()
    changes: dict[str, Account | None] = {key: given[key] for key in (*added, *changed)}
    unchanged = len(given) - len(changes)
    return Comparison(added, changed, removed, unchanged, changes | dict.fromkeys(removed))


@dataclass(frozen=True, slots=True)
class Clash:
    """Two accounts claim one domain at one time; `during` says when, '' for always."""

    domain: str
    first: str
    second: str
    during: str


def clashes(accounts: Iterable[Account]) -> Iterator[Clash]:
    """Domains that two accounts claim at the same time, one for each later account of the two."""
    claims: dict[str, list[tuple[str, tuple[int, int]]]] = {}
    for account in accounts:
        for domain, span in domain_spans(account):
            held = claims.setdefault(domain, [])
            for other, (first, end) in held:
                both = max(first, span[0]), min(end, span[1])
                if other != account.account_id and both[0] < both[1]:
                    yield Clash(domain, other, account.account_id, _in_words(both))
                    break
            held.append((account.account_id, span))


def _in_words(span: tuple[int, int]) -> str:
    first = "" if span[0] == ALWAYS[0] else f"from {_day(span[0])}"
    last = "" if span[1] == ALWAYS[1] else f"until {_day(span[1] - DAY_MS)}"
    return " ".join(filter(None, (first, last)))


def _day(day_ms: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=day_ms)).date().isoformat()
