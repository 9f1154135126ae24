"""One account while a batch is folded: thawed from its state, changed by activities, asked by predicates, frozen again.

Bounds, and what falls out:
- evidence: the newest 120 activities; older ones live on as one sum of points per type.
- people: the 40 seen last. usage: the last 60 days. seen ids: the newest 200.
"""

from collections import defaultdict
from collections.abc import Iterable

from pipeline.domains import mail_host, work_domain
from pipeline.due import DUE, USAGE_DAYS
from pipeline.rules.model import Phase, Rules, StageRule, TriggerRule
from pipeline.rules.predicates import Predicate, all_hold
from pipeline.score import DAY_MS, carried_on, causes_of, score_of
from pipeline.traits.group import Group, seen_again
from pipeline.traits.habits import Habit
from schemas.cause import Cause
from schemas.journey import NO_STANDING, UNAWARE, Evidence, JourneyState, Person, Standing, Trial

EVIDENCE_MAX = 120
PEOPLE_MAX = 40
SEEN_MAX = 200
SEEN_ID_LENGTH = 12
LEAVE_DAYS_MAX = 400


class Journey:
    """The working copy. It answers `predicates.Situation` at `now_ms`.

    Args:
        state: what is remembered, or None for an account never seen.
        account_id: the account.
        rules: points, stages and timers.
        standing: what the directory says of the account.
        product: which of the account's journeys a new one is; '' for the general one.
    """

    def __init__(
        self,
        state: JourneyState | None,
        account_id: str,
        rules: Rules,
        standing: Standing = NO_STANDING,
        product: str = "",
    ) -> None:
        state = state or JourneyState(account_id=account_id, product=product)
        self.rules = rules
        self.standing = standing
        self.account_id = account_id
        self.product = state.product
        self.account_name = state.account_name
        self.stage = state.stage
        self.stage_since_ms = state.stage_since_ms
        self.been = state.been
        self.held = state.held
        self.clock_ms = state.clock_ms
        self.transitions = state.transitions
        self.steps = dict(state.steps)
        self.evidence = list(state.evidence)
        self._by_type: dict[str, list[Evidence]] = defaultdict(list)
        for item in self.evidence:
            self._by_type[item.type].append(item)
        self.carried = {item.type: item for item in state.carried}
        self.contacts = {item.person: item for item in state.people}
        self.trial = state.trial
        self.customer_since_ms = state.customer_since_ms
        self.contract_said_ms = state.contract_ends_ms
        self.last_human_ms = state.last_human_ms
        self.habits = Habit(state.habits)
        self.usage_by_day = dict(state.usage_by_day)
        self.heard_ms = state.heard_ms
        self.fired = dict(state.fired)
        self.timers_done = dict(state.timers_done)
        self.noted = dict(state.noted)
        self.opened = dict(state.opened)
        self.rests = dict(state.rests)
        self.met = dict(state.met)
        self.seen = list(state.seen)
        self.now_ms = state.clock_ms
        self._kept = state
        self._scored: tuple[int, float] | None = None

    def freeze(self) -> JourneyState:
        """The state to remember."""
        return JourneyState.model_construct(
            version=2,
            rules=self.rules.version,
            account_id=self.account_id,
            product=self.product,
            account_name=self.account_name,
            stage=self.stage,
            stage_since_ms=self.stage_since_ms,
            been=self.been,
            held=self.held,
            clock_ms=self.clock_ms,
            transitions=self.transitions,
            steps=dict(self.steps),
            evidence=tuple(self.evidence),
            carried=tuple(self.carried.values()),
            people=tuple(self.contacts.values()),
            trial=self.trial,
            customer_since_ms=self.customer_since_ms,
            contract_ends_ms=self.contract_said_ms,
            last_human_ms=self.last_human_ms,
            habits=self.habits.freeze(),
            usage_by_day=dict(self.usage_by_day),
            heard_ms=self.heard_ms,
            fired=dict(self.fired),
            timers_done=dict(self.timers_done),
            noted=dict(self.noted),
            opened=dict(self.opened),
            rests=dict(self.rests),
            met=dict(self.met),
            seen=tuple(self.seen),
            due_ms=self.next_due_ms(),
            suppressed=self._kept.suppressed,
            journal=self._kept.journal,
        )

    @property
    def called(self) -> str:
        """The account, and the product if the journey is about one, as people call them."""
        if not self.product:
            return self.account_name
        return f"{self.account_name} ({self.rules.product_choice.labels.get(self.product, self.product)})"

    # what predicates ask

    @property
    def customer(self) -> bool:
        """Whether it has bought."""
        return self.customer_since_ms > 0

    @property
    def fit(self) -> str:
        """How well it fits who we sell to, A to D; '' where nobody knows."""
        return self.standing.fit

    @property
    def trial_open(self) -> bool:
        """Whether a trial runs now."""
        trial = self.trial
        return trial is not None and not trial.over and (not trial.ends_ms or self.now_ms < trial.ends_ms)

    @property
    def trial_activated(self) -> bool:
        """Whether the newest trial has reached first value."""
        return self.trial is not None and self.trial.activated_ms > 0

    @property
    def contract_ends_ms(self) -> int:
        """When the contract ends: the later of what the CRM and the directory say; 0 where nobody knows."""
        return max(self.contract_said_ms, self.standing.renews_ms)

    @property
    def group(self) -> Group:
        """The people of its buying group."""
        return Group(self.contacts.values(), self.rules.group_roles, self.rules.group_wanted, self.now_ms)

    def depth(self, types: tuple[str, ...], within_days: float) -> int:
        """The most different things one person has read, of these types, in the last days."""
        read: dict[str, set[str]] = defaultdict(set)
        for item in self.evidence_of(types, within_days):
            if item.detail:
                read[item.person or item.subject].add(item.detail)
        return max(map(len, read.values()), default=0)

    def score(self) -> float:
        """Sum of the causes' points now; asked often for the same moment."""
        if self._scored is None or self._scored[0] != self.now_ms:
            self._scored = (self.now_ms, score_of(self.evidence, self.carried.values(), self.now_ms, self.rules))
        return self._scored[1]

    def count(self, types: tuple[str, ...], within_days: float, anonymous_only: bool) -> int:
        """Remembered activities of these types in the last days."""
        return sum(1 for item in self.evidence_of(types, within_days) if not (anonymous_only and item.person))

    def people(self, within_days: float) -> int:
        """Distinct people seen in the last days, by work mailbox. A user id or a free mailbox may be another name of
        one of them; where there is nothing else they are one person."""
        since_ms = self.now_ms - within_days * DAY_MS
        seen = [item.person for item in self.contacts.values() if item.last_ms >= since_ms]
        return sum(1 for person in seen if work_domain(mail_host(person))) or min(1, len(seen))

    def uses(self, from_days: float, to_days: float) -> int:
        """Product uses between so many days ago and so many days ago, by whole days; those of a customer."""
        today = self.now_ms // DAY_MS
        after = max(today - from_days, self.customer_since_ms // DAY_MS)
        return sum(n for day, n in self.usage_by_day.items() if after < day <= today - to_days)

    def quiet(self, days: float) -> bool:
        """Whether no person showed a sign for so many days."""
        return self.now_ms - self.last_human_ms >= days * DAY_MS

    # what the fold asks

    @property
    def stage_rule(self) -> StageRule | None:
        """The rule of its stage; None before the first sign, and for a stage the rules no longer have."""
        return self.rules.stage_by_name.get(self.stage)

    def will_hold(self, conditions: tuple[Predicate, ...], at_ms: int) -> bool:
        """Whether conditions hold at a later moment, if nothing happens until then."""
        now_ms, self.now_ms = self.now_ms, at_ms
        try:
            return all_hold(conditions, self)
        finally:
            self.now_ms = now_ms

    def full_today(self, kind: str, person: str, subject: str, at_ms: int) -> bool:
        """Whether one person's activities of a type have reached the day's cap, among those remembered."""
        rule = self.rules.activities[kind]
        cap = rule.daily_cap or self.rules.scoring.daily_cap
        known = self._by_type.get(kind, ())
        if len(known) < cap:
            return False
        day, who = at_ms // DAY_MS, person or subject
        return sum((item.person or item.subject) == who and item.occurred_ms // DAY_MS == day for item in known) >= cap

    def evidence_of(self, types: Iterable[str], within_days: float) -> list[Evidence]:
        """Remembered activities of these types in the last days; a customer's since the purchase, since what was done
        before it was done to buy."""
        since_ms = max(self.now_ms - within_days * DAY_MS, self.customer_since_ms)
        return [item for kind in types for item in self._by_type.get(kind, ()) if item.occurred_ms >= since_ms]

    def by_ip_only(self, decisive: frozenset[str]) -> bool:
        """Whether all of these events, as far as they are remembered, are the account's by their address alone."""
        found = [item.by_ip for item in self.evidence if item.event_id in decisive]
        return bool(found) and all(found)

    def causes(self, decisive: Iterable[str]) -> tuple[Cause, ...]:
        """The score's parts now; `decisive` are event ids to point out."""
        return causes_of(self.evidence, self.carried.values(), self.now_ms, self.rules, frozenset(decisive))

    # what the fold changes

    def remember(self, item: Evidence) -> None:
        """Keep one more activity; the oldest beyond the bound joins the sum of its type."""
        self._scored = None
        self.evidence.append(item)
        self._by_type[item.type].append(item)
        if len(self.evidence) > EVIDENCE_MAX:
            oldest = min(range(len(self.evidence)), key=lambda at: self.evidence[at].occurred_ms)
            fallen = self.evidence.pop(oldest)
            self._by_type[fallen.type].remove(fallen)
            known = self.carried.get(fallen.type)
            self.carried[fallen.type] = carried_on(known, fallen, self.now_ms, self.rules)

    def meet(self, person: str, job_title: str, at_ms: int) -> None:
        """Note that a known person was seen."""
        known = self.contacts.pop(person, None)
        self.contacts[person] = Person.made(
            person=person,
            job_title=job_title or (known.job_title if known else ""),
            **seen_again(known, at_ms),
        )
        if len(self.contacts) > PEOPLE_MAX:
            self.contacts.pop(min(self.contacts, key=lambda key: (self.contacts[key].last_ms, key)))

    def use(self, at_ms: int) -> None:
        """Note one use of the product."""
        day = at_ms // DAY_MS
        self.usage_by_day[day] = self.usage_by_day.get(day, 0) + 1
        if len(self.usage_by_day) > USAGE_DAYS:
            del self.usage_by_day[min(self.usage_by_day)]

    def start_trial(self, at_ms: int, ends_ms: int) -> None:
        """A trial starts, or starts anew; one that started before the known one changes nothing."""
        if self.trial is not None and at_ms < self.trial.started_ms:
            return
        self.trial = Trial(started_ms=at_ms, ends_ms=ends_ms)

    def change_trial(self, at_ms: int, **changes: int | bool) -> None:
        """Note something about the newest trial, if there is one and it had started by then."""
        if self.trial is not None and at_ms >= self.trial.started_ms:
            self.trial = self.trial.model_copy(update=changes)

    def start_anew(self) -> None:
        """Forget what counted: after a lost deal or an ended contract a new journey has to show itself."""
        self._scored = None
        self.evidence.clear()
        self._by_type.clear()
        self.carried.clear()
        self.change_trial(self.now_ms, over=True)
        self.customer_since_ms = self.contract_said_ms = 0
        self.been, self.held = (), ""

    def mark_seen(self, activity_id: str) -> bool:
        """Note an activity's id; False if it was seen before."""
        short = activity_id[:SEEN_ID_LENGTH]
        if short in self.seen:
            return False
        self.seen.append(short)
        if len(self.seen) > SEEN_MAX:
            del self.seen[0]
        return True

    # timers

    def due_of(self, rule: TriggerRule) -> int:
        """When a trigger's timer is due, ms since 1970; 0 if it is not running."""
        due_ms = DUE[type(rule.timer)](rule.timer, self, rule)
        return due_ms if due_ms > self.timers_done.get(rule.name, 0) else 0

    def may_fall(self, rule: StageRule) -> bool:
        """Whether its stage can be left downwards: there is a lower one of its phase, and the CRM does not hold it."""
        rules = self.rules
        rank = rules.ranks[rule.name]
        lower = rank > 1 and rules.way[rank - 2].phase is rule.phase
        return bool(rule.leave) and lower and rules.ranks.get(self.held, 0) < rank

    def leave_due_ms(self) -> int:
        """When its stage is left downwards without a further sign, at a midnight (UTC); 0 if never.

        Conditions of leaving, once they hold, hold until something happens: so the first such midnight can be searched.
        """
        rule = self.stage_rule
        if rule is None or not self.may_fall(rule):
            return 0
        today, silent_ms = self.clock_ms // DAY_MS, self.dormant_due_ms()
        low, high = 0, silent_ms // DAY_MS - today if silent_ms else LEAVE_DAYS_MAX
        if high < 1 or not self.will_hold(rule.leave, (today + high) * DAY_MS):
            return 0  # silence comes first, if anything does
        while high - low > 1:
            middle = (low + high) // 2
            if self.will_hold(rule.leave, (today + middle) * DAY_MS):
                high = middle
            else:
                low = middle
        return (today + high) * DAY_MS

    def leaves_by(self, until_ms: int) -> int:
        """`leave_due_ms` where that is by a time, else 0: asked at each activity, so cheap on the same day."""
        rule = self.stage_rule
        midnight_ms = until_ms // DAY_MS * DAY_MS
        if rule is None or midnight_ms <= self.clock_ms or not self.may_fall(rule):
            return 0
        return self.leave_due_ms() if self.will_hold(rule.leave, midnight_ms) else 0

    def dormant_due_ms(self) -> int:
        """When the account goes dormant without a further sign; 0 if it is."""
        rule = self.stage_rule
        if self.stage == UNAWARE or (rule is not None and rule.phase is Phase.DETOUR) or not self.last_human_ms:
            return 0
        return self._silent_ms(self.customer)

    @property
    def fell_silent(self) -> bool:
        """Whether it is dormant and would be again at once, since no human sign came since."""
        silent = self.stage == self.rules.quiet.stage and self.last_human_ms > 0
        return silent and self._silent_ms(self.customer) <= self.now_ms

    def next_due_ms(self) -> int:
        """The earliest timer; 0 if none runs."""
        dues = [self.due_of(rule) for rule in self.rules.timers]
        return min((due for due in (*dues, self.leave_due_ms(), self.dormant_due_ms()) if due), default=0)

    def _silent_ms(self, customer: bool) -> int:
        quiet = self.rules.quiet
        return self.last_human_ms + int((quiet.customer_days if customer else quiet.days) * DAY_MS)
