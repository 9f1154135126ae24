"""Scripts of journeys with a purchase: the classic one through it, and those of customers from before the span."""

from deploy.simulate.buying import (
    aware,
    compare,
    demo,
    negotiate,
    nurture,
    price,
    research,
    run_out,
    sign_up,
    try_out,
    use,
    view,
    views,
)
from deploy.simulate.plan import Draft, Fact
from deploy.simulate.site import (
    ASSETS,
    COMPARE,
    DOCS,
    FEATURES,
    PRODUCT,
    SECOND_FEATURES,
    SECOND_PAGES,
    SECOND_PRICING,
    SECOND_PRODUCT,
)
from deploy.simulate.world import Person, pick

AT_WORK = "stage:adopting"
"""Customers from before the span are long at work when it begins: it shows with the first session."""

REVIEWS = "https://reviews-sim.com/orvanta-flow"
FORUM = "https://forum-sim.com/data-tools"


def work(draft: Draft, sessions: int, low: float, high: float, *marks: str) -> None:
    """People of the company use the product, a session every `low` to `high` days; the marks hold from the first on."""
    people = draft.company.people
    for turn in range(sessions):
        who = pick(draft.rng, people)
        first, *more = use(draft, FEATURES, PRODUCT)
        draft.report(who, first if turn else first._replace(marks=marks), *more)
        draft.wait(low, high)


def invite(draft: Draft, count: int, *marks: str) -> None:
    """Colleagues are let in; the marks hold from the first of them on."""
    facts = [Fact("trial", "user_invited", {"product": PRODUCT}) for _ in range(count - 1)]
    draft.report(draft.person("user"), Fact("trial", "user_invited", {"product": PRODUCT}, marks), *facts)


def adopt(draft: Draft) -> None:
    """After the purchase: set-up, more people, more features."""
    draft.chapter("adopt")
    draft.wait(0.3, 1)
    work(draft, 5, 0.4, 1.5)
    invite(draft, 3, "stage:adopting")
    work(draft, 5, 0.4, 1.5)
    draft.visit(draft.person("user"), *views(draft, DOCS, 2, 4))
    draft.report(draft.person("champion"), Fact("support", "survey_answered", {"rating": float(8 + draft.chance(0.6))}))
    if draft.chance(0.6):
        reach(draft)


def reach(draft: Draft) -> None:
    """What it was bought for is there."""
    outcome = {"product": PRODUCT, "topic": "reports done in an hour"}
    draft.report(draft.person("champion"), Fact("trial", "outcome_reached", outcome, ("trigger:outcome_reached",)))


def look_further(draft: Draft, champion: Person, *new: str) -> None:
    """Research on the second product; the marks hold once three of its pages were looked at."""
    marks = ("stage:expanding", "trigger:cross_sell_research")
    draft.visit(champion, view(SECOND_PAGES[0], *marks), view(SECOND_PAGES[1]))
    draft.wait(0.5, 3)
    steps = *(view(page) for page in SECOND_PAGES[:2]), view(SECOND_PAGES[2], *new), view(SECOND_PRICING)
    draft.visit(draft.person("security"), *steps)
    draft.wait(0.5, 3)
    draft.mail(ASSETS[4], (champion, draft.person("security")), eager=True)
    draft.visit(champion, view(SECOND_PRICING), view(pick(draft.rng, COMPARE)))


def speak_up(draft: Draft, champion: Person) -> None:
    """A review, a reference, a referral."""
    draft.report(champion, Fact("support", "survey_answered", {"rating": float(9 + draft.chance(0.5))}))
    draft.wait(0.5, 3)
    marks = ("stage:advocating", "trigger:advocacy")
    draft.report(champion, Fact("social", "review_posted", {"rating": 9.0, "url": REVIEWS}, marks))
    draft.wait(1, 4)
    if draft.chance(0.5):
        said = {"topic": "streaming", "url": FORUM}
        draft.report(champion, Fact("social", "mention", said, ("trigger:social_mention",)))
        draft.wait(1, 4)
    if draft.chance(0.7):
        draft.report(champion, Fact("social", "referral_made", {"topic": "streaming"}, ("trigger:referral",)))
    if draft.chance(0.5):
        draft.wait(1, 4)
        draft.report(draft.person("buyer"), Fact("social", "reference_given", {"topic": "reference call"}))


def classic(draft: Draft) -> None:
    """The whole way: reading, comparing, demo, trial, purchase, adoption, second product, review."""
    champion = aware(draft)
    research(draft, champion)
    nurture(draft, champion, 2)
    first = draft.company.index == 0  # the first company always goes far, so that a short look shows the whole way
    if draft.chance(0.06) and not first:
        draft.quiet = True
        return
    compare(draft, champion)
    price(draft, champion)
    if draft.chance(0.08) and not first:
        draft.quiet = True
        return
    demo(draft, champion)
    user = draft.person("user")
    ends_ms = sign_up(draft, user)
    try_out(draft, user, 5 + int(draft.rng.random() * 4))
    if draft.chance(0.08) and not first:
        run_out(draft, user, ends_ms)
        return
    negotiate(draft, champion, won=True, user=user)
    adopt(draft)
    if draft.chance(0.7):
        look_further(draft, champion)
        draft.wait(1, 5)
    if draft.chance(0.7):
        speak_up(draft, champion)
    work(draft, 8, 1, 3)


def usage_drop(draft: Draft) -> None:
    """A customer who works daily, then hardly ever."""
    draft.chapter("adopt")
    work(draft, 22 + int(draft.rng.random() * 8), 0.4, 1.1, AT_WORK)
    draft.wait(7, 10)
    for _ in range(2):
        draft.report(draft.person("user"), Fact("trial", "signed_in", {"product": PRODUCT}))
        draft.wait(7, 12)
    draft.quiet = True


def support_burst(draft: Draft) -> None:
    """A customer in trouble: tickets in a row, then a bad mark."""
    draft.chapter("adopt")
    work(draft, 10, 0.5, 1.5, AT_WORK)
    topics, rng = ("sync fails", "slow export", "login trouble", "wrong totals"), draft.rng
    for turn in range(4 + int(rng.random() * 3)):
        severity = pick(rng, ("normal", "high", "high", "urgent"))
        marks = ("trigger:support_burst",) if turn == 2 else ()
        data = {"severity": severity, "topic": pick(rng, topics)}
        draft.report(draft.person("user"), Fact("support", "ticket_opened", data, marks))
        draft.wait(0.1, 0.9)
    draft.wait(0.5, 2)
    draft.report(draft.person("user"), Fact("support", "ticket_closed", {"severity": "high"}))
    rating = float(1 + int(rng.random() * 4))
    marks = ("trigger:bad_survey",)
    draft.report(draft.person("champion"), Fact("support", "survey_answered", {"rating": rating}, marks))
    if draft.chance(0.4):
        draft.wait(0.5, 2)
        said = {"rating": 2.0, "url": REVIEWS}
        draft.report(draft.person("champion"), Fact("social", "review_posted", said, ("trigger:bad_review",)))
    work(draft, 4, 1, 3)


def advocate(draft: Draft) -> None:
    """A happy customer who tells others."""
    draft.chapter("adopt")
    work(draft, 10, 0.5, 2, AT_WORK)
    invite(draft, 2)
    if draft.chance(0.6):
        reach(draft)
    speak_up(draft, draft.person("champion"))
    work(draft, 6, 1, 3)


def second_product(draft: Draft) -> None:
    """A customer who looks into the second product and tries it."""
    draft.chapter("adopt")
    work(draft, 14, 1.1, 2, AT_WORK)
    look_further(draft, draft.person("champion"), "trigger:new_use_case")
    draft.wait(1, 4)
    for _ in range(4):
        draft.report(draft.person("security"), *use(draft, SECOND_FEATURES, SECOND_PRODUCT))
        draft.wait(0.5, 2)
    work(draft, 6, 1, 3)
