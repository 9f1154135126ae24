"""What the simulator's truth means in our words: stages, and what each trigger point is about.

The truth and the pipeline share no code. What a trigger point is about is said here once more, by the simulated site's
pages and by facts, so that a rule which takes one thing for another is found out.
"""

from collections.abc import Callable, Mapping, Sequence

from deploy.evaluate.journeys.named import Act
from deploy.simulate.site import ALL_PAGES, COMPARE, PRICING, REFERENCES, SECOND_PAGES, SECOND_PRICING
from deploy.simulate.world import TITLES
from schemas.base import Source

DAY_MS = 86_400_000

STAGES: Mapping[str, str] = {
    "first_aware": "aware",
    "researching": "researching",
    "evaluating": "evaluating",
    "trial_started": "trialing",
    "trial_activated": "trialing",
    "deciding": "deciding",
    "customer": "customer",
    "adopting": "adopting",
    "expanding": "expanding",
    "advocating": "advocating",
    "lost": "dormant",
}
"""Milestone of the truth -> our stage. The truth's `dormant` is the time of the last sign of life: nobody can know then
that it is the last, so an account is truly dormant from `SILENT_DAYS` on (`tale.py`)."""

ASIDE = frozenset({"at_risk"})
"""Our detours that the truth does not know: an account that uses it less stays where it was, and a trigger point says
what happened. Judged as the stage the account left for it."""

OUT: Mapping[str, str] = {"lost": "dormant", "churned": "dormant"}
"""Our detours that the truth calls otherwise."""

AWARE, CUSTOMER, DORMANT = "aware", "customer", "dormant"
BOUGHT = frozenset({CUSTOMER, "adopting", "expanding", "advocating"})

SILENT_DAYS, SILENT_DAYS_CUSTOMER = 30, 120
"""What dormant means: no sign for so long."""

STEPS = tuple(name for name in STAGES if name != "lost")
"""Milestones that are a step forward."""

TRIGGERS = (
    *("journey_begins", "anonymous_surge", "comparison_check", "reference_check", "pricing_interest", "demo_request"),
    *("trial_started", "trial_activated", "trial_invite", "trial_limit", "trial_stalled", "trial_expiring"),
    *("deal_silent", "executive_joins", "surge", "buying_group", "usage_drop", "renewal_window", "support_burst"),
    *("bad_survey", "bad_review", "cross_sell_research", "new_use_case", "outcome_reached", "social_mention"),
    *("referral", "advocacy"),
)
"""Trigger points of the truth, by the names that ours have, too."""

OF_TRIALS = frozenset({"trial_stalled", "trial_expiring", "usage_drop"})
ABSENCES = frozenset({*OF_TRIALS, "deal_silent", "renewal_window"})
"""Those that show by what did not happen: no act shows them, and their moment is a matter of agreement."""

SEEN_ANEW = frozenset({"journey_begins", "buying_group", "executive_joins"})
"""Those whose moment is what could be known, not what the truth marks: the first act, the third person, or the
executive, that can be named. Where the truth marks none, there is none."""

GROUP_PEOPLE, GROUP_DAYS = 3, 14
BURST_TICKETS, BURST_DAYS = 3, 7
DEAL_SILENT_DAYS = 10
RENEWAL_DAYS = 90
JOINED_DAYS = 2
TOPIC_TIMES, TOPIC_DAYS, TOPIC_REST_DAYS, TOPIC_KNOWN_DAYS = 3, 14, 60, 14
USUAL_DAYS, RECENT_DAYS, KNOWN_DAYS = 84, 21, 42
TIMES_USUAL, TIMES_PEOPLE, RECENT_ACTS, RECENT_PEOPLE = 2.0, 1.2, 16, 3
"""A surge, as people would call it: a little wider than where an alert is raised."""

EXECUTIVES = frozenset(TITLES["buyer"])
SURGE_READS, SURGE_DAYS, SURGE_NAMELESS_DAYS = 3, 14, 30

NO_INTEREST = frozenset({"identify", "trial_ended"})
"""Who says who they are, or asks for help, or lets a trial end, shows no interest by that."""

READS = frozenset({"content_download", "webinar", "video_watch"})
Shows = Callable[[Act, Sequence[Act], bool], bool]
"""Whether an act shows a trigger point: the act, all acts of the company up to it, whether it had bought by then."""


def _path(act: Act) -> str:
    """The page of the site an act was on; '' for acts elsewhere."""
    if act.event.source is not Source.WEB:
        return ""
    return "/" + act.event.url.partition("//")[2].partition("/")[2].partition("?")[0]


def _on(paths: frozenset[str], bought: bool) -> Shows:
    """Somebody looks at one of these pages, of a company that has (not) bought."""
    return lambda act, past, customer: customer is bought and act.event.type == "page_view" and _path(act) in paths


def _is(*types: str) -> Shows:
    """One of these facts."""
    return lambda act, past, customer: act.event.type in types


def _recent(past: Sequence[Act], days: float) -> list[Act]:
    since_ms = past[-1].at_ms - days * DAY_MS
    return [act for act in past if act.at_ms >= since_ms]


def _group(act: Act, past: Sequence[Act], customer: bool) -> bool:
    """Three people of a company that has not bought did something in a fortnight, each of them known by name."""
    if customer or not act.fresh:
        return False
    names = {each.doer: each.who for each in past if each.who and each.named_ms is not None}
    there = {names.get(each.doer) for each in _recent(past, GROUP_DAYS) if each.named_ms is not None}
    return len(there - {None}) >= GROUP_PEOPLE


def _burst(act: Act, past: Sequence[Act], customer: bool) -> bool:
    """The third ticket in a week."""
    if act.event.type != "ticket_opened":
        return False
    return sum(each.event.type == "ticket_opened" for each in _recent(past, BURST_DAYS)) >= BURST_TICKETS


def _surge(act: Act, past: Sequence[Act], customer: bool) -> bool:
    """The third asset in a fortnight, while nobody has left a name for a month."""
    if customer or act.event.type not in READS or any(each.who for each in _recent(past, SURGE_NAMELESS_DAYS)):
        return False
    return sum(each.event.type in READS for each in _recent(past, SURGE_DAYS)) >= SURGE_READS


def _executive(act: Act, past: Sequence[Act], customer: bool) -> bool:
    """An executive is there for a day or two under a name, where somebody else was before; nobody has bought."""
    if customer or act.named_ms is None:
        return False
    known = [each for each in past if each.who and each.named_ms is not None]
    first: dict[str, int] = {}
    for each in known:
        first.setdefault(each.doer, each.at_ms)
    titles = {each.doer: each.event.job_title for each in known if each.event.job_title}
    return any(
        title in EXECUTIVES
        and act.at_ms - first[doer] <= JOINED_DAYS * DAY_MS
        and any(at_ms < first[doer] for other, at_ms in first.items() if other != doer)
        for doer, title in titles.items()
    )


_TOPICS = {page.path: page.topic for page in ALL_PAGES if page.topic}


def _new_use(act: Act, past: Sequence[Act], customer: bool) -> bool:
    """The third look in a fortnight at a subject nobody of the customer had looked at for two months."""
    topic = _TOPICS.get(_path(act))
    if not customer or not topic:
        return False
    named = [each for each in past if each.named_ms is not None]
    looks = [each.at_ms for each in named if _TOPICS.get(_path(each)) == topic]
    recent = [at_ms for at_ms in looks if act.at_ms - at_ms <= TOPIC_DAYS * DAY_MS]
    if len(recent) < TOPIC_TIMES or recent[0] - named[0].at_ms < TOPIC_KNOWN_DAYS * DAY_MS:
        return False
    before = [at_ms for at_ms in looks if at_ms < recent[0]]
    return not before or recent[0] - before[-1] >= TOPIC_REST_DAYS * DAY_MS


def _surges(act: Act, past: Sequence[Act], customer: bool) -> bool:
    """The last three weeks have far more than the twelve before, of what is done and of who does it."""
    if customer or act.at_ms - past[0].at_ms < (KNOWN_DAYS + RECENT_DAYS) * DAY_MS:
        return False
    reads = [each for each in past if each.named_ms is not None and each.event.source in _READ_ON]
    recent = [each for each in reads if act.at_ms - each.at_ms < RECENT_DAYS * DAY_MS]
    usual = [each for each in reads if each not in recent and act.at_ms - each.at_ms < _ALL_DAYS * DAY_MS]
    weeks = min((act.at_ms - past[0].at_ms) / DAY_MS, _ALL_DAYS) / 7 - RECENT_DAYS / 7
    people, usual_people = _people_a_week(recent, RECENT_DAYS / 7), _people_a_week(usual, weeks)
    return (
        len(recent) >= max(RECENT_ACTS, TIMES_USUAL * len(usual) / weeks * RECENT_DAYS / 7)
        and len({each.doer for each in recent}) >= RECENT_PEOPLE
        and people >= TIMES_PEOPLE * usual_people
    )


_READ_ON = frozenset({Source.WEB, Source.EMAIL, Source.SOCIAL})
_ALL_DAYS = RECENT_DAYS + USUAL_DAYS


def _people_a_week(acts: Sequence[Act], weeks: float) -> float:
    return len({(each.doer, each.at_ms // DAY_MS // 7) for each in acts}) / weeks


def _of_customer(shows: Shows) -> Shows:
    return lambda act, past, customer: customer and shows(act, past, customer)


def _of_prospect(shows: Shows) -> Shows:
    return lambda act, past, customer: not customer and shows(act, past, customer)


def _bad(kind: str, below: float) -> Shows:
    return lambda act, past, customer: (
        act.event.type == kind and act.event.rating is not None and act.event.rating < below
    )


def _begins(act: Act, past: Sequence[Act], customer: bool) -> bool:
    """The first act of interest that could be named within a day, or the first such for a month, of a company that has
    not bought.

    What could be named only later is history by then, and the journey begins, for whoever can see it, with what is new.
    """
    if customer or not _of_interest(act):
        return False
    before = next((each for each in reversed(past[:-1]) if _of_interest(each)), None)
    return before is None or act.at_ms - before.at_ms > SILENT_DAYS * DAY_MS


def _of_interest(act: Act) -> bool:
    return act.fresh and act.event.source is not Source.SUPPORT and act.event.type not in NO_INTEREST


_BUYERS_PAGES = frozenset(page.path for page in (*COMPARE, *REFERENCES, PRICING))
_OTHERS_PAGES = frozenset(page.path for page in (*SECOND_PAGES, SECOND_PRICING))

ALIKE: Mapping[str, Callable[[Act], bool]] = {
    "researching": lambda act: act.event.type in READS,
    "evaluating": lambda act: _path(act) in _BUYERS_PAGES,
    "trial_started": lambda act: act.event.source is Source.TRIAL,
    "trial_activated": lambda act: act.event.source is Source.TRIAL,
    "adopting": lambda act: act.event.source is Source.TRIAL,
    "expanding": lambda act: _path(act) in _OTHERS_PAGES,
}
"""Milestone -> what else shows it: the act that the truth names may be one that nobody can name for the company, where
the next of its kind can be. Other milestones show by one kind of fact only."""

SHOWS: Mapping[str, Shows] = {
    "journey_begins": _begins,
    "anonymous_surge": _surge,
    "comparison_check": _on(frozenset(page.path for page in COMPARE), bought=False),
    "reference_check": _on(frozenset(page.path for page in REFERENCES), bought=False),
    "pricing_interest": _on(frozenset((PRICING.path, SECOND_PRICING.path)), bought=False),
    "demo_request": lambda act, past, customer: act.event.type == "form_submit" and act.event.form == "demo",
    "trial_started": _is("trial_started"),
    "trial_activated": _is("trial_activated"),
    "buying_group": _group,
    "support_burst": _burst,
    "cross_sell_research": _on(_OTHERS_PAGES, bought=True),
    "advocacy": lambda act, past, customer: (
        act.event.type == "reference_given" or (act.event.type == "review_posted" and (act.event.rating or 10) >= 5)
    ),
    "trial_invite": _of_prospect(_is("user_invited")),
    "trial_limit": _of_prospect(_is("limit_reached")),
    "executive_joins": _executive,
    "surge": _surges,
    "bad_survey": _of_customer(_bad("survey_answered", 7)),
    "bad_review": _bad("review_posted", 5),
    "new_use_case": _new_use,
    "outcome_reached": _of_customer(_is("outcome_reached")),
    "social_mention": _is("mention", "share"),
    "referral": _is("referral_made"),
}
"""What each trigger point is about; those of `ABSENCES` aside."""
