"""Address data, names and the accounts file: parsers and lookups."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.networks import load_networks
from deploy.cli.__main__ import app
from pipeline.directory import Directory
from pipeline.identity.asn import AsnTable
from pipeline.identity.kinds import network_kind
from pipeline.identity.names import normal_name
from pipeline.identity.ranges import RangeTable, number_of, office_network
from schemas.account import Account
from schemas.errors import RecordError, SettingsError
from schemas.event import NetworkKind
from tests.mmdb import write_mmdb


def test_networks_by_number_and_by_text_in_both_versions() -> None:
    table = AsnTable(
        [
            "start,end,asn,holder",
            '16777216,16777471,13335,"Cloudflare, Inc."',
            "",
            "8.8.8.0,8.8.8.255,15169,Google LLC",
            "42540488161975842760550356425300246528,42540488241204005274814694018844196863,64500,Acme",
            "2001:db8:1::,2001:db8:1::ffff,64501,Beta",
        ],
        "b@1",
    )
    names = [
        table.holder(ip) for ip in ("1.0.0.7", "8.8.8.8", "::ffff:8.8.8.8", "2001:0db8::1", "2001:db8:1::8", "9.9.9.9")
    ]
    assert [found.name if found else None for found in names] == [
        "Cloudflare, Inc.",
        "Google LLC",
        "Google LLC",
        None,
        "Beta",
        None,
    ]
    assert (len(table), table.holder("nonsense")) == (4, None)


@pytest.mark.parametrize("line", ["8.8.8.0,8.8.8.255", "8.8.8.0,x,1,Google", "8.8.8.0,8.8.8.255,AS?,Google"])
def test_a_bad_line_of_networks_is_named(line: str) -> None:
    with pytest.raises(RecordError, match="line 2"):
        AsnTable(["1.0.0.0,1.0.0.255,1,One", line], "")


@pytest.mark.parametrize(
    ("holder", "kind"),
    [
        ("Deutsche Telekom AG", NetworkKind.ISP),
        ("Comcast Cable Communications, LLC", NetworkKind.ISP),
        ("AMAZON-02", NetworkKind.HOSTING),
        ("Hetzner Online GmbH", NetworkKind.HOSTING),
        ("NordVPN S.A.", NetworkKind.VPN),
        ("iCloud Private Relay", NetworkKind.RELAY),
        ("Universität Wien", NetworkKind.EDUCATION),
        ("T-Mobile USA, Inc.", NetworkKind.MOBILE),
        ("Acme Works Inc.", NetworkKind.OTHER),
        ("Boeing Company", NetworkKind.OTHER),
    ],
)
def test_kinds_of_networks(holder: str, kind: NetworkKind) -> None:
    assert network_kind(holder) is kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Works, Inc.", "ACME WORKS"),
        ("Acme GmbH & Co. KG", "acme"),
        ("The Acme Company", "Acme"),
        ("Müller AG", "Muller"),
        ("Acme S.p.A.", "Acme"),
        ("Toyota Motor Co.", "toyota motor"),
        ("Acme Sp. z o.o.", "Acme"),
    ],
)
def test_names_made_comparable(one: str, other: str) -> None:
    assert normal_name(one) == normal_name(other) != ""


def test_a_name_of_legal_forms_only_is_no_name() -> None:
    assert [normal_name(name) for name in ("SE", "Corp.", "", "The Company, Inc.")] == ["", "", "", ""]
    directory = Directory({"se": Account(account_id="se", name="SE", domains=("se.com",))})
    assert directory.named("Corp") == ()


def test_names_claimed_twice_answer_twice() -> None:
    one, two = (Account(account_id=key, name="Acme Inc", aliases=("Zed",)) for key in ("a", "b"))
    directory = Directory({"a": one, "b": two})
    assert directory.named("ACME") == (one, two)
    assert directory.named("zed llc") == (one, two)


def test_ranges_nest_touch_and_leave_gaps() -> None:
    table = RangeTable([(4, 10, 20, "a"), (4, 12, 14, "b"), (4, 21, 22, "c"), (4, 30, 30, "d"), (6, 10, 20, "six")])
    found = [table.holders(f"0.0.0.{last}") for last in (9, 10, 12, 14, 15, 20, 21, 23, 30, 31)]
    assert found == [(), ("a",), ("a", "b"), ("a", "b"), ("a",), ("a",), ("c",), (), ("d",), ()]
    assert table.holders("::c") == ("six",)
    assert table.holders("nonsense") == ()
    assert number_of("::ffff:1.2.3.4") == number_of("1.2.3.4")


@pytest.mark.parametrize("text", ["10.0.0.0/24", "fd00::/48", "1.2.3", "0.0.0.0/0", "2000::/3", "127.0.0.1"])
def test_ranges_that_cannot_be_one_companys(text: str) -> None:
    with pytest.raises(ValueError, match="`"):
        office_network(text)
    bad = Account(account_id="a", name="A", office_ranges=(text, "198.51.100.0/24"))
    assert Directory({"a": bad}).offices("198.51.100.1") == (bad,)


def test_explain_prints_one_object_a_line_with_the_whole_chain(tmp_path: Path) -> None:
    accounts, networks = tmp_path / "accounts.csv", tmp_path / "asn.csv"
    accounts.write_text("account_id,name,domains,office_ranges\nacme,Acme Works,acme-works.com,198.51.100.0/24\n")
    networks.write_text("192.0.2.0,192.0.2.127,64500,ACME WORKS INC\n192.0.2.128,192.0.2.255,64501,Tele Cable\n")
    given = ["198.51.100.9", "192.0.2.9", "192.0.2.200", "jane@acme-works.com", "jo@gmail.com", "nonsense"]
    event = '{"type":"page_view","occurred_at":"2026-01-02T03:04:05Z","anonymous_id":"null","user_id":"u-1"}'
    options = ["identify", "--json", "--accounts", str(accounts), "--asn-file", str(networks)]
    result = CliRunner().invoke(app, options, input="\n".join([*given, event, ""]))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(item["kind"], item["account_id"], item["method"], item["confidence"]) for item in answers] == [
        ("ip", "acme", "office_range", 0.8),
        ("ip", "acme", "as_holder", 0.35),
        ("ip", None, None, 0.0),
        ("email", "acme", "email_directory", 0.85),
        ("email", None, None, 0.0),
        ("unknown", None, None, 0.0),
        ("event", None, None, 0.0),
    ]
    keys = ["input", "kind", "account_id", "domain", "name", "method", "confidence", "abstained", "reasons"]
    assert all(list(item) == keys for item in answers)
    assert answers[0]["domain"] == "acme-works.com"
    assert "asn.csv@" in " ".join(answers[2]["reasons"])
    assert "of kind isp" in " ".join(answers[2]["reasons"])
    assert "placeholder ids were taken for absent" in answers[6]["reasons"]


def test_data_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TRIGGERPOINT_ASN_FILE"):
        load_networks(str(tmp_path / "none.csv"), None)
    wrong = tmp_path / "wrong.mmdb"
    wrong.write_text("no database")
    with pytest.raises(SettingsError, match="TRIGGERPOINT_MMDB_FILE"):
        load_networks("", wrong)
    (tmp_path / "bad.csv").write_text("1,2\n")
    with pytest.raises(SettingsError, match="line 1"):
        load_networks(str(tmp_path / "bad.csv"), None)
    assert load_networks("", None).asn is None


def test_a_customers_ip_database_file(tmp_path: Path) -> None:
    file = tmp_path / "company.mmdb"
    write_mmdb(
        file,
        {
            "192.0.2.0/25": {"traits": {"user_type": "business", "organization": "Acme Works", "isp": "Tele One"}},
            "192.0.2.128/25": {"traits": {"user_type": "residential", "organization": "Acme Works", "isp": "Tele"}},
            "198.51.100.0/24": {"name": "Acme Works", "domain": "acme-works.com", "type": "business"},
        },
    )
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,name,domains\nacme,Acme Works,acme-works.com\n")
    options = ["identify", "--json", "--accounts", str(accounts), "--mmdb", str(file)]
    given = "192.0.2.9\n192.0.2.200\n198.51.100.1\n203.0.113.1\n2001:db8::1\n"
    answers = [json.loads(line) for line in CliRunner().invoke(app, options, input=given).stdout.splitlines()]
    assert [(item["account_id"], item["confidence"]) for item in answers] == [
        ("acme", 0.5),
        (None, 0.0),
        ("acme", 0.5),
        (None, 0.0),
        (None, 0.0),
    ]
    assert "data Test-Enterprise@1780000000" in " ".join(answers[0]["reasons"])
    assert "used by residential" in " ".join(answers[1]["reasons"])
