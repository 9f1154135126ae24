"""People who go no journey, and whom it is hard to name rightly: each scene is some days of a few people's acts."""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from deploy.simulate.acts import Act
from deploy.simulate.site import ASSETS, BLOG, PRICING, Page
from deploy.simulate.spec import DAY_MS, WorldSpec
from deploy.simulate.traits.accounts import network_domain, network_id
from deploy.simulate.traits.networks import MADE_UP, Use, address_in, address_of, cafe_of
from deploy.simulate.traits.twist import office_address, some_company
from deploy.simulate.world import FREE_MAIL, Company, Device, Person, device_of, person_name, pick

Scene = Callable[[WorldSpec, int, str, Random], Iterator[tuple[Company | None, Act]]]
"""Acts in order of time, each with the company whose systems' view a fact is reported by, if any."""


class _Scene:
    """Writes acts one after another.

    Args:
        kind: name of the scene.
        head: beginning of its event ids.
    """

    def __init__(self, spec: WorldSpec, kind: str, at_ms: int, head: str, rng: Random) -> None:
        self.spec, self.kind, self.now, self.head, self.rng = spec, kind, at_ms, head, rng
        self._count = 0

    def days(self, low: float, high: float) -> None:
        """Between `low` and `high` days pass."""
        self.now += int((low + (high - low) * self.rng.random()) * DAY_MS)

    def act(self, device: Device, doer: str, truly: str, type_: str, page: Page | None, **more: Any) -> Act:
        """One web act; some seconds pass."""
        self.now += 4_000 + int(self.rng.random() * 50_000)
        self._count += 1
        act = Act(self.now, f"{self.head}{self._count:x}", "web", type_, None, device, page, kind=self.kind)
        return act._replace(doer=doer, truly=truly, **more)

    def pages(self, device: Device, doer: str, truly: str, count: int) -> Iterator[tuple[None, Act]]:
        """Some pages are read without a name."""
        for _ in range(count):
            page = pick(self.rng, BLOG) if self.rng.random() < 0.7 else pick(self.rng, (PRICING, *ASSETS))
            yield None, self.act(device, doer, truly, "page_view", page)

    def form(self, device: Device, person: Person, truly: str, doer: str = "") -> tuple[None, Act]:
        """A form is filled under a mailbox."""
        asset = pick(self.rng, ASSETS)
        return None, self.act(
            device, doer or person.email, truly, "form_submit", asset, form="white-paper", person=person
        )


def shared_device(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[tuple[Company | None, Act]]:
    """A kiosk, a meeting room's screen or the family's laptop: one browser, people of two to four companies."""
    scene = _Scene(spec, "shared_device", at_ms, head, rng)
    device = device_of(spec, rng, cafe_of(spec, head))
    family = rng.random() < 0.4
    for _ in range(2 if family else 2 + int(rng.random() * 3)):
        company = some_company(spec, rng)
        person = _at_work(company, rng)
        yield from scene.pages(device, person.email, company.account_id, 1 + int(rng.random() * 3))
        if rng.random() < 0.7:
            yield scene.form(device, person, company.account_id)
            yield from scene.pages(device, person.email, company.account_id, 1)
        scene.days(*((1.0, 25.0) if family else (0.1, 3.0)))


def late_work_mail(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[tuple[Company | None, Act]]:
    """Somebody signs with a free mailbox first, and with the work mailbox days later."""
    scene = _Scene(spec, "late_work_mail", at_ms, head, rng)
    company = some_company(spec, rng)
    person = _at_work(company, rng)
    device = device_of(spec, rng, address_in(spec, Use.ISP, head))
    private = person._replace(email=_private(person, head, rng))
    yield from scene.pages(device, person.email, company.account_id, 2)
    yield scene.form(device, private, company.account_id, person.email)
    scene.days(0.5, 4)
    yield from scene.pages(device, person.email, company.account_id, 2)
    scene.days(1, 16)
    yield scene.form(device, person, company.account_id)
    scene.days(0.5, 4)
    yield from scene.pages(device, person.email, company.account_id, 2)


def consultant(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[tuple[Company | None, Act]]:
    """Somebody of an agency works at a client's office and signs with the agency's mailbox."""
    scene = _Scene(spec, "consultant", at_ms, head, rng)
    agency, client = some_company(spec, rng), some_company(spec, rng)
    person = _at_work(agency, rng)
    device = device_of(spec, rng, office_address(client))
    yield from scene.pages(device, person.email, agency.account_id, 2)
    scene.days(0.2, 3)
    yield scene.form(device, person, agency.account_id)
    scene.days(0.2, 3)
    yield from scene.pages(device, person.email, agency.account_id, 3)


def leaver(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[tuple[Company | None, Act]]:
    """Somebody changes employer, keeps the laptop, and signs with the new mailbox some days later."""
    scene = _Scene(spec, "leaver", at_ms, head, rng)
    old, new = some_company(spec, rng), some_company(spec, rng)
    before, after = _at_work(old, rng), _at_work(new, rng)
    device = device_of(spec, rng, address_in(spec, Use.ISP, head))
    yield from scene.pages(device, before.email, old.account_id, 1)
    yield scene.form(device, before, old.account_id)
    for _ in range(2):
        scene.days(1, 8)
        yield from scene.pages(device, before.email, old.account_id, 2)
    scene.days(10, 40)
    yield from scene.pages(device, after.email, new.account_id, 1)
    scene.days(1, 10)
    yield scene.form(device, after, new.account_id)
    scene.days(1, 8)
    yield from scene.pages(device, after.email, new.account_id, 2)


def known_user(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[tuple[Company | None, Act]]:
    """A visitor signs in: the site tells the user id only, the support desk knows the user's mailbox."""
    scene = _Scene(spec, "known_user", at_ms, head, rng)
    company = some_company(spec, rng)
    person = _at_work(company, rng)
    device = device_of(spec, rng, address_in(spec, Use.ISP, head))._replace(format="native")
    user = {"user_id": f"k-{head}"}
    yield from scene.pages(device, person.email, company.account_id, 2)
    told_first = rng.random() < 0.5
    ticket = {"severity": "normal", "topic": "login trouble", **user}
    for step in (0, 1) if told_first else (1, 0):
        scene.days(0.05, 2)
        if step == 0:
            act = scene.act(device, person.email, company.account_id, "ticket_opened", None, data=ticket)
            yield company, act._replace(source="support", person=person, device=None)
        else:
            yield None, scene.act(device, person.email, company.account_id, "identify", PRICING, data=user)
    scene.days(0.2, 4)
    yield from scene.pages(device, person.email, company.account_id, 3)


def desk_reader(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[tuple[Company | None, Act]]:
    """Somebody reads at the desk and never gives a name: nothing but the address can tell the company."""
    scene = _Scene(spec, "desk_reader", at_ms, head, rng)
    company = some_company(spec, rng)
    device = device_of(spec, rng, office_address(company))
    for _ in range(1 + int(rng.random() * 3)):
        yield from scene.pages(device, "", company.account_id, 1 + int(rng.random() * 3))
        scene.days(0.5, 6)


def network_staff(spec: WorldSpec, at_ms: int, head: str, rng: Random) -> Iterator[tuple[Company | None, Act]]:
    """Somebody who works at a network that is an account, from that network, as thousands of its customers."""
    scene = _Scene(spec, "network_staff", at_ms, head, rng)
    at = pick(rng, MADE_UP[: spec.traits.network_accounts] or MADE_UP[:1])
    given, family = person_name(rng)
    email = f"{given}.{family}.{rng.getrandbits(24):x}@{network_domain(at)}".lower()
    device = device_of(spec, rng, address_of(spec, at, head))
    person = Person(0, f"{given} {family}", "user", "Buyer", email, "", (device,), False, False)
    yield from scene.pages(device, email, network_id(at), 2)
    yield scene.form(device, person, network_id(at))
    scene.days(0.2, 3)
    yield from scene.pages(device, email, network_id(at), 2)


SCENES: Mapping[str, Scene] = {
    "shared_device": shared_device,
    "late_work_mail": late_work_mail,
    "consultant": consultant,
    "leaver": leaver,
    "known_user": known_user,
    "desk_reader": desk_reader,
    "network_staff": network_staff,
}


def _at_work(company: Company, rng: Random) -> Person:
    """Somebody of the company, under a work mailbox; sits at a browser of the scene, not at the own one."""
    return pick(rng, [person for person in company.people if not person.free_mail] or company.people)


def _private(person: Person, head: str, rng: Random) -> str:
    local = person.email.partition("@")[0]
    return f"{local}.p{head.strip('-').rpartition('-')[2]}@{pick(rng, FREE_MAIL)}"
