import pytest

from pipeline.classify import activity_type
from schemas.base import Source
from tests.builders import event


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/pricing", "pricing_view"),
        ("/pricing/enterprise?seats=5", "pricing_view"),
        ("/compare/rival", "comparison_view"),
        ("/us-vs-them", "comparison_view"),
        ("/customers/acme", "reference_view"),
        ("/docs/api", "docs_view"),
        ("/security", "security_view"),
        ("/product/export", "product_view"),
        ("/careers", "other_view"),
        ("/blog/how-we-think-about-pricing-strategy", "page_view"),
        ("", "page_view"),
    ],
)
def test_pages_by_path(path: str, kind: str) -> None:
    assert activity_type(event(url=f"https://x.io{path}")) == kind


def test_a_hand_raised() -> None:
    assert activity_type(event(type="form_submit", form="Book a demo")) == "demo_request"
    assert activity_type(event(type="form_submit", url="https://x.io/demo")) == "demo_request"
    assert activity_type(event(type="form_submit", form="newsletter")) == "form_submit"


def test_mail_and_survey() -> None:
    assert activity_type(event(type="click", source=Source.EMAIL, email="a@b.com")) == "email_click"
    assert activity_type(event(type="delivered", source=Source.EMAIL, email="a@b.com")) == "email_delivered"
    survey = {"type": "survey_answered", "source": Source.SUPPORT, "email": "a@b.com"}
    assert activity_type(event(**survey, rating=9.0)) == "survey_good"
    assert activity_type(event(**survey, rating=2.0)) == "survey_bad"
    assert activity_type(event(**survey)) == "survey_answered"
