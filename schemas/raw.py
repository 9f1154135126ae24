"""Native input: what a producer writes to `intent.events.<source>.v1` when it has no vendor's format of its own.

One model a source. All share the head (`RawEvent`): who, when, what. Unknown fields are passed over, so that producers
may send more than we read. Empty ids count as absent; wrong types and oversize fields end in `intent.rejected.v1`.

The smallest web event that counts:

    {"type": "page_view", "occurred_at": "2026-11-22T10:00:00Z", "anonymous_id": "v-81", "url": "https://x.io/pricing"}
"""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from schemas.base import Id, Source, Text, Url
from schemas.text import visible

PROPERTIES_MAX = 50


def _seen(mailbox: str) -> str:
    if visible(mailbox) != mailbox:
        raise ValueError("it has characters that nobody sees")
    return mailbox


Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        strip_whitespace=True,
        to_lower=True,
        pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+$",
    ),
    AfterValidator(_seen),
]
Scalar = Annotated[str, StringConstraints(max_length=1024)] | int | float | bool | None


class RawEvent(BaseModel):
    """The head of every native event. At least one of `anonymous_id`, `user_id`, `email`, `account_id`,
    `account_domain` must be given: without it nobody can be named and the event is rejected (`no_subject`)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_id: Id | None = Field(
        None,
        min_length=1,
        description="Producer's id, once per event; retries repeat it.",
    )
    occurred_at: AwareDatetime = Field(description="When it happened, with zone.", examples=["2026-11-22T10:00:00Z"])
    anonymous_id: Id | None = Field(None, min_length=1, description="Visitor or device id from a cookie or an SDK.")
    user_id: Id | None = Field(None, min_length=1, description="Signed-in user's id in the producer's system.")
    email: Email | None = Field(None, description="Mailbox of the person, if known.", examples=["jane@acme.com"])
    person_name: Text | None = Field(None, description="Name the person gave.")
    job_title: Text | None = Field(None, description="Job title the person gave.", examples=["VP Engineering"])
    account_id: Id | None = Field(None, min_length=1, description="Account id in the directory or the CRM.")
    account_domain: Id | None = Field(None, description="Company's domain, where the producer knows it.")
    ip: Annotated[str, StringConstraints(max_length=45)] | None = Field(None, description="Client address, v4 or v6.")
    user_agent: Text | None = Field(None, description="Client's user agent.")
    consent: (
        bool | Annotated[dict[Annotated[str, StringConstraints(max_length=50)], bool], Field(max_length=20)] | None
    ) = Field(None, description="Whether the person agreed to be known; or category -> whether.", examples=[True])
    properties: dict[Annotated[str, StringConstraints(max_length=100)], Scalar] = Field(
        default_factory=dict,
        max_length=PROPERTIES_MAX,
        description="Anything else, flat.",
    )


class WebEvent(RawEvent):
    """What a visitor does on the site."""

    type: Literal[
        "page_view",
        "content_download",
        "form_submit",
        "video_watch",
        "webinar",
        "search",
        "chat",
        "identify",
    ]
    url: Url | None = Field(None, description="Page.", examples=["https://example.com/pricing"])
    referrer: Url | None = None
    title: Text | None = Field(None, description="Page or asset title.")
    asset: Text | None = Field(
        None,
        description="Content asset: white paper, video, webinar.",
        examples=["buyers-guide"],
    )
    topic: Text | None = Field(None, description="What it is about.", examples=["data security"])
    form: Text | None = Field(None, description="Form's name; `demo` and `contact` mark a hand raised.")
    duration_seconds: float | None = Field(None, ge=0, le=86_400 * 7, description="Time spent, in seconds.")


class EmailEvent(RawEvent):
    """What a recipient, or a machine on the way to one, did with a mail we sent."""

    type: Literal["delivered", "open", "click", "reply", "bounce", "unsubscribe", "spam_report"]
    email: Email = Field(description="Recipient's mailbox.", examples=["jane@acme.com"])
    message_id: Id | None = Field(None, description="The sent message.")
    url: Url | None = Field(None, description="Clicked link.")
    asset: Text | None = Field(None, description="Campaign or asset the mail offers.")
    topic: Text | None = None
    machine: bool | None = Field(None, description="The sender's own verdict: true for a proxy or a scanner.")


class TrialEvent(RawEvent):
    """Trial and product usage, before and after the purchase."""

    type: Literal[
        "trial_started",
        "trial_activated",
        "trial_extended",
        "trial_ended",
        "feature_used",
        "user_invited",
        "limit_reached",
        "signed_in",
        "outcome_reached",
    ]
    workspace_id: Id | None = Field(None, description="Tenant in the product.")
    feature: Text | None = Field(None, description="Feature used.", examples=["export"])
    product: Text | None = Field(None, description="Product or edition.")
    trial_ends_at: AwareDatetime | None = Field(None, description="When the trial runs out, with zone.")
    amount: float | None = Field(None, ge=0, le=1e12, description="Worth of an outcome, in the account's currency.")
    topic: Text | None = Field(None, description="What the outcome is.", examples=["invoices done in a day"])


class CrmEvent(RawEvent):
    """Facts the seller's own systems know; they outrank behaviour."""

    type: Literal[
        "meeting_held",
        "call_held",
        "opportunity_created",
        "opportunity_won",
        "opportunity_lost",
        "renewal_due",
        "contract_renewed",
        "contract_churned",
        "lead_recycled",
        "lead_disqualified",
        "outcome_reached",
    ]
    owner: Text | None = Field(None, description="Seller who owns the account.")
    amount: float | None = Field(None, ge=0, le=1e12, description="Deal value in the account's currency.")
    reason: Text | None = Field(None, description="Reason won or lost.")
    topic: Text | None = Field(None, description="What an outcome is, or what was spoken of.")
    contract_ends_at: AwareDatetime | None = Field(
        None, description="When the contract ends, with zone: with opportunity_won, contract_renewed or renewal_due."
    )


class SupportEvent(RawEvent):
    """Help asked for and opinions given after the sale."""

    type: Literal["ticket_opened", "ticket_closed", "survey_answered"]
    severity: Literal["low", "normal", "high", "urgent"] = "normal"
    rating: float | None = Field(None, ge=0, le=10, description="Survey answer, 0 (bad) to 10 (good).")
    topic: Text | None = None


class SocialEvent(RawEvent):
    """What people say about us elsewhere."""

    type: Literal["mention", "review_posted", "referral_made", "reference_given", "share"]
    url: Url | None = None
    rating: float | None = Field(None, ge=0, le=10, description="Review's rating, 0 (bad) to 10 (good).")
    topic: Text | None = None


RAW_MODELS: dict[Source, type[RawEvent]] = {
    Source.WEB: WebEvent,
    Source.EMAIL: EmailEvent,
    Source.TRIAL: TrialEvent,
    Source.CRM: CrmEvent,
    Source.SUPPORT: SupportEvent,
    Source.SOCIAL: SocialEvent,
}

CUSTOM = "custom"
"""Type of a vendor's call whose name nothing native stands for; the name is its property `event`."""

EVENT_TYPES: Mapping[str, tuple[str, ...]] = {
    source.value: (*get_args(model.model_fields["type"].annotation), *((CUSTOM,) if source is Source.WEB else ()))
    for source, model in RAW_MODELS.items()
}
"""Source -> types its events may have."""
