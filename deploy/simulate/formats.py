"""Payloads as producers write them: native, Segment, RudderStack, SendGrid; no schema is shared."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from deploy.simulate.acts import FORM_NAMED, Act
from deploy.simulate.site import SITE
from deploy.simulate.world import Company

Payload = dict[str, Any]

TRACK_NAMES: Mapping[str, str] = {
    "content_download": "Content Downloaded",
    "form_submit": "Form Submitted",
    "webinar": "Webinar Attended",
    "trial_started": "Trial Started",
    "trial_activated": "Trial Activated",
    "trial_ended": "Trial Ended",
    "feature_used": "Feature Used",
    "user_invited": "User Invited",
    "limit_reached": "Limit Reached",
    "outcome_reached": "Outcome Reached",
    "signed_in": "Signed In",
}
"""How an analytics vendor's `track` calls name what the native form calls by its type."""

MAIL_NAMES: Mapping[str, str] = {"delivered": "delivered", "open": "open", "click": "click"}
"""What SendGrid reports; a reply reaches the vendor's own mailbox and is reported natively."""


def moment(at_ms: int) -> datetime:
    """Milliseconds since 1970 as the aware datetime that is written as ISO text."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def native_web(act: Act) -> Payload:
    """A web act in the native form."""
    page, device = act.page, act.device
    payload: Payload = {"event_id": act.event_id, "type": act.type, "occurred_at": moment(act.at_ms)}
    if device:
        payload["anonymous_id"] = device.anonymous_id
        payload["ip"] = device.ip
        payload["user_agent"] = device.user_agent
    if page:
        payload["url"] = SITE + page.path
        payload["title"] = page.title
        if page.topic:
            payload["topic"] = page.topic
        if page.asset and act.type != "page_view":
            payload["asset"] = page.asset
    if act.referrer:
        payload["referrer"] = act.referrer
    if act.form:
        payload["form"] = act.form
    if act.person:
        payload["email"] = act.person.email
        payload["person_name"] = act.person.name
        payload["job_title"] = act.person.title
    payload.update(act.data)
    return payload


def segment_web(act: Act, sent_ms: int) -> list[Payload]:
    """A web act as Segment sends it: a page call, or a track call behind an identify call where a name is given."""
    assert act.device is not None
    assert act.page is not None
    when, sent = moment(act.at_ms), moment(sent_ms)
    page = {"url": SITE + act.page.path, "path": act.page.path, "title": act.page.title, "referrer": act.referrer}
    payload: Payload = {
        "anonymousId": act.device.anonymous_id,
        "channel": "client",
        "context": {
            "ip": act.device.ip,
            "library": {"name": "analytics.js", "version": "next-1.70.0"},
            "locale": "en-US",
            "page": page,
            "userAgent": act.device.user_agent,
        },
        "integrations": {},
        "messageId": act.event_id,
        "originalTimestamp": when,
        "receivedAt": sent,
        "sentAt": when,
        "timestamp": when,
        "userId": None,
        "version": 2,
    }
    if act.type == "page_view":
        payload["type"] = "page"
        payload["name"] = act.page.title
        payload["properties"] = {**page, "name": act.page.title, "topic": act.page.topic}
        return [payload]
    payload["type"] = "track"
    payload["event"] = TRACK_NAMES[act.type]
    properties = _track_properties(act)
    payload["properties"] = properties
    if act.person is None:
        return [payload]
    properties["email"] = act.person.email
    traits = {"email": act.person.email, "name": act.person.name, "title": act.person.title}
    identify = {**payload, "type": "identify", "messageId": act.event_id + "i", "traits": traits}
    del identify["event"], identify["properties"]
    return [identify, payload]


def rudderstack_web(act: Act, sent_ms: int) -> list[Payload]:
    """A web act as RudderStack sends it; who left a name is known by `context.traits`."""
    assert act.device is not None
    assert act.page is not None
    when, sent = moment(act.at_ms), moment(sent_ms)
    page = {"path": act.page.path, "referrer": act.referrer, "search": "", "title": act.page.title}
    page["url"] = SITE + act.page.path
    context: Payload = {
        "app": {"name": "RudderLabs JavaScript SDK", "version": "3.7.5"},
        "library": {"name": "RudderLabs JavaScript SDK", "version": "3.7.5"},
        "locale": "en-GB",
        "page": page,
        "traits": {},
        "userAgent": act.device.user_agent,
    }
    payload: Payload = {
        "anonymousId": act.device.anonymous_id,
        "channel": "web",
        "context": context,
        "integrations": {"All": True},
        "messageId": act.event_id,
        "originalTimestamp": when,
        "receivedAt": sent,
        "request_ip": act.device.ip,
        "rudderId": act.device.anonymous_id[2:],
        "sentAt": when,
        "timestamp": when,
        "type": "track",
        "userId": "",
    }
    if act.type == "page_view":
        payload["type"] = "page"
        payload["name"] = act.page.title
        payload["properties"] = {**page, "name": act.page.title, "topic": act.page.topic}
        return [payload]
    payload["event"] = TRACK_NAMES[act.type]
    payload["properties"] = _track_properties(act)
    if act.person is None:
        return [payload]
    context["traits"] = {"email": act.person.email, "name": act.person.name, "title": act.person.title}
    identify = {**payload, "type": "identify", "messageId": act.event_id + "i"}
    del identify["event"], identify["properties"]
    return [identify, payload]


def _track_properties(act: Act) -> Payload:
    assert act.page is not None
    properties: Payload = {"url": SITE + act.page.path, "title": act.page.title, "topic": act.page.topic}
    if act.page.asset:
        properties["asset"] = act.page.asset
    if act.form:
        properties["form"] = act.form
    return properties


def native_trial(act: Act, company: Company) -> Payload:
    """Product usage in the native form."""
    payload: Payload = {
        "event_id": act.event_id,
        "type": act.type,
        "occurred_at": moment(act.at_ms),
        "workspace_id": company.workspace_id,
        **_moments(act.data),
    }
    if act.person:
        payload["user_id"] = act.person.user_id
        payload["email"] = act.person.email
    if act.device:
        payload["anonymous_id"] = act.device.anonymous_id
    return payload


def segment_trial(act: Act, company: Company, sent_ms: int) -> Payload:
    """Product usage as a Segment track call from the vendor's server."""
    assert act.person is not None
    when = moment(act.at_ms)
    return {
        "anonymousId": act.device.anonymous_id if act.device else None,
        "channel": "server",
        "context": {
            "groupId": company.workspace_id,
            "library": {"name": "@segment/analytics-node", "version": "2.2.1"},
            "traits": {"email": act.person.email},
        },
        "event": TRACK_NAMES[act.type],
        "integrations": {},
        "messageId": act.event_id,
        "originalTimestamp": when,
        "properties": {"workspace_id": company.workspace_id, **_moments(act.data)},
        "receivedAt": moment(sent_ms),
        "sentAt": when,
        "timestamp": when,
        "type": "track",
        "userId": act.person.user_id,
        "version": 2,
    }


def native_fact(act: Act, company: Company) -> Payload:
    """A CRM, support or social event in the native form. CRM knows the account, a review site only its domain."""
    payload: Payload = {"event_id": act.event_id, "type": act.type, "occurred_at": moment(act.at_ms)} | _moments(
        act.data
    )
    if act.source == "crm":
        if company.in_directory:
            payload["account_id"] = company.account_id
        else:
            payload["account_domain"] = company.domains[0]
        payload["owner"] = company.owner
    elif act.source == "social":
        payload["account_domain"] = company.domains[0]
    if act.person and not (act.source == "social" and act.type == "review_posted"):
        payload["email"] = act.person.email
        payload["person_name"] = act.person.name
    return payload


def native_mail(act: Act) -> Payload:
    """A mail event in the native form."""
    assert act.person is not None
    payload: Payload = {
        "event_id": act.event_id,
        "type": act.type,
        "occurred_at": moment(act.at_ms),
        "email": act.person.email,
        **act.data,
    }
    if act.page:
        payload["url"] = SITE + act.page.path
    if act.ip:
        payload["ip"] = act.ip
        payload["user_agent"] = act.user_agent
    return payload


def sendgrid_mail(act: Act) -> Payload:
    """A mail event as one item of a SendGrid array; its clock knows seconds only."""
    assert act.person is not None
    message_id = act.data["message_id"]
    payload: Payload = {
        "email": act.person.email,
        "timestamp": act.at_ms // 1000,
        "smtp-id": f"<{message_id}@orvanta-sim.com>",
        "event": MAIL_NAMES[act.type],
        "category": [act.data["asset"]],
        "sg_event_id": act.event_id,
        "sg_message_id": f"{message_id}.recvd-sim-0",
    }
    if act.type == "delivered":
        payload["response"] = "250 OK"
        payload["tls"] = 1
        return payload
    payload["ip"] = act.ip
    payload["useragent"] = act.user_agent
    if act.type == "open":
        payload["sg_machine_open"] = bool(act.data.get("machine"))
    elif act.page:
        payload["url"] = SITE + act.page.path
        payload["url_offset"] = {"index": 0, "type": "html"}
    return payload


def _moments(data: Mapping[str, Any]) -> Payload:
    return {name: moment(value) if name.endswith("_at") else value for name, value in data.items()}


__all__ = ["FORM_NAMED", "MAIL_NAMES", "TRACK_NAMES"]
