"""Well-known names of track calls -> native event types, and which properties hold what.

The names are those of the vendors' public event specs (B2B SaaS, video, live chat, ecommerce) and their common
spellings. They are compared without case, spaces and signs, so `Trial Started`, `trial_started` and `TrialStarted` are
one. A name that is not here is usage on the trial source (`feature_used`, feature = the name) and `custom` on the web.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeGuard

from pipeline.decode.clean import moment_ms, text
from pipeline.decode.form import RefusedError
from pipeline.decode.properties import normal
from schemas.base import Source

DURATION_SECONDS_MAX = 7 * 86_400


class Track(NamedTuple):
    """What a track call means: native type, and the values its name alone implies."""

    type: str
    form: str = ""
    reason: str = ""
    feature: str = ""


_SIGNUP = Track("form_submit", form="signup")
_BY_TYPE: Mapping[Track, str] = {
    Track("page_view"): "Page Viewed, Viewed Page, Page View, Pageview, Loaded a Page",
    Track("content_download"): "Content Downloaded, Whitepaper Downloaded, White Paper Downloaded, Ebook Downloaded, "
    "Guide Downloaded, Report Downloaded, Case Study Downloaded, Datasheet Downloaded, Asset Downloaded, "
    "Resource Downloaded, File Downloaded, PDF Downloaded, Downloaded, Download, Content Download, File Download",
    Track("form_submit"): "Form Submitted, Form Submit, Submitted Form, Form Completed, Lead Captured, Lead Submitted",
    Track("form_submit", form="demo"): "Demo Requested, Requested Demo, Request Demo, Demo Request, Demo Booked, "
    "Booked Demo, Demo Scheduled, Demo Request Submitted, Meeting Booked, Meeting Scheduled",
    Track("form_submit", form="contact"): "Contact Requested, Contact Form Submitted, Contact Us, Contacted Sales, "
    "Contact Sales, Contact Sales Requested, Sales Contacted, Quote Requested, Pricing Requested, Callback Requested",
    _SIGNUP: "Signed Up, Sign Up, Signup, User Signed Up, Account Created, Created Account, Registered",
    Track("form_submit", form="newsletter"): "Newsletter Subscribed, Newsletter Signup, Subscribed to Newsletter",
    Track("video_watch"): "Video Played, Played Video, Video Watched, Watched Video, Video Viewed, Video Completed, "
    "Video Playback Started, Video Playback Completed, Video Content Started, Video Content Completed",
    Track("webinar"): "Webinar Registered, Registered for Webinar, Webinar Attended, Attended Webinar, Webinar Joined, "
    "Webinar Watched",
    Track("search"): "Search, Searched, Search Performed, Site Searched, Products Searched, Search Submitted",
    Track("chat"): "Chat Started, Started Chat, Live Chat Conversation Started, Live Chat Message Sent, "
    "Chat Message Sent",
    Track("trial_started"): "Trial Started, Started Trial, Start Trial, Free Trial Started, Trial Began, Trial Created",
    Track("trial_activated"): "Trial Activated, Activated Trial, Onboarding Completed, Completed Onboarding, "
    "Setup Completed",
    Track("trial_extended"): "Trial Extended, Extended Trial",
    Track("trial_ended"): "Trial Ended, Trial Expired, Trial Finished",
    Track("trial_ended", reason="cancelled"): "Trial Cancelled, Trial Canceled, Cancelled Trial, Canceled Trial",
    Track("trial_ended", reason="converted"): "Trial Converted, Converted Trial, Trial Upgraded",
    Track("feature_used"): "Feature Used, Used Feature, Feature Usage, Feature Activated",
    Track("user_invited"): "User Invited, Invited User, Invite Sent, Invitation Sent, Sent Invite, Invites Sent, "
    "Teammate Invited, Invited Teammate, Team Member Invited, Member Invited, Account Added User, User Added",
    Track("limit_reached"): "Limit Reached, Reached Limit, Usage Limit Reached, Plan Limit Reached, Limit Exceeded, "
    "Quota Reached, Quota Exceeded",
    Track("outcome_reached"): "Outcome Reached, Reached Outcome, Goal Reached, Goal Achieved, Value Reached, "
    "Value Milestone Reached, Success Milestone Reached, ROI Reached",
    Track("signed_in"): "Signed In, Sign In, Logged In, Log In, Login, User Logged In, User Signed In",
    # known, and not usage: without this line the trial source would count them as features
    Track("custom"): "Signed Out, Logged Out, Logout, Account Deleted, Account Removed User, Application Installed, "
    "Application Updated, Application Opened, Application Backgrounded, Application Uninstalled, Application Crashed, "
    "Email Delivered, Email Opened, Email Link Clicked, Email Bounced, Email Marked as Spam, Unsubscribed, "
    "Push Notification Received, Experiment Viewed, Error Occurred",
}
NAMES: Mapping[str, Track] = {normal(name): track for track, names in _BY_TYPE.items() for name in names.split(", ")}
"""Normalised name -> meaning."""

_TRIAL = {
    "product": ("product", "productname", "edition", "plan", "planname"),
    "ends_ms": ("trialendsat", "trialend", "trialenddate", "trialendsdate"),
}
_ASSET = "asset assetname title contentname contenttitle content resource filename file videotitle webinar webinartitle"
_CONTENT = {
    "asset": (*_ASSET.split(), "application", "name"),
    "topic": ("topic", "category"),
}
_FEATURE = {
    "feature": ("feature", "featurename", "limit", "limitname", "resource", "name"),
    "product": _TRIAL["product"],
}
FIELDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "content_download": _CONTENT,
    "video_watch": _CONTENT | {"duration_seconds": ("durationseconds", "secondswatched", "duration", "position")},
    "webinar": _CONTENT,
    "form_submit": {  # `name` is the person's in a form as often as the form's, so it is taken for the person's
        "form": ("form", "formname", "formid"),
        "topic": ("topic",),
        "person_name": ("name", "fullname"),
        "job_title": ("jobtitle",),
    },
    "search": {"topic": ("query", "searchterm", "searchquery", "term", "keyword")},
    "chat": {"topic": ("topic",)},
    "trial_started": _TRIAL,
    "trial_activated": _TRIAL,
    "trial_extended": _TRIAL,
    "trial_ended": _TRIAL | {"reason": ("reason", "cancellationreason")},
    "feature_used": _FEATURE,
    "limit_reached": _FEATURE,
    "outcome_reached": _TRIAL | {"topic": ("outcome", "goal", "milestone", "name", "topic")},
}
"""Native type -> event field -> normalised names of properties that hold it, the first that is filled wins."""

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_RAISED_HANDS = (("demo", "demo"), ("contact", "contact"), ("sales", "contact"))


def meaning(name: str, source: Source) -> Track:
    """What a track call of this name means on this source.

    Args:
        name: the call's name, at most as long as an id.
        source: where it was read; on the trial source an unknown name is a feature's.
    """
    known = NAMES.get(normal(name))
    if known:
        return known
    return Track("feature_used", feature=name) if source is Source.TRIAL else Track("custom")


def form_name(name: str) -> str:
    """`demo` or `contact` if the form's name has such a word in it: these two mark a raised hand. Else the name."""
    words = {word.lower() for word in _WORDS.findall(name)}
    return next((form for word, form in _RAISED_HANDS if word in words), name)


def _is_number(given: object) -> TypeGuard[int | float]:
    return type(given) is int or type(given) is float  # JSON's true is no number


def value_of(field: str, given: object) -> str | int | float:
    """A property's value as the event field takes it; '' or 0 where it is of no use: one property costs no event."""
    if field == "ends_ms":
        try:
            return moment_ms(given, field)
        except RefusedError:
            return 0
    if field == "duration_seconds":
        return float(given) if _is_number(given) and 0 <= given <= DURATION_SECONDS_MAX else 0.0
    return text(given)
