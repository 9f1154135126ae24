"""Real payloads of producers, where they are at hand beside the checkout; skipped where they are not."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.ingest import RawRecord, ingest
from pipeline.machines.watch import watch
from schemas.base import Source
from schemas.event import Event
from schemas.rejected import Rejected, RejectReason
from schemas.topics import RAW

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples beside the checkout")


def outcomes(value: bytes, source: Source) -> list[Event | Rejected]:
    return ingest(RawRecord(source, RAW[source].name, 0, 7, 1_795_348_800_000, None, value))


def files(system: str, pattern: str = "*.json") -> list[Any]:
    return [pytest.param(path, id=f"{system}/{path.name}") for path in sorted((SAMPLES / system).glob(pattern))]


@pytest.mark.parametrize("path", files("segment"))
@pytest.mark.parametrize("source", [Source.WEB, Source.TRIAL])
def test_segment(path: Path, source: Source) -> None:
    found = outcomes(path.read_bytes(), source)
    assert len(found) == len(json.loads(path.read_bytes())["batch"])
    assert all(isinstance(one, Event) and one.format == "segment" and one.user_id for one in found)
    ids = {(one.source_event_id, one.event_id) for one in found if isinstance(one, Event)}
    assert len(ids) == len({producer_id for producer_id, _ in ids})  # the same producer's id is the same event


def messages(node: Any) -> list[dict[str, Any]]:
    """The messages of a test case file: each lies in an object under `message`, as it then lies on Kafka."""
    if isinstance(node, list):
        return [found for child in node for found in messages(child)]
    if isinstance(node, dict):
        own = node.get("message")
        return [own] if isinstance(own, dict) and "type" in own else messages(list(node.values()))
    return []


@pytest.mark.parametrize("path", files("rudderstack", "kafka*.json"))
def test_rudderstack(path: Path) -> None:
    found = messages(json.loads(path.read_bytes()))
    assert found
    for message in found:
        (one,) = outcomes(orjson.dumps(message), Source.WEB)
        assert isinstance(one, Event), one
        assert one.format == ("rudderstack" if "request_ip" in message else "segment")
        assert (one.user_id, one.anonymous_id) == (message.get("userId", ""), message.get("anonymousId", ""))
        assert one.source_event_id == message["messageId"]
        assert one.type == {"track": "custom", "identify": "identify"}[message["type"]]


def test_log_records_forwarded_by_a_source_are_no_track_calls() -> None:
    path = SAMPLES / "rudderstack" / "segment_source_input.json"
    for item in json.loads(path.read_bytes())[0]:
        (one,) = outcomes(orjson.dumps(item), Source.WEB)
        assert isinstance(one, Rejected)
        assert one.reason is RejectReason.UNKNOWN_FORMAT


@pytest.mark.parametrize("path", files("sendgrid"))
def test_sendgrid(path: Path) -> None:
    items = json.loads(path.read_bytes())
    found = outcomes(path.read_bytes(), Source.EMAIL)
    assert len(found) == len(items)
    for item, one in zip(items, found, strict=True):
        if item["event"] == "moon landing":
            assert isinstance(one, Rejected)
            assert one.reason is RejectReason.UNSUPPORTED_TYPE
            continue
        assert isinstance(one, Event)
        assert (one.format, one.email) == ("sendgrid", item["email"])
        assert (one.source_event_id, one.occurred_ms) == (item["sg_event_id"], item["timestamp"] * 1000)


@pytest.mark.parametrize("path", files("jitsu"))
def test_jitsu_is_segment_shaped_and_its_key_goes_nowhere(path: Path) -> None:
    (one,) = outcomes(path.read_bytes(), Source.WEB)
    assert isinstance(one, Event)
    assert one.format == "segment"
    assert b"writeKey" not in one.encode()
    assert b"n6Cp3jw" not in one.encode()


@pytest.mark.parametrize(
    ("system", "name"),
    [
        ("brevo", "Brevo"),
        ("mailgun", "Mailgun"),
        ("postmark", "Postmark"),
        ("posthog", "PostHog"),
        ("resend", "Resend"),
        ("ses", "Amazon S"),
        ("sparkpost", "SparkPost"),
        ("hubspot", "HubSpot"),
        ("vero", "Vero"),
        ("stripe", "Stripe"),
        ("mailjet", "Mailjet"),
    ],
)
def test_formats_not_read_are_named_and_nothing_raises(system: str, name: str) -> None:
    named = 0
    for path in sorted((SAMPLES / system).glob("*.json")):
        for source in (Source.WEB, Source.EMAIL):
            found = outcomes(path.read_bytes(), source)
            assert found
            assert all(isinstance(one, Rejected) for one in found), path
            named += any(name in one.detail for one in found if isinstance(one, Rejected))
    assert named


@pytest.mark.parametrize("path", files("snowplow", "*"))
def test_snowplow_lines_never_raise(path: Path) -> None:
    for line in path.read_bytes().splitlines()[:200]:
        assert all(isinstance(one, Rejected) for one in outcomes(line, Source.WEB))


def test_snowplow_is_named() -> None:
    for line in (SAMPLES / "snowplow" / "rdb-1-enriched.tsv").read_bytes().splitlines():
        (one,) = outcomes(line, Source.WEB)
        assert isinstance(one, Rejected)
        assert ("Snowplow" in one.detail) == (line.count(b"\t") == 130)  # one line lacks a column, on purpose


@pytest.mark.parametrize("path", files("sendgrid", "anymail*.json"))
def test_sendgrid_events_can_be_watched(path: Path) -> None:
    for one in outcomes(path.read_bytes(), Source.EMAIL):
        assert isinstance(one, Event), one
        found = watch(one, None)
        assert found.grade is one.grade
        assert found.verdicts == ()
