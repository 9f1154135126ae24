"""The shipped journey: B2B SaaS with a trial. Points, stages and trigger points in the order of the journey."""

from pipeline.predicates import Count, InStage, IsCustomer, NoPerson, People, Score, TrialOpen, UsageDrop, Uses
from pipeline.rules import ActivityRule, CustomerEvery, Rules, StageRule, TrialEnds, TrialQuiet, TriggerRule
from schemas.alert import Play
from schemas.base import Team
from schemas.journey import Stage

ASSETS = ("content_download", "webinar", "video_watch")
RESEARCH = (*ASSETS, "docs_view", "product_view", "security_view", "search", "email_click")
CHECKS = ("comparison_view", "reference_view")
PRESALE = (
    Stage.UNAWARE,
    Stage.AWARE,
    Stage.RESEARCHING,
    Stage.EVALUATING,
    Stage.TRIALING,
    Stage.DECIDING,
    Stage.DORMANT,
)


def _worth(points: float, half_life_days: float, label: str) -> ActivityRule:
    return ActivityRule(points=points, half_life_days=half_life_days, label=label)


ACTIVITIES = {
    "page_view": _worth(1, 7, "page view"),
    "product_view": _worth(2, 10, "product page"),
    "docs_view": _worth(3, 10, "documentation"),
    "security_view": _worth(4, 14, "security page"),
    "comparison_view": _worth(8, 14, "comparison with a rival"),
    "reference_view": _worth(7, 14, "customer reference"),
    "pricing_view": _worth(10, 14, "pricing page"),
    "demo_view": _worth(6, 10, "demo page"),
    "demo_request": _worth(40, 30, "demo request"),
    "form_submit": _worth(8, 21, "form"),
    "content_download": _worth(6, 21, "content download"),
    "video_watch": _worth(4, 14, "video"),
    "webinar": _worth(7, 21, "webinar"),
    "search": _worth(1, 7, "search"),
    "chat": _worth(6, 10, "chat"),
    "identify": _worth(0, 7, "sign-in"),
    "custom": _worth(0, 7, "other event"),
    "other_view": _worth(0, 7, "other page"),
    "email_click": _worth(3, 10, "mail link"),
    "email_reply": _worth(12, 21, "mail reply"),
    "trial_started": _worth(30, 30, "trial start"),
    "trial_activated": _worth(25, 30, "trial activation"),
    "trial_extended": _worth(10, 21, "trial extension"),
    "trial_ended": _worth(0, 14, "trial end"),
    "feature_used": _worth(2, 7, "feature use"),
    "signed_in": _worth(1, 7, "sign-in to the product"),
    "user_invited": _worth(8, 14, "colleague invited"),
    "limit_reached": _worth(10, 14, "limit reached"),
    "meeting_held": _worth(20, 30, "meeting"),
    "call_held": _worth(12, 21, "call"),
    "opportunity_created": _worth(30, 45, "opportunity"),
    "opportunity_won": _worth(50, 60, "deal won"),
    "opportunity_lost": _worth(0, 30, "deal lost"),
    "contract_renewed": _worth(20, 60, "renewal"),
    "contract_churned": _worth(0, 30, "contract end"),
    "ticket_opened": _worth(0, 14, "support ticket"),
    "ticket_closed": _worth(0, 14, "ticket closed"),
    "survey_good": _worth(5, 30, "good survey answer"),
    "survey_bad": _worth(0, 30, "bad survey answer"),
    "survey_answered": _worth(0, 30, "survey answer"),
    "mention": _worth(3, 14, "mention"),
    "share": _worth(4, 14, "share"),
    "review_posted": _worth(12, 60, "review"),
    "referral_made": _worth(20, 60, "referral"),
    "reference_given": _worth(20, 60, "reference given"),
}

STAGES = (
    StageRule(
        stage=Stage.AWARE, any_of=((IsCustomer(yes=False), Score(at_least=0.5)),), why="its first sign of interest"
    ),
    StageRule(
        stage=Stage.RESEARCHING,
        any_of=((Count(types=RESEARCH), Score(at_least=12)), (Count(types=ASSETS, at_least=2),)),
        decisive=RESEARCH,
        why="it reads into the subject",
    ),
    StageRule(
        stage=Stage.EVALUATING,
        any_of=((Count(types=(*CHECKS, "pricing_view")), Score(at_least=30)), (Count(types=CHECKS, at_least=3),)),
        decisive=(*CHECKS, "pricing_view"),
        why="it compares, checks references or looks at prices",
    ),
    StageRule(stage=Stage.TRIALING, any_of=((TrialOpen(),),), decisive=("trial_started",), why="it tries the product"),
    StageRule(
        stage=Stage.DECIDING,
        any_of=(
            (Count(types=("demo_request", "opportunity_created"), within_days=45),),
            (TrialOpen(activated=True), Count(types=("pricing_view",), within_days=14)),
            (People(at_least=3, within_days=14), Count(types=("pricing_view",), within_days=14), Score(at_least=150)),
        ),
        decisive=("demo_request", "opportunity_created", "trial_activated", "pricing_view"),
        why="it asks for what a decision needs",
    ),
    StageRule(stage=Stage.CUSTOMER, any_of=((IsCustomer(),),), decisive=("opportunity_won",), why="it bought"),
    StageRule(
        stage=Stage.ADOPTING,
        any_of=((IsCustomer(), Uses(at_least=5, within_days=14)),),
        decisive=("feature_used", "signed_in"),
        why="it uses what it bought",
    ),
    StageRule(
        stage=Stage.EXPANDING,
        any_of=(
            (IsCustomer(), Count(types=("product_view", "pricing_view"), at_least=3, within_days=21)),
            (IsCustomer(), Count(types=("user_invited", "limit_reached"), at_least=6, within_days=21)),
        ),
        decisive=("product_view", "pricing_view", "user_invited", "limit_reached"),
        why="it looks at more than it has",
    ),
    StageRule(
        stage=Stage.ADVOCATING,
        any_of=((IsCustomer(), Count(types=("review_posted", "referral_made", "reference_given"), within_days=90)),),
        decisive=("review_posted", "referral_made", "reference_given"),
        why="it speaks for us",
    ),
)


def _play(next_likely: str, message: str, content: str, channel: str, hours: float) -> Play:
    return Play(next_likely=next_likely, message=message, content=content, channel=channel, act_within_hours=hours)


TRIGGERS = (
    TriggerRule(
        name="journey_begins",
        team=Team.MARKETING,
        title="A buying journey begins",
        on=("*",),
        when=(InStage(any_of=(Stage.UNAWARE, Stage.AWARE, Stage.RESEARCHING, Stage.DORMANT)), IsCustomer(yes=False)),
        cooldown_days=365,
        play=_play(
            "reads on for some weeks without leaving a name",
            "Welcome without selling: offer the guide that fits what they read.",
            "buyer's guide, blog series",
            "web, retargeting",
            72,
        ),
    ),
    TriggerRule(
        name="anonymous_surge",
        team=Team.MARKETING,
        title="A company reads again and again without leaving a name",
        on=ASSETS,
        when=(
            Count(types=ASSETS, at_least=3, within_days=14, anonymous_only=True),
            NoPerson(within_days=30),
            IsCustomer(yes=False),
        ),
        cooldown_days=14,
        play=_play(
            "compares vendors next, then asks for prices",
            "Show the content that earns a name; tell sales which company it is.",
            "comparison sheet, webinar with registration",
            "web, account ads",
            48,
        ),
    ),
    TriggerRule(
        name="comparison_check",
        team=Team.SALES,
        title="It compares us with a rival",
        on=("comparison_view",),
        when=(Count(types=("comparison_view",), within_days=7), InStage(any_of=PRESALE)),
        play=_play(
            "checks references, then prices",
            "Speak to the difference that matters in their case; offer somebody who switched.",
            "comparison sheet, switcher's story",
            "mail, phone",
            24,
        ),
    ),
    TriggerRule(
        name="reference_check",
        team=Team.SALES,
        title="It checks our references",
        on=("reference_view",),
        when=(Count(types=("reference_view",), at_least=2, within_days=14), InStage(any_of=PRESALE)),
        play=_play(
            "looks at prices and asks colleagues in",
            "Offer a call with a customer of their size and branch.",
            "reference of the same branch",
            "mail, phone",
            24,
        ),
    ),
    TriggerRule(
        name="pricing_interest",
        team=Team.SALES,
        title="It looks at prices",
        on=("pricing_view",),
        when=(Count(types=("pricing_view",), within_days=7), InStage(any_of=PRESALE)),
        play=_play(
            "asks for a demo or starts a trial within days",
            "Ask what they must solve and by when; give a range, not a list.",
            "price guide, return-on-investment sheet",
            "phone",
            8,
        ),
    ),
    TriggerRule(
        name="demo_request",
        team=Team.SALES,
        title="It asks for a demo",
        on=("demo_request",),
        cooldown_days=3,
        play=_play(
            "shortlists two or three vendors this week",
            "Call now; show their case, not the product tour.",
            "tailored demo",
            "phone",
            1,
        ),
    ),
    TriggerRule(
        name="trial_started",
        team=Team.SALES,
        title="A trial has started",
        on=("trial_started",),
        cooldown_days=14,
        play=_play(
            "reaches first value within three days, or never",
            "Help with the first step; ask what success looks like.",
            "quick start, template",
            "in-app, mail",
            24,
        ),
    ),
    TriggerRule(
        name="trial_activated",
        team=Team.SALES,
        title="The trial has reached first value",
        on=("trial_activated",),
        cooldown_days=30,
        play=_play(
            "invites colleagues and looks at prices",
            "Agree on the criteria and the people who decide.",
            "business case, security pack",
            "phone",
            24,
        ),
    ),
    TriggerRule(
        name="trial_stalled",
        team=Team.SALES,
        title="The trial stands still",
        timer=TrialQuiet(days=5),
        when=(TrialOpen(),),
        decisive=("trial_started", "feature_used"),
        cooldown_days=7,
        play=_play(
            "forgets it unless helped within days",
            "Ask what is in the way; offer to set it up together.",
            "quick start, office hour",
            "mail, phone",
            24,
        ),
    ),
    TriggerRule(
        name="trial_expiring",
        team=Team.SALES,
        title="The trial is about to end",
        timer=TrialEnds(days_before=3),
        when=(TrialOpen(), IsCustomer(yes=False)),
        decisive=("trial_started", "trial_activated"),
        cooldown_days=10,
        play=_play(
            "buys, asks for more time, or leaves",
            "Offer the contract that fits their use, or an extension with a goal.",
            "offer, extension",
            "phone",
            24,
        ),
    ),
    TriggerRule(
        name="buying_group",
        team=Team.SALES,
        title="A buying group forms",
        on=("*",),
        when=(People(at_least=3, within_days=14), InStage(any_of=PRESALE), Score(at_least=25)),
        cooldown_days=30,
        play=_play(
            "compares vendors together",
            "Speak to each role's question; find who decides.",
            "role sheets",
            "mail, phone",
            24,
        ),
    ),
    TriggerRule(
        name="usage_drop",
        team=Team.SERVICE,
        title="A customer uses it less",
        timer=CustomerEvery(days=2),
        when=(IsCustomer(), UsageDrop(below_share=0.15)),
        decisive=("feature_used", "signed_in"),
        cooldown_days=21,
        play=_play(
            "questions the renewal",
            "Ask what changed; offer a working session.",
            "health check",
            "phone",
            48,
        ),
    ),
    TriggerRule(
        name="support_burst",
        team=Team.SERVICE,
        title="A customer opens one ticket after another",
        on=("ticket_opened",),
        when=(Count(types=("ticket_opened",), at_least=3, within_days=7),),
        cooldown_days=7,
        play=_play(
            "escalates, or gives up",
            "Call, own it end to end, tell sales to hold offers.",
            "incident summary",
            "phone",
            4,
        ),
    ),
    TriggerRule(
        name="cross_sell_research",
        team=Team.SALES,
        title="A customer researches something it does not have",
        on=("product_view", "pricing_view", "comparison_view"),
        when=(
            IsCustomer(),
            Count(types=("product_view", "pricing_view", "comparison_view"), at_least=2, within_days=14),
        ),
        cooldown_days=21,
        play=_play(
            "asks its contact, or another vendor",
            "Ask about the new use; show what it adds to what they have.",
            "add-on sheet, customer story",
            "account manager's call",
            48,
        ),
    ),
    TriggerRule(
        name="advocacy",
        team=Team.MARKETING,
        title="A customer speaks for us",
        on=("review_posted", "referral_made", "reference_given"),
        cooldown_days=30,
        play=_play(
            "would give a reference if asked now",
            "Thank in person; ask for a story or a reference call.",
            "reference programme",
            "mail, phone",
            72,
        ),
    ),
)

SAAS = Rules(activities=ACTIVITIES, stages=STAGES, triggers=TRIGGERS)
