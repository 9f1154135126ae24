"""Company domains that are no account's: they name nobody, and are told."""

from typing import Any

import pytest

from pipeline.directory import Directory
from pipeline.domains import education, work_domain
from pipeline.identity.address import by_holder, by_office_range
from pipeline.identity.answer import Verdict, decide
from pipeline.identity.asn import AsnTable
from pipeline.identity.clues import Clues
from pipeline.identity.networks import Networks
from pipeline.identity.said import by_account_domain, by_account_id, by_mailbox, by_unlisted_id, by_unlisted_mailbox
from schemas.account import Account
from schemas.identity import Method, SubjectState
from tests.builders import event

ACME = Account(account_id="acme", name="Acme Works", domains=("acme.com",), office_ranges=("198.51.100.0/24",))
RIVAL = Account(account_id="rival", name="Rival", domains=("rival.com", "uni-klinik.at"))
DIRECTORY = Directory({item.account_id: item for item in (ACME, RIVAL)})
NETWORKS = Networks(AsnTable(["192.0.2.0,192.0.2.127,64500,ACME WORKS"], "t@1"))
PROVIDERS = (
    *(by_account_id, by_account_domain, by_mailbox, by_unlisted_mailbox, by_unlisted_id),
    *(by_office_range, by_holder),
)


def ask(**fields: Any) -> Verdict:
    clues = Clues(event(**fields), SubjectState(), DIRECTORY, NETWORKS)
    return decide(answer for provider in PROVIDERS for answer in provider(clues))


@pytest.mark.parametrize(
    ("fields", "domain"),
    [
        ({"email": "j@newco-works.io"}, "newco-works.io"),
        ({"email": "j@mail.newco-works.io"}, "newco-works.io"),
        ({"account_domain": "www.Newco-Works.io"}, "newco-works.io"),
        ({"email": "j@newco-works.io", "account_domain": "newco-works.io"}, "newco-works.io"),
        ({"email": "j@other-works.io", "account_domain": "newco-works.io"}, "newco-works.io"),
        ({"email": "j@newco-works.io", "ip": "192.0.2.9"}, "newco-works.io"),
        ({"email": "j@newco-works.io", "ip": "198.51.100.9"}, "newco-works.io"),
    ],
)
def test_an_unmatched_domain_names_nobody_and_is_told(fields: dict[str, Any], domain: str) -> None:
    verdict = ask(**fields)
    assert (verdict.winner, verdict.unmatched) == (None, domain)
    assert verdict.why == f"{domain} is no account's domain; nobody is named"
    assert {answer.account_id for answer in verdict.answers if answer.method is Method.EMAIL_DOMAIN} <= {""}


@pytest.mark.parametrize(
    ("fields", "account_id"),
    [
        ({"email": "j@newco-works.io", "account_id": "acme"}, "acme"),
        ({"email": "j@newco-works.io", "account_domain": "acme.com"}, "acme"),
        ({"email": "j@acme.com", "account_domain": "newco-works.io"}, "acme"),
        ({"email": "j@newco-works.io", "account_id": "ws-7"}, "ws-7"),
        ({"email": "j@newco-works.io", "account_id": "ws-7", "ip": "198.51.100.9"}, "ws-7"),
        ({"ip": "198.51.100.9"}, "acme"),
        ({"ip": "192.0.2.9"}, "acme"),
    ],
)
def test_what_else_was_said_counts_before_an_unmatched_domain(fields: dict[str, Any], account_id: str) -> None:
    verdict = ask(**fields)
    assert verdict.winner is not None
    assert (verdict.winner.account_id, verdict.unmatched) == (account_id, "")


def test_a_conflict_of_better_evidence_is_no_unmatched_domain() -> None:
    verdict = ask(email="j@acme.com", account_domain="rival.com", properties={"verified": "true"})
    assert (verdict.winner, verdict.unmatched) == (None, "")


@pytest.mark.parametrize(
    "host",
    ["gmail.com", "mailinator.com", "example.com", "box.test", "mit.edu", "cs.ox.ac.uk", "uni-wien.at", "co.uk", ""],
)
def test_what_is_nobodys_or_anybodys_is_never_unmatched(host: str) -> None:
    assert work_domain(host) == ""
    assert ask(email=f"j@{host}", anonymous_id="v-1").unmatched == ""
    assert ask(account_domain=host, anonymous_id="v-1").unmatched == ""


@pytest.mark.parametrize("host", ["unity.com", "universal-robots.com", "education-works.com", "tube.com", "acme.com"])
def test_a_company_is_no_school_by_a_part_of_its_name(host: str) -> None:
    assert not education(host)
    assert work_domain(host) == host


def test_the_directory_overrides_what_a_domain_looks_like() -> None:
    winner = ask(email="j@uni-klinik.at").winner
    assert winner is not None
    assert winner.account_id == "rival"
