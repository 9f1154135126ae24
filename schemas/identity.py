"""2a. Identity: facts that say which company an id belongs to and why; and what is remembered per subject."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Record
from schemas.event import Event


class Method(StrEnum):
    """How an account was named, best first (ranks and confidences: `pipeline/identity/answer.py`)."""

    ACCOUNT_ID = "account_id"
    EMAIL_VERIFIED = "email_verified"
    ACCOUNT_DOMAIN = "account_domain"
    EMAIL_DIRECTORY = "email_directory"
    STITCHED = "stitched"
    OFFICE_RANGE = "office_range"
    EMAIL_RECIPIENT = "email_recipient"
    EMAIL_DOMAIN = "email_domain"
    UNLISTED_ID = "unlisted_id"
    IP_DATABASE = "ip_database"
    AS_HOLDER = "as_holder"


IP_METHODS = frozenset({Method.OFFICE_RANGE, Method.IP_DATABASE, Method.AS_HOLDER})
"""By the address alone: weak, so it neither names a person's company for later nor raises an alert by itself."""


class IdentityFact(Record):
    """ "This id belongs to this company, because …". Lies on `intent.identity.v1`, keyed by the subject it is about;
    `identify` writes it when one event shows two ids together, and reads it back under the other id's key."""

    fact_id: str = Field(description="128-bit id from subject, account, person and event.")
    subject: str = Field(description="Subject the fact is about.", examples=["a:v-81", "e:jane@acme.com"])
    account_id: str
    domain: str = ""
    person: str = Field("", description="Person the subject is, if known: mailbox, else user id.")
    method: Method
    confidence: float = Field(ge=0, le=1)
    reason: str = Field(description="The evidence in words.")
    event_id: str = Field(description="Event that showed it.")
    observed_ms: int = Field(description="Event time of that event, ms since 1970 UTC.")


class SubjectState(Record):
    """What `identify` remembers of one subject. Bounds: `pipeline/identify.py` says what falls out and when."""

    version: int = 2
    account_id: str = ""
    domain: str = ""
    person: str = ""
    user_id: str = Field("", description="User id the subject was named for; another user's visits are not this one's.")
    method: Method | None = None
    confidence: float = 0.0
    reason: str = ""
    evidence_event_id: str = ""
    seen: tuple[str, ...] = Field(
        (),
        description="Ids of the newest events, newest last: duplicates are known by them.",
    )
    history: tuple[Event, ...] = Field((), description="Events nobody could be named for yet, oldest first.")
    told: tuple[str, ...] = Field((), description="Fact ids already written, so that each is written once.")
    by_network: dict[str, str] = Field(
        default_factory=dict,
        description="Waiting event -> account its address named already: the same account is not told twice.",
    )
    users: dict[str, int] = Field(
        default_factory=dict, description="User ids seen with this visitor -> event time of the newest, ms."
    )
    mail_hosts: dict[str, int] = Field(
        default_factory=dict, description="Work mail hosts seen with this visitor -> event time of the newest, ms."
    )
