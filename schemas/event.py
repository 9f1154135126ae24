"""1. Event: the one normal form, whatever the producer's format was. Lies on `intent.events.v1`, keyed by subject."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Record, Source


class Grade(StrEnum):
    """Who made the hit. Machine hits weigh nothing, suspect ones little; both are kept and shown."""

    HUMAN = "human"
    SUSPECT = "suspect"
    MACHINE = "machine"


class NetworkKind(StrEnum):
    """Whose people use the addresses of a network: its holder's own (`other`), or anybody's."""

    UNKNOWN = ""
    """No data is given, or they do not know the address."""

    ISP = "isp"
    MOBILE = "mobile"
    HOSTING = "hosting"
    VPN = "vpn"
    RELAY = "relay"
    CRAWLER = "crawler"
    EDUCATION = "education"
    OWN = "own"
    """Ours: whoever runs this installation says so by a list of ranges."""

    OTHER = "other"


class Event(Record):
    """One thing that happened, with everything known about who did it. Absent text is '' and absent numbers are 0."""

    UNARCHIVED = frozenset({"person_name", "contact"})

    event_id: str = Field(description="128-bit id from format and producer's id (or content): retries repeat it.")
    source: Source
    format: str = Field(
        description="Format it was decoded from.",
        examples=["native", "segment", "sendgrid"],
    )
    type: str = Field(
        description="Event type of the native form.",
        examples=["page_view", "trial_started"],
    )
    occurred_ms: int = Field(description="When it happened, ms since 1970 UTC; never after `received_ms`.")
    received_ms: int = Field(description="When the broker took the raw record, ms since 1970 UTC.")
    clamped: bool = Field(
        False,
        description="The producer's clock was ahead; `occurred_ms` was set to `received_ms`.",
    )
    origin: str = Field(description="Raw record it came from: topic:partition:offset:index.")
    source_event_id: str = Field("", description="The id the producer gave, verbatim.")
    anonymous_id: str = ""
    user_id: str = ""
    email: str = Field("", description="Lower-cased mailbox.")
    person_name: str = Field("", description="Name the person gave; '' behind ingest, where `contact` has it.")
    contact: str = Field("", description="Who it is in the clear, sealed; opened only for alerts to teams.")
    job_title: str = ""
    account_id: str = Field("", description="Account named by the producer.")
    account_domain: str = Field("", description="Company domain named by the producer.")
    ip: str = ""
    user_agent: str = ""
    url: str = Field("", description="Page or link, without fragment.")
    title: str = ""
    asset: str = Field("", description="Content asset or campaign.")
    topic: str = Field("", description="What the content is about.")
    feature: str = Field("", description="Product feature used.")
    product: str = ""
    form: str = ""
    message_id: str = Field("", description="The mail an email event belongs to.")
    severity: str = ""
    rating: float | None = Field(None, description="0 (bad) to 10 (good).")
    amount: float | None = Field(None, description="Deal value.")
    ends_ms: int = Field(0, description="When the trial or the contract runs out, ms since 1970 UTC; 0 if none.")
    duration_seconds: float = 0.0
    reason: str = ""
    network_kind: NetworkKind = Field(NetworkKind.UNKNOWN, description="Kind of the address's network; '' if unknown.")
    network_asn: int = Field(0, description="Number of the network that announces the address; 0 if unknown.")
    network_holder: str = Field("", description="Who holds that network, as registered; not the visitor's company.")
    grade: Grade = Grade.HUMAN
    grade_reason: str = Field("", description="Why it is not graded human.")
    properties: dict[str, str] = Field(default_factory=dict, description="Further producer's fields, flat, as text.")

    @property
    def subject(self) -> str:
        """The key: whose state the event belongs to. A visitor's id first: the anonymous history lies there."""
        if self.anonymous_id:
            return "a:" + self.anonymous_id
        if self.user_id:
            return "u:" + self.user_id
        if self.email:
            return "e:" + self.email
        return "c:" + (self.account_id or self.account_domain)
