"""What kind of activity an event is, by its type and the page it was on."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from schemas.base import Source
from schemas.event import Event

_PAGES: tuple[tuple[str, str], ...] = (
    # first match wins: a reference on the pricing page is pricing
    (r"/(pricing|plans|quote|buy)\b", "pricing_view"),
    (r"/(compare|comparison|vs|versus|alternatives?)\b|-vs-", "comparison_view"),
    (r"/(customers?|case-stud(y|ies)|references?|testimonials|success-stories)\b", "reference_view"),
    (r"/(demo|request-demo|book-a-demo|contact-sales)\b", "demo_view"),
    (r"/(docs|documentation|api|developers|integrations?)\b", "docs_view"),
    (r"/(security|trust|compliance|privacy)\b", "security_view"),
    (r"/(products?|solutions?|features?|platform)\b", "product_view"),
    (r"/(careers|jobs|unsubscribe|login|signin|imprint)\b", "other_view"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _PAGES)
_HAND_RAISED = re.compile(r"demo|contact|sales|quote|trial-call|talk", re.IGNORECASE)
_EMAIL_TYPES = {"open": "email_open", "click": "email_click", "reply": "email_reply"}


@lru_cache(maxsize=65_536)
def page_kind(url: str) -> str:
    """The activity type of a viewed page, by its path; `page_view` where no pattern fits.

    >>> page_kind("https://x.io/pricing?seats=20")
    'pricing_view'
    """
    path = urlsplit(url).path if "//" in url else url.partition("?")[0]
    for pattern, kind in _PATTERNS:
        if pattern.search(path):
            return kind
    return "page_view"


def activity_type(event: Event) -> str:
    """The activity type of an event: native types as they are, page views by path, forms by name."""
    kind = event.type
    if event.source is Source.WEB:
        if kind == "page_view":
            return page_kind(event.url)
        if kind == "form_submit" and (_HAND_RAISED.search(event.form) or page_kind(event.url) == "demo_view"):
            return "demo_request"
    elif event.source is Source.EMAIL:
        return _EMAIL_TYPES.get(kind, f"email_{kind}")
    elif event.source is Source.SUPPORT and kind == "survey_answered" and event.rating is not None:
        return "survey_good" if event.rating >= 7 else "survey_bad"  # the usual cut of a 0-10 answer
    return kind
