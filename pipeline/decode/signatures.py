"""Signs of formats that are known but not read, so that a rejection can name the system instead of only saying no."""

from collections.abc import Callable

from pipeline.decode.clean import mapping
from pipeline.decode.form import Item

_TABS_OF_SNOWPLOW = 130  # 131 columns
_BAD_ROW = "iglu:com.snowplowanalytics.snowplow.badrows/"


def _all(*names: str) -> Callable[[Item], bool]:
    return lambda item: all(name in item for name in names)


def _starts(item: Item, name: str, start: str) -> bool:
    value = item.get(name)
    return type(value) is str and value.startswith(start)


_OBJECTS: tuple[tuple[str, Callable[[Item], bool]], ...] = (
    ("CloudEvents (structured)", _all("specversion", "id", "source", "type")),
    ("a Snowplow bad row", lambda item: _starts(item, "schema", _BAD_ROW)),
    ("Snowplow (JSON)", _all("event_id", "collector_tstamp", "v_collector")),
    ("PostHog", _all("event", "distinct_id")),
    ("Mailgun", _all("event-data")),
    ("Postmark", _all("RecordType", "MessageID")),
    (
        "Amazon SES",
        lambda item: "messageId" in mapping(item.get("mail")) and ("eventType" in item or "notificationType" in item),
    ),
    ("an Amazon SNS notification", lambda item: item.get("Type") == "Notification" and "Message" in item),
    ("Mailjet", _all("event", "mj_contact_id", "MessageID")),
    ("Brevo", _all("event", "message-id", "email")),
    ("Resend", lambda item: _starts(item, "type", "email.") and "email_id" in mapping(item.get("data"))),
    ("SparkPost", _all("msys")),
    ("Customer.io", _all("event_id", "object_type", "metric")),
    ("Vero", lambda item: "type" in item and "email" in mapping(item.get("user"))),
    ("HubSpot (CRM webhook)", _all("subscriptionType", "portalId")),
    ("HubSpot (email event)", _all("emailCampaignId", "recipient")),
    ("Marketo", _all("marketoGUID")),
    ("Eloqua", _all("ActivityId", "ActivityType")),
    ("Stripe", lambda item: item.get("object") == "event"),
    ("Chargebee", _all("event_type", "content")),
)
"""Most telling first; none of these tests raises on any JSON object."""


def of_object(item: object) -> str:
    """The system an item looks like; '' if it looks like none we know."""
    if type(item) is not dict:
        return ""
    return next((name for name, looks_like in _OBJECTS if looks_like(item)), "")


def of_bytes(value: bytes) -> str:
    """The binary or text format a value that is no JSON looks like; '' if none we know."""
    if value.startswith((b"\x28\xb5\x2f\xfd", b"\x1f\x8b")):
        return "a compressed value (zstd or gzip), as newer Snowplow enrichers write batches"
    if value.startswith(b"\x00") and len(value) > 5:
        return "Avro with a schema registry's prefix"
    if value[:1] not in b"{[" and value.count(b"\t") == _TABS_OF_SNOWPLOW:
        return "Snowplow (enriched TSV)"
    return ""
