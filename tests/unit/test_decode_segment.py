"""The Segment family: who, where and what of the six calls; names of track calls."""

from typing import Any

import pytest

from pipeline.decode.form import NOTHING, Decoded, RefusedError
from pipeline.decode.segment import decode, open_envelope, recognises, recognises_rudderstack
from pipeline.decode.tracks import FIELDS, NAMES, form_name, meaning
from schemas.base import Source
from schemas.event import Event
from schemas.rejected import RejectReason

CALL = {"messageId": "m-1", "anonymousId": "a-1", "timestamp": "2026-11-22T10:00:00Z"}


def call(kind: str, source: Source = Source.WEB, **fields: Any) -> Decoded:
    return decode({**CALL, "type": kind, **fields}, source, NOTHING)


def track(name: str, source: Source = Source.WEB, /, **properties: Any) -> dict[str, Any]:
    return call("track", source, event=name, properties=properties).fields


@pytest.mark.parametrize(
    "item",
    [
        {"type": "track", "userId": "u"},
        {"type": "alias", "previousId": "p"},
        {"type": "delete", "messageId": "m", "userId": "u", "timestamp": "x"},
    ],
)
def test_recognised(item: dict[str, Any]) -> None:
    assert recognises(item)
    assert not recognises_rudderstack(item)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "s", "user_id": "idp|1", "log_id": "l", "date": "2026-11-22T10:00:00Z"},
        {"type": "track"},
        {"type": ["track"], "userId": "u"},
        {"event": "opened", "userId": "u"},
        {},
    ],
)
def test_not_recognised(item: dict[str, Any]) -> None:
    assert not recognises(item)


@pytest.mark.parametrize(
    "mark",
    [
        {"request_ip": "[::1]"},
        {"rudderId": "r"},
        {"channel": "web"},
        {"context": {"library": {"name": "RudderLabs JavaScript SDK"}}},
    ],
)
def test_rudderstack_by_its_marks(mark: dict[str, Any]) -> None:
    assert recognises_rudderstack({**CALL, "type": "page", **mark})


@pytest.mark.parametrize("mark", [{"channel": "server"}, {"channel": ["web"]}, {"context": {"library": "x"}}])
def test_no_marks_of_rudderstack(mark: dict[str, Any]) -> None:
    assert not recognises_rudderstack({**CALL, "type": "page", **mark})


def test_envelope() -> None:
    assert open_envelope({"batch": [1], "context": {"ip": "1"}, "sentAt": "t"}) == (
        [1],
        {"context": {"ip": "1"}, "sentAt": "t"},
    )
    assert open_envelope({"batch": {}}) is None
    assert open_envelope({"type": "page_view", "batch": []}) is None


def test_time_in_the_order_of_the_spec() -> None:
    times = {
        "timestamp": 1_795_341_600,
        "originalTimestamp": 1_795_341_601,
        "receivedAt": 1_795_341_602,
        "sentAt": 1_795_341_603,
    }
    for name in list(times):
        item = {"type": "page", "userId": "u", **times}
        assert decode(item, Source.WEB, NOTHING).occurred_ms == times.pop(name) * 1000
    assert (
        decode({"type": "page", "userId": "u"}, Source.WEB, {"sentAt": 1_795_341_604}).occurred_ms == 1_795_341_604_000
    )
    with pytest.raises(RefusedError) as refused:
        decode({"type": "page", "userId": "u"}, Source.WEB, NOTHING)
    assert refused.value.reason is RejectReason.BAD_TIME


def test_person_from_traits() -> None:
    traits = {"email": "Jane@Acme.test", "first_name": "Jane", "last_name": "Doe", "jobTitle": "CTO", "team": "core"}
    found = call("identify", traits=traits, userId="u-1").fields
    assert (found["email"], found["person_name"], found["job_title"]) == ("jane@acme.test", "Jane Doe", "CTO")
    assert found["properties"] == {"team": "core"}
    company = call("identify", traits={"company": {"name": "Acme", "domain": "acme.test"}}).fields
    assert (company["account_domain"], company["properties"]) == ("acme.test", {"company": "Acme"})


def test_context_traits_name_the_person_of_any_call() -> None:
    context = {"traits": {"email": "jane@acme.test", "name": "Jane Doe", "title": "CTO"}}
    for kind in ("page", "track", "group"):
        found = call(kind, context=context, event="X").fields
        assert (found["email"], found["person_name"], found["job_title"]) == ("jane@acme.test", "Jane Doe", "CTO")


def test_a_mailbox_as_user_id_is_a_mailbox_too() -> None:
    found = call("page", userId="Jane@Acme.test").fields
    assert (found["user_id"], found["email"]) == ("Jane@Acme.test", "jane@acme.test")


def test_a_numeric_user_id_is_text() -> None:
    assert call("page", userId=12345).fields["user_id"] == "12345"


def test_group() -> None:
    found = call(
        "group", groupId="g-1", traits={"name": "Acme", "domain": "acme.test", "email": "office@acme.test"}
    ).fields
    assert (found["account_id"], found["account_domain"], found["type"]) == ("g-1", "acme.test", "identify")
    assert found.get("person_name", "") == found["email"] == ""
    assert call("page", context={"groupId": "g-2"}).fields["account_id"] == "g-2"


def test_alias_keeps_the_former_id_but_joins_nothing() -> None:
    found = decode(
        {"type": "alias", "userId": "b", "previousId": "a", "timestamp": CALL["timestamp"]}, Source.WEB, NOTHING
    )
    assert found.fields["anonymous_id"] == ""
    assert found.fields["properties"] == {"previous_id": "a"}


def test_page_and_screen() -> None:
    page = call("page", name="Docs", context={"page": {"url": "https://x.test/docs#a", "title": "Docs | X"}}).fields
    assert (page["type"], page["url"], page["title"]) == ("page_view", "https://x.test/docs", "Docs | X")
    screen = call("screen", name="Home").fields
    assert (screen["type"], screen["url"], screen["title"]) == ("page_view", "", "Home")
    assert call("page", properties={"path": "/pricing"}).fields["url"] == "/pricing"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Trial Started", "trial_started"),
        ("trial_started", "trial_started"),
        ("TRIAL-STARTED", "trial_started"),
        ("trialExpired", "trial_ended"),
        ("Whitepaper Downloaded", "content_download"),
        ("Video Played", "video_watch"),
        ("Products Searched", "search"),
        ("Live Chat Message Sent", "chat"),
        ("Signed In", "signed_in"),
        ("Invite Sent", "user_invited"),
        ("Quota Exceeded", "limit_reached"),
        ("Meeting Booked", "form_submit"),
        ("Something Else", "custom"),
    ],
)
def test_track_names(name: str, kind: str) -> None:
    assert track(name)["type"] == kind


def test_track_fields() -> None:
    download = track("Content Downloaded", title="Buyer's guide", topic="security", pages=12)
    assert (download["asset"], download["topic"], download["properties"]) == (
        "Buyer's guide",
        "security",
        {"pages": "12"},
    )
    assert track("Video Played", name="Intro", secondsWatched=40)["duration_seconds"] == 40.0
    assert track("Video Played", duration=True).get("duration_seconds") is None
    ended = track("Trial Cancelled", Source.TRIAL, reason="price", plan="team", trialEnd="never")
    assert (ended["reason"], ended["product"], ended.get("ends_ms", 0)) == ("cancelled", "team", 0)
    assert ended["properties"]["reason"] == "price"


def test_forms_say_who_and_whether_a_hand_is_raised() -> None:
    form = track("Form Submitted", form_name="Request a Demo", name="Jane Doe", jobTitle="CTO", email="jane@acme.test")
    assert (form["form"], form["person_name"], form["job_title"], form["email"]) == (
        "demo",
        "Jane Doe",
        "CTO",
        "jane@acme.test",
    )
    assert form["properties"]["form_name"] == "Request a Demo"
    assert [form_name(name) for name in ("bookDemo", "Contact-Us", "talk to SALES", "demographics")] == [
        "demo",
        "contact",
        "contact",
        "demographics",
    ]


def test_unknown_names_are_features_on_trial_and_custom_on_web() -> None:
    assert track("Report Built", Source.TRIAL)["feature"] == "Report Built"
    assert track("Report Built")["properties"] == {"event": "Report Built"}
    assert track("Logged Out", Source.TRIAL)["type"] == "custom"


def test_a_guests_mailbox_is_not_the_hosts() -> None:
    found = track("Invite Sent", Source.TRIAL, email="guest@acme.test")
    assert (found["email"], found["properties"]) == ("", {"email": "guest@acme.test"})


def test_tables_name_fields_of_the_event_and_normalised_names() -> None:
    for kind, fields in FIELDS.items():
        assert fields.keys() <= Event.model_fields.keys(), kind
        assert all(name.isalnum() and name.islower() for names in fields.values() for name in names)
    assert all(meaning(name, Source.WEB) is track for name, track in NAMES.items())


@pytest.mark.parametrize("junk", [5, "text", [1], None, True])
def test_junk_where_objects_belong_costs_nothing(junk: Any) -> None:
    for kind in ("page", "identify", "group", "alias", "track"):
        item = {**CALL, "type": kind, "event": "X", "properties": junk, "traits": junk, "context": junk}
        assert decode(item, Source.WEB, {"context": junk}).fields["anonymous_id"] == "a-1"
