"""The people and companies of a world. Each company follows from (seed, index) alone, so none need be kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, TypeVar

from deploy.simulate.site import BROWSERS
from deploy.simulate.spec import DAY_MS, WorldSpec, mix, rng_of
from deploy.simulate.traits.chance import holds

T = TypeVar("T")
_SYLLABLES = """
    bal bel bor dal dar den dor fal fen gal gor hal hen kal kel kor lan lem lor mal
    mar mel mor nal nel nor pal pel por ral rin sal sel sor tal ter tor val vel vor
"""
SYLLABLES = tuple(_SYLLABLES.split())
WORDS = len(SYLLABLES) ** 4
STRIDE = 1_618_033  # shares no factor with WORDS, so that no two companies get the same word
FORMS = (" Systems", " Logistics", " Foods", " Group", " GmbH", " Ltd", " Inc.", " Energy", " Medical", " Labs")
ENDINGS = ("com", "com", "com", "io", "de", "eu", "co.uk")
OWNERS = ("ana.berg", "tom.reyes", "lena.koch", "sam.okoro", "mia.dubois", "jon.hale")
REGIONS = ("EMEA", "EMEA", "AMER", "AMER", "APAC")
FREE_MAIL = ("gmail.com", "outlook.com", "gmx.de", "yahoo.com", "proton.me")
TITLES = {
    "champion": ("Head of Data", "Data Engineering Lead", "Director of Operations", "Analytics Manager"),
    "user": ("Data Engineer", "Data Analyst", "Operations Specialist", "Developer"),
    "buyer": ("VP Engineering", "CFO", "VP Operations", "Chief Data Officer"),
    "security": ("IT Security Manager", "CISO", "Head of IT"),
}
ROLES = ("champion", "user", "buyer", "security", "user", "user", "champion", "user")
PEOPLE = {"small": (3, 4), "mid": (4, 6), "large": (6, 8)}
MORE_DOMAINS = {"small": 1.2, "mid": 2.0, "large": 3.0}
HURRY_UNTIL = ("evaluate", "demo", "trial", "trial", "close", "research")
OFFICES_V4 = 16_384


class Device(NamedTuple):
    """A browser with its cookie."""

    anonymous_id: str
    format: str
    user_agent: str
    ip: str


class Person(NamedTuple):
    """Somebody who may act; `number` counts from 0 within the company."""

    number: int
    name: str
    role: str
    title: str
    email: str
    user_id: str
    devices: tuple[Device, ...]
    free_mail: bool
    proxied: bool


@dataclass(frozen=True, slots=True)
class Company:
    """One company and what the vendor's directory would know of it.

    Args:
        script: name of the journey it goes.
        start_ms: its first act, ms since 1970.
        customer_since_ms: for those who were customers before the span; else 0.
        renews_ms: when their contract ends, as the directory says; else 0.
        hurry_until: chapter before which time runs fast, so that an early span has late stages too; '' for none.
        scanned: its mail gateway opens every link on delivery.
    """

    index: int
    account_id: str
    name: str
    domains: tuple[str, ...]
    size: str
    tier: str
    region: str
    owner: str
    target: bool
    in_directory: bool
    suppressed: str
    customer_since_ms: int
    renews_ms: int
    office_ranges: tuple[str, ...]
    script: str
    start_ms: int
    hurry_until: str
    scanned: bool
    trial_format: str
    people: tuple[Person, ...]

    @property
    def workspace_id(self) -> str:
        """Its tenant in the vendor's product."""
        return f"ws-{self.index:06d}"


def pick(rng: Random, items: Sequence[T]) -> T:
    """One of the items; quicker than `rng.choice`."""
    return items[int(rng.random() * len(items))]


def word_of(spec: WorldSpec, index: int) -> str:
    """The made-up word a company is called by: no two indexes share one."""
    code = (index * STRIDE + mix(spec.seed)) % WORDS
    count = len(SYLLABLES)
    parts = (code // count**power % count for power in range(4))
    again = str(index // WORDS) if index >= WORDS else ""
    return "".join(SYLLABLES[part] for part in parts) + again


def early_companies(spec: WorldSpec) -> int:
    """How many start at once, so that a viewer soon sees something: a quarter of a small world, little of a big one."""
    return max(2, min(round(spec.companies * 0.25), 50 + spec.companies // 50))


def starts_at(spec: WorldSpec, index: int) -> int:
    """First act of a company, ms since 1970; never earlier than that of the company before it.

    The early ones start in the first hundredth of the span, the others are spread over the rest.
    """
    early = early_companies(spec)
    jitter = (mix(spec.seed, index, 1) & 0xFFFF) / 0x10000
    if index < early:
        share = 0.01 * (index + jitter) / early
    else:
        share = 0.01 + 0.89 * (index - early + jitter) / max(1, spec.companies - early)
    return spec.start_ms + int(share * spec.span_ms)


def hurry_of(spec: WorldSpec, index: int, rng: Random) -> str:
    """Chapter up to which a company hurries: the first ones up to their trial, other early ones up to any."""
    early = early_companies(spec)
    if index >= early:
        return ""
    return "trial" if index < 1 + early // 10 else pick(rng, HURRY_UNTIL)


def device_of(spec: WorldSpec, rng: Random, ip: str) -> Device:
    """A new browser."""
    roll = rng.random()
    if roll < spec.segment_share:
        kind = "segment"
    elif roll < spec.segment_share + spec.rudderstack_share:
        kind = "rudderstack"
    else:
        kind = "native"
    return Device(f"v-{rng.getrandbits(64):016x}", kind, pick(rng, BROWSERS), ip)


def home_ip(rng: Random) -> str:
    """An address no company owns (documentation range)."""
    return f"203.0.113.{int(rng.random() * 254) + 1}"


def person_name(rng: Random) -> tuple[str, str]:
    """Given and family name, made up."""
    given = pick(rng, SYLLABLES).capitalize() + pick(rng, ("a", "en", "i", "o", "is"))
    return given, (pick(rng, SYLLABLES) + pick(rng, SYLLABLES)).capitalize()


def office_of(index: int) -> tuple[str, str]:
    """Network of a company's office and the prefix of its addresses (benchmark and documentation ranges)."""
    if index < OFFICES_V4:
        third, fourth = divmod(index * 8, 256)
        base = f"198.{18 + third // 256}.{third % 256}."
        return f"{base}{fourth}/29", f"{base}{fourth + 2}"
    prefix = f"2001:db8:{index >> 16:x}:{index & 0xFFFF:x}:"
    return f"{prefix}:/64", f"{prefix}:2"


def person_of(spec: WorldSpec, company: int, number: int, domains: tuple[str, ...], office: str, rng: Random) -> Person:
    """The n-th person of a company."""
    given, family = person_name(rng)
    role = ROLES[number]
    local = f"{given}.{family}{number or ''}".lower()
    free = role == "user" and rng.random() < 0.12
    if free:
        email = f"{local}.sim{company}@{pick(rng, FREE_MAIL)}"
    else:
        domain = domains[0] if rng.random() < 0.75 else pick(rng, domains)
        email = f"{local}@{'mail.' if rng.random() < 0.03 else ''}{domain}"
    remote = rng.random() < 0.45
    first = device_of(spec, rng, home_ip(rng) if remote else office)
    devices = (first, device_of(spec, rng, home_ip(rng))) if rng.random() < 0.25 else (first,)
    proxied = rng.random() < min(0.4, 3 * spec.machine_share)
    title, user_id = pick(rng, TITLES[role]), f"u-{company:06d}-{number}"
    return Person(number, f"{given} {family}", role, title, email, user_id, devices, free, proxied)


def _called(spec: WorldSpec, index: int) -> str:
    """The word in a company's name: its own, or for a namesake that of the company before it."""
    namesake = index > 0 and holds(spec.traits.namesake, spec, "namesake", index)
    return word_of(spec, index - 1 if namesake else index)


def company_of(spec: WorldSpec, index: int, script: str, customer: bool) -> Company:
    """The company of that index.

    Args:
        script: name of its journey.
        customer: it was a customer before the span, so the directory must know it.
    """
    rng = rng_of(spec.seed, index)
    word = word_of(spec, index)
    roll = rng.random()
    size = "small" if roll < 0.5 else "mid" if roll < 0.85 else "large"
    main = f"{word}-sim.{pick(rng, ENDINGS)}"
    more = int(rng.random() * MORE_DOMAINS[size])
    domains = (main, f"{word}-group-sim.com", f"{word}-sim.net")[: 1 + more]
    range_, office = office_of(index)
    low, high = PEOPLE[size]
    count = low + int(rng.random() * (high - low + 1))
    people = tuple(person_of(spec, index, number, domains, office, rng) for number in range(count))
    tier = "1" if size == "large" else pick(rng, ("1", "2", "2", "3") if size == "mid" else ("2", "3", "3"))
    first = index < 2
    renews = spec.start_ms // DAY_MS * DAY_MS + int(80 + (mix(spec.seed, index, 5) & 0xFF) * spec.days / 256) * DAY_MS
    listed = rng.random() < spec.directory_share
    return Company(
        index=index,
        account_id=f"sim-{index:06d}",
        name=_called(spec, index).capitalize() + pick(rng, FORMS),
        domains=domains,
        size=size,
        tier=tier,
        region=pick(rng, REGIONS),
        owner=f"{pick(rng, OWNERS)}@example.com",
        target=tier == "1" or rng.random() < 0.2,
        in_directory=listed or customer or (first and spec.directory_share > 0),
        suppressed=pick(rng, ("competitor", "partner")) if rng.random() < 0.015 and not (first or customer) else "",
        customer_since_ms=spec.start_ms - int((30 + rng.random() * 400) * DAY_MS) if customer else 0,
        renews_ms=renews if customer else 0,
        office_ranges=(range_,) if rng.random() < 0.3 else (),
        script=script,
        start_ms=starts_at(spec, index),
        hurry_until=hurry_of(spec, index, rng),
        scanned=rng.random() < min(0.35, 2 * spec.machine_share),
        trial_format="segment" if rng.random() < spec.trial_segment_share else "native",
        people=people,
    )
