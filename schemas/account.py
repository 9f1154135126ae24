"""Account: one company of the directory. Lies on the compacted `intent.accounts.v1`, keyed by account id."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from schemas.base import Id, Record, Text
from schemas.text import escaped_id, tamed

Domain = Annotated[
    str,
    StringConstraints(
        max_length=253,
        to_lower=True,
        strip_whitespace=True,
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$",
    ),
]


Name = Annotated[Text, BeforeValidator(tamed)]
"""What alerts show as it is."""


class AccountStatus(StrEnum):
    """Where the business relation stands."""

    PROSPECT = "prospect"
    CUSTOMER = "customer"
    FORMER = "former"


class DomainKind(StrEnum):
    """What a domain is to its account."""

    OWN = "own"
    ALIAS = "alias"
    """Another name of the same company."""

    SUBSIDIARY = "subsidiary"
    """A company that belongs to it."""


class Suppression(StrEnum):
    """Why an account is kept out: it raises no alert."""

    COMPETITOR = "competitor"
    PARTNER = "partner"
    PRESS = "press"
    OWN_STAFF = "own_staff"


_SUPPRESSIONS = {
    "competition": Suppression.COMPETITOR,
    "rival": Suppression.COMPETITOR,
    "reseller": Suppression.PARTNER,
    "agency": Suppression.PARTNER,
    "media": Suppression.PRESS,
    "journalist": Suppression.PRESS,
    "analyst": Suppression.PRESS,
    "staff": Suppression.OWN_STAFF,
    "own": Suppression.OWN_STAFF,
    "employee": Suppression.OWN_STAFF,
    "internal": Suppression.OWN_STAFF,
} | {reason: reason for reason in Suppression}


def suppression_of(text: str) -> Suppression | None:
    """The reason a text means; None for any other text.

    >>> suppression_of("Own staff"), suppression_of("Competitors"), suppression_of("do not call")
    (<Suppression.OWN_STAFF: 'own_staff'>, <Suppression.COMPETITOR: 'competitor'>, None)
    """
    word = "_".join(text.lower().replace("-", " ").replace("_", " ").split())
    return _SUPPRESSIONS.get(word) or _SUPPRESSIONS.get(word.removesuffix("s"))


class DomainPeriod(Record):
    """A domain of an account, for a time: a subsidiary bought or sold, a name given up."""

    domain: Domain
    kind: DomainKind = DomainKind.OWN
    valid_from: date | None = Field(None, description="First day, UTC; null: ever since.")
    valid_to: date | None = Field(None, description="Last day, UTC; null: still.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"{self.domain} ends on {self.valid_to}, before it begins on {self.valid_from}")
        return self


class Account(Record):
    """What the company's own systems know of an account."""

    account_id: Annotated[Id, BeforeValidator(escaped_id)] = Field(min_length=1, examples=["acme"])
    name: Name = Field(min_length=1, examples=["Acme Corp"])
    aliases: tuple[Name, ...] = Field((), max_length=100, description="Other names it goes by, as in registers.")
    domains: tuple[Domain, ...] = Field(
        (), max_length=500, description="Its own domains, at any time.", examples=[["acme.com", "acme.de"]]
    )
    domain_periods: tuple[DomainPeriod, ...] = Field(
        (), max_length=500, description="Alias domains, subsidiaries' domains, and domains of its own for a time."
    )
    owner: Name = Field("", description="Who in sales owns it.", examples=["maria@example.com"])
    team: Name = Field("", description="The owner's team.", examples=["dach-enterprise"])
    region: Name = ""
    industry: Name = Field("", examples=["manufacturing"])
    employees: int = Field(0, ge=0, le=100_000_000, description="0: not known.")
    tier: Name = Field("", examples=["1"])
    target: bool = Field(False, description="On the target list.")
    status: AccountStatus = AccountStatus.PROSPECT
    customer_since: AwareDatetime | None = None
    renews_on: date | None = Field(None, description="Day its contract ends, UTC.", examples=["2027-03-31"])
    office_ranges: tuple[Text, ...] = Field((), max_length=200, description="CIDR ranges of its own networks.")
    suppressed: Text = Field(
        "",
        description="Reason to keep it out: competitor, partner, press or own_staff. Other words for these are read as "
        "them; any other text keeps it out just the same.",
    )
    never_by_ip: bool = Field(
        False, description="Its addresses are other people's too (an ISP, a cloud): no address ever names it."
    )

    @field_validator("suppressed")
    @classmethod
    def _known_reason(cls, given: str) -> str:
        return suppression_of(given) or given.strip()

    @property
    def main_domain(self) -> str:
        """The first of its domains; '' if it has none."""
        return (*self.domains, *(period.domain for period in self.domain_periods), "")[0]
