"""The native format: blank ids, reasons and details of refusals, what goes where."""

from typing import Any

import pytest

from pipeline.decode.form import NOTHING, RefusedError
from pipeline.decode.native import decode, recognises
from schemas.base import Source
from schemas.rejected import RejectReason

VIEW = {"type": "page_view", "occurred_at": "2026-11-22T10:00:00Z", "anonymous_id": "v-1"}


def refusal(item: dict[str, Any], source: Source = Source.WEB) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        decode(item, source, NOTHING)
    return refused.value


def test_recognised_by_two_fields() -> None:
    assert recognises(VIEW)
    assert not recognises({"type": "page_view"})
    assert not recognises({"occurred_at": "2026-11-22T10:00:00Z", "event_type": "subscription_created"})


def test_blank_ids_are_absent() -> None:
    found = decode({**VIEW, "user_id": "", "email": " ", "event_id": "", "account_id": "\t"}, Source.WEB, NOTHING)
    assert found.producer_id == ""
    assert {name for name in found.fields if name.endswith("id") or name == "email"} == {"anonymous_id"}


def test_input_is_not_changed() -> None:
    item = {**VIEW, "user_id": "", "properties": {"a": 1}}
    copy = {**item, "properties": {"a": 1}}
    decode(item, Source.WEB, NOTHING)
    assert item == copy


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "nope"}, RejectReason.UNSUPPORTED_TYPE),
        ({"type": None}, RejectReason.UNSUPPORTED_TYPE),
        ({"type": "nope", "occurred_at": "x", "email": "x"}, RejectReason.UNSUPPORTED_TYPE),
        ({"occurred_at": None}, RejectReason.BAD_TIME),
        ({"occurred_at": "soon", "email": "x"}, RejectReason.BAD_TIME),
        ({"occurred_at": "2026-11-22T10:00:00"}, RejectReason.BAD_TIME),
        ({"occurred_at": 10**30}, RejectReason.BAD_TIME),
        ({"email": "x", "title": "x" * 1025}, RejectReason.BAD_FIELD),
        ({"user_id": 5}, RejectReason.BAD_FIELD),
        ({"duration_seconds": -1}, RejectReason.BAD_FIELD),
        ({"properties": {"a": {}}}, RejectReason.BAD_FIELD),
        ({"properties": []}, RejectReason.BAD_FIELD),
        ({"title": "x" * 1025}, RejectReason.OVERSIZE_FIELD),
        ({"properties": {str(n): n for n in range(51)}}, RejectReason.OVERSIZE_FIELD),
        ({"properties": {str(n): {} for n in range(80_000)}}, RejectReason.OVERSIZE_FIELD),
        ({"properties": {"a": "x" * 1025}}, RejectReason.OVERSIZE_FIELD),
        ({"properties": {"a" * 101: 1}}, RejectReason.OVERSIZE_FIELD),
    ],
)
def test_reasons(changes: dict[str, Any], reason: RejectReason) -> None:
    assert refusal({**VIEW, **changes}).reason is reason


@pytest.mark.parametrize("changes", [{}, {"email": ""}, {"email": None}])
def test_a_mail_event_without_any_id_has_no_subject(changes: dict[str, Any]) -> None:
    item = {"type": "open", "occurred_at": "2026-11-22T10:00:00Z", **changes}
    assert refusal(item, Source.EMAIL).reason is RejectReason.NO_SUBJECT
    assert refusal({**item, "user_id": "u"}, Source.EMAIL).reason is RejectReason.BAD_FIELD


def test_detail_names_field_value_and_mend_of_the_first_three() -> None:
    detail = str(refusal({**VIEW, "email": "jane", "user_id": 5, "title": "x" * 2000, "ip": 7, "url": 8}))
    assert "email: " in detail
    assert 'got "jane"; use a plain mailbox' in detail
    assert "user_id: Input should be a valid string, got 5; send text" in detail
    assert detail.endswith("and 2 more")
    assert len(detail) < 600


def test_a_bad_property_is_named_once() -> None:
    detail = str(refusal({**VIEW, "properties": {"cart": [1, 2]}}))
    assert detail.count("properties.cart") == 1


def test_fields_without_a_place_in_the_event_are_properties() -> None:
    crm = {"type": "call_held", "occurred_at": "2026-11-22T10:00:00Z", "account_id": "acme", "owner": "maria"}
    assert decode(crm, Source.CRM, NOTHING).fields["properties"] == {"owner": "maria"}
    assert decode({**VIEW, "referrer": "https://s.test/"}, Source.WEB, NOTHING).fields["properties"] == {
        "referrer": "https://s.test/"
    }
