"""3. The journey fold: (state, activity, rules) -> (state', transitions, alerts).

Event time decides: each activity is judged at its own time; timers that were due before it fire first, as of their due
time. The result is a function of state and input only, so a replay, a restart or another cut into batches changes
nothing. What is folded can be taken out again: `journal/account.py` stands around this fold.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from pipeline.alerts.firing import fire, held_for, often_enough, take_answer, updated
from pipeline.alerts.make import HeldBack, make_held
from pipeline.classify import retyped
from pipeline.explain import sentence
from pipeline.journey import Journey
from pipeline.rules.model import ActivityRule, Phase, Rules, StageRule, TriggerRule
from pipeline.rules.predicates import all_hold
from pipeline.score import DAY_MS
from pipeline.stage import detour_of, fact_of, fallen, next_stage
from pipeline.stitch.attribute import HISTORY_DAYS
from pipeline.weigh import SINCE_UNKNOWN, points_of, standing_of
from schemas.account import Account
from schemas.activity import ANSWER, Attributed
from schemas.alert import Alert
from schemas.base import from_ms, stable_id
from schemas.dispatch.held import HeldReason
from schemas.event import Grade
from schemas.identity import IP_METHODS
from schemas.journey import Evidence, JourneyState, Standing
from schemas.transition import Transition

DECISIVE_DAYS = 45
DETAIL_LENGTH_MAX = 120
"""Characters of a text from outside kept as evidence: 120 of them must fit a record with room to spare."""

USES = frozenset({"feature_used", "signed_in", "user_invited"})
CONTRACTS = frozenset({"opportunity_won", "contract_renewed", "renewal_due"})
"""Facts of the CRM that may say when the contract ends."""

RENEWAL_ASSUMED_DAYS = 90
"""A renewal that is said to be due without a date is due by then."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """Result of a fold.

    Args:
        state: what to remember; the same object where nothing changed.
        transitions, alerts: what came of it, in order.
        held_back: alerts that were not raised.
        counted: the activities that changed something, as opposed to those known before and those that do not count.
    """

    state: JourneyState
    transitions: tuple[Transition, ...]
    alerts: tuple[Alert, ...]
    held_back: tuple[HeldBack, ...]
    counted: tuple[Attributed, ...]


def advance(
    state: JourneyState | None,
    account_id: str,
    activities: Iterable[Attributed],
    account: Account | None,
    rules: Rules,
    product: str = "",
) -> Advanced:
    """Fold activities of one account into its journey, whether or not the account is suppressed.

    Args:
        state: what is remembered; None for an account never seen.
        account_id: the account.
        activities: in the order of the topic; no corrections.
        account: its directory entry, if it has one.
        rules: the journey's rules.
        product: which of the account's journeys it is; '' for the general one.
    """
    fold = Fold(state, account_id, standing_of(account, rules, product), rules, product)
    for activity in activities:
        fold.take(activity)
    return fold.result()


def wake(state: JourneyState, now_ms: int, account: Account | None, rules: Rules) -> Advanced:
    """Fire the timers due by `now_ms`, each as of its due time."""
    fold = Fold(state, state.account_id, standing_of(account, rules, state.product), rules)
    fold.fire_due(now_ms)
    return fold.result()


def adopt(state: JourneyState, seen_ms: int, account: Account | None, rules: Rules) -> Advanced:
    """Bring a state that other rules were asked about last under these.

    Args:
        seen_ms: up to then the others were asked: what falls due before by these rules is history, and alerts nobody.
    """
    fold = Fold(state, state.account_id, standing_of(account, rules, state.product), rules)
    fold.adopt(max(seen_ms, state.clock_ms))
    return fold.result()


class Fold:
    """One account's journey while activities are folded into it.

    Args:
        state: what is remembered; None for an account never seen.
        account_id: the account.
        standing: what the directory says of it.
        rules: the journey's rules.
        product: which of the account's journeys a new one is; '' for the general one.
    """

    def __init__(
        self, state: JourneyState | None, account_id: str, standing: Standing, rules: Rules, product: str = ""
    ) -> None:
        self._journey = Journey(state, account_id, rules, standing, product)
        self._rules = rules
        self._transitions: list[Transition] = []
        self._alerts: list[Alert] = []
        self._held_back: list[HeldBack] = []
        self._counted: list[Attributed] = []
        self._before = state
        self._changed = False

    def meet(self, standing: Standing) -> None:
        """From now on the directory says this."""
        self._journey.standing = standing

    def result(self) -> Advanced:
        """What came of it; the state is the same object where nothing changed."""
        unchanged = self._before if not self._changed else None
        state = unchanged or self._journey.freeze()
        transitions, alerts = self.drain()
        return Advanced(state, transitions, alerts, self.drain_held(), tuple(self._counted))

    def freeze(self) -> JourneyState:
        """The state as it is now."""
        return self._journey.freeze()

    def drain(self) -> tuple[tuple[Transition, ...], tuple[Alert, ...]]:
        """Transitions and alerts since the last asking."""
        drained = tuple(self._transitions), tuple(self._alerts)
        self._transitions.clear()
        self._alerts.clear()
        return drained

    def drain_held(self) -> tuple[HeldBack, ...]:
        """Alerts that were not raised since the last asking."""
        drained = tuple(self._held_back)
        self._held_back.clear()
        return drained

    def take(self, activity: Attributed) -> None:
        """Fold one activity; one seen before, a machine's, or one of a type that does not count changes nothing."""
        journey = self._journey
        if activity.type == ANSWER:
            self._heed(activity)
            return
        activity = retyped(activity, self._rules.classifier)
        rule = self._rules.activities.get(activity.type)
        if rule is None or activity.grade is Grade.MACHINE or not journey.mark_seen(activity.activity_id):
            return
        self._change()
        self._counted.append(activity)
        self.fire_due(activity.occurred_ms)
        behind_ms = journey.clock_ms - activity.occurred_ms
        journey.now_ms = journey.clock_ms = max(journey.clock_ms, activity.occurred_ms)
        self._note(activity, rule)
        self._move(activity)
        waited_ms = max(behind_ms, activity.received_ms - activity.occurred_ms)
        late = activity.late or waited_ms > self._rules.late_ms
        for trigger in self._rules.triggers_on[activity.type]:
            if all_hold(trigger.when, journey):
                decisive = {
                    item.event_id for item in journey.evidence_of(trigger.decisive or trigger.after, DECISIVE_DAYS)
                }
                self._raise(trigger, decisive | {activity.event_id}, activity.event_id, activity.received_ms, late)

    def _heed(self, answer: Attributed) -> None:
        """What a team answered to an alert of another journey, or twice, changes nothing."""
        journey = self._journey
        if not any(one.alert_id == answer.asset for one in journey.opened.values()):
            return
        if not journey.mark_seen(answer.activity_id):
            return
        self._change()
        self.fire_due(answer.occurred_ms)
        journey.now_ms = journey.clock_ms = max(journey.clock_ms, answer.occurred_ms)
        take_answer(answer, journey, self._rules.trigger_by_name)
        self._counted.append(answer)

    def fire_due(self, until_ms: int) -> None:
        """Fire all timers due by a time, earliest first; among equals triggers in the rules' order, then falling back,
        then silence."""
        journey, timers = self._journey, self._rules.timers
        falls = (self._fall_back, self._fall_silent)
        while True:  # asked at each activity, so nothing is made for timers that do not run
            dues = [journey.due_of(rule) for rule in timers]
            dues += (journey.leaves_by(until_ms), journey.dormant_due_ms())
            due_ms = min(filter(None, dues), default=0)
            if not due_ms or due_ms > until_ms:
                return
            self._change()
            journey.now_ms = journey.clock_ms = max(journey.clock_ms, due_ms)
            if (at := dues.index(due_ms)) < len(timers):
                self._fire(timers[at], due_ms)
            else:
                falls[at - len(timers)](due_ms)

    def adopt(self, seen_ms: int) -> None:
        """Rules changed: timers that by these were due before are done without a word; who by these fell back or was
        silent before does so now."""
        self._change()
        journey = self._journey
        for rule in self._rules.timers:
            past_ms = 0
            while 0 < (due_ms := journey.due_of(rule)) <= seen_ms:
                journey.timers_done[rule.name] = past_ms = due_ms
            if past_ms and all_hold(rule.when, journey):
                self._hold(rule, HeldReason.RULES_CHANGED, past_ms)
        for due_of, fall in (
            (partial(journey.leaves_by, seen_ms), self._fall_back),
            (journey.dormant_due_ms, self._fall_silent),
        ):
            if 0 < (due_ms := due_of()) <= seen_ms:
                journey.now_ms = journey.clock_ms = seen_ms
                fall(due_ms)

    def _change(self) -> None:
        """The directory's name counts from the next thing that happens."""
        self._changed = True
        journey = self._journey
        if journey.standing.name:
            journey.account_name = journey.standing.name

    def _fire(self, rule: TriggerRule, due_ms: int) -> None:
        journey = self._journey
        journey.timers_done[rule.name] = due_ms
        if all_hold(rule.when, journey):
            decisive = {item.event_id for item in journey.evidence_of(rule.decisive, DECISIVE_DAYS)}
            late = journey.heard_ms - due_ms > self._rules.late_ms
            self._raise(rule, decisive, f"timer:{due_ms}", due_ms, late)
        if (detour := detour_of(journey)) is not None:
            self._enter(detour, (), due_ms)

    def _fall_back(self, due_ms: int) -> None:
        if (lower := fallen(self._journey)) is not None:
            self._enter(lower, (), due_ms)

    def _fall_silent(self, due_ms: int) -> None:
        rule = self._rules.stage_by_name[self._rules.quiet.stage]
        self._transition(rule.name, "quiet", rule.why, (), due_ms)

    def _note(self, activity: Attributed, rule: ActivityRule) -> None:
        """Remember what the activity says; what is beyond the day's cap adds nothing, neither points nor counts."""
        journey, at_ms, kind = self._journey, activity.occurred_ms, activity.type
        if not journey.account_name:
            journey.account_name = activity.account_name
        self._know_customer()
        if not journey.full_today(kind, activity.person, activity.subject, at_ms):
            known = journey.contacts.get(activity.person)
            job_title = activity.job_title or (known.job_title if known else "")
            journey.remember(
                Evidence(
                    event_id=activity.event_id,
                    type=kind,
                    occurred_ms=at_ms,
                    points=points_of(activity, rule, self._rules.scoring, job_title, journey.standing.tier),
                    confidence=activity.confidence,
                    person=activity.person,
                    subject=activity.subject,
                    detail=(activity.asset or activity.feature or activity.topic)[:DETAIL_LENGTH_MAX],
                    by_ip=activity.method in IP_METHODS,
                )
            )
            journey.habits.note(activity, rule.points)
        if activity.grade is Grade.HUMAN:
            journey.last_human_ms = max(journey.last_human_ms, at_ms)
            if activity.person:
                journey.meet(activity.person, activity.job_title[:DETAIL_LENGTH_MAX], at_ms)
        self._note_product(activity)

    def _note_product(self, activity: Attributed) -> None:
        journey, at_ms, kind = self._journey, activity.occurred_ms, activity.type
        last_use_ms = journey.trial.last_use_ms if journey.trial else 0
        if kind in USES or kind.startswith("trial_"):
            journey.heard_ms = activity.received_ms if not activity.late else at_ms + HISTORY_DAYS * DAY_MS
        if kind in USES:
            journey.use(at_ms)
            journey.change_trial(at_ms, last_use_ms=max(last_use_ms, at_ms))
        elif kind == "trial_started":
            journey.start_trial(at_ms, activity.ends_ms)
        elif kind == "trial_activated":
            journey.change_trial(at_ms, activated_ms=at_ms, last_use_ms=max(last_use_ms, at_ms))
        elif kind == "trial_extended":
            journey.change_trial(at_ms, ends_ms=activity.ends_ms)
        elif kind == "trial_ended":
            journey.change_trial(at_ms, over=True)
        elif kind in CONTRACTS and (activity.ends_ms or kind == "renewal_due"):
            journey.contract_said_ms = activity.ends_ms or at_ms + RENEWAL_ASSUMED_DAYS * DAY_MS
        if kind == "opportunity_won" and not journey.customer:
            journey.customer_since_ms = at_ms
            journey.change_trial(at_ms, over=True)

    def _know_customer(self) -> None:
        journey, customer_ms = self._journey, self._journey.standing.customer_ms
        if customer_ms and not journey.customer:
            journey.customer_since_ms = journey.now_ms if customer_ms == SINCE_UNKNOWN else customer_ms

    def _move(self, activity: Attributed) -> None:
        journey, origin = self._journey, activity.event_id
        fact = fact_of(journey, activity.type)
        if fact is not None:
            if journey.stage != fact.stage:
                what = self._rules.label(activity.type)
                self._transition(fact.stage, activity.type, what, {origin}, activity.received_ms)
            journey.held = fact.stage
            if fact.forget:
                journey.start_anew()
            if self._rules.stage_by_name[fact.stage].phase is Phase.DETOUR:
                return
        if journey.fell_silent:  # by a timer due since: a late sign from before the silence does not end it
            return
        rule = next_stage(journey)
        if rule is not None:
            self._enter(rule, {origin}, activity.received_ms)

    def _enter(self, rule: StageRule, also: Iterable[str], received_ms: int) -> None:
        """Go to a stage by its rule, or back to it."""
        journey, ranks = self._journey, self._rules.ranks
        decisive = {item.event_id for item in journey.evidence_of(rule.decisive, DECISIVE_DAYS)}
        back = rule.phase is not Phase.DETOUR and ranks[rule.name] < ranks.get(journey.stage, 0)
        words = f"no longer {journey.stage}; {rule.why}" if back else rule.why
        self._transition(rule.name, rule.name, words, decisive.union(also), received_ms)

    def _transition(self, to: str, rule: str, why: str, decisive: Iterable[str], received_ms: int) -> None:
        journey = self._journey
        causes = journey.causes(decisive)
        score = sum(cause.points for cause in causes)
        detour = self._rules.stage_by_name[to].phase is Phase.DETOUR
        step = f"{journey.stage}>{to}"
        before = journey.steps.get(step, 0)
        journey.transitions += 1
        journey.steps[step] = before + 1
        self._transitions.append(
            Transition.made(
                transition_id=stable_id("transition", journey.account_id, journey.product, journey.stage, to, before),
                account_id=journey.account_id,
                account_name=journey.account_name,
                product=journey.product,
                sequence=journey.transitions,
                from_stage=journey.stage,
                to_stage=to,
                occurred_at=from_ms(journey.now_ms),
                received_at=from_ms(received_ms),
                entered_from_at=from_ms(journey.stage_since_ms) if journey.stage_since_ms else None,
                rule=rule,
                why=sentence(f"{to}, because of {why}" if detour else f"{to}: {why}", causes, score, journey),
                score=score,
                fit=journey.fit,
                causes=causes,
                rule_version=self._rules.version,
            )
        )
        journey.stage, journey.stage_since_ms = to, journey.now_ms
        if not detour and to not in journey.been:
            journey.been = (*journey.been, to)

    def _raise(self, rule: TriggerRule, decisive: Iterable[str], origin: str, received_ms: int, late: bool) -> None:
        journey, marks = self._journey, frozenset(decisive)
        held = held_for(rule, journey, marks, late)
        if held is None:
            if often_enough(rule, journey):
                self._alerts.append(fire(rule, journey, marks, origin, received_ms))
            return
        news = held[0] is HeldReason.COOLDOWN and not late and not journey.by_ip_only(marks)
        if news and (alert := updated(rule, journey, marks, received_ms)) is not None:
            self._alerts.append(alert)
        else:
            self._hold(rule, held[0], received_ms, held[1])

    def _hold(self, rule: TriggerRule, reason: HeldReason, received_ms: int, until_ms: int = 0) -> None:
        journey = self._journey
        what, day = f"{rule.name}:{reason}", journey.now_ms // DAY_MS
        record = None
        if journey.noted.get(what) != day:
            journey.noted[what] = day
            record = make_held(rule, journey, reason, day, received_ms, until_ms)
        self._held_back.append(HeldBack(rule.name, reason, record))
