"""Each provider of evidence, and how their answers are weighed."""

from typing import Any

import pytest

from pipeline.directory import EMPTY, Directory
from pipeline.identify import identify, weigh
from pipeline.identity.answer import NOBODY, Verdict, decide
from pipeline.identity.asn import AsnTable
from pipeline.identity.networks import NO_NETWORKS, Networks
from schemas.account import Account
from schemas.base import Source
from schemas.event import Grade
from schemas.identity import Method, SubjectState
from tests.builders import event

ACME = Account(
    account_id="acme",
    name="Acme Works, Inc.",
    aliases=("Acme Robotics",),
    domains=("acme.com",),
    office_ranges=("198.51.100.0/24", "2001:db8:7::/48", "203.0.113.0/26"),
)
RIVAL = Account(account_id="rival", name="Rival AG", domains=("rival.com",), office_ranges=("203.0.113.32/27",))
TELE = Account(
    account_id="tele", name="Tele One", domains=("tele.com",), office_ranges=("192.0.2.0/28",), never_by_ip=True
)
DIRECTORY = Directory({item.account_id: item for item in (ACME, RIVAL, TELE)})
ASN = AsnTable(
    [
        '3221225984,3221226111,64500,"ACME WORKS INC"',
        "192.0.2.128,192.0.2.159,64501,Acme Robotics Cloud Services",
        "192.0.2.160,192.0.2.191,64502,Tele One",
        "2001:db8:ff::,2001:db8:ff:ffff:ffff:ffff:ffff:ffff,64503,Acme Robotics GmbH",
    ],
    "test@1",
)
NETWORKS = Networks(ASN)


def ask(networks: Networks = NETWORKS, directory: Directory = DIRECTORY, **fields: Any) -> Verdict:
    return weigh(event(**fields), SubjectState(), directory, networks)


def named(verdict: Verdict) -> tuple[str, Method, float] | None:
    winner = verdict.winner
    return (winner.account_id, winner.method, winner.confidence) if winner else None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"account_id": "acme"}, ("acme", Method.ACCOUNT_ID, 1.0)),
        ({"account_domain": "eu.acme.com"}, ("acme", Method.ACCOUNT_DOMAIN, 0.95)),
        ({"email": "j@acme.com", "source": Source.TRIAL}, ("acme", Method.EMAIL_VERIFIED, 0.95)),
        ({"email": "j@acme.com", "properties": {"verified": "true"}}, ("acme", Method.EMAIL_VERIFIED, 0.95)),
        ({"email": "j@acme.com", "properties": {"verified": "false"}}, ("acme", Method.EMAIL_DIRECTORY, 0.85)),
        ({"email": "j@acme.com"}, ("acme", Method.EMAIL_DIRECTORY, 0.85)),
        ({"ip": "198.51.100.9"}, ("acme", Method.OFFICE_RANGE, 0.8)),
        ({"ip": "2001:db8:7:1::9"}, ("acme", Method.OFFICE_RANGE, 0.8)),
        (
            {"email": "j@acme.com", "source": Source.EMAIL, "type": "click"},
            ("acme", Method.EMAIL_RECIPIENT, 0.7),
        ),
        ({"email": "j@acme.com", "source": Source.EMAIL, "type": "reply"}, ("acme", Method.EMAIL_DIRECTORY, 0.85)),
        ({"account_domain": "newco-works.io"}, None),
        ({"email": "j@newco-works.io"}, None),
        ({"account_id": "ws-7"}, ("ws-7", Method.UNLISTED_ID, 0.6)),
        ({"ip": "192.0.2.1"}, None),
        ({"ip": "192.0.2.65"}, None),
        ({}, None),
    ],
)
def test_each_provider(fields: dict[str, Any], expected: tuple[str, Method, float] | None) -> None:
    assert named(ask(NO_NETWORKS, **fields)) == expected


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("192.0.2.65", ("acme", Method.AS_HOLDER, 0.35)),
        ("2001:db8:ff::1", ("acme", Method.AS_HOLDER, 0.35)),
        ("192.0.2.130", None),  # hosting by its name
        ("192.0.2.170", None),  # flagged never by IP
        ("192.0.2.250", None),  # announced by nobody
    ],
)
def test_a_networks_holder_names_by_exact_name_only(ip: str, expected: tuple[str, Method, float] | None) -> None:
    assert named(ask(ip=ip)) == expected


def test_a_machines_address_names_nobody() -> None:
    assert ask(ip="198.51.100.9", grade=Grade.MACHINE) == NOBODY


def test_a_scanned_mail_does_not_name_the_visitor_it_is_counted_for() -> None:
    fields = {"email": "j@acme.com", "source": Source.EMAIL, "anonymous_id": "v-1"}
    assert ask(type="click", grade=Grade.MACHINE, **fields).winner is None
    assert ask(type="open", **fields).winner is None
    assert ask(type="click", **fields).winner is not None


def test_overlapping_ranges_of_two_accounts_name_nobody_and_both_are_kept() -> None:
    verdict = ask(ip="203.0.113.40")
    assert verdict.winner is None
    assert {answer.account_id for answer in verdict.answers} == {"acme", "rival"}
    assert "acme, rival" in verdict.why
    assert named(ask(ip="203.0.113.3")) == ("acme", Method.OFFICE_RANGE, 0.8)


def test_a_domain_claimed_by_two_names_nobody() -> None:
    twin = Account(account_id="twin", name="Twin", domains=("acme.com",))
    verdict = ask(directory=Directory({"acme": ACME, "twin": twin}), email="j@acme.com")
    assert verdict.winner is None
    assert len(verdict.answers) == 2


def test_rank_decides_before_confidence() -> None:
    verdict = ask(email="j@rival.com", ip="198.51.100.9")
    assert named(verdict) == ("rival", Method.EMAIL_DIRECTORY, 0.85)
    assert named(ask(email="j@newco-works.io", ip="192.0.2.65")) is None
    assert named(ask(account_id="ws-7", ip="192.0.2.65")) == ("ws-7", Method.UNLISTED_ID, 0.6)


def test_equal_rank_in_conflict_names_nobody() -> None:
    assert ask(email="j@acme.com", account_domain="rival.com", source=Source.TRIAL).winner is None


def test_independent_evidence_that_agrees_adds_up_to_a_bound() -> None:
    assert named(ask(email="j@acme.com", ip="192.0.2.65")) == ("acme", Method.EMAIL_DIRECTORY, 0.9025)
    assert named(ask(email="j@acme.com", ip="198.51.100.9")) == ("acme", Method.EMAIL_DIRECTORY, 0.95)
    assert named(ask(account_id="acme", email="j@acme.com")) == ("acme", Method.ACCOUNT_ID, 1.0)


def test_the_same_mailbox_twice_is_one_piece_of_evidence() -> None:
    first = identify(event(anonymous_id="v-1", email="j@acme.com"), None, DIRECTORY).state
    again = weigh(event(1, anonymous_id="v-1", email="j@acme.com"), first, DIRECTORY, NO_NETWORKS)
    assert named(again) == ("acme", Method.EMAIL_DIRECTORY, 0.85)
    assert len(again.answers) == 2


def test_address_evidence_is_one_family_and_stays_weak() -> None:
    both = Networks(ASN, lambda _: {"traits": {"user_type": "business", "organization": "Acme Works"}}, "db@1")
    verdict = ask(both, ip="192.0.2.65")
    assert named(verdict) == ("acme", Method.IP_DATABASE, 0.5)
    assert len(verdict.answers) == 2


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"user_type": "business", "organization": "Acme Works", "isp": "Tele One"}, 0.5),
        ({"user_type": "business", "organization": "Acme Works", "connection_type": "Corporate"}, 0.6),
        (
            {
                "user_type": "government",
                "organization": "Acme Works",
                "connection_type": "Corporate",
                "static_ip_score": 99.0,
            },
            0.7,
        ),
        ({"type": "business", "name": "Unheard Of", "domain": "acme.com"}, 0.5),
        ({"user_type": "business"}, None),
        ({"user_type": "business", "organization": "Acme Works", "isp": "ACME WORKS INC"}, None),
        ({"user_type": "residential", "organization": "Acme Works"}, None),
        ({"user_type": "search_engine_spider", "organization": "Acme Works"}, None),
        ({"user_type": "business", "organization": "Acme Works", "is_anonymous_vpn": True}, None),
        ({"user_type": "business", "organization": "Tele One"}, None),
        (None, None),
    ],
)
def test_a_customers_ip_database(record: dict[str, Any] | None, expected: float | None) -> None:
    nested = {"traits": record} if record and "user_type" in record else record
    verdict = ask(Networks(None, lambda _: nested, "db@1"), ip="192.0.2.65")
    assert named(verdict) == (("acme", Method.IP_DATABASE, expected) if expected else None)
    if verdict.winner:
        assert verdict.winner.build == "db@1"


def test_nothing_said_is_nobody() -> None:
    assert decide([]) is NOBODY
    assert ask(directory=EMPTY) == NOBODY
