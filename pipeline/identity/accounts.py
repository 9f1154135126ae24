"""The account directory as a CSV file: every cell is checked, and what is wrong is said with line, column and cure."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from pipeline.domains import registrable
from pipeline.identity.ranges import office_network
from schemas.account import Account, AccountStatus

COLUMNS = (
    *("account_id", "name", "domains", "aliases", "owner", "region", "tier", "target", "status"),
    *("customer_since", "office_ranges", "suppressed", "never_by_ip"),
)
REQUIRED = ("account_id", "name")
_YES, _NO = frozenset({"true", "yes", "1", "y", "x"}), frozenset({"false", "no", "0", "n", ""})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where, what, and how to mend it."""

    line: int
    column: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.what}. {self.mend}."


class CellError(Exception):
    """A cell cannot be used."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


def read_accounts(lines: Iterable[str]) -> tuple[list[Account], list[Problem]]:
    """Accounts of a CSV file with a heading, and everything that is wrong with it; lists within a cell go by `;`."""
    reader = csv.DictReader(_without_mark(lines))
    problems = _heading(reader.fieldnames)
    if problems:
        return [], problems
    accounts: list[Account] = []
    ids: dict[str, int] = {}
    domains: dict[str, tuple[int, str]] = {}
    for row in reader:
        if not any(isinstance(cell, str) and cell.strip() for cell in row.values()):
            continue
        line, before = reader.line_num, len(problems)
        if None in row or None in row.values():
            count = "more" if None in row else "fewer"
            mend = 'Lists within a cell go by `;`; put a cell with a comma into "quotes"'
            problems.append(Problem(line, "row", f"it has {count} cells than the heading", mend))
            continue
        account = _account(row, line, problems)
        if account is None or len(problems) > before:
            continue
        _check_unique(account, line, ids, domains, problems)
        accounts.append(account)
    return accounts, problems


def _without_mark(lines: Iterable[str]) -> Iterable[str]:
    for number, line in enumerate(lines):
        yield line.removeprefix("\ufeff") if number == 0 else line


def _heading(found: Iterable[str] | None) -> list[Problem]:
    names = list(found or ())
    mend = f"Columns are {', '.join(COLUMNS)}"
    problems = [Problem(1, name, "the column is missing", mend) for name in REQUIRED if name not in names]
    problems += [Problem(1, str(name), "no such column", mend) for name in names if name not in COLUMNS]
    problems += [Problem(1, name, "the column is there twice", mend) for name in COLUMNS if names.count(name) > 1]
    return problems


def _account(row: Mapping[str, str], line: int, problems: list[Problem]) -> Account | None:
    fields: dict[str, Any] = {}
    for column, cell in row.items():
        try:
            fields[column] = _READ.get(column, str.strip)(cell)
        except CellError as error:
            problems.append(Problem(line, column, error.what, error.mend))
    for column in REQUIRED:
        if not fields.get(column):
            problems.append(Problem(line, column, "it is empty", "Each account needs an id and a name"))
            return None
    try:
        return Account.model_validate(fields)
    except ValidationError as error:
        for item in error.errors():
            column = str(item["loc"][0]) if item["loc"] else "row"
            problems.append(Problem(line, column, f"{item['msg']}, got {item['input']!r:.80}", "Mend the cell"))
        return None


def _check_unique(
    account: Account, line: int, ids: dict[str, int], domains: dict[str, tuple[int, str]], problems: list[Problem]
) -> None:
    first = ids.setdefault(account.account_id, line)
    if first != line:
        what = f"{account.account_id} is on line {first} already"
        problems.append(Problem(line, "account_id", what, "Make one row of the two"))
        return
    for domain in account.domains:
        at, owner = domains.setdefault(domain, (line, account.account_id))
        if owner != account.account_id:
            what = f"{domain} is claimed by {owner} on line {at}"
            problems.append(Problem(line, "domains", what, "Give it to one of the two, else it names nobody"))


def _list(cell: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))


def _domains(cell: str) -> list[str]:
    found = [domain.lower() for domain in _list(cell)]
    for domain in found:
        if not registrable(domain):
            raise CellError(f"`{domain}` is no company's domain", "Write domains as acme.com, several by `;`")
    return found


def _ranges(cell: str) -> list[str]:
    found = _list(cell)
    try:
        for text in found:
            office_network(text)
    except ValueError as error:
        raise CellError(str(error), "Write ranges as 198.51.100.0/24 or 2001:db8:7::/48, several by `;`") from None
    return found


def _flag(cell: str) -> bool:
    given = cell.strip().lower()
    if given in _YES or given in _NO:
        return given in _YES
    raise CellError(f"`{cell}` is neither yes nor no", "Write true or false")


def _status(cell: str) -> AccountStatus:
    try:
        return AccountStatus(cell.strip().lower() or AccountStatus.PROSPECT)
    except ValueError:
        raise CellError(f"`{cell}` is no status", f"Statuses are {', '.join(AccountStatus)}") from None


def _moment(cell: str) -> datetime | None:
    if not cell.strip():
        return None
    try:
        found = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise CellError(f"`{cell}` is no date", "Write 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_READ: Mapping[str, Callable[[str], Any]] = {
    "domains": _domains,
    "aliases": _list,
    "target": _flag,
    "status": _status,
    "customer_since": _moment,
    "office_ranges": _ranges,
    "never_by_ip": _flag,
}
