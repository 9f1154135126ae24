"""The account directory as a CSV file: every cell is checked, and what is wrong is said with line, column and cure."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pipeline.accounts.cells import READ, CellError
from pipeline.accounts.compare import clashes
from schemas.account import Account, DomainKind, DomainPeriod

COLUMNS = (
    *("account_id", "name", "domains", "alias_domains", "subsidiaries", "aliases", "owner", "team", "region"),
    *(
        "industry",
        "employees",
        "tier",
        "target",
        "status",
        "customer_since",
        "renews_on",
        "office_ranges",
        "suppressed",
        "never_by_ip",
    ),
)
REQUIRED = ("account_id", "name")
SYNONYMS = {
    "id": "account_id",
    "record_id": "account_id",
    "account_name": "name",
    "company": "name",
    "company_name": "name",
    "domain": "domains",
    "website": "domains",
    "company_domain_name": "domains",
    "alias_domain": "alias_domains",
    "subsidiary": "subsidiaries",
    "subsidiary_domains": "subsidiaries",
    "account_owner": "owner",
    "company_owner": "owner",
    "owner_team": "team",
    "territory": "region",
    "target_account": "target",
    "renewal_date": "renews_on",
    "contract_end_date": "renews_on",
    "branch": "industry",
    "number_of_employees": "employees",
    "headcount": "employees",
    "ip_ranges": "office_ranges",
    "suppression": "suppressed",
    "suppression_reason": "suppressed",
}
"""Headings of CRM exports -> our columns. Case, blanks and hyphens in headings do not matter."""

_DOMAIN_COLUMNS = {
    "domains": DomainKind.OWN,
    "alias_domains": DomainKind.ALIAS,
    "subsidiaries": DomainKind.SUBSIDIARY,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where, what, and how to mend it."""

    line: int
    column: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.what}. {self.mend}."


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says: its accounts, the line of each, and everything that is wrong with it."""

    accounts: Sequence[Account] = ()
    lines: Mapping[str, int] | None = None
    problems: Sequence[Problem] = ()

    def against(self, present: Mapping[str, Account]) -> list[Problem]:
        """Domains claimed by an account that is in the directory, and not in this file."""
        lines = self.lines or {}
        others = [account for key, account in present.items() if key not in lines]
        return [
            Problem(
                lines[clash.second],
                "domains",
                f"{clash.domain} is claimed by {clash.first} of the directory, which is not in this file",
                f"Add {clash.first} without that domain (or until a day), or give --replace",
            )
            for clash in clashes((*others, *self.accounts))
            if clash.first not in lines and clash.second in lines
        ]


def read_accounts(lines: Iterable[str], *, skip_unknown: bool = False) -> Sheet:
    """Accounts of a CSV file with a heading, its cells parted by `,`, or by `;` as spreadsheets of some countries do.

    Args:
        lines: of the file.
        skip_unknown: leave out columns we do not know, as in a CRM's export, instead of naming them as problems.
    """
    given = list(lines)
    first = given[0].removeprefix("\ufeff") if given else ""
    mark = ";" if ";" in first and "," not in first else ","
    reader = csv.reader([first, *given[1:]], delimiter=mark)
    headings = [heading.strip() for heading in next(reader, [])]
    columns = [_column(heading) for heading in headings]
    problems = _heading(headings, columns, skip_unknown)
    if problems:
        return Sheet(problems=problems)
    accounts: list[Account] = []
    at: dict[str, int] = {}
    for cells in reader:
        if not any(map(str.strip, cells)):
            continue
        account = _row(cells, headings, columns, reader.line_num, problems)
        if account is None:
            continue
        line = at.setdefault(account.account_id, reader.line_num)
        if line != reader.line_num:
            what = f"{account.account_id} is on line {line} already"
            problems.append(Problem(reader.line_num, "account_id", what, "Make one row of the two"))
            continue
        accounts.append(account)
    problems += _claimed_twice(accounts, at)
    return Sheet(accounts, at, sorted(problems, key=lambda problem: problem.line))


def _column(heading: str) -> str:
    name = "_".join(heading.lower().replace("-", " ").replace("_", " ").split())
    return SYNONYMS.get(name, name)


def _heading(headings: Sequence[str], columns: Sequence[str], skip_unknown: bool) -> list[Problem]:
    mend = f"Columns are {', '.join(COLUMNS)}"
    problems = [Problem(1, name, "the column is missing", mend) for name in REQUIRED if name not in columns]
    if not skip_unknown:
        problems += [
            Problem(1, heading, "no such column", f"{mend}; --skip-unknown leaves others out")
            for heading, name in zip(headings, columns, strict=True)
            if name not in COLUMNS
        ]
    problems += [Problem(1, name, "the column is there twice", mend) for name in COLUMNS if columns.count(name) > 1]
    return problems


def _row(
    cells: Sequence[str], headings: Sequence[str], columns: Sequence[str], line: int, problems: list[Problem]
) -> Account | None:
    if len(cells) != len(columns):
        count = "more" if len(cells) > len(columns) else "fewer"
        mend = 'Lists within a cell go by `;`; put a cell with a comma into "quotes"'
        problems.append(Problem(line, "row", f"it has {count} cells than the heading", mend))
        return None
    before = len(problems)
    fields: dict[str, Any] = {}
    for heading, column, cell in zip(headings, columns, cells, strict=True):
        if column not in COLUMNS:
            continue
        try:
            fields[column] = READ.get(column, str.strip)(cell)
        except CellError as error:
            problems.append(Problem(line, heading, error.what, error.mend))
    mend = "Each account needs an id and a name"
    problems += [Problem(line, column, "it is empty", mend) for column in REQUIRED if not fields.get(column)]
    return _account(fields, line, problems) if len(problems) == before else None


def _account(fields: dict[str, Any], line: int, problems: list[Problem]) -> Account | None:
    given: list[DomainPeriod] = [period for column in _DOMAIN_COLUMNS for period in fields.pop(column, ())]
    own = [period.domain for period in given if _plain(period)]
    fields["domains"] = tuple(dict.fromkeys(own))
    fields["domain_periods"] = tuple(period for period in given if not _plain(period))
    try:
        return Account.model_validate(fields)
    except ValidationError as error:
        for item in error.errors():
            column = str(item["loc"][0]) if item["loc"] else "row"
            problems.append(Problem(line, column, f"{item['msg']}, got {item['input']!r:.80}", "Mend the cell"))
        return None


def _plain(period: DomainPeriod) -> bool:
    """Whether a domain is the account's own at any time: such ones stand in `domains`."""
    return period.kind is DomainKind.OWN and period.valid_from is None and period.valid_to is None


def _claimed_twice(accounts: Sequence[Account], lines: Mapping[str, int]) -> list[Problem]:
    by_id = {account.account_id: account for account in accounts}
    return [
        Problem(
            lines[clash.second],
            _column_of(by_id[clash.second], clash.domain),
            f"{clash.domain} is claimed by {clash.first} on line {lines[clash.first]}, too"
            + (f", {clash.during}" if clash.during else ""),
            "Give it to one of the two, or to each for a time of its own, else it names nobody",
        )
        for clash in clashes(accounts)
    ]


def _column_of(account: Account, domain: str) -> str:
    kinds = {period.domain: period.kind for period in account.domain_periods}
    if domain in account.domains or domain not in kinds:
        return "domains"
    return next(column for column, kind in _DOMAIN_COLUMNS.items() if kind is kinds[domain])
