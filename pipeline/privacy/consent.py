"""Consent: what is kept of somebody who does not want to be known.

An event may carry the person's word: its own field `consent`, the category preferences of the Segment family, or a
browser's signal (`dnt`, `gpc`). What it refuses is taken out of the event: ids, mailbox, contact, address. If it still
says which company it is (an account, a company domain, or the domain of a work mailbox), the event is kept without the
person, for that company; else it is dropped. Whether a source has a say, and what silence means, is the operator's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.domains import consumer_mail, mail_host
from schemas.base import Source
from schemas.event import Event

CONSENT = "consent"
GIVEN, REFUSED = "given", "refused"
"""Values of the property; behind `refused:` the categories that are refused, by comma."""

_SIGNALS = frozenset({"dnt", "DNT", "doNotTrack", "gpc", "GPC", "globalPrivacyControl"})
_YES = frozenset({"1", "true", "yes", "given", "granted"})
_NO = frozenset({"0", "false", "no", "refused", "denied"})


class ConsentMode(StrEnum):
    """What a source's events need."""

    IGNORE = "ignore"
    """Nothing: consent is settled elsewhere, by a contract, say."""

    HONOUR = "honour"
    """What is refused is kept without the person; silence is no refusal."""

    REQUIRE = "require"
    """As before, and silence is a refusal."""

    DROP = "drop"
    """What is refused is dropped, company or not."""


@dataclass(frozen=True, slots=True)
class ConsentPolicy:
    """What each source's events need.

    Args:
        modes: source -> mode; `honour` where none is given.
        categories: names of the categories that analysis of intent falls under, lower case.
    """

    modes: Mapping[Source, ConsentMode] = field(default_factory=dict)
    categories: frozenset[str] = frozenset({"analytics"})


def said_of(given: object) -> str:
    """The property for a `consent` field: true or false, or category -> true or false; '' for anything else."""
    if type(given) is bool:
        return GIVEN if given else REFUSED
    if type(given) is not dict or not given:
        return ""
    refused = sorted(str(name)[:50].lower() for name, value in given.items() if value is False)
    return f"{REFUSED}:{','.join(refused[:20])}" if refused else GIVEN


def refuses(event: Event, policy: ConsentPolicy) -> bool:
    """Whether an event must be kept without its person."""
    mode = policy.modes.get(event.source, ConsentMode.HONOUR)
    if mode is ConsentMode.IGNORE:
        return False
    given = event.properties
    if not given:
        return mode is ConsentMode.REQUIRE
    if CONSENT not in given and _SIGNALS.isdisjoint(given):
        return mode is ConsentMode.REQUIRE
    word = given.get(CONSENT, "").lower()
    head, _, categories = word.partition(":")
    if head in _NO:
        return not categories or not policy.categories.isdisjoint(categories.split(","))
    if head in _YES:
        return False
    if any(given.get(name, "").lower() in _YES for name in _SIGNALS):
        return True
    return mode is ConsentMode.REQUIRE


def without_person(event: Event, policy: ConsentPolicy) -> Event | None:
    """The event as far as it is a company's; None if it is none's, or is to be dropped."""
    if policy.modes.get(event.source) is ConsentMode.DROP:
        return None
    host = mail_host(event.email) if event.email else ""
    company = event.account_domain or ("" if not host or consumer_mail(host) else host)
    if not event.account_id and not company:
        return None
    gone = dict.fromkeys(("anonymous_id", "user_id", "email", "person_name", "contact", "ip", "job_title"), "")
    kept = {name: value for name, value in event.properties.items() if name == CONSENT}
    return Event.trusted({**event.__dict__, **gone, "account_domain": company, "properties": kept})
