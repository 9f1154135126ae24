"""Sessions unfolded into acts: what was done when, by whom, with which device; still without a format."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, NamedTuple

from deploy.simulate.mail.gateways import Gateway, Touch, gateway_of, kind_of, rescan, scan, with_trap
from deploy.simulate.mail.readers import reading
from deploy.simulate.plan import Mail, Plan, Report, Session, Visit
from deploy.simulate.site import MAIL_PROXY, REFERRERS, SITE, Page, mail_links
from deploy.simulate.spec import MINUTE_MS, Label, WorldSpec, rng_of
from deploy.simulate.world import Company, Device, Person, pick

FORM_NAMED = frozenset({"form_submit", "webinar"})
"""Web acts in which the visitor leaves name and mailbox."""

NOTHING: Mapping[str, Any] = {}


class Act(NamedTuple):
    """One thing done.

    Args:
        at_ms: when, ms since 1970.
        event_id: the id its producer gives it.
        person: who, as far as the producer is told; None for the company or an unknown visitor.
        data: further fields by their native names; `..._at` fields are ms since 1970.
        marks: truths that hold from here on.
        doer: mailbox of who truly did it, if that is not `person`.
        truly: account id of the company that truly did it, if that is not the one it is reported for.
    """

    at_ms: int
    event_id: str
    source: str
    type: str
    person: Person | None = None
    device: Device | None = None
    page: Page | None = None
    form: str = ""
    referrer: str = ""
    data: Mapping[str, Any] = NOTHING
    marks: tuple[str, ...] = ()
    label: Label = Label.HUMAN
    kind: str = "journey"
    ip: str = ""
    user_agent: str = ""
    doer: str = ""
    truly: str | None = None


Bundle = tuple[Act, ...]
"""Acts that a producer reports in one record where its format allows that."""


def acts_of(spec: WorldSpec, plan: Plan, number: int) -> Iterator[Bundle]:
    """What happens in one session of a plan; the same on each call. Acts after the span's end are left out."""
    company, session = plan.company, plan.sessions[number]
    rng = rng_of(spec.seed, company.index, number, 4)
    head = f"{spec.tag}-{company.index:x}-{number:x}-"
    for bundle in _unfold(spec, company, session, rng, head):
        if bundle[-1].at_ms <= spec.end_ms:
            yield bundle


def _unfold(spec: WorldSpec, company: Company, session: Session, rng: Random, head: str) -> Iterator[Bundle]:
    if isinstance(session, Visit):
        for act in _visit(company.people[session.person], session, rng, head):
            yield (act,)
    elif isinstance(session, Report):
        for act in _report(company, session, rng, head):
            yield (act,)
    else:
        yield from _mail(spec, company, session, rng, head)


def device_for(person: Person, rng: Random) -> Device:
    """The browser somebody sits at: mostly the first."""
    return person.devices[1] if len(person.devices) > 1 and rng.random() < 0.3 else person.devices[0]


def _visit(person: Person, visit: Visit, rng: Random, head: str) -> Iterator[Act]:
    # whoever is about to be asked for a name sits at the desk where the anonymous history lies
    named = any(step.type in FORM_NAMED for step in visit.steps)
    device = person.devices[0] if named else device_for(person, rng)
    at_ms, referrer = visit.at_ms, pick(rng, REFERRERS)
    for number, step in enumerate(visit.steps):
        yield Act(
            at_ms,
            f"{head}{number:x}",
            "web",
            step.type,
            person if step.type in FORM_NAMED else None,
            device,
            step.page,
            step.form,
            referrer,
            marks=step.marks,
        )
        referrer = SITE + step.page.path
        at_ms += 4_000 + int(rng.random() ** 2 * 70_000)


def _report(company: Company, report: Report, rng: Random, head: str) -> Iterator[Act]:
    person = company.people[report.person] if report.person >= 0 else None
    at_ms = report.at_ms
    for number, fact in enumerate(report.facts):
        device = person.devices[0] if person and fact.device else None
        yield Act(at_ms, f"{head}{number:x}", fact.source, fact.type, person, device, data=fact.data, marks=fact.marks)
        at_ms += 3_000 + int(rng.random() * 70_000)


def _mail(spec: WorldSpec, company: Company, mail: Mail, rng: Random, head: str) -> Iterator[Bundle]:
    """Delivery to all at once; then per reader what machines and people do with it."""
    message_id = f"m-{head}0"
    gateway = gateway_of(spec, company)
    delivered_ms = mail.at_ms // 1000 * 1000 + (5_000 if gateway is Gateway.BEFORE else 0)
    people = [company.people[index] for index in mail.people]
    data = {"message_id": message_id, "asset": mail.asset.asset}
    yield tuple(
        Act(delivered_ms, f"{head}d{person.number:x}", "email", "delivered", person, data=data) for person in people
    )
    for person in people:
        start = f"{head}p{person.number:x}-"
        guard = None if person.free_mail else gateway
        if guard:
            links = with_trap(spec, mail_links(mail.asset), mail.at_ms)
            number = 0
            for touches in scan(guard, company, links, delivered_ms, rng):
                yield tuple(
                    _by_gateway(touch, guard, f"{start}s{number + more}", person, data)
                    for more, touch in enumerate(touches)
                )
                number += len(touches)
        if person.proxied:
            yield (_by_proxy(delivered_ms + 20_000 + int(rng.random() * 20) * 1000, f"{start}x", person, data),)
        if mail.eager or rng.random() < 0.45:
            yield from _read(mail, person, delivered_ms, guard, data, rng, start)


def _by_gateway(touch: Touch, gateway: Gateway, event_id: str, person: Person, data: Mapping[str, Any]) -> Act:
    act = Act(touch.at_ms, event_id, "email", "click", person, page=touch.page, data=data)
    return act._replace(label=Label.MACHINE, kind=kind_of(gateway), ip=touch.ip, user_agent=touch.user_agent)


def _by_proxy(at_ms: int, event_id: str, person: Person, data: Mapping[str, Any]) -> Act:
    act = Act(at_ms, event_id, "email", "open", person, data={**data, "machine": True})
    ip = f"192.0.2.{200 + person.number}"
    return act._replace(label=Label.MACHINE, kind="proxy_open", ip=ip, user_agent=MAIL_PROXY)


def _read(
    mail: Mail,
    person: Person,
    delivered_ms: int,
    gateway: Gateway | None,
    data: Mapping[str, Any],
    rng: Random,
    start: str,
) -> Iterator[Bundle]:
    """A person opens the mail, perhaps clicks and lands on the site, seldom answers."""
    device = device_for(person, rng)
    found = reading(delivered_ms, mail.eager, rng)
    if found.shown:
        yield (_mail_act(found.opened_ms, f"{start}o", "open", person, device, None, data),)
    if not found.clicked_ms:
        return
    links = mail_links(mail.asset)
    link = links[found.link]
    click = _mail_act(found.clicked_ms, f"{start}c", "click", person, device, link, data)
    touch = rescan(link, found.clicked_ms, rng) if gateway is Gateway.CLICK_TIME else None
    yield (_by_gateway(touch, Gateway.CLICK_TIME, f"{start}g", person, data), click) if touch else (click,)
    at_ms = found.clicked_ms + 1_200 + int(rng.random() * 2_000)
    landing = Page(f"{link.path}?utm_source=mail&utm_campaign={mail.asset.asset}", link.title, link.topic, link.asset)
    yield (Act(at_ms, f"{start}l", "web", "page_view", None, device, landing),)
    if found.second_ms:
        page = links[found.second]
        yield (_mail_act(found.second_ms, f"{start}e", "click", person, device, page, data),)
    if rng.random() < 0.5:
        at_ms += 20_000 + int(rng.random() * 60_000)
        yield (Act(at_ms, f"{start}w", "web", "content_download", None, device, mail.asset, referrer=landing.url),)
    elif rng.random() < 0.06:
        at_ms = (at_ms + 90 * MINUTE_MS) // 1000 * 1000
        yield (_mail_act(at_ms, f"{start}r", "reply", person, device, None, data),)


def _mail_act(
    at_ms: int, event_id: str, type_: str, person: Person, device: Device, page: Page | None, data: Mapping[str, Any]
) -> Act:
    return Act(
        at_ms, event_id, "email", type_, person, page=page, data=data, ip=device.ip, user_agent=device.user_agent
    )
