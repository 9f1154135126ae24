"""A small story of four accounts, from raw event to feedback, whose results can be worked out by hand.

In days from a midnight a month ago (long ago, rows would fall to their TTL):

acme   visits on day 0, downloads on 2, looks at prices on 4 (sales alert), is first touched on 6, starts a trial half a
       day later, has a meeting on 7, uses a feature on 8 and buys on 10. A mail scanner opened a mail on day -5.
beta   visits on day 1, looks at prices on 3 (marketing alert nobody answers).
gamma  visits on day 0, takes a call on 2, looks at prices on 8 (sales alert, turned down), goes dormant on 9.
delta  was a customer when first seen, on day 5 (sales alert, touched after 30 minutes).

Beside these, on day 5, seven alerts for kim: two come with a digest; one is over by then, one resolved; two are kept
back by a list, and one still waits.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.clock import SystemClock
from agents.handover.handler import offer_of
from pipeline.dispatch.digest import make_digest
from pipeline.dispatch.record import note_of
from pipeline.handover.fold import take, wake
from pipeline.handover.policy import Policy
from schemas.account import Account, DomainKind, DomainPeriod
from schemas.activity import Activity
from schemas.alert import Alert, Play
from schemas.authored.activation import Activation
from schemas.authored.asset import Asset
from schemas.base import Record, Source, Team, to_ms
from schemas.cause import Cause
from schemas.dispatch.held import HeldAlert, HeldReason, Outcome
from schemas.event import Event, Grade
from schemas.handover.entry import Handover
from schemas.handover.feedback import Answer, Feedback, Verdict, answer_id_of
from schemas.identity import FactKind, IdentityFact, Method
from schemas.rejected import Rejected, RejectReason
from schemas.transition import Transition

START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WON = "opportunity_won"


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def activity(account: str, event_id: str, at: float, kind: str, **more: Any) -> Activity:
    given = {
        "activity_id": f"{account}/{event_id}",
        "event_id": event_id,
        "account_id": account,
        "account_name": account.title(),
        "source": Source.WEB,
        "type": kind,
        "occurred_ms": to_ms(day(at)),
        "received_ms": to_ms(day(at)),
        "subject": "a:v-" + account,
        "method": Method.ACCOUNT_DOMAIN,
        "confidence": 0.9,
        "reason": "domain",
    }
    return Activity(**(given | more))


def unmatched(fact_id: str, subject: str, person: str, domain: str) -> IdentityFact:
    return IdentityFact(
        fact_id=fact_id,
        kind=FactKind.UNMATCHED,
        subject=subject,
        person=person,
        domain=domain,
        reason=f"works at {domain}, no account's domain",
        event_id="e1",
        observed_ms=to_ms(day(2 if fact_id == "f2" else 3)),
    )


def event(event_id: str, at: float, **more: Any) -> Event:
    given = {
        "event_id": event_id,
        "source": Source.WEB,
        "format": "native",
        "type": "page_view",
        "occurred_ms": to_ms(day(at)),
        "received_ms": to_ms(day(at)),
        "origin": "intent.events.web.v1:0:0:0",
        "anonymous_id": "v-1",
    }
    return Event(**(given | more))


def cause(event_id: str, kind: str, at: float, points: float, base: float = 0.0, **more: Any) -> Cause:
    base = base or points
    return Cause(
        event_id=event_id,
        type=kind,
        occurred_ms=to_ms(day(at)),
        base_points=base,
        decay=points / base,
        points=points,
        confidence=0.9,
        **more,
    )


def transition(
    account: str, sequence: int, stages: tuple[str, str], at: float, entered: float | None, *causes: Cause
) -> Transition:
    return Transition(
        transition_id=f"{account}-{sequence}",
        account_id=account,
        account_name=account.title(),
        sequence=sequence,
        from_stage=stages[0],
        to_stage=stages[1],
        occurred_at=day(at),
        received_at=day(at),
        entered_from_at=None if entered is None else day(entered),
        rule=stages[1],
        why=f"became {stages[1]}",
        score=sum(part.points for part in causes),
        causes=causes,
        rule_version="r1",
    )


def alert(alert_id: str, team: Team, trigger: str, account: str, at: float, *causes: Cause) -> Alert:
    return Alert(
        alert_id=alert_id,
        trigger=trigger,
        team=team,
        account_id=account,
        account_name=account.title(),
        stage="evaluating",
        raised_at=day(at),
        received_at=day(at) + MINUTE,
        act_by=day(at + 1),
        title=trigger,
        why=trigger,
        play=Play(next_likely="asks for a quote", message="Offer a call", act_within_hours=24),
        score=sum(part.points for part in causes),
        confidence=0.9,
        causes=causes,
        rule_version="r1",
    )


def answer(alert_id: str, verdict: Verdict, at: datetime, reason: str = "") -> Answer:
    account = {"A1": "acme", "A2": "gamma", "A3": "beta", "A4": "delta"}[alert_id]
    said = Feedback(alert_id=alert_id, account_id=account, verdict=verdict, occurred_at=at, reason=reason, by="maria")
    return Answer(answer_id=answer_id_of(said), received_at=at + MINUTE, **said.model_dump())


def handovers() -> Iterator[Handover]:
    """The ledger of the story: a day to accept, two to reach out, day and night; nobody at marketing answers."""
    clock = SystemClock()
    for given in ALERTS:
        offer = offer_of(given, to_ms(given.received_at) + 500, clock)
        answers = [one for one in FEEDBACK if one.alert_id == given.alert_id]
        folded = take(None, given.account_id, [offer, *answers], POLICY)
        assert folded.state is not None
        yield from folded.lines
        yield from wake(folded.state, to_ms(day(11)), POLICY).lines


def refusal(number: int, reason: RejectReason) -> Rejected:
    return Rejected(
        rejected_id=f"r{number}",
        source=Source.WEB,
        reason=reason,
        detail="not JSON",
        topic="intent.events.web.v1",
        partition=0,
        offset=number,
        index=0,
        received_at=day(0),
        value="{",
        encoding="utf-8",
    )


E1 = ("e1", "page_view", 0)
E2 = ("e2", "content_download", 2)
E3 = ("e3", "pricing_view", 4)
G2 = ("g2", "pricing_view", 8)

ACTIVITIES = (
    activity("acme", "em", -5, "email_open", source=Source.EMAIL, grade=Grade.MACHINE),
    activity("acme", *E1[:1], 0, "page_view", late=True),
    activity("acme", "e2", 2, "content_download", person="jane@acme.com", job_title="CTO"),
    activity("acme", "e3", 4, "pricing_view", person="joe@acme.com"),
    activity("acme", "e4", 6.5, "trial_started", source=Source.TRIAL),
    activity("acme", "e5", 7, "meeting_held", source=Source.CRM),
    activity("acme", "e6", 8, "feature_used", source=Source.TRIAL),
    activity("acme", "e7", 10, WON, source=Source.CRM),
    activity("beta", "b1", 1, "page_view"),
    activity("beta", "b2", 3, "pricing_view"),
    activity("gamma", "g1", 0, "page_view"),
    activity("gamma", "gc", 2, "call_held", source=Source.CRM),
    activity("gamma", "g2", 8, "pricing_view"),
    activity("delta", "d1", 5, "pricing_view"),
)
EVENTS = (
    *(event(name, 0) for name in ("e1", "g1", "nobody")),
    event("b1", 1),
    event("em", -5, source=Source.EMAIL, grade=Grade.MACHINE),
    # the producer's retry of e1, a day later and with a clock ahead, so at another time
    event("e1", 1, clamped=True),
)
TRANSITIONS = (
    transition("acme", 1, ("unaware", "aware"), 0, None, cause(*E1, 4)),
    transition("acme", 2, ("aware", "researching"), 2, 0, cause(*E1, 3.5, 4), cause(*E2, 8)),
    transition(
        "acme",
        3,
        ("researching", "evaluating"),
        4,
        2,
        cause(*E1, 3, 4),
        cause(*E2, 7, 8),
        cause(*E3, 16, detail="/pricing"),
    ),
    transition("acme", 4, ("evaluating", "customer"), 10, 4, cause("e6", "feature_used", 8, 2, 4)),
    transition("beta", 1, ("unaware", "aware"), 1, None, cause("b1", "page_view", 1, 4)),
    transition("gamma", 1, ("unaware", "aware"), 0, None, cause("g1", "page_view", 0, 2)),
    transition("gamma", 2, ("aware", "dormant"), 9, 0),
    transition("delta", 1, ("unaware", "customer"), 5, None, cause("d1", "pricing_view", 5, 16)),
)
ALERTS = (
    alert(
        "A1",
        Team.SALES,
        "pricing_interest",
        "acme",
        4,
        cause(*E1, 3, 4),
        cause(*E2, 7, 8),
        cause(*E3, 16, decisive=True),
    ),
    alert(
        "A2",
        Team.SALES,
        "pricing_interest",
        "gamma",
        8,
        cause(*G2, 8, decisive=True),
        cause("", "page_view", 0, 2, count=3),
    ),
    alert("A3", Team.MARKETING, "content_interest", "beta", 3, cause("b2", "pricing_view", 3, 8)),
    alert("A4", Team.SALES, "pricing_interest", "delta", 5, cause("d1", "pricing_view", 5, 16, decisive=True)),
)
FEEDBACK = (
    answer("A1", Verdict.REJECTED, day(4.25), "mistaken"),
    answer("A1", Verdict.ACCEPTED, day(4.5)),
    answer("A1", Verdict.FIRST_TOUCH, day(6)),
    answer("A1", Verdict.DONE, day(9)),
    answer("A2", Verdict.REJECTED, day(8.5), "wrong person"),
    answer("A4", Verdict.FIRST_TOUCH, day(5) + 31 * MINUTE),
)
ACCOUNTS = (
    Account(account_id="acme", name="Acme", owner="maria@example.com"),
    Account(
        account_id="acme",
        name="Acme Corp",
        domains=("acme.com",),
        domain_periods=(
            DomainPeriod(domain="oldco.com", kind=DomainKind.SUBSIDIARY, valid_from=START.date()),
            DomainPeriod(domain="sold.com", kind=DomainKind.SUBSIDIARY, valid_to=START.date()),
        ),
        owner="sam@x.io",
        tier="1",
        target=True,
    ),
)
IDENTITY = (
    IdentityFact(
        fact_id="f1",
        subject="a:v-acme",
        account_id="acme",
        method=Method.STITCHED,
        confidence=0.9,
        reason="signed in",
        event_id="e2",
        observed_ms=to_ms(day(2)),
    ),
    unmatched("f2", "a:v-1", "jo@newco.io", "newco.io"),
    unmatched("f3", "e:jo@newco.io", "jo@newco.io", "newco.io"),
    unmatched("f4", "a:v-2", "al@newco.io", "newco.io"),
    unmatched("f5", "a:v-3", "kim@oldco.com", "oldco.com"),
    unmatched("f6", "a:v-3", "kim@acme.com", "acme.com"),
    unmatched("f7", "a:v-3", "kim@sold.com", "sold.com"),
)
REJECTED = (
    refusal(1, RejectReason.BAD_JSON),
    refusal(2, RejectReason.BAD_JSON),
    refusal(3, RejectReason.NO_SUBJECT),
)
POLICY = Policy.model_validate(
    {
        "teams": {
            "sales": {"accept_hours": 24, "first_touch_hours": 36},
            "marketing": {"accept_hours": 24, "escalate_to": "head", "reassign_to": ["desk"]},
        }
    }
)
HANDOVERS = tuple(handovers())
WAITED = tuple(
    alert(f"H{number}", Team.SALES, "pricing_interest", account, 5).model_copy(
        update={
            "routed_to": "kim",
            "value": 10.0 - number,
            "owner": "kim",
            "act_by": day(5.2) if number == 2 else day(6),
        }
    )
    for number, account in enumerate(("acme", "beta", "acme", "beta", "gamma", "gamma", "delta"))
)
DIGESTS = (
    make_digest(
        "kim", to_ms(day(5.5)), [(one, HeldReason.QUIET_HOURS) for one in (*WAITED[:2], WAITED[6])], 1, 1, "p1"
    ),
)


def held() -> Iterator[HeldAlert]:
    quiet, at_ms, end_ms = HeldReason.QUIET_HOURS, to_ms(day(5)), to_ms(day(5.5))
    for number, outcome in enumerate((Outcome.DIGEST, Outcome.DIGEST, Outcome.EXPIRED, Outcome.RESOLVED)):
        yield note_of(WAITED[number], quiet, Outcome.WAITING, 0, at_ms, end_ms)
        digest = DIGESTS[0].digest_id if outcome is Outcome.DIGEST else ""
        yield note_of(WAITED[number], quiet, outcome, 1, end_ms, end_ms, digest)
    for number in (4, 5):
        yield note_of(WAITED[number], HeldReason.LISTED, Outcome.NOT_SENT, 0, at_ms, why="research")
    yield note_of(WAITED[6], HeldReason.BUDGET, Outcome.WAITING, 0, at_ms, end_ms)


HELD = tuple(held())
ACTIVATIONS = (
    Activation(
        number=1,
        rule_version="r1",
        name="first",
        text="name: first",
        activated_at=day(0),
        activated_by="maria@example.com",
        note="from mine.yaml",
    ),
)
ASSETS = (Asset(asset="white-paper", title="White paper"),)
STORY: tuple[Sequence[Record], ...] = (
    EVENTS,
    REJECTED,
    IDENTITY,
    ACTIVITIES,
    TRANSITIONS,
    ALERTS,
    DIGESTS,
    HELD,
    FEEDBACK,
    HANDOVERS,
    ACCOUNTS,
    ACTIVATIONS,
    ASSETS,
)
