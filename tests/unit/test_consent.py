"""What is kept of somebody who does not want to be known: the company, or nothing; and every input has its outcome."""

import orjson
import pytest

from agents.settings import load
from deploy.evaluate.line import KEY, PlainLine
from pipeline.privacy.consent import ConsentMode, ConsentPolicy, refuses, said_of, without_person
from schemas.base import Source
from schemas.errors import SettingsError
from schemas.event import Event
from schemas.rejected import Rejected
from schemas.topics import EVENTS, REJECTED
from tests.builders import event

START_MS = 1_767_600_000_000


def test_the_word_of_a_person_by_category() -> None:
    assert (said_of(True), said_of(False), said_of(None), said_of({})) == ("given", "refused", "", "")
    assert said_of({"Advertising": False, "Analytics": True}) == "refused:advertising"


@pytest.mark.parametrize(
    ("properties", "honour", "require"),
    [
        ({}, False, True),
        ({"consent": "given"}, False, False),
        ({"consent": "refused"}, True, True),
        ({"consent": "refused:analytics,ads"}, True, True),
        ({"consent": "refused:ads"}, False, False),
        ({"dnt": "1"}, True, True),
        ({"gpc": "true"}, True, True),
        ({"consent": "given", "dnt": "1"}, False, False),
        ({"dnt": "0"}, False, True),
    ],
)
def test_what_is_a_refusal(properties: dict[str, str], honour: bool, require: bool) -> None:
    one = event(0, email="jane@acme.com", properties=properties)
    assert refuses(one, ConsentPolicy()) is honour
    assert refuses(one, ConsentPolicy({Source.WEB: ConsentMode.REQUIRE})) is require
    assert not refuses(one, ConsentPolicy({Source.WEB: ConsentMode.IGNORE}))


def test_the_company_stays_and_the_person_goes() -> None:
    one = event(
        0,
        email="p-x@acme-works.com",
        user_id="u",
        anonymous_id="v",
        ip="192.0.2.1",
        contact="s",
        properties={"consent": "refused", "company": "Jane Inc"},
    )
    kept = without_person(one, ConsentPolicy())
    assert kept is not None
    assert (kept.subject, kept.email, kept.user_id, kept.anonymous_id, kept.ip, kept.contact) == (
        "c:acme-works.com",
        *[""] * 5,
    )
    assert kept.properties == {"consent": "refused"}
    assert without_person(one, ConsentPolicy({Source.WEB: ConsentMode.DROP})) is None
    assert without_person(event(0, email="p-x@gmail.com"), ConsentPolicy()) is None
    assert without_person(event(0, anonymous_id="v"), ConsentPolicy()) is None


def test_each_input_has_one_outcome() -> None:
    line = PlainLine()
    head = {"type": "page_view", "occurred_at": "2026-01-05T12:00:00Z", "url": "https://x.io"}
    segment = {
        "type": "page",
        "messageId": "m",
        "anonymousId": "v-9",
        "timestamp": "2026-01-05T12:00:00Z",
        "context": {"consent": {"categoryPreferences": {"Analytics": False}}},
    }
    sent: list[dict[str, object]] = [
        {**head, "email": "jane@acme-works.com", "consent": False},
        {**head, "anonymous_id": "v-1", "consent": {"analytics": False}},
        {**head, "anonymous_id": "v-2", "properties": {"dnt": True}},
        {**head, "anonymous_id": "v-3", "consent": {"analytics": True, "ads": False}},
        segment,
    ]
    for value in sent:
        line.send("intent.events.web.v1", b"v", orjson.dumps(value), START_MS)
    line.settle()
    assert [found.subject for found in line.values(EVENTS, Event)] == ["c:acme-works.com", KEY.subject("a:v-3")]
    dropped = line.values(REJECTED, Rejected)
    assert [(item.reason, item.value, item.key) for item in dropped] == [("no_consent", None, None)] * 3
    assert len({item.rejected_id for item in dropped}) == 3


def test_the_setting_says_it_by_source() -> None:
    policy = load(consent="require;crm=ignore", consent_categories="Analytics, Ads").consent_policy
    assert (policy.modes[Source.WEB], policy.modes[Source.CRM]) == (ConsentMode.REQUIRE, ConsentMode.IGNORE)
    assert policy.categories == {"analytics", "ads"}
    with pytest.raises(SettingsError, match="sources are web"):
        load(consent="fax=drop")
