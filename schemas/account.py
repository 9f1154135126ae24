"""Account: one company of the directory. Lies on the compacted `intent.accounts.v1`, keyed by account id."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from schemas.base import Id, Record, Text

Domain = Annotated[
    str,
    StringConstraints(
        max_length=253,
        to_lower=True,
        strip_whitespace=True,
        pattern=r"^[a-z0-9_-]+(\.[a-z0-9_-]+)+$",
    ),
]


class AccountStatus(StrEnum):
    """Where the business relation stands."""

    PROSPECT = "prospect"
    CUSTOMER = "customer"
    FORMER = "former"


class Account(Record):
    """What the company's own systems know of an account."""

    account_id: Id = Field(min_length=1, examples=["acme"])
    name: Text = Field(min_length=1, examples=["Acme Corp"])
    aliases: tuple[Text, ...] = Field((), max_length=100, description="Other names it goes by, as in registers.")
    domains: tuple[Domain, ...] = Field((), max_length=500, examples=[["acme.com", "acme.de"]])
    owner: Text = Field("", description="Who in sales owns it.", examples=["maria@example.com"])
    region: Text = ""
    tier: Text = Field("", examples=["1"])
    target: bool = Field(False, description="On the target list.")
    status: AccountStatus = AccountStatus.PROSPECT
    customer_since: AwareDatetime | None = None
    office_ranges: tuple[Text, ...] = Field((), max_length=200, description="CIDR ranges of its own networks.")
    suppressed: Text = Field("", description="Reason to keep it out: competitor, partner, press, own staff.")
    never_by_ip: bool = Field(
        False, description="Its addresses are other people's too (an ISP, a cloud): no address ever names it."
    )
