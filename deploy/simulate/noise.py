"""What else arrives: crawlers, passers-by, free mailboxes, broken records."""

from collections.abc import Iterator
from random import Random

import orjson

from deploy.simulate.acts import Act
from deploy.simulate.formats import moment
from deploy.simulate.site import ALL_PAGES, ASSETS, BLOG, BROWSERS, CRAWLERS, HOME, PRICING, REFERRERS, SITE
from deploy.simulate.spec import Label, Message, WorldSpec
from deploy.simulate.world import FREE_MAIL, Device, Person, device_of, home_ip, person_name, pick
from schemas.base import Source

BURST_PAGES = 80
OVERSIZE_URL = SITE + "/?q=" + "x" * 5_000
BAD_KINDS = (
    "bad_bytes",
    "truncated_json",
    "wrong_type",
    "empty_value",
    "unknown_vendor",
    "oversize_field",
    "no_subject",
    "unknown_type",
)


def visitor(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[Act]:
    """A passer-by reads a few pages and never gives a name."""
    device = device_of(spec, rng, home_ip(rng))
    referrer = pick(rng, REFERRERS)
    for number in range(1 + int(rng.random() * 5)):
        page = pick(rng, BLOG) if rng.random() < 0.7 else pick(rng, (HOME, PRICING, *ASSETS))
        yield Act(at_ms, f"{head}{number:x}", "web", "page_view", None, device, page, referrer=referrer, kind="visitor")
        referrer = page.url
        at_ms += 5_000 + int(rng.random() * 60_000)


def free_mail_person(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[Act]:
    """Somebody who belongs to no company that anybody knows: reads and leaves a free mailbox."""
    device = device_of(spec, rng, home_ip(rng))
    given, family = person_name(rng)
    email = f"{given}.{family}.sim{rng.getrandbits(32):x}@{pick(rng, FREE_MAIL)}".lower()
    person = Person(0, f"{given} {family}", "user", "Student", email, "", (device,), True, False)
    asset = pick(rng, ASSETS)
    steps = (("page_view", pick(rng, BLOG), ""), ("page_view", asset, ""), ("form_submit", asset, "white-paper"))
    for number, (type_, page, form) in enumerate(steps):
        who = person if form else None
        yield Act(at_ms, f"{head}{number:x}", "web", type_, who, device, page, form, kind="freemail")
        at_ms += 10_000 + int(rng.random() * 60_000)


def crawler(spec: WorldSpec, at_ms: int, head: str, rng: Random, *, burst: bool) -> Iterator[Act]:
    """A machine reads many pages: it says so in its user agent, or names none; in a burst it poses as a browser.

    Args:
        burst: more than a page a second under a browser's name.
    """
    if burst:
        user_agent, pages, gap_ms = pick(rng, BROWSERS), BURST_PAGES, 600
    else:
        user_agent = pick(rng, CRAWLERS) if rng.random() < 0.85 else ""
        pages, gap_ms = 4 + int(rng.random() * 12), 2_500
    ip = f"192.0.2.{100 + int(rng.random() * 80)}"
    device = Device(f"c-{rng.getrandbits(64):016x}", "native", user_agent, ip)
    if not burst and user_agent and rng.random() < 0.4:
        device = device._replace(format=device_of(spec, rng, ip).format)
    for number in range(pages):
        yield Act(
            at_ms,
            f"{head}{number:x}",
            "web",
            "page_view",
            None,
            device,
            pick(rng, ALL_PAGES),
            label=Label.MACHINE,
            kind="burst" if burst else "crawler",
        )
        at_ms += int(gap_ms * (0.5 + rng.random()))


def bad_record(at_ms: int, rng: Random) -> Message:
    """A record no decoder can take, on some topic."""
    kind = pick(rng, BAD_KINDS)
    source = pick(rng, (Source.WEB, Source.WEB, Source.EMAIL, Source.TRIAL, Source.CRM, Source.SUPPORT))
    return Message(at_ms, at_ms, source, str(source), None, _broken(kind, source, at_ms, rng), Label.BAD, kind)


def _broken(kind: str, source: Source, at_ms: int, rng: Random) -> bytes:
    if kind == "bad_bytes":
        return b"\xff\xfe\x00" + rng.randbytes(40)
    if kind == "empty_value":
        return b""
    if kind == "unknown_vendor":
        body = {"vendor": "someone-else", "schema": 3, "payload": {"a": [rng.getrandbits(32)]}}
        return orjson.dumps(body)
    types = {Source.WEB: "page_view", Source.EMAIL: "click", Source.TRIAL: "signed_in", Source.CRM: "call_held"}
    email = f"nobody{rng.getrandbits(32):x}@lost-sim.com"
    record = {
        "event_id": f"bad-{rng.getrandbits(48):x}",
        "type": types.get(source, "ticket_opened"),
        "occurred_at": moment(at_ms),
        "email": email,
    }
    if kind == "wrong_type":
        record["occurred_at"] = "yesterday, about noon"
    elif kind == "oversize_field":
        record["user_agent"] = OVERSIZE_URL
    elif kind == "unknown_type":
        record["type"] = "moon_landing"
    elif kind == "no_subject":
        del record["email"]
    text = orjson.dumps(record, option=orjson.OPT_UTC_Z)
    return text[: len(text) // 2] if kind == "truncated_json" else text


__all__ = ["BAD_KINDS", "bad_record", "crawler", "free_mail_person", "visitor"]
