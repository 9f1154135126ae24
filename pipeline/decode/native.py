"""The native format: `schemas/raw.py`, one model a source, validated strictly by pydantic in one pass."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.decode.clean import EARLIEST_MS, bad_time, domain, ip
from pipeline.decode.form import Decoded, Format, Item, RefusedError, shown
from pipeline.decode.links import link
from pipeline.decode.properties import flat
from pipeline.privacy.consent import CONSENT, said_of
from schemas.base import Source, to_ms
from schemas.event import Event
from schemas.raw import PROPERTIES_MAX, RAW_MODELS, RawEvent
from schemas.rejected import RejectReason

ERRORS_SHOWN = 3
SUBJECT_FIELDS = ("anonymous_id", "user_id", "email", "account_id", "account_domain")

TYPES: frozenset[str] = frozenset(
    name for model in RAW_MODELS.values() for name in get_args(model.model_fields["type"].annotation)
)
"""Event types of all six models."""

_BLANK_IS_ABSENT = frozenset({"event_id", *SUBJECT_FIELDS})
_DERIVED = frozenset({"event_id", "occurred_at", "properties", "url", "ip", "account_domain"})
_COPIED: Mapping[Source, tuple[str, ...]] = {
    source: tuple(name for name in model.model_fields if name in Event.model_fields and name not in _DERIVED)
    for source, model in RAW_MODELS.items()
}
_ASIDE: Mapping[Source, tuple[str, ...]] = {  # no fields of an event: kept as properties
    source: tuple(name for name in ("referrer", "workspace_id", "owner") if name in model.model_fields)
    for source, model in RAW_MODELS.items()
}

_GRAVITY = (
    RejectReason.UNSUPPORTED_TYPE,
    RejectReason.BAD_TIME,
    RejectReason.NO_SUBJECT,
    RejectReason.BAD_FIELD,
    RejectReason.OVERSIZE_FIELD,
)
"""Where several fields are wrong, the reason that says most stands for all; the detail shows the first three."""

_MEND = {
    "missing": "add it",
    "literal_error": "use one of these",
    "string_too_long": "shorten it",
    "too_long": "send fewer",
    "string_type": "send text, or leave the field out",
    "timezone_aware": 'add the zone, e.g. "2026-11-22T10:00:00Z"',
}
_MEND_FIELD = {
    "occurred_at": 'use ISO 8601 with zone, e.g. "2026-11-22T10:00:00Z"',
    "trial_ends_at": 'use ISO 8601 with zone, e.g. "2026-11-22T10:00:00Z"',
    "contract_ends_at": 'use ISO 8601 with zone, e.g. "2026-11-22T10:00:00Z"',
    "email": "use a plain mailbox such as jane@acme.com",
    "properties": "send flat text, numbers, booleans or null",
}


def recognises(item: Item) -> bool:
    """Whether the item has the two fields that only native events have together."""
    return "occurred_at" in item and "type" in item


def decode(item: Item, source: Source, inherited: Mapping[str, Any]) -> Decoded:
    """Fields of a native event of the source's model.

    Blank ids count as absent; since that is rare, they are looked for only after validation has failed.

    Raises:
        RefusedError: a field is missing, of a wrong type or too long; the type is not one of the source's; bad time.
    """
    model = RAW_MODELS[source]
    properties = item.get("properties")
    if type(properties) is dict and len(properties) > PROPERTIES_MAX:
        # asked first: a record full of bad properties would cost seconds to list what is wrong with each
        raise RefusedError(
            RejectReason.OVERSIZE_FIELD,
            f"properties: {len(properties)} entries, at most {PROPERTIES_MAX} are read;",
            "send fewer",
        )
    try:
        raw = model.model_validate(item)
    except ValidationError as first:
        given = {name: value for name, value in item.items() if not (name in _BLANK_IS_ABSENT and _blank(value))}
        if len(given) == len(item):
            raise _refusal(first, item) from None
        try:
            raw = model.model_validate(given)
        except ValidationError as second:
            raise _refusal(second, given) from None
    return _decoded(raw, source)


def _blank(value: object) -> bool:
    return type(value) is str and not value.strip()


def _decoded(raw: RawEvent, source: Source) -> Decoded:
    occurred_ms = to_ms(raw.occurred_at)
    if occurred_ms < EARLIEST_MS:
        raise bad_time("occurred_at", raw.occurred_at.isoformat())
    values = raw.__dict__
    fields = {name: value for name in _COPIED[source] if (value := values[name]) is not None}
    page = link(values.get("url"))
    if page.url:
        fields["url"] = page.url
    if raw.ip:
        fields["ip"] = ip(raw.ip)
    if raw.account_domain:
        fields["account_domain"] = domain(raw.account_domain)
    if ends_at := values.get("trial_ends_at") or values.get("contract_ends_at"):
        fields["ends_ms"] = max(0, to_ms(ends_at))
    consent = () if raw.consent is None else ((CONSENT, said_of(raw.consent)),)
    aside = [(name, value) for name in _ASIDE[source] if (value := values[name])]
    if referrer := values.get("referrer"):
        aside = [(name, link(referrer).url if name == "referrer" else value) for name, value in aside]
    if aside or page.said or raw.properties or consent:
        fields["properties"] = flat((*consent, *page.said, *aside), raw.properties.items())
    return Decoded(
        raw.event_id or "",
        occurred_ms,
        fields,
        "sender_verdict" if values.get("machine") else "",
    )


def _refusal(error: ValidationError, item: Item) -> RefusedError:
    first_of_field: dict[str, ErrorDetails] = {}
    for problem in error.errors(include_url=False, include_context=False):
        first_of_field.setdefault(_field(problem), problem)
    reasons = {_reason(field, problem, item) for field, problem in first_of_field.items()}
    reason = min(reasons, key=_GRAVITY.index)
    parts = [_described(field, problem) for field, problem in list(first_of_field.items())[:ERRORS_SHOWN]]
    if more := len(first_of_field) - ERRORS_SHOWN:
        parts += [f"and {more} more"] if more > 0 else []
    return RefusedError(reason, ". ".join(parts))


def _field(problem: ErrorDetails) -> str:
    # a property's location also names the branches of its union, which say nothing to a producer
    return ".".join(str(part)[:40] for part in problem["loc"][:2]) or "item"


def _reason(field: str, problem: ErrorDetails, item: Item) -> RejectReason:
    if field == "type":
        return RejectReason.UNSUPPORTED_TYPE
    if field == "occurred_at":
        return RejectReason.BAD_TIME
    absent = problem["type"] == "missing" or problem["input"] is None
    if field in SUBJECT_FIELDS and absent and not any(item.get(name) for name in SUBJECT_FIELDS):
        return RejectReason.NO_SUBJECT
    if problem["type"] in ("string_too_long", "too_long"):
        return RejectReason.OVERSIZE_FIELD
    return RejectReason.BAD_FIELD


def _described(field: str, problem: ErrorDetails) -> str:
    mend = _MEND.get(problem["type"]) or _MEND_FIELD.get(field.partition(".")[0], "correct it or leave it out")
    got = "" if problem["type"] == "missing" else f", got {shown(problem['input'])}"
    return f"{field}: {problem['msg']}{got}; {mend}"


FORMAT = Format(
    name="native",
    sources=frozenset(Source),
    told_by="an object with `type` and `occurred_at`",
    ids="anonymous_id, user_id, email, account_id or account_domain",
    recognises=recognises,
    decode=decode,
)
