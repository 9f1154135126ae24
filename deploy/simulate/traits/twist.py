"""The acts of a journey as they look where naming is hard: from other addresses, by other hands, with other ids."""

from collections.abc import Iterable, Iterator
from random import Random

from deploy.simulate.acts import Act, Bundle
from deploy.simulate.journeys import SCRIPTS, script_of
from deploy.simulate.spec import Label, WorldSpec, rng_of
from deploy.simulate.traits.chance import holds, roll
from deploy.simulate.traits.networks import Use, address_in, cafe_of
from deploy.simulate.world import Company, Person, company_of, office_of, pick

PLACEHOLDERS = ("null", "undefined", "00000000-0000-0000-0000-000000000000", "anonymous", "[object Object]", "0")
BROWSERS_EACH = 3
AWAY = (Use.ISP, Use.ISP, Use.ISP, Use.MOBILE, Use.MOBILE, Use.VPN, Use.HOSTING)
_HOME_PREFIX = "203.0.113."


def twisted(spec: WorldSpec, company: Company, number: int, bundles: Iterable[Bundle]) -> Iterator[Bundle]:
    """One session's bundles after all twists; machines stay as they are.

    Args:
        number: of the session.
    """
    if not spec.traits.any:
        yield from bundles
        return
    readers = _Readers(spec, company, rng_of(spec.seed, company.index, number, 31))
    for bundle in bundles:
        yield tuple(
            whereabouts(spec, readers.by_whom(with_ids(spec, company, number, with_doer(act, company))), number)
            if act.label is Label.HUMAN and act.type != "delivered"
            else act
            for act in bundle
        )


class _Readers:
    """Who reads the mails of one session: mostly the recipient, now and then somebody it was forwarded to.

    Args:
        rng: decides on it.
    """

    def __init__(self, spec: WorldSpec, company: Company, rng: Random) -> None:
        self._spec, self._company, self._rng = spec, company, rng
        self._recipient = ""
        self._other: tuple[Company, Person] | None = None
        self._clicked = False

    def by_whom(self, act: Act) -> Act:
        """The act by whoever truly reads the mail it belongs to."""
        if act.source == "email" and act.person:
            if act.person.email != self._recipient:
                self._recipient, self._other, self._clicked = act.person.email, None, False
            if act.type == "click" and not self._clicked:
                self._other, self._clicked = _forwarded_to(self._spec, self._company, act, self._rng), True
        return _by(act, *self._other) if self._other else act


def with_doer(act: Act, company: Company) -> Act:
    """The act with who truly did it: who is named, else whose browser it is."""
    if act.doer or act.person:
        return act if act.doer else act._replace(doer=act.person.email if act.person else "")
    owner = next((person for person in company.people if act.device in person.devices), None)
    return act._replace(doer=owner.email) if owner else act


def with_ids(spec: WorldSpec, company: Company, number: int, act: Act) -> Act:
    """The act under the ids that reach the producer: a role's mailbox, no mailbox, another browser, a broken id."""
    traits, person, device = spec.traits, act.person, act.device
    if person and person.role == "user" and act.source in ("web", "trial", "support"):
        if holds(traits.role_mailbox, spec, "role", company.index):
            act = act._replace(person=person._replace(email=f"info@{company.domains[0]}"))
        elif act.source == "trial" and device and holds(traits.user_id_only, spec, "user id only", company.index):
            act = act._replace(person=person._replace(email=""))
    if device and act.source == "web" and not act.form and holds(traits.many_devices, spec, "devices", act.doer):
        turn = number % BROWSERS_EACH
        act = act._replace(device=device._replace(anonymous_id=device.anonymous_id + "xyz"[turn]) if turn else device)
    if device and holds(traits.placeholder, spec, "placeholder", device.anonymous_id):
        broken = pick(rng_of(spec.seed, company.index, 32), PLACEHOLDERS)
        act = act._replace(device=device._replace(anonymous_id=broken), kind="placeholder")
    return act


def whereabouts(spec: WorldSpec, act: Act, *visit: int) -> Act:
    """The act from where it was done: the desk, at home, on the road. One visit is made from one place."""
    device = act.device
    address = device.ip if device else act.ip
    if not address:
        return act
    place = address
    if holds(spec.traits.away, spec, "away", act.doer, *visit):
        use = AWAY[int(roll(spec, "where", act.doer, *visit) * len(AWAY))]
        in_cafe = use is Use.ISP and roll(spec, "inside", act.doer, *visit) < 0.3
        place = cafe_of(spec, act.doer, *visit) if in_cafe else address_in(spec, use, act.doer, *visit)
    elif address.startswith(_HOME_PREFIX):
        place = address_in(spec, Use.ISP, "home", act.doer or (device.anonymous_id if device else address))
    return act._replace(device=device._replace(ip=place)) if device else act._replace(ip=place)


def stranger(spec: WorldSpec, act: Act) -> Act:
    """A passer-by, from anywhere; a crawler or a free mail person likewise."""
    if act.device is None or not spec.traits.any or act.label is not Label.HUMAN:
        return act
    roll_ = roll(spec, "stranger", act.device.anonymous_id)
    use = pick(Random(int(roll_ * (1 << 32))), (*AWAY, Use.EDUCATION, Use.RELAY))  # noqa: S311 - a simulation
    return act._replace(device=act.device._replace(ip=address_in(spec, use, act.device.anonymous_id)))


def some_company(spec: WorldSpec, rng: Random) -> Company:
    """Any company of the world."""
    index = int(rng.random() * spec.companies)
    name = script_of(spec, index)
    return company_of(spec, index, name, SCRIPTS[name].customer)


def _forwarded_to(spec: WorldSpec, company: Company, act: Act, rng: Random) -> tuple[Company, Person] | None:
    """Who clicks in the recipient's place: a colleague or somebody at another company; None if the recipient does."""
    if rng.random() >= spec.traits.forwarded:
        return None
    other = company if rng.random() < 0.5 else some_company(spec, rng)
    person = pick(rng, other.people)
    return None if person.email == act.doer else (other, person)


def _by(act: Act, company: Company, person: Person) -> Act:
    """The act by somebody else, in truth; what the producer tells of mailboxes stays as it was."""
    device = person.devices[0]
    act = act._replace(doer=person.email, truly=company.account_id, kind="forwarded")
    if act.device:
        return act._replace(device=device)
    return act._replace(ip=device.ip, user_agent=device.user_agent)


def office_address(company: Company) -> str:
    """The address of a company's desks."""
    return office_of(company.index)[1]
