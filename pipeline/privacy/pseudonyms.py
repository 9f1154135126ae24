"""Decoded fields under clear ids -> what is different about them for everything behind ingest."""

from collections.abc import Mapping
from typing import Any

from pipeline.identity.ids import placeholder_id, placeholder_mailbox
from pipeline.privacy.key import PrivacyKey
from pipeline.privacy.scrub import scrubbed, scrubbed_properties

NAME_LENGTH_MAX = 120
_TEXTS = ("url", "title", "asset", "topic", "feature", "form", "reason", "job_title")


def pseudonyms_of(fields: Mapping[str, Any], key: PrivacyKey) -> dict[str, Any]:
    """The fields of an event that change: ids of persons hashed, mailboxes in texts too, the person's name taken out.

    What an event shows is the same before and after: who is who, which company, which page. They are changed before
    there is an event, which would have to be copied.
    """
    given = fields.get
    changed: dict[str, Any] = {}
    email, user_id, name = given("email"), given("user_id"), given("person_name") or ""
    if visitor := given("anonymous_id"):
        changed["anonymous_id"] = key.visitor(visitor)
    if user_id:
        changed["user_id"] = key.user(user_id)
    if email:
        changed["email"] = key.mailbox(email)
    if email and not placeholder_mailbox(email):
        changed["contact"] = key.sealed(changed["email"], email, name[:NAME_LENGTH_MAX])
    elif user_id and not placeholder_id(user_id):
        changed["contact"] = key.sealed(changed["user_id"], user_id, name[:NAME_LENGTH_MAX])
    if name:
        changed["person_name"] = ""
    if "@" in (account := given("account_id") or ""):  # a mailbox as an account's id: an account of one person
        changed["account_id"] = scrubbed(account, key)
    for field in _TEXTS:
        if (text := given(field)) and ("@" in text or "%40" in text):
            changed[field] = scrubbed(text, key)
    if properties := given("properties"):
        changed["properties"] = scrubbed_properties(properties, key)
    return changed
