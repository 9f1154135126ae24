"""Cells of a file of accounts: what people and CRM exports write, as values; else what is wrong and how to mend it.

Lists go by `;`. A domain may carry the time it was the account's, first and last day included:
`oldco.com@2020-01-01..2024-06-30`, with either end left out where it is open.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic import ValidationError

from pipeline.domains import registrable
from pipeline.identity.ranges import office_network
from schemas.account import AccountStatus, DomainKind, DomainPeriod, Suppression, suppression_of

YES, NO = frozenset({"true", "yes", "1", "y", "x"}), frozenset({"false", "no", "0", "n", ""})
_SPAN = re.compile(r"^(?P<host>[^@]*)(?:@(?P<first>[0-9-]*)(?:\.\.|…)(?P<last>[0-9-]*))?$")
_ADDRESS = re.compile(r"^(?:[a-z]+://)?(?:www\.)?(?P<host>[^/:?#@]+)(?::\d+)?(?:[/?#].*)?$")
DOMAIN_MEND = "Write domains as acme.com or, for a time, oldco.com@2020-01-01..2024-06-30; several by `;`"


class CellError(Exception):
    """A cell cannot be used."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


def listed(cell: str) -> list[str]:
    """Parts of a cell, each once."""
    return list(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))


def domains(cell: str, kind: DomainKind) -> list[DomainPeriod]:
    """Domains of a cell and when they are the account's."""
    return [_domain(part, kind) for part in listed(cell)]


def company_host(text: str) -> str:
    """The host of a web address or domain as people write it, in its ASCII form; '' where there is no company's.

    >>> company_host("https://www.Acme.com/about"), company_host("münchen-ag.de"), company_host("acme")
    ('acme.com', 'xn--mnchen-ag-9db.de', '')
    """
    match = _ADDRESS.match(text.strip().lower())
    try:
        host = match["host"].strip(".").encode("idna").decode() if match else ""
    except UnicodeError:
        return ""
    return host if registrable(host) else ""


def ranges(cell: str) -> list[str]:
    """CIDR ranges of a cell."""
    found = listed(cell)
    try:
        for text in found:
            office_network(text)
    except ValueError as error:
        raise CellError(str(error), "Write ranges as 198.51.100.0/24 or 2001:db8:7::/48, several by `;`") from None
    return found


def flag(cell: str) -> bool:
    """Yes or no."""
    given = cell.strip().lower()
    if given in YES or given in NO:
        return given in YES
    raise CellError(f"`{cell}` is neither yes nor no", "Write true or false")


def status(cell: str) -> AccountStatus:
    """Where the business relation stands; prospect if empty."""
    try:
        return AccountStatus(cell.strip().lower() or AccountStatus.PROSPECT)
    except ValueError:
        raise CellError(f"`{cell}` is no status", f"Statuses are {', '.join(AccountStatus)}") from None


def moment(cell: str) -> datetime | None:
    """A date, or a date and time; UTC where it names no zone."""
    if not cell.strip():
        return None
    try:
        found = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise CellError(f"`{cell}` is no date", "Write 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(cell: str) -> date | None:
    """A day; of a date and time its day."""
    found = moment(cell)
    return found.date() if found else None


def people(cell: str) -> int:
    """How many people, as exports write it: `1,200`, `1200.0`; 0 if empty."""
    digits = cell.strip().removesuffix(".0").replace(",", "").replace("'", "").replace(" ", "")
    if not digits:
        return 0
    if not digits.isascii() or not digits.isdigit():
        raise CellError(f"`{cell}` is no number of people", "Write a whole number like 1200")
    return int(digits)


def suppressed(cell: str) -> str:
    """Why the account is kept out: one of the known reasons, in any of their words."""
    if not cell.strip():
        return ""
    reason = suppression_of(cell)
    if reason is None:
        raise CellError(f"`{cell}` is no reason", f"Reasons are {', '.join(Suppression)}")
    return reason


def _domain(part: str, kind: DomainKind) -> DomainPeriod:
    match = _SPAN.match(part)
    host = company_host(match["host"] if match else part)
    if match is None or not host:
        raise CellError(f"`{part}` is no company's domain", DOMAIN_MEND)
    first, last = _day(match["first"], part), _day(match["last"], part)
    try:
        return DomainPeriod(domain=host, kind=kind, valid_from=first, valid_to=last)
    except ValidationError as error:
        problem = error.errors()[0]
        what = problem["msg"].removeprefix("Value error, ") if problem["type"] == "value_error" else f"`{part}` is none"
        raise CellError(what, DOMAIN_MEND) from None


def _day(text: str | None, part: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CellError(f"`{text}` in `{part}` is no date", DOMAIN_MEND) from None


READ: Mapping[str, Callable[[str], Any]] = {
    "domains": lambda cell: domains(cell, DomainKind.OWN),
    "alias_domains": lambda cell: domains(cell, DomainKind.ALIAS),
    "subsidiaries": lambda cell: domains(cell, DomainKind.SUBSIDIARY),
    "aliases": listed,
    "employees": people,
    "target": flag,
    "status": status,
    "customer_since": moment,
    "renews_on": day,
    "office_ranges": ranges,
    "suppressed": suppressed,
    "never_by_ip": flag,
}
"""Column -> how its cells are read; cells of other columns are text."""
