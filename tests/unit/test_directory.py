from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from pipeline.directory import EMPTY, Directory
from schemas.account import Account, DomainKind, DomainPeriod, Suppression, suppression_of
from schemas.base import to_ms

ACME = Account(account_id="acme", name="Acme", domains=("acme.com", "acme.de"))
NOW = to_ms(datetime(2026, 11, 22, tzinfo=UTC))
SOLD = DomainPeriod(
    domain="oldco.com", kind=DomainKind.SUBSIDIARY, valid_from=date(2020, 1, 1), valid_to=date(2024, 6, 30)
)


def owners(directory: Directory, host: str, at_ms: int = NOW) -> list[str]:
    return [account.account_id for account in directory.owners(host, at_ms)]


def test_finds_by_exact_and_registrable_domain() -> None:
    directory = Directory({"acme": ACME})
    assert directory.owners("acme.com", NOW) == (ACME,)
    assert owners(directory, "mail.eu.acme.de") == ["acme"]
    assert owners(directory, "other.com") == []


def test_a_domain_claimed_twice_has_two_owners() -> None:
    rival = Account(account_id="rival", name="Rival", domains=("acme.com",))
    directory = Directory({"rival": rival, "acme": ACME})
    assert owners(directory, "acme.com") == ["acme", "rival"]
    assert owners(directory, "acme.de") == ["acme"]


def test_changes_make_a_new_directory() -> None:
    first = EMPTY.with_changes([("acme", ACME)])
    second = first.with_changes([("acme", None)])
    assert (len(EMPTY), len(first), len(second)) == (0, 1, 0)
    assert first.account("acme") is ACME
    assert owners(second, "acme.com") == []
    assert first.with_changes([("acme", ACME), ("none", None)]) is first


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2019-12-31T23:59:59.999Z", []),
        ("2020-01-01T00:00:00Z", ["acme"]),
        ("2024-06-30T23:59:59.999Z", ["acme"]),
        ("2024-07-01T00:00:00Z", ["buyer"]),
    ],
)
def test_a_domain_is_its_owners_from_the_first_to_the_last_day(moment: str, expected: list[str]) -> None:
    seller = Account(account_id="acme", name="Acme", domain_periods=(SOLD,))
    bought = DomainPeriod(domain="oldco.com", kind=DomainKind.SUBSIDIARY, valid_from=date(2024, 7, 1))
    buyer = Account(account_id="buyer", name="Buyer", domain_periods=(bought,))
    directory = Directory({"acme": seller, "buyer": buyer})
    assert owners(directory, "mail.oldco.com", to_ms(datetime.fromisoformat(moment))) == expected


def test_an_exact_domain_of_another_time_does_not_hide_the_registrable_one() -> None:
    team = Account(account_id="team", name="Team", domain_periods=(SOLD.model_copy(update={"domain": "eu.acme.com"}),))
    directory = Directory({"acme": ACME, "team": team})
    assert owners(directory, "eu.acme.com", to_ms(datetime(2022, 1, 1, tzinfo=UTC))) == ["team"]
    assert owners(directory, "eu.acme.com") == ["acme"]


def test_times_of_one_account_that_overlap_are_one() -> None:
    again = SOLD.model_copy(update={"valid_from": date(2024, 1, 1), "valid_to": None})
    account = Account(account_id="acme", name="Acme", domain_periods=(again, SOLD, SOLD))
    directory = Directory({"acme": account})
    assert owners(directory, "oldco.com", to_ms(datetime(2024, 3, 1, tzinfo=UTC))) == ["acme"]
    assert owners(directory, "oldco.com") == ["acme"]


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(ValidationError, match=r"oldco\.com ends on 2020-01-01, before"):
        DomainPeriod(domain="oldco.com", valid_from=date(2021, 1, 1), valid_to=date(2020, 1, 1))


def test_accounts_as_producers_write_them_today_are_read() -> None:
    found = Account.model_validate_json(
        '{"account_id":"acme","name":"Acme","domains":["Acme.com"],"owner":"m@x.io","region":"EU","tier":"1",'
        '"target":true,"status":"customer","customer_since":"2025-01-31T00:00:00Z","aliases":["A"],'
        '"office_ranges":["198.51.100.0/24"],"suppressed":"do not call","never_by_ip":true}'
    )
    assert (found.domains, found.domain_periods, found.team) == (("acme.com",), (), "")
    assert found.suppressed == "do not call"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("own staff", Suppression.OWN_STAFF),
        ("OWN_STAFF", Suppression.OWN_STAFF),
        ("Employees", Suppression.OWN_STAFF),
        ("Competitors", Suppression.COMPETITOR),
        ("press", Suppression.PRESS),
        ("Partner", Suppression.PARTNER),
        ("", None),
        ("s", None),
        ("do not call", None),
    ],
)
def test_words_for_reasons(text: str, reason: Suppression | None) -> None:
    assert suppression_of(text) is reason
    account = Account(account_id="a", name="A", suppressed=text)
    assert account.suppressed == (reason or text)
    assert Account.model_validate_json(account.encode()) == account
