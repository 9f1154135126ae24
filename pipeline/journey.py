"""One account while a batch is folded: thawed from its state, changed by activities, asked by predicates, frozen again.

Bounds, and what falls out:
- evidence: the newest 120 activities; older ones live on as one sum of points per type.
- people: the 40 seen last. usage: the last 60 days. seen ids: the newest 200.
"""

from collections.abc import Iterable

from pipeline.domains import mail_host, work_domain
from pipeline.rules import CustomerEvery, Rules, TrialEnds, TrialQuiet, TriggerRule
from pipeline.score import DAY_MS, causes_of, decay, quantise, score_of
from schemas.cause import Cause
from schemas.journey import CUSTOMER_STAGES, Carry, Evidence, JourneyState, Person, Stage, Trial

EVIDENCE_MAX = 120
PEOPLE_MAX = 40
USAGE_DAYS = 60
SEEN_MAX = 200
SEEN_ID_LENGTH = 12


class Journey:
    """The working copy. It answers `predicates.Situation` at `now_ms`.

    Args:
        state: what is remembered, or None for an account never seen.
        account_id: the account.
        rules: points, half-lives and timers.
    """

    def __init__(self, state: JourneyState | None, account_id: str, rules: Rules) -> None:
        state = state or JourneyState(account_id=account_id)
        self.rules = rules
        self.account_id = account_id
        self.account_name = state.account_name
        self.stage = state.stage
        self.stage_since_ms = state.stage_since_ms
        self.clock_ms = state.clock_ms
        self.transitions = state.transitions
        self.evidence = list(state.evidence)
        self.carried = {item.type: item for item in state.carried}
        self.contacts = {item.person: item for item in state.people}
        self.trial = state.trial
        self.customer_since_ms = state.customer_since_ms
        self.last_human_ms = state.last_human_ms
        self.usage_by_day = dict(state.usage_by_day)
        self.heard_ms = state.heard_ms
        self.fired = dict(state.fired)
        self.timers_done = dict(state.timers_done)
        self.seen = list(state.seen)
        self.now_ms = state.clock_ms
        self._kept = state
        self._scored: tuple[int, float] | None = None

    def freeze(self) -> JourneyState:
        """The state to remember."""
        return JourneyState.model_construct(
            version=2,
            account_id=self.account_id,
            account_name=self.account_name,
            stage=self.stage,
            stage_since_ms=self.stage_since_ms,
            clock_ms=self.clock_ms,
            transitions=self.transitions,
            evidence=tuple(self.evidence),
            carried=tuple(self.carried.values()),
            people=tuple(self.contacts.values()),
            trial=self.trial,
            customer_since_ms=self.customer_since_ms,
            last_human_ms=self.last_human_ms,
            usage_by_day=dict(self.usage_by_day),
            heard_ms=self.heard_ms,
            fired=dict(self.fired),
            timers_done=dict(self.timers_done),
            seen=tuple(self.seen),
            due_ms=self.next_due_ms(),
            suppressed=self._kept.suppressed,
            journal=self._kept.journal,
        )

    # what predicates ask

    @property
    def customer(self) -> bool:
        """Whether it has bought."""
        return self.customer_since_ms > 0

    @property
    def trial_open(self) -> bool:
        """Whether a trial runs now."""
        trial = self.trial
        return trial is not None and not trial.over and (not trial.ends_ms or self.now_ms < trial.ends_ms)

    @property
    def trial_activated(self) -> bool:
        """Whether the newest trial has reached first value."""
        return self.trial is not None and self.trial.activated_ms > 0

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

    # what the fold asks

    def evidence_of(self, types: Iterable[str], within_days: float) -> list[Evidence]:
        """Remembered activities of these types in the last days; a customer's since the purchase, since what was done
        before it was done to buy."""
        since_ms = max(self.now_ms - within_days * DAY_MS, self.customer_since_ms)
        return [item for item in self.evidence if item.type in types and item.occurred_ms >= since_ms]

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
        if len(self.evidence) > EVIDENCE_MAX:
            oldest = min(range(len(self.evidence)), key=lambda at: self.evidence[at].occurred_ms)
            self._carry(self.evidence.pop(oldest))

    def meet(self, person: str, name: str, job_title: str, at_ms: int) -> None:
        """Note that a named person was seen."""
        known = self.contacts.pop(person, None)
        self.contacts[person] = Person(
            person=person,
            name=name or (known.name if known else ""),
            job_title=job_title or (known.job_title if known else ""),
            first_ms=min(known.first_ms, at_ms) if known else at_ms,
            last_ms=max(known.last_ms, at_ms) if known else at_ms,
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
        self.carried.clear()
        self.change_trial(self.now_ms, over=True)
        self.customer_since_ms = 0

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
        timer, trial, due_ms = rule.timer, self.trial, 0
        done_ms = self.timers_done.get(rule.name, 0)
        match timer:
            case TrialQuiet() if trial is not None and not trial.over and not self.customer:
                due_ms = max(trial.started_ms, trial.last_use_ms) + int(timer.days * DAY_MS)
                if trial.ends_ms and due_ms >= trial.ends_ms:
                    due_ms = 0
            case TrialEnds() if trial is not None and not trial.over and trial.ends_ms and not self.customer:
                due_ms = max(trial.ends_ms - int(timer.days_before * DAY_MS), trial.started_ms + 1)
            case CustomerEvery() if self.customer and self.usage_by_day:
                due_ms = max(self.customer_since_ms, done_ms) + int(timer.days * DAY_MS)
                newest_use_ms = max(self.usage_by_day) * DAY_MS
                if due_ms > newest_use_ms + USAGE_DAYS * DAY_MS:  # nothing left to compare with
                    due_ms = 0
            case _:
                return 0
        return due_ms if due_ms > done_ms else 0

    def dormant_due_ms(self) -> int:
        """When the account goes dormant without a further sign; 0 if it is."""
        if self.stage in (Stage.DORMANT, Stage.UNAWARE) or not self.last_human_ms:
            return 0
        return self._silent_ms(self.stage in CUSTOMER_STAGES)

    @property
    def fell_silent(self) -> bool:
        """Whether it is dormant and would be again at once, since no human sign came since."""
        return self.stage is Stage.DORMANT and self.last_human_ms > 0 and self._silent_ms(self.customer) <= self.now_ms

    def next_due_ms(self) -> int:
        """The earliest timer; 0 if none runs."""
        dues = [self.due_of(rule) for rule in self.rules.timers]
        return min((due for due in (*dues, self.dormant_due_ms()) if due), default=0)

    def _silent_ms(self, customer: bool) -> int:
        days = self.rules.quiet_days_customer if customer else self.rules.quiet_days
        return self.last_human_ms + int(days * DAY_MS)

    def _carry(self, item: Evidence) -> None:
        half_life = self.rules.half_life_days(item.type)
        known = self.carried.get(item.type)
        as_of_ms = max(item.occurred_ms, known.as_of_ms if known else 0)
        points = quantise(item.points * decay(as_of_ms - item.occurred_ms, half_life))
        if known is not None:
            points += quantise(known.points * decay(as_of_ms - known.as_of_ms, half_life))
        self.carried[item.type] = Carry(
            type=item.type, count=1 + (known.count if known else 0), points=points, as_of_ms=as_of_ms
        )
