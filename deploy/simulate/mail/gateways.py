"""Mail gateways of companies: which links they open when, from where, under which name."""

from collections.abc import Sequence
from enum import StrEnum
from random import Random
from typing import NamedTuple

from deploy.simulate.site import BROWSERS, Page
from deploy.simulate.spec import MINUTE_MS, WorldSpec, mix
from deploy.simulate.world import Company, office_of, pick

SCANNER_NAMES = (
    "Mozilla/5.0 (compatible; Barracuda Sentinel; +https://www.barracuda.com)",
    "Mozilla/5.0 (compatible; MimecastScanner/2.1)",
    "python-requests/2.32.3",
)
POSING_AS = BROWSERS[0]
TRAP_SHARE = 0.4
RESCAN_SHARE = 0.8
"""Of clicks; the gateway remembers the rest from elsewhere."""


class Gateway(StrEnum):
    """How a company's mail gateway goes about it."""

    CLOUD = "cloud"
    """All links within 3 s of delivery, from several addresses of a data centre, as a browser or under no name."""

    OFFICE = "office"
    """The same from the company's own address, as a browser that many people there have."""

    NAMED = "named"
    """The same under its own name."""

    BEFORE = "before"
    """All links before the mail is taken."""

    DELAYED = "delayed"
    """All links at once, minutes to hours later."""

    SLOW = "slow"
    """One link after the other, with pauses as a reader makes them."""

    CLICK_TIME = "click_time"
    """The link that somebody clicks, a moment before the reader gets there."""


_SHARES = (
    (0.30, Gateway.CLOUD),
    (0.50, Gateway.OFFICE),
    (0.58, Gateway.NAMED),
    (0.66, Gateway.BEFORE),
    (0.76, Gateway.DELAYED),
    (0.88, Gateway.SLOW),
    (1.00, Gateway.CLICK_TIME),
)

KINDS = {Gateway.SLOW: "slow_scanner", Gateway.CLICK_TIME: "rescan"}
"""Kind of a gateway's hits in the truth; all others are `scanner`."""

TRAP = Page("/mail/view?tp_trap=1", "A link no reader can see")


class Touch(NamedTuple):
    """A link opened by a gateway."""

    at_ms: int
    page: Page
    ip: str
    user_agent: str


def gateway_of(spec: WorldSpec, company: Company) -> Gateway | None:
    """The gateway of a company; None if it has none that opens links."""
    if not company.scanned:
        return None
    roll = (mix(spec.seed, company.index, 41) & 0xFFFF) / 0x10000
    return next(gateway for upto, gateway in _SHARES if roll < upto)


def kind_of(gateway: Gateway) -> str:
    """What its hits are called in the truth."""
    return KINDS.get(gateway, "scanner")


def with_trap(spec: WorldSpec, links: Sequence[Page], at_ms: int) -> tuple[Page, ...]:
    """The links of a mail that only machines see all of: some mails have a hidden one."""
    hidden = (mix(spec.seed, at_ms, 42) & 0xFFFF) < TRAP_SHARE * 0x10000
    return (*links, TRAP) if hidden else tuple(links)


def scan(
    gateway: Gateway, company: Company, links: Sequence[Page], delivered_ms: int, rng: Random
) -> tuple[tuple[Touch, ...], ...]:
    """What a gateway opens of one mail to one person, in bundles that the sender reports together.

    Args:
        delivered_ms: when the mail was taken; whole seconds.
    """
    if gateway is Gateway.CLICK_TIME:
        return ()
    addresses, user_agent = _client(gateway, company, rng)
    if gateway is Gateway.SLOW:
        at_ms = delivered_ms + 25_000 + int(rng.random() * 200) * 1000
        found = []
        for page in links:
            found.append((Touch(at_ms, page, pick(rng, addresses), user_agent),))
            at_ms += 20_000 + int(rng.random() * 100) * 1000
        return tuple(found)
    start_ms = delivered_ms + 1000
    if gateway is Gateway.BEFORE:
        start_ms = delivered_ms - 3000
    elif gateway is Gateway.DELAYED:
        start_ms = delivered_ms + 3 * MINUTE_MS + int(rng.random() ** 2 * 170) * MINUTE_MS
    times = sorted(start_ms + int(rng.random() * 3) * 1000 for _ in links)
    return (
        tuple(Touch(at_ms, page, pick(rng, addresses), user_agent) for at_ms, page in zip(times, links, strict=True)),
    )


def rescan(page: Page, clicked_ms: int, rng: Random) -> Touch | None:
    """The look at a link that somebody is about to open; None if the gateway need not look again."""
    if rng.random() > RESCAN_SHARE:
        return None
    at_ms = clicked_ms - (1 + int(rng.random() * 3)) * 1000
    return Touch(at_ms, page, f"192.0.2.{41 + int(rng.random() * 20)}", "")


def _client(gateway: Gateway, company: Company, rng: Random) -> tuple[tuple[str, ...], str]:
    cloud = tuple(f"192.0.2.{1 + int(rng.random() * 40)}" for _ in range(3))
    if gateway is Gateway.OFFICE:
        return (office_of(company.index)[1],), POSING_AS
    if gateway is Gateway.NAMED:
        return cloud[:1], pick(rng, SCANNER_NAMES)
    if gateway is Gateway.SLOW:
        return cloud[:1], pick(rng, BROWSERS)
    return cloud, pick(rng, ("", POSING_AS, *BROWSERS[1:3]))
