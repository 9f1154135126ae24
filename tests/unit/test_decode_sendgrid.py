"""SendGrid's webhook: kinds, whose address it is, what was sent."""

from typing import Any

import pytest

from pipeline.decode.form import NOTHING, Decoded, RefusedError
from pipeline.decode.sendgrid import TYPES, decode
from schemas.base import Source
from schemas.rejected import RejectReason

ITEM = {"email": "jane@acme.test", "timestamp": 1_795_341_600, "sg_event_id": "e-1", "sg_message_id": "m.filter1.0"}


def read(event: str, **fields: Any) -> Decoded:
    return decode({**ITEM, "event": event, **fields}, Source.EMAIL, NOTHING)


@pytest.mark.parametrize(("event", "kind"), TYPES.items())
def test_kinds(event: str, kind: str) -> None:
    found = read(event)
    assert found.fields["type"] == kind
    assert (found.producer_id, found.occurred_ms, found.verdict) == ("e-1", 1_795_341_600_000, "")
    assert found.fields["message_id"] == "m.filter1.0"


@pytest.mark.parametrize("event", ["moon landing", None, 5, ["open"], {}])
def test_unknown_kinds(event: Any) -> None:
    with pytest.raises(RefusedError) as refused:
        read(event)
    assert refused.value.reason is RejectReason.UNSUPPORTED_TYPE


def test_the_address_is_the_readers_only_where_the_reader_acted() -> None:
    assert read("delivered", ip="198.51.100.7").fields["ip"] == ""
    assert read("bounce", ip="198.51.100.7").fields["ip"] == ""
    assert read("click", ip="203.0.113.9").fields["ip"] == "203.0.113.9"


@pytest.mark.parametrize(
    ("machine", "verdict"), [(True, "proxy_open"), ("true", "proxy_open"), (False, ""), (None, "")]
)
def test_machine_opens(machine: Any, verdict: str) -> None:
    assert read("open", sg_machine_open=machine).verdict == verdict
    assert read("click", sg_machine_open=machine).verdict == ""


def test_what_was_sent() -> None:
    names = {"marketing_campaign_name": "launch", "category": ["news", "b"], "asm_group_id": 10}
    assert read("open", **names).fields["asset"] == "launch"
    del names["marketing_campaign_name"]
    assert read("open", **names).fields["asset"] == "news"
    assert read("open", category="news").fields["asset"] == "news"
    assert read("open", asm_group_id=10).fields["asset"] == "asm-group-10"
    assert read("open").fields["asset"] == ""


def test_click_and_own_arguments() -> None:
    found = read("click", url="https://x.test/?tp_vid=lv-1&utm_campaign=c", user_ref="u-7", api_key="s3").fields
    assert found["url"] == "https://x.test/"
    assert found["properties"] == {"link_visitor_id": "lv-1", "utm_campaign": "c", "user_ref": "u-7"}
    assert "anonymous_id" not in found


@pytest.mark.parametrize("timestamp", [None, "soon", -1])
def test_bad_time(timestamp: Any) -> None:
    with pytest.raises(RefusedError) as refused:
        read("open", timestamp=timestamp)
    assert refused.value.reason is RejectReason.BAD_TIME
