"""Who the people of an account are in the clear, sealed: kept beside the account's state, and in no other place."""

from typing import NamedTuple

from pydantic import Field

from schemas.base import Record


class SealedContact(NamedTuple):
    """One person.

    Args:
        sealed: address and name, as the newest event of the person had them.
        seen_ms: start of the day (UTC) of that event, ms since 1970.
    """

    sealed: str
    seen_ms: int


class Contacts(Record):
    """What `advance` may tell teams of an account's people. Bounds: `pipeline/privacy/contacts.py`."""

    version: int = 1
    people: dict[str, SealedContact] = Field(default_factory=dict, description="Person's pseudonym -> sealed contact.")
    unmailed: dict[str, int] = Field(
        default_factory=dict,
        description="Pseudonym of who wants no mails any more -> when it first said so, ms since 1970.",
    )
