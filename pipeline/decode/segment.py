"""Events of the Segment family as they lie on Kafka: Segment, RudderStack and Jitsu share one shape.

Recognised and read by the vendors' public specs. RudderStack writes the message alone and adds marks of its own;
Segment writes the whole event; both also know the envelope `{"batch": [...], "context": {...}, "sentAt": ...}`.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, NamedTuple

from pipeline.decode import tracks
from pipeline.decode.clean import bad_time, domain, first_text, ident, ip, mailbox, mapping, moment_ms, text
from pipeline.decode.form import Decoded, Format, Item, RefusedError, names, shown
from pipeline.decode.links import link
from pipeline.decode.properties import KEY_LENGTH_MAX, flat, normal
from pipeline.privacy.consent import CONSENT, said_of
from schemas.base import ID_LENGTH_MAX, Source
from schemas.rejected import RejectReason

CALLS = frozenset({"track", "page", "screen", "identify", "group", "alias"})

_MARKS_OF_THE_FAMILY = ("messageId", "userId", "anonymousId", "originalTimestamp", "previousId", "groupId", "event")
_TIMES = ("timestamp", "originalTimestamp", "receivedAt", "sentAt")
_RUDDER_CHANNELS = frozenset({"web", "mobile", "sources"})  # Segment says client, browser or server
_NOT_PROPERTIES = names("url path title referrer search hash")
_TRAITS_OF_PERSON = names(
    "email name firstName lastName firstname lastname first_name last_name title jobTitle job_title company"
)


class _Call(NamedTuple):
    """A call with what is read the same way in all six: `fields` of the event, and `said`, properties of our naming."""

    item: Item
    source: Source
    context: Mapping[str, Any]
    fields: Mapping[str, Any]
    said: tuple[tuple[str, str], ...]


def recognises(item: Item) -> bool:
    """Whether the item is of the family: one of the six calls, or any other type under the family's ids."""
    kind = item.get("type")
    if type(kind) is not str:
        return False
    if kind in CALLS:
        return any(mark in item for mark in _MARKS_OF_THE_FAMILY)
    # a log record of another system may have a `type` too, so an unknown call needs the ids and the times
    return "messageId" in item and ("userId" in item or "anonymousId" in item) and any(t in item for t in _TIMES)


def recognises_rudderstack(item: Item) -> bool:
    """Whether it is of the family and bears RudderStack's marks. Its messages without any are `segment`."""
    return recognises(item) and (
        "request_ip" in item
        or "rudderId" in item
        or text(item.get("channel"), 20) in _RUDDER_CHANNELS
        or text(mapping(mapping(item.get("context")).get("library")).get("name"), 20).lower().startswith("rudder")
    )


def open_envelope(document: Item) -> tuple[list[Any], Mapping[str, Any]] | None:
    """Items of a batch envelope and what it says for all of them; None if the object is no envelope."""
    items = document.get("batch")
    if type(items) is not list or "type" in document or "event" in document:
        return None
    inherited: dict[str, Any] = {"context": mapping(document.get("context"))}
    if "sentAt" in document:
        inherited["sentAt"] = document["sentAt"]
    return items, inherited


def decode(item: Item, source: Source, inherited: Mapping[str, Any]) -> Decoded:
    """Fields of one call.

    Args:
        item: the call.
        source: web or trial; decides what an unknown track name means.
        inherited: the envelope's `context` (a call's own wins) and `sentAt`.

    Raises:
        RefusedError: the call is not one of the six, has no usable time or too long an id; a track call has no name.
    """
    kind = item["type"]
    if kind not in CALLS:
        raise RefusedError(
            RejectReason.UNSUPPORTED_TYPE,
            f"type: not a call of the Segment spec, got {shown(kind)};",
            f"use one of {', '.join(sorted(CALLS))}",
        )
    context = {**mapping(inherited.get("context")), **mapping(item.get("context"))}
    page = mapping(context.get("page"))
    properties = mapping(item.get("properties"))
    place = link(first_text(properties.get("url"), page.get("url"), properties.get("path"), page.get("path")))
    fields = _ids(item, context) | {
        "ip": ip(context.get("ip")) or ip(item.get("request_ip")) or ip(item.get("requestIp")),
        "url": place.url,
        "title": first_text(properties.get("title"), page.get("title")),
    }
    if type(agent := context.get("userAgent")) is str:  # an empty one says that the client gave none
        fields["user_agent"] = text(agent)
    said = [*place.said, *_campaign(context)]
    if consent := said_of(mapping(context.get("consent")).get("categoryPreferences")):
        said.append((CONSENT, consent))
    if referrer := link(first_text(properties.get("referrer"), page.get("referrer"))).url:
        said.append(("referrer", referrer))
    what = _CALLS[kind](_Call(item, source, context, fields, tuple(said)))
    return Decoded(ident(item.get("messageId"), "messageId"), _time(item, inherited), what)


def _time(item: Item, inherited: Mapping[str, Any]) -> int:
    for name in _TIMES:
        if (given := item.get(name)) is not None:
            return moment_ms(given, name)
    if (given := inherited.get("sentAt")) is not None:
        return moment_ms(given, "sentAt")
    raise bad_time("timestamp", None)


def _ids(item: Item, context: Mapping[str, Any]) -> dict[str, Any]:
    user_id = ident(item.get("userId"), "userId")
    return {
        "anonymous_id": ident(item.get("anonymousId"), "anonymousId"),
        "user_id": user_id,
        # many producers use the mailbox as the user's id
        "email": mailbox(mapping(context.get("traits")).get("email")) or mailbox(user_id),
        "account_id": ident(item.get("groupId"), "groupId") or ident(context.get("groupId"), "context.groupId"),
    }


def _campaign(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    campaign = mapping(context.get("campaign"))
    return [
        (f"utm_{ours}", given)
        for ours, theirs in (("campaign", "name"), ("source", "source"), ("medium", "medium"))
        if (given := text(campaign.get(theirs)))
    ]


def _person(traits: Mapping[str, Any]) -> dict[str, str]:
    whole = text(traits.get("name"))
    parts = (
        first_text(traits.get("firstName"), traits.get("firstname"), traits.get("first_name")),
        first_text(traits.get("lastName"), traits.get("lastname"), traits.get("last_name")),
    )
    found = {
        "person_name": whole or " ".join(filter(None, parts)),
        "job_title": first_text(traits.get("title"), traits.get("jobTitle"), traits.get("job_title")),
        "account_domain": domain(mapping(traits.get("company")).get("domain")),
    }
    return {name: value for name, value in found.items() if value}


def _view(call: _Call) -> dict[str, Any]:
    properties = mapping(call.item.get("properties"))
    return {
        **call.fields,
        **_person(mapping(call.context.get("traits"))),
        "type": "page_view",
        "email": mailbox(properties.get("email")) or call.fields["email"],
        "title": call.fields["title"] or first_text(call.item.get("name"), properties.get("name")),
        "topic": first_text(properties.get("topic"), properties.get("category"), call.item.get("category")),
        "properties": flat(call.said, _rest(properties, _NOT_PROPERTIES | {"email", "topic", "category"})),
    }


def _identify(call: _Call) -> dict[str, Any]:
    traits = {**mapping(call.context.get("traits")), **mapping(call.item.get("traits"))}
    # an alias names two ids of one person, but not whether the former one was anonymous: kept, not joined
    previous = text(call.item.get("previousId"))
    company = text(traits.get("company")) or text(mapping(traits.get("company")).get("name"))
    return {
        **call.fields,
        **_person(traits),
        "type": "identify",
        "email": mailbox(traits.get("email")) or call.fields["email"],
        "properties": flat(
            (*call.said, ("company", company), ("previous_id", previous)), _rest(traits, _TRAITS_OF_PERSON)
        ),
    }


def _group(call: _Call) -> dict[str, Any]:
    traits = mapping(call.item.get("traits"))  # of the company, not of the person
    person = _person(mapping(call.context.get("traits")))
    named = domain(traits.get("domain")) or domain(traits.get("website"))
    return {
        **call.fields,
        **person,
        "type": "identify",
        "account_domain": named or person.get("account_domain", ""),
        "properties": flat(
            (*call.said, ("company", text(traits.get("name")))), _rest(traits, {"name", "domain", "website"})
        ),
    }


def _track(call: _Call) -> dict[str, Any]:
    name = text(call.item.get("event"), ID_LENGTH_MAX)
    if not name:
        raise RefusedError(
            RejectReason.BAD_FIELD, f"event: a track call without name, got {shown(call.item.get('event'))};", "add it"
        )
    track = tracks.meaning(name, call.source)
    implied = {field: value for field, value in track._asdict().items() if value}
    properties = mapping(call.item.get("properties"))
    by_name = {normal(key[:KEY_LENGTH_MAX]): (key, value) for key, value in properties.items()}
    used = set(_NOT_PROPERTIES)
    own: dict[str, Any] = {}
    for field, keys in tracks.FIELDS.get(track.type, {}).items():
        if field in implied:
            continue
        for key, value in (by_name[key] for key in keys if key in by_name):
            if found := tracks.value_of(field, value):
                own[field] = found
                used.add(key)
                break
    said = [*call.said, ("event", name)] if track.type == "custom" else list(call.said)
    if form := own.get("form"):
        own["form"] = tracks.form_name(form)
        said.append(("form_name", form))
    if track.type != "user_invited":  # there the mailbox is the guest's, not of the person who invites
        used.add("email")
        own["email"] = mailbox(properties.get("email")) or call.fields["email"]
    return {
        **call.fields,
        **_person(mapping(call.context.get("traits"))),
        **own,
        **implied,
        "properties": flat(said, _rest(properties, used)),
    }


def _rest(given: Mapping[str, Any], used: AbstractSet[str]) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in given.items() if name not in used)


_CALLS = {"track": _track, "page": _view, "screen": _view, "identify": _identify, "group": _group, "alias": _identify}

_FAMILY = partial(
    Format,
    sources=frozenset({Source.WEB, Source.TRIAL}),
    ids="anonymousId, userId, groupId or a trait `email`",
    decode=decode,
    transport=frozenset({"sentAt", "receivedAt"}),  # set anew by each delivery
)
RUDDERSTACK = _FAMILY(
    name="rudderstack",
    told_by="`type` of the six calls with userId or anonymousId, and `request_ip`, `rudderId` or `channel`",
    recognises=recognises_rudderstack,
)
SEGMENT = _FAMILY(
    name="segment",
    told_by="`type` of track, page, screen, identify, group, alias with userId or anonymousId, also in `batch`",
    recognises=recognises,
)
