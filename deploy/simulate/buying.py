"""Scripts of journeys before the purchase: from the first sign to the signature, or to silence."""

from functools import cache

from deploy.simulate.plan import CHAPTERS, Draft, Fact, Step
from deploy.simulate.site import (
    ASSETS,
    BLOG,
    COMPARE,
    DEMO,
    DOCS,
    FEATURES,
    HOME,
    PRICING,
    PRODUCT,
    PRODUCT_PAGE,
    REFERENCES,
    SECURITY,
    SIGNUP,
    WEBINAR,
    Page,
)
from deploy.simulate.world import Person, pick

TRIAL_DAYS = 14.0
STEADY_VISITS, SURGE_ROUNDS = 14, 11
EXPIRING_DAYS = 3.0
CONTRACT_DAYS = 365.0


@cache
def view(page: Page, *marks: str) -> Step:
    """A page is looked at."""
    return Step("page_view", page, "", marks)


def views(draft: Draft, pages: tuple[Page, ...], low: int, high: int) -> tuple[Step, ...]:
    """Between `low` and `high` of these pages."""
    count = low + int(draft.rng.random() * (high - low + 1))
    first = int(draft.rng.random() * len(pages))
    return tuple(view(pages[(first + step) % len(pages)]) for step in range(count))


def download(draft: Draft, *marks: str) -> tuple[Step, Step]:
    """An asset's page is looked at and the asset fetched, without a name."""
    asset = pick(draft.rng, ASSETS)
    return view(asset), Step("content_download", asset, "", marks)


def fill(page: Page, form: str, *marks: str) -> tuple[Step, Step]:
    """A page is looked at and its form filled, with name and mailbox."""
    return view(page), Step("form_submit", page, form, marks)


@cache
def used(feature: str, product: str) -> Fact:
    """A feature is used."""
    return Fact("trial", "feature_used", {"feature": feature, "product": product})


def use(draft: Draft, features: tuple[str, ...], product: str, *more: Fact) -> tuple[Fact, ...]:
    """Somebody signs in and works."""
    count = 1 + int(draft.rng.random() * 3)
    work = (used(pick(draft.rng, features), product) for _ in range(count))
    return (Fact("trial", "signed_in", {"product": product}), *work, *more)


def aware(draft: Draft) -> Person:
    """First reading, without a name."""
    champion = draft.person("champion")
    draft.visit(champion, *views(draft, BLOG, 2, 4), view(HOME))
    draft.wait(0.3, 3)
    return champion


def research(draft: Draft, champion: Person) -> None:
    """A white paper against a mailbox, then mails."""
    draft.chapter("research")
    asset = pick(draft.rng, ASSETS)
    steps = *fill(asset, "white-paper"), Step("content_download", asset, "", ("stage:researching",))
    draft.visit(champion, view(BLOG[0]), *steps)
    draft.mail(pick(draft.rng, ASSETS), (champion,))
    draft.wait(0.5, 3)


def nurture(draft: Draft, champion: Person, rounds: int) -> None:
    """Mails, and what colleagues read meanwhile."""
    user = draft.person("user")
    for turn in range(rounds):
        draft.mail(pick(draft.rng, ASSETS), (champion,) if turn == 0 else (champion, user), eager=turn == 0)
        draft.wait(0.5, 2)
        draft.visit(user, *views(draft, BLOG, 1, 3), *download(draft))
        draft.wait(0.3, 1.5)


def compare(draft: Draft, champion: Person) -> None:
    """Rivals, references, documentation, security."""
    draft.chapter("evaluate")
    marks = ("stage:evaluating", "trigger:comparison_check")
    draft.visit(champion, view(PRODUCT_PAGE), view(pick(draft.rng, COMPARE), *marks), view(COMPARE[0]), view(HOME))
    draft.wait(0.3, 2)
    draft.visit(draft.person("user"), *views(draft, DOCS, 2, 4))
    draft.wait(0.3, 1.5)
    reference = view(pick(draft.rng, REFERENCES), "trigger:reference_check")
    draft.visit(champion, reference, *views(draft, REFERENCES, 1, 2))
    if draft.chance(0.5):
        draft.wait(0.2, 1)
        draft.visit(champion, Step("webinar", WEBINAR, "webinar"))
    draft.wait(0.3, 2)


def price(draft: Draft, champion: Person) -> None:
    """Several people look at the price."""
    draft.visit(champion, view(PRODUCT_PAGE), view(PRICING, "trigger:pricing_interest"), view(PRICING))
    draft.wait(0.2, 1)
    guard, buyer = draft.person("security"), draft.person("buyer")
    draft.visit(guard, view(SECURITY), *fill(ASSETS[4], "security-review"), view(DOCS[3]))
    draft.wait(0.2, 1)
    steps = *fill(ASSETS[5], "roi", "trigger:executive_joins"), view(PRICING), view(pick(draft.rng, REFERENCES))
    draft.visit(buyer, view(PRICING), *steps)
    draft.wait(0.3, 2)


def demo(draft: Draft, champion: Person) -> None:
    """The hand is raised; sales calls back."""
    draft.chapter("demo")
    draft.visit(champion, view(PRICING), *fill(DEMO, "demo", "trigger:demo_request"))
    draft.wait(0.1, 1)
    draft.report(champion, Fact("crm", "call_held", {}))
    draft.wait(0.5, 2)
    draft.report(champion, Fact("crm", "meeting_held", {}))
    draft.wait(0.3, 2)


def sign_up(draft: Draft, user: Person) -> int:
    """A trial begins. Returns when it ends, ms."""
    draft.chapter("trial")
    draft.visit(user, view(PRODUCT_PAGE), *fill(SIGNUP, "signup"))
    ends_ms = draft.now + draft.days(TRIAL_DAYS)
    data = {"product": PRODUCT, "trial_ends_at": ends_ms}
    marks = ("stage:trial_started", "trigger:trial_started")
    draft.report(user, Fact("trial", "trial_started", data, marks, device=True))
    return ends_ms


def try_out(draft: Draft, user: Person, sessions: int) -> None:
    """The trial is worked with until it is set up (activated), then by more people, and up to its limits."""
    colleague = draft.person("champion")
    marks = ("stage:trial_activated", "trigger:trial_activated")
    activated = Fact("trial", "trial_activated", {"product": PRODUCT}, marks)
    for turn in range(sessions):
        draft.wait(0.2, 1.2)
        who = user if turn < 2 or draft.chance(0.6) else colleague
        draft.report(who, *use(draft, FEATURES, PRODUCT, *((activated,) if turn == 1 else ())))
        if turn == 2:
            draft.report(user, Fact("trial", "user_invited", {"product": PRODUCT}, ("trigger:trial_invite",)))
        if turn == 3 and draft.chance(0.5):
            limit = {"product": PRODUCT, "feature": pick(draft.rng, FEATURES)}
            draft.report(user, Fact("trial", "limit_reached", limit, ("trigger:trial_limit",)))
        if draft.chance(0.4):
            draft.visit(user, *views(draft, DOCS, 1, 3))


def negotiate(draft: Draft, champion: Person, *, won: bool, user: Person | None = None) -> None:
    """An opportunity, and its end.

    Args:
        user: who goes on using the trial meanwhile; None where there is no trial.
    """
    draft.chapter("close")
    buyer = draft.person("buyer")
    amount = float(5_000 + int(draft.rng.random() * 95) * 1_000)
    draft.wait(0.5, 3)
    draft.report(champion, Fact("crm", "opportunity_created", {"amount": amount}, ("stage:deciding",)))
    for low, high in ((1, 3), (0.5, 3), (1, 4)):
        draft.wait(low, high)
        if user:
            draft.report(user, *use(draft, FEATURES, PRODUCT))
        if low == 1 and high == 3:
            draft.visit(buyer, view(PRICING), view(SECURITY), view(PRICING))
        elif low == 0.5:
            draft.report(buyer, Fact("crm", "meeting_held", {}))
    if won:
        signed = {"amount": amount, "contract_ends_at": draft.now + draft.days(CONTRACT_DAYS)}
        draft.report(champion, Fact("crm", "opportunity_won", signed, ("stage:customer",)))
    else:
        reason = pick(draft.rng, ("price", "timing", "rival chosen", "no budget"))
        lost = Fact("crm", "opportunity_lost", {"amount": amount, "reason": reason}, ("stage:lost",))
        draft.report(champion, lost)


def run_out(draft: Draft, user: Person, ends_ms: int) -> None:
    """The trial ends without a purchase; then silence."""
    draft.now = max(draft.now, ends_ms)
    draft.report(user, Fact("trial", "trial_ended", {"product": PRODUCT}))
    draft.quiet = True


def silent_researcher(draft: Draft) -> None:
    """Reads and downloads for weeks without a name, then fills one form with a work mailbox."""
    champion = aware(draft)
    reader = draft.person("user")
    draft.chapter("research")
    turns = 3 + int(draft.rng.random() * 3)
    for turn in range(turns):
        marks = ("stage:researching",) if turn == 0 else ("trigger:anonymous_surge",) if turn == 2 else ()
        draft.visit(champion, *views(draft, BLOG, 1, 3), *download(draft, *marks))
        draft.wait(0.3, 2)
        if draft.chance(0.6):
            draft.visit(reader, *views(draft, BLOG, 1, 3), *download(draft))
            draft.wait(0.3, 2)
    draft.chapter("evaluate")
    draft.visit(champion, *views(draft, DOCS, 1, 2), *fill(pick(draft.rng, ASSETS), "white-paper"))
    for _ in range(2 + int(draft.rng.random() * 3)):
        draft.mail(pick(draft.rng, ASSETS), (champion,))
        draft.wait(1, 5)
        draft.visit(champion, *views(draft, BLOG, 1, 3), view(HOME))
    if draft.chance(0.5):
        draft.wait(1, 5)
        draft.visit(champion, view(pick(draft.rng, COMPARE), "stage:evaluating", "trigger:comparison_check"))
    draft.quiet = True


def going_quiet(draft: Draft) -> None:
    """Is interested, compares, and is heard of no more."""
    champion = aware(draft)
    research(draft, champion)
    nurture(draft, champion, 2)
    if draft.chance(0.7):
        compare(draft, champion)
        if draft.chance(0.5):
            price(draft, champion)
    for _ in range(2):
        draft.mail(pick(draft.rng, ASSETS), (champion,))
        draft.wait(3, 7)
    draft.quiet = True


def lost_opportunity(draft: Draft) -> None:
    """Goes far and buys elsewhere."""
    champion = aware(draft)
    research(draft, champion)
    nurture(draft, champion, 2)
    compare(draft, champion)
    price(draft, champion)
    demo(draft, champion)
    negotiate(draft, champion, won=False)
    draft.quiet = True


def silent_deal(draft: Draft) -> None:
    """Asks for all that a decision needs, and is heard of no more."""
    champion = aware(draft)
    research(draft, champion)
    compare(draft, champion)
    price(draft, champion)
    demo(draft, champion)
    draft.chapter("close")
    draft.wait(0.5, 2)
    draft.report(champion, Fact("crm", "opportunity_created", {"amount": 40_000.0}, ("stage:deciding",)))
    draft.quiet = True


def steady_reader(draft: Draft) -> None:
    """Reads a little for two months; then several people read a lot for four weeks."""
    draft.chapter(CHAPTERS[-1])  # what is usual takes its time, however hurried other companies are
    champion = aware(draft)
    draft.visit(champion, view(BLOG[0]), *fill(pick(draft.rng, ASSETS), "white-paper", "stage:researching"))
    for _ in range(STEADY_VISITS):
        draft.wait(3.5, 5)
        draft.visit(champion, *views(draft, BLOG, 1, 2))
    readers = draft.company.people[:5]
    for turn in range(SURGE_ROUNDS):
        for reader in readers:
            form = fill(pick(draft.rng, ASSETS), "white-paper") if turn == 0 else ()
            draft.wait(0.2, 0.5)
            draft.visit(reader, *views(draft, DOCS, 2, 4), *form)
        draft.wait(2.6 - 0.35 * len(readers), 3.2 - 0.35 * len(readers))
    draft.visit(champion, view(BLOG[1]), view(DOCS[0], "trigger:surge"))
    draft.quiet = True


def trial_stall(draft: Draft) -> None:
    """Starts a trial and does nothing with it."""
    champion = aware(draft)
    if draft.chance(0.6):
        research(draft, champion)
    draft.chapter("evaluate")
    draft.visit(champion, view(PRODUCT_PAGE), view(PRICING, "stage:evaluating", "trigger:pricing_interest"))
    draft.wait(0.2, 2)
    ends_ms = sign_up(draft, champion)
    draft.chapter("close")
    for _ in range(3):
        draft.wait(2, 4)
        draft.mail(pick(draft.rng, ASSETS), (champion,))
    run_out(draft, champion, ends_ms)


def trial_expiring(draft: Draft) -> None:
    """Tries out in earnest and lets the trial run out."""
    champion = aware(draft)
    research(draft, champion)
    compare(draft, champion)
    user = draft.person("user")
    ends_ms = sign_up(draft, user)
    draft.chapter("close")
    try_out(draft, user, 4 + int(draft.rng.random() * 3))
    while draft.now < ends_ms - draft.days(EXPIRING_DAYS):
        draft.wait(1, 2.2)
        draft.report(user, *use(draft, FEATURES, PRODUCT))
    draft.visit(champion, view(PRICING, "trigger:pricing_interest"), view(PRICING))
    draft.mail(ASSETS[5], (champion, user))
    run_out(draft, user, ends_ms)
