"""An event as ingest reads it, under clear ids -> the same event as everything behind ingest knows it."""

from operator import itemgetter
from typing import Any

from pipeline.identity.ids import placeholder_id, placeholder_mailbox
from pipeline.privacy.key import PrivacyKey
from pipeline.privacy.scrub import scrubbed, scrubbed_properties
from schemas.event import Event

NAME_LENGTH_MAX = 120
_TEXTS = ("url", "title", "asset", "topic", "feature", "form", "reason", "job_title")
_texts_of = itemgetter(*_TEXTS)


def pseudonymised(event: Event, key: PrivacyKey) -> Event:
    """The event under pseudonyms: ids of persons hashed, mailboxes in texts too, the person's name taken out.

    What an event shows is the same before and after: who is who, which company, which page. Its id stays, so a retry
    is known.
    """
    fields = event.__dict__
    changed: dict[str, Any] = {"person_name": ""}
    if event.anonymous_id:
        changed["anonymous_id"] = key.visitor(event.anonymous_id)
    if event.user_id:
        changed["user_id"] = key.user(event.user_id)
    if event.email:
        changed["email"] = key.mailbox(event.email)
    if event.email and not placeholder_mailbox(event.email):
        changed["contact"] = key.sealed(changed["email"], event.email, event.person_name[:NAME_LENGTH_MAX])
    elif event.user_id and not placeholder_id(event.user_id):
        changed["contact"] = key.sealed(changed["user_id"], event.user_id, event.person_name[:NAME_LENGTH_MAX])
    if "@" in event.account_id:  # a mailbox as an account's id: an account of one person
        changed["account_id"] = scrubbed(event.account_id, key)
    for name, text in zip(_TEXTS, _texts_of(fields), strict=True):
        if text and ("@" in text or "%40" in text):
            changed[name] = scrubbed(text, key)
    if event.properties:
        changed["properties"] = scrubbed_properties(event.properties, key)
    # all fields come from a validated event: no second validation on the hot path
    return Event.trusted({**fields, **changed})
