"""Cleaning of single values: links, addresses, domains, mailboxes, times, ids, properties."""

import pytest

from pipeline.decode.clean import domain, ident, ip, mailbox, moment_ms, text
from pipeline.decode.form import RefusedError, shown
from pipeline.decode.links import link
from pipeline.decode.properties import flat, normal
from schemas.rejected import RejectReason


@pytest.mark.parametrize(
    ("given", "url", "said"),
    [
        ("https://x.test/a", "https://x.test/a", {}),
        (" https://x.test/a#part ", "https://x.test/a", {}),
        ("https://x.test/?gclid=1&fbclid=2&_hsenc=3&mc_eid=4&utm_term=5", "https://x.test/", {}),
        ("https://x.test/?q=a+b&UTM_Source=News%20Letter", "https://x.test/?q=a+b", {"utm_source": "News Letter"}),
        ("https://x.test/?tp_vid=lv-1&a=1&a=2&flag", "https://x.test/?a=1&a=2&flag", {"link_visitor_id": "lv-1"}),
        ("https://x.test/?access_token=s&API-key=s&id=1", "https://x.test/?id=1", {}),
        ("https://jane:pw@x.test/a@b?c=1", "https://x.test/a@b?c=1", {}),
        ("/pricing?plan=1", "/pricing?plan=1", {}),
        ("https://[::1/pricing", "", {}),
        ("", "", {}),
        (None, "", {}),
        (7, "", {}),
    ],
)
def test_link(given: object, url: str, said: dict[str, str]) -> None:
    found = link(given)
    assert (found.url, dict(found.said)) == (url, said)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:443", "203.0.113.9"),
        ("203.0.113.9, 10.0.0.1", "203.0.113.9"),
        ("[::1]", "::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", ""),
        ("999.1.1.1", ""),
        ("localhost", ""),
        ("1" * 5000, ""),
        (16909060, ""),
        (None, ""),
    ],
)
def test_ip(given: object, expected: str) -> None:
    assert ip(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("acme.test", "acme.test"),
        ("https://www.Acme.test:8080/about?x=1", "acme.test"),
        ("jane@acme.test", "acme.test"),
        ("acme.test.", "acme.test"),
        ("acme", ""),
        ("two words.test", ""),
        (None, ""),
    ],
)
def test_domain(given: object, expected: str) -> None:
    assert domain(given) == expected


@pytest.mark.parametrize(
    "given", ["", "jane", "jane@acme", "a b@acme.test", "Jane <jane@acme.test>", None, 5, "x" * 300]
)
def test_no_mailbox(given: object) -> None:
    assert mailbox(given) == ""


def test_mailbox() -> None:
    assert mailbox(" Jane.Doe+news@ACME.test ") == "jane.doe+news@acme.test"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-11-22T10:00:00Z", 1_795_341_600_000),
        ("2026-11-22T10:00:00", 1_795_341_600_000),
        ("2026-11-22 11:00:00.123456789+01:00", 1_795_341_600_123),
        (1_795_341_600, 1_795_341_600_000),
        (1_795_341_600.25, 1_795_341_600_250),
        (1_795_341_600_123, 1_795_341_600_123),
        ("1795341600", 1_795_341_600_000),
        ("1795341600123", 1_795_341_600_123),
        (946_684_800, 946_684_800_000),
    ],
)
def test_time(given: object, expected: int) -> None:
    assert moment_ms(given, "t") == expected


@pytest.mark.parametrize(
    "given",
    [
        "",
        "yesterday",
        None,
        True,
        {},
        [1],
        -5,
        0,
        946_684_799,
        "1999-12-31T23:59:59Z",
        10**15,
        10**400,
        "9" * 400,
        "0001-01-01",
    ],
)
def test_bad_time(given: object) -> None:
    with pytest.raises(RefusedError) as refused:
        moment_ms(given, "timestamp")
    assert refused.value.reason is RejectReason.BAD_TIME
    assert "timestamp" in str(refused.value)


def test_ids_are_trimmed_but_never_cut() -> None:
    assert [ident(given, "id") for given in (" a ", 17, "", None, True, 1.5, {})] == ["a", "17", "", "", "", "", ""]
    with pytest.raises(RefusedError) as refused:
        ident("x" * 201, "userId")
    assert refused.value.reason is RejectReason.OVERSIZE_FIELD


def test_text_is_cut() -> None:
    assert text(" a ") == "a"
    assert text(5) == "5"
    assert text(None) == text(True) == text({}) == ""
    assert len(text("x" * 5000)) == 1024


def test_properties_are_flat_bounded_and_without_secrets() -> None:
    given = {
        "n": 1, "f": 0.5, "t": True, "s": "x" * 5000, "none": None, "nested": {"b": [1]}, "long": ["y" * 2000],
        "writeKey": "s3", "api_key": "s3", "Access-Token": "s3", "referrer": "theirs", "k" * 500: "v",
    }  # fmt: skip
    assert flat([("referrer", "ours"), ("blank", "")], given.items()) == {
        "referrer": "ours",
        "n": "1",
        "f": "0.5",
        "t": "true",
        "s": "x" * 1024,
        "nested": '{"b":[1]}',
        "k" * 100: "v",
    }
    assert len(flat([], ((str(n), n) for n in range(500)))) == 50


def test_names_are_compared_without_case_and_signs() -> None:
    assert normal("Trial Started") == normal("trial_started") == normal("trialStarted") == "trialstarted"


def test_values_are_shown_short() -> None:
    assert shown("x" * 10_000) == '"' + "x" * 78 + "…"
    assert shown({"a": 1}) == '{"a":1}'
