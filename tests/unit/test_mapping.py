"""Which activity type an event is: shipped and own rules, and activities typed anew when the journey changes."""

from typing import Any

import pytest

from pipeline.advance import advance
from pipeline.classify import retyped
from pipeline.directory import Directory
from pipeline.identify import hit_of, identify
from pipeline.rules.diff import differences
from pipeline.rules.doubts import doubts_of
from pipeline.rules.mapping import Classifier, MappingRule, PropertyTest, Range
from schemas.account import Account
from schemas.base import Source
from tests.builders import activity, event
from tests.journeys import REFERENCE, SAAS, changed

MAIL = {"source": Source.EMAIL, "email": "a@b.com"}
SURVEY = {"type": "survey_answered", "source": Source.SUPPORT, "email": "a@b.com"}


def kind(classifier: Classifier = SAAS.classifier, asked: frozenset[str] = frozenset(), **fields: Any) -> str:
    given = event(**fields)
    return classifier.type_of(hit_of(given, given, asked))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/pricing", "pricing_view"),
        ("/pricing/enterprise?seats=5", "pricing_view"),
        ("/Pricing-2026", "pricing_view"),
        ("/compare/rival", "comparison_view"),
        ("/us-vs-them", "comparison_view"),
        ("/customers/acme", "reference_view"),
        ("/case-studies/acme", "reference_view"),
        ("/docs/api", "docs_view"),
        ("/security", "security_view"),
        ("/product/export", "product_view"),
        ("/careers", "other_view"),
        ("/blog/how-we-think-about-pricing-strategy", "page_view"),
        ("/customer-care/plants", "reference_view"),
        ("/planss", "page_view"),
        ("", "page_view"),
    ],
)
def test_pages_by_path(path: str, expected: str) -> None:
    assert kind(url=f"https://x.io{path}") == expected


def test_a_hand_raised() -> None:
    for form in ("Book a demo", "BookADemo", "demo-2", "ContactUs", "Trial Call"):
        assert kind(type="form_submit", form=form) == "demo_request"
    assert kind(type="form_submit", url="https://x.io/demo") == "demo_request"
    assert kind(type="form_submit", form="newsletter") == "form_submit"


def test_mail_surveys_and_reviews() -> None:
    assert kind(type="click", **MAIL) == "email_click"
    assert kind(type="delivered", **MAIL) == "email_delivered"
    assert kind(type="click", source=Source.WEB) == "click"
    assert kind(**SURVEY, rating=9.0) == "survey_good"
    assert kind(**SURVEY, rating=2.0) == "survey_bad"
    assert kind(**SURVEY) == "survey_answered"
    assert kind(type="review_posted", source=Source.SOCIAL, email="a@b.com", rating=3.0) == "review_bad"
    assert kind(type="review_posted", source=Source.SOCIAL, email="a@b.com") == "review_posted"


def test_own_rules_come_first_and_all_that_one_asks_must_hold() -> None:
    rules = (
        MappingRule(type="course", events=("custom",), properties={
            "event": PropertyTest(any_of=("course started",)), "minutes": PropertyTest(at_least=20, below=90)}),
        MappingRule(type="prices", events=("page_view",), source=Source.WEB, pages=("preis*",)),
        MappingRule(type="prices", events=("webinar",), topics=("prices",), assets=("*tour",)),
        MappingRule(type="big_deal", events=("opportunity_created",), amount=Range(at_least=100, at_most=200)),
        MappingRule(type="export", events=("feature_used",), features=("export",), products=("flow",)),
    )  # fmt: skip
    own = changed(mapping=rules).classifier
    assert kind(own, url="https://x.io/de/preisliste") == "prices"
    assert kind(own, url="https://x.io/pricing") == "pricing_view"
    assert kind(own, type="webinar", topic="Our prices", asset="livetour") == "prices"
    assert kind(own, type="webinar", topic="Our prices", asset="tourist two") == "webinar"
    for amount, expected in ((100.0, "big_deal"), (200.0, "big_deal"), (201.0, None), (None, None)):
        given = {"type": "opportunity_created", "source": Source.CRM, "account_id": "acme", "amount": amount}
        assert kind(own, **given) == (expected or "opportunity_created")
    assert kind(own, type="feature_used", source=Source.TRIAL, feature="CSV export", product="Flow") == "export"
    assert kind(own, type="feature_used", source=Source.TRIAL, feature="CSV export", product="Guard") == "feature_used"
    for minutes, expected in (("20", "course"), ("90", "custom"), ("many", "custom"), ("", "custom")):
        given = {"type": "custom", "properties": {"event": "Course Started", "minutes": minutes, "more": "x"}}
        assert kind(own, own.asked, **given) == expected


def test_without_the_shipped_rules_events_keep_their_own_types() -> None:
    bare = changed(shipped_mapping=False)
    assert kind(bare.classifier, url="https://x.io/pricing") == "page_view"
    assert kind(bare.classifier, type="click", **MAIL) == "click"
    assert bare.version != SAAS.version


def test_a_hit_carries_the_properties_that_are_asked_for_and_no_others() -> None:
    given = event(email="jane@acme.com", properties={"event": "Course Started", "minutes": "30", "secret": "x"})
    acme = Directory({"acme": Account(account_id="acme", name="Acme", domains=("acme.com",))})
    (made,) = identify(given, None, acme, asked=REFERENCE.classifier.asked).activities
    assert made.properties == {"event": "Course Started", "minutes": "30"}
    (made,) = identify(given, None, acme).activities
    assert made.properties == {}


def test_an_activity_is_typed_anew_and_back_again() -> None:
    native = activity(1, "page_view", url="https://x.io/preise")
    german = changed(mapping=(MappingRule(type="pricing_view", events=("page_view",), pages=("preise",)),))
    priced = retyped(native, german.classifier)
    assert (priced.type, priced.event_type, priced.activity_id) == ("pricing_view", "page_view", native.activity_id)
    assert retyped(priced, german.classifier) is priced
    assert retyped(priced, SAAS.classifier) == native
    assert type(priced).model_validate_json(priced.encode()) == priced


def test_a_changed_mapping_counts_in_the_fold_at_once() -> None:
    seen = activity(1, "page_view", url="https://x.io/preise")
    german = changed(mapping=(MappingRule(type="pricing_view", events=("page_view",), pages=("preise",)),))
    before, after = (advance(None, "acme", [seen], None, rules) for rules in (SAAS, german))
    assert "pricing_interest" not in [alert.trigger for alert in before.alerts]
    assert "pricing_interest" in [alert.trigger for alert in after.alerts]
    assert after.counted[0].event_type == "page_view"


def test_what_is_ignored_changes_nothing() -> None:
    rules = changed(mapping=(MappingRule(type="ignored", events=("page_view",), pages_with=("login",)),))
    seen = activity(1, "page_view", url="https://x.io/app/login")
    assert advance(None, "acme", [seen], None, rules).counted == ()


def test_differences_and_doubts_in_words() -> None:
    wide = MappingRule(type="page_view", events=("webinar",))
    narrow = MappingRule(type="pricing_view", events=("webinar",), topics=("prices",))
    assert list(differences(SAAS, changed(mapping=(narrow,)))) == [
        "mapping: also webinar, about prices -> pricing_view"
    ]
    assert list(differences(changed(mapping=(narrow,)), SAAS)) == [
        "mapping: no longer webinar, about prices -> pricing_view"
    ]
    both = differences(changed(mapping=(narrow, wide)), changed(mapping=(wide, narrow)))
    assert [line.split(":")[0] for line in both] == ["order of mapping"]
    assert dict(doubts_of(changed(mapping=(wide, narrow))))["mapping[2]"].startswith("it is never reached")
    assert "mapping[2]" not in dict(doubts_of(changed(mapping=(narrow, wide))))
