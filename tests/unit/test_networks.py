"""Address data together: lists of ranges, kinds by several sources, what an event says of its network."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.networks import load_networks
from agents.settings import load
from deploy.cli.doctor import check_networks
from pipeline.directory import Directory
from pipeline.identify import weigh
from pipeline.identity.answer import Verdict
from pipeline.identity.asn import AsnTable
from pipeline.identity.chain import PROVIDERS
from pipeline.identity.clues import Clues
from pipeline.identity.listed import read_ranges
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.identity.ranges import RangeTable
from pipeline.ingest import RawRecord, ingest
from schemas.account import Account
from schemas.base import Source
from schemas.errors import RecordError, SettingsError
from schemas.event import Event, NetworkKind
from schemas.identity import Method, SubjectState
from tests.builders import event

ACME = Account(account_id="acme", name="Acme Works", domains=("acme-works.com",), office_ranges=("198.51.100.0/24",))
DIRECTORY = Directory({"acme": ACME})
ASN = AsnTable(
    [
        "192.0.2.0,192.0.2.255,64500,Acme Works Inc",
        "198.51.100.0,198.51.100.255,64501,Tele Cable GmbH",
        "203.0.113.0,203.0.113.255,64502,Jisc Services Limited",
    ],
    "asn@1",
)
DATABASE = {"192.0.2.77": {"traits": {"user_type": "residential"}}, "192.0.2.78": {"vpn": "true", "type": "isp"}}


def networks(*lines: str, database: dict[str, Any] | None = None) -> Networks:
    lists = RangeTable(read_ranges(lines)) if lines else None
    return Networks(ASN, (database or {}).get if database else None, "db@1", lists, "mine.csv@1")


def verdict(given: Networks, address: str) -> Verdict:
    return weigh(event(ip=address), SubjectState(), DIRECTORY, given)


def silence(method: Method, given: Networks, address: str) -> str:
    [provider] = [item for item in PROVIDERS if item.method is method]
    clues = Clues(event(ip=address), SubjectState(), DIRECTORY, given)
    assert provider.ask(clues) == ()
    return provider.silence(clues)


def test_lists_of_ranges_as_they_come() -> None:
    lines = ["cidr,kind", "", "# mine", "192.0.2.0/28, VPN # the new one", "2001:db8::/32,datacentre", "203.0.113.5"]
    table = RangeTable(read_ranges(lines, NetworkKind.CRAWLER))
    found = [table.holders(ip) for ip in ("192.0.2.15", "192.0.2.16", "2001:db8::1", "203.0.113.5")]
    assert found == [("vpn",), (), ("hosting",), ("crawler",)]


@pytest.mark.parametrize("line", ["192.0.2.0/33,vpn", "192.0.2.0/24,fast", "192.0.2.0/24", "vpn,192.0.2.0/24"])
def test_a_bad_line_of_a_list_is_named(line: str) -> None:
    with pytest.raises(RecordError, match="line 2") as caught:
        list(read_ranges(["192.0.2.0/24,vpn", line]))
    assert "relay" in caught.value.mend


@pytest.mark.parametrize(
    ("kind", "by_holder", "by_office"),
    [
        ("own", False, False),
        ("relay", False, False),
        ("vpn", False, False),
        ("crawler", False, False),
        ("hosting", False, True),
        ("isp", False, True),
        ("mobile", False, True),
        ("education", False, True),
        ("other", True, True),
    ],
)
def test_what_a_listed_range_may_name(kind: str, by_holder: bool, by_office: bool) -> None:
    given = networks(f"192.0.2.0/24,{kind}", f"198.51.100.0/24,{kind}")
    assert (verdict(given, "192.0.2.9").winner is not None) is by_holder
    assert (verdict(given, "198.51.100.9").winner is not None) is by_office
    if not by_holder:
        assert f"listed as {kind}, data mine.csv@1" in silence(Method.AS_HOLDER, given, "192.0.2.9")
    if not by_office:
        assert f"listed as {kind}" in silence(Method.OFFICE_RANGE, given, "198.51.100.9")


def test_a_range_listed_as_a_companys_own_overrides_the_words_of_a_name() -> None:
    acme_net = Account(account_id="net", name="Acme Networks")
    table = AsnTable(["192.0.2.0,192.0.2.255,64500,Acme Networks LLC"], "")
    given = [Networks(table), Networks(table, lists=RangeTable(read_ranges(["192.0.2.0/24,other"])))]
    found = [weigh(event(ip="192.0.2.9"), SubjectState(), Directory({"net": acme_net}), item).winner for item in given]
    assert found[0] is None
    assert found[1] is not None


def test_a_listed_datacentre_is_no_company_of_the_database() -> None:
    record = {"traits": {"user_type": "business", "organization": "Acme Works"}}
    plain = Networks(None, {"192.0.2.9": record}.get, "db@1")
    listed = Networks(None, {"192.0.2.9": record}.get, "db@1", RangeTable(read_ranges(["192.0.2.0/24,hosting"])), "l@1")
    assert verdict(plain, "192.0.2.9").winner is not None
    assert verdict(listed, "192.0.2.9").winner is None
    assert "listed as hosting, data l@1" in silence(Method.IP_DATABASE, listed, "192.0.2.9")


def test_any_source_that_says_anybodys_wins() -> None:
    given = networks("192.0.2.0/30,relay", "192.0.2.2/31,vpn", database=DATABASE)
    kinds = [
        given.of(ip).kind for ip in ("192.0.2.2", "192.0.2.9", "192.0.2.77", "192.0.2.78", "198.51.100.1", "9.9.9.9")
    ]
    assert kinds == [
        NetworkKind.RELAY,
        NetworkKind.OTHER,
        NetworkKind.ISP,
        NetworkKind.VPN,
        NetworkKind.ISP,
        NetworkKind.UNKNOWN,
    ]
    assert verdict(given, "192.0.2.77").winner is None
    business = Networks(ASN, {"198.51.100.1": {"type": "business"}, "9.9.9.9": {"type": "business"}}.get)
    assert [business.of(ip).kind for ip in ("198.51.100.1", "9.9.9.9")] == [NetworkKind.ISP, NetworkKind.OTHER]


def ingested(given: Networks, **fields: str) -> Event:
    item = {"type": "page_view", "occurred_at": "2026-01-02T03:04:05Z", "anonymous_id": "v-1"} | fields
    [made] = ingest(RawRecord(Source.WEB, "t", 0, 0, 1_780_000_000_000, None, orjson.dumps(item)), given)
    assert isinstance(made, Event)
    return made


def test_an_event_says_what_its_network_is() -> None:
    made = ingested(networks(), ip="198.51.100.7")
    assert (made.network_kind, made.network_asn, made.network_holder) == (NetworkKind.ISP, 64501, "Tele Cable GmbH")
    assert ingested(networks(), ip="203.0.113.7").network_kind is NetworkKind.EDUCATION
    listed = ingested(networks("100.64.0.0/10,own"), ip="100.64.0.1")
    assert (listed.network_kind, listed.network_asn, listed.network_holder) == (NetworkKind.OWN, 0, "")
    nothing = (NetworkKind.UNKNOWN, 0, "")
    for made in (ingested(networks()), ingested(networks(), ip="9.9.9.9"), ingested(NO_NETWORKS, ip="198.51.100.7")):
        assert (made.network_kind, made.network_asn, made.network_holder) == nothing


def test_lists_from_files(tmp_path: Path) -> None:
    (tmp_path / "mixed.csv").write_text("192.0.2.0/25,vpn\n")
    (tmp_path / "dc.txt").write_text("192.0.2.128/25\n")
    given = load_networks("none", None, f"{tmp_path}/mixed.csv, datacenter={tmp_path}/dc.txt")
    assert [given.of(ip).kind for ip in ("192.0.2.1", "192.0.2.200")] == [NetworkKind.VPN, NetworkKind.HOSTING]
    assert [part.partition("@")[0] for part in given.lists_build.split("+")] == ["mixed.csv", "dc.txt"]
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for wrong, why in (
        (f"{tmp_path}/dc.txt", "line 1"),
        (f"fast={tmp_path}/dc.txt", "`fast` is no kind"),
        (f"vpn={tmp_path}/none", "cannot be read"),
        (f"vpn={tmp_path}/binary", "is no text"),
    ):
        with pytest.raises(SettingsError, match=why) as caught:
            load_networks("none", None, wrong)
        assert "TRIGGERPOINT_RANGES_FILE" in caught.value.what


@pytest.mark.parametrize(
    "lines",
    [
        ["192.0.2.0,192.0.2.255,1,One", "192.0.1.0,192.0.1.255,2,Two", "2001:db8:2::,2001:db8:2::f,3,Three",
         "2001:db8:1::,2001:db8:1::f,4,Four"],
    ],
)  # fmt: skip
def test_ranges_in_any_order(lines: list[str]) -> None:
    table = AsnTable(lines, "")
    found = [table.holder(ip) for ip in ("192.0.1.9", "192.0.2.9", "2001:db8:1::1", "2001:db8:2::1")]
    assert [item.asn if item else 0 for item in found] == [2, 1, 4, 3]


@pytest.mark.parametrize(
    "line",
    ["192.0.2.9,192.0.2.1,1,Backwards", "192.0.2.9,2001:db8::,1,Mixed", f"{1 << 128},{1 << 128},1,Wide",
     "192.0.2.1,192.0.2.2,-1,Minus", f"192.0.2.1,192.0.2.2,{1 << 32},Big"],
)  # fmt: skip
def test_ranges_that_cannot_be(line: str) -> None:
    with pytest.raises(RecordError, match="line 2"):
        AsnTable(["192.0.1.0,192.0.1.255,1,One", line], "")
    with pytest.raises(RecordError, match="no CSV"):
        AsnTable(["a" * 200_000], "")


async def test_doctor_says_which_address_data_there_are(tmp_path: Path) -> None:
    assert "triggerpoint data update" in await check_networks(load())
    (tmp_path / "asn.csv").write_text("192.0.2.0,192.0.2.255,64500,Acme\n")
    assert (await check_networks(load(asn_file=str(tmp_path / "asn.csv")))).startswith("asn.csv@")
    with pytest.raises(SettingsError):
        await check_networks(load(asn_file=str(tmp_path / "none.csv")))
