"""2b. Identity: facts that say which company an id belongs to and why; and what is remembered per subject."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Record
from schemas.hit import Hit, Pulse


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


class FactKind(StrEnum):
    """What a fact says of its subject."""

    LINK = "link"
    """It belongs to the account: an event showed it."""

    PASSED = "passed"
    """It belongs to the account, says the user or mailbox it was seen with."""

    WITHDRAWN = "withdrawn"
    """That user or mailbox no longer says so."""

    EDGE = "edge"
    """It was seen together with another id, and nobody knows yet of which company."""

    UNMATCHED = "unmatched"
    """It belongs to a company domain that is no account's; ops may promote the domain."""

    UNLINK = "unlink"
    """It does not belong to the account, whatever was said before (with `other`: whatever that id said); `*` for any
    account. Somebody said so by command."""

    RELINK = "relink"
    """An unlink is taken back."""

    ERASE = "erase"
    """The person is forgotten; `other`, where it is another id: what is known of that one here. Somebody said so by
    command."""


class IdentityFact(Record):
    """ "This id belongs to this company, because …". Lies on `intent.identity.v1`, keyed by the subject it is about;
    `identify` writes it when one event shows two ids together, and reads it back under the other id's key. Facts are
    only ever added; an unlink is one more."""

    fact_id: str = Field(description="128-bit id from subject, account, person and method.")
    kind: FactKind = FactKind.LINK
    subject: str = Field(description="Subject the fact is about.", examples=["a:v-81", "e:jane@acme.com"])
    other: str = Field("", description="The id it was seen with, or that passed the fact on.")
    account_id: str = Field("", description="'' where no account is known (an edge, an unmatched domain).")
    domain: str = ""
    person: str = Field("", description="Person the subject is, if known: mailbox, else user id.")
    user_id: str = Field("", description="User id the evidence is of, if any.")
    method: Method | None = Field(None, description="How the account was found; null where there is none.")
    confidence: float = Field(0.0, ge=0, le=1)
    reason: str = Field(description="The evidence in words.")
    event_id: str = Field("", description="Event that showed it; '' where somebody said so by command.")
    observed_ms: int = Field(description="Event time of that event, or time of the command, ms since 1970 UTC.")
    heard_ms: int = Field(0, description="When the broker took that event, ms since 1970 UTC; 0 where there is none.")
    seen_ms: int = Field(
        0, description="Week in which the subject was last seen with `other`, where that passed it on."
    )


class Link(Record):
    """A subject belongs to an account, by one kind of evidence: what remains of the facts that say so."""

    account_id: str
    domain: str = ""
    method: Method
    confidence: float
    reason: str
    person: str = ""
    user_id: str = ""
    via: str = Field("", description="The id that passed it on; '' where an event of the subject itself showed it.")
    event_id: str = ""
    first_ms: int = Field(description="Event time of the first sign of it, ms since 1970 UTC.")
    last_ms: int = Field(description="Event time of the last sign of it, ms since 1970 UTC.")


class SubjectState(Record):
    """What `identify` remembers of one subject. Bounds: `pipeline/identify.py` says what falls out and when.

    Links, edges, users and blocks are sets that merge in any order: whatever order events come in, the same is known.
    """

    version: int = 3
    links: tuple[Link, ...] = Field((), description="Accounts it belongs to by some evidence, best first.")
    edges: dict[str, int] = Field(
        default_factory=dict, description="Other subjects it was seen with -> event time of the newest, ms."
    )
    blocks: dict[str, int] = Field(
        default_factory=dict,
        description="Account (`*`: any; behind `|`: by that id's word) -> ms since when it is not this subject's; "
        "negative: since when it may be again.",
    )
    seen: tuple[str, ...] = Field(
        (),
        description="Ids of the newest events, newest last: duplicates are known by them.",
    )
    history: tuple[Hit, ...] = Field((), description="Hits nobody could be named for yet, oldest first.")
    told: tuple[str, ...] = Field((), description="Short ids of what its events showed and was told, newest last.")
    passed: dict[str, str] = Field(
        default_factory=dict, description="Link a hub has passed on to an id it was seen with -> how fresh and sure."
    )
    by_network: dict[str, str] = Field(
        default_factory=dict,
        description="Waiting hit -> account its address named already: the same account is not told twice.",
    )
    users: dict[str, int] = Field(
        default_factory=dict, description="User ids seen with this subject -> event time of the newest, ms."
    )
    mail_hosts: dict[str, int] = Field(
        default_factory=dict, description="Work mail hosts seen with this visitor -> event time of the newest, ms."
    )
    pulse: Pulse | None = Field(None, description="Newest hits by which machines are told from humans.")
