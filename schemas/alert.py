"""5. Alert: the right message at the right trigger point, for the team that should act."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from schemas.base import Record, Team
from schemas.cause import Cause
from schemas.learned.outlook import NO_OUTLOOK, AlertOutlook


class Play(Record):
    """What to do about a trigger, as it fits the account's stage."""

    next_likely: str = Field(description="What the buyer will probably do next.")
    message: str = Field(description="What to say or send.")
    talk_track: str = Field("", description="How to open the conversation, and what to ask.")
    content: str = Field("", description="Content that fits.")
    channel: str = Field("", description="How to reach them.", examples=["phone", "mail", "in-app"])
    speak_to: str = Field("", description="Role to speak to.", examples=["champion, else executive"])
    acts: str = Field("", description="Who of the team acts.", examples=["account executive"])
    act_within_hours: float = Field(gt=0, description="How long the moment lasts, in hours.")


class AlertPerson(Record):
    """Somebody the team can speak to."""

    UNARCHIVED = frozenset({"sealed", "address", "name", "do_not_mail"})

    person: str = Field(description="Pseudonym, by which causes name the person, too.")
    sealed: str = Field("", description="Address and name, sealed until the alert is sent; '' then.")
    address: str = Field(
        "", description="Mailbox, else user id, in the clear; '' where the team may not know it, or no longer."
    )
    name: str = Field("", description="Name in the clear, where the address is.")
    job_title: str = ""
    role: str = Field("", description="Role in the buying group, as far as the job title says.")
    do_not_mail: bool = Field(
        False,
        description="It has unsubscribed, or called a mail spam: speak to it in another way, or to somebody else.",
    )


class AlertStatus(StrEnum):
    """Whether it still holds."""

    RAISED = "raised"
    RETRACTED = "retracted"
    """It should not have been raised: the evidence was taken back. Then without causes."""


class Delivery(StrEnum):
    """How an alert reaches whom it is routed to."""

    NOW = "now"
    DIGEST = "digest"
    """With others, in the digest `digest_id`."""


NOBODY = "nobody"
"""`routed_to` of an alert that the policy gives to nobody."""


class Alert(Record):
    """One trigger point reached. Lies on `intent.triggers.v1` as it is raised, keyed by whom it is routed to, and on
    `intent.alerts.<team>.v1` as it is sent, keyed by account id.

    What changes is the same alert once more with the next revision. A retraction has the status `retracted` and the
    reason in `why`.
    """

    alert_id: str = Field(description="128-bit id from account, product, trigger and span of its cool-down.")
    trigger: str = Field(examples=["pricing_interest"])
    team: Team
    account_id: str
    account_name: str = ""
    product: str = Field("", description="Which of the account's journeys; '' for the general one.")
    owner: str = Field("", description="Who owns the account, from the directory.")
    routed_to: str = Field(
        "", description="Who gets it, as of its first revision; '' for the whole team, `nobody` for nobody."
    )
    tier: str = ""
    region: str = ""
    domains: tuple[str, ...] = Field((), description="The account's own domains, from the directory; the first 20.")
    stage: str
    raised_at: AwareDatetime = Field(description="Event time of what raised it; for a timer, when it was due.")
    received_at: AwareDatetime = Field(description="When the broker took the record that raised it.")
    act_by: AwareDatetime = Field(description="raised_at plus the play's time.")
    title: str
    why: str = Field(description="The reason in one sentence.")
    play: Play
    speak_to: str = Field("", description="Whom to speak to: `person` of the first of `people`; '' if nobody is known.")
    people: tuple[AlertPerson, ...] = Field((), description="Whom to speak to first, then who was seen last.")
    outlook: AlertOutlook = Field(
        NO_OUTLOOK, description="What the buyer will most likely do next; empty if retracted."
    )
    score: float = Field(description="Sum of the causes' points: what the account does.")
    fit: str = Field("", description="How well it fits who we sell to, A to D, apart from the score; '': nobody knows.")
    confidence: float = Field(description="How sure the account is, weighed by points, 0 to 1.")
    causes: tuple[Cause, ...]
    rule_version: str
    revision: int = Field(0, description="0 at first; the highest of an alert id counts.")
    status: AlertStatus = AlertStatus.RAISED
    value: float = Field(0.0, description="What it is worth to whoever gets it, by the policy; 0 before it is sent.")
    delivery: Delivery = Delivery.NOW
    digest_id: str = Field("", description="The digest it comes with; '' where it is sent at once.")
    delivered_at: AwareDatetime | None = Field(None, description="Moment of that digest; null where sent at once.")
