"""Every line of the ledger of one hand-over, as a function of what is known: the offer, the answers, the policy and the
moment up to which clocks have been looked at. Whatever order answers come in, and how often, the lines are the same.

A hand-over goes through rounds: one for the first owner, one more for each it is reassigned to. In each round three
clocks start anew: to accept, to reach out, to finish. A snooze stops all of them. Who answers at the very end of a time
is in time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.handover.hours import ALWAYS, Calendar, Span, after, worked_ms
from pipeline.handover.policy import Deal, Policy
from schemas.base import from_ms, stable_id
from schemas.handover.entry import Clock, Handover, Step
from schemas.handover.feedback import Verdict
from schemas.kept.handover import Given, Offer

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NEVER = 1 << 62
DECISIONS = (Verdict.ACCEPTED, Verdict.REJECTED)
STOPS = {
    Clock.ACCEPT: (*DECISIONS, Verdict.FIRST_TOUCH, Verdict.DONE),
    Clock.FIRST_TOUCH: (Verdict.FIRST_TOUCH, Verdict.DONE),
    Clock.DONE: (Verdict.DONE,),
}
CLOCK_OF = {
    Verdict.ACCEPTED: Clock.ACCEPT,
    Verdict.REJECTED: Clock.ACCEPT,
    Verdict.SNOOZED: Clock.ACCEPT,
    Verdict.FIRST_TOUCH: Clock.FIRST_TOUCH,
    Verdict.DONE: Clock.DONE,
}
TASKS = {Clock.ACCEPT: "to accept or reject", Clock.FIRST_TOUCH: "to reach out", Clock.DONE: "to finish"}


@dataclass(frozen=True)
class Ledger:
    """What holds.

    Args:
        lines: in the order of their times.
        closed_ms: when it came to its end; 0 while it is open.
        next_ms: when the next line will be due by the clock; 0 if none.
    """

    lines: tuple[Handover, ...]
    closed_ms: int
    next_ms: int


@dataclass
class _Round:
    """The time one owner has it."""

    number: int
    owner: str
    start_ms: int
    deal: Deal
    end_ms: int = NEVER
    pauses: Sequence[Span] = field(default_factory=tuple)

    def limit(self, clock: Clock, play_ms: int) -> tuple[Calendar, int | None]:
        """Working ms there are for a clock, and by which calendar they count."""
        given = self.deal.limits[clock]
        if given is None and clock is Clock.FIRST_TOUCH:
            return ALWAYS, play_ms
        return self.deal.calendar, given


def ledger(offer: Offer, answers: Sequence[Given], policy: Policy, until_ms: int) -> Ledger:
    """All lines that hold.

    Args:
        offer: the alert.
        answers: by time, then id.
        policy: who has how long.
        until_ms: clocks are looked at up to then.
    """
    return _Story(offer, answers, policy, until_ms).tell()


class _Story:
    def __init__(self, offer: Offer, answers: Sequence[Given], policy: Policy, until_ms: int) -> None:
        self._offer, self._answers, self._policy, self._until_ms = offer, answers, policy, until_ms
        self._pauses = tuple((one.at_ms, one.until_ms) for one in answers if one.verdict is Verdict.SNOOZED)
        self._lines: list[Handover] = []
        self._waits: list[int] = []
        self._ended_ms = self._ended_by_team()
        last_word = max((offer.offered_ms, *(max(one.at_ms, one.until_ms) for one in answers)))
        lapse_ms = last_word + round(policy.lapse_days * DAY_MS)
        self._gone_ms = min(offer.retracted_ms or NEVER, lapse_ms)
        self._lapse_ms = lapse_ms if min(self._ended_ms, offer.retracted_ms or NEVER) > lapse_ms else NEVER

    def tell(self) -> Ledger:
        offer = self._offer
        rounds = self._rounds()
        first = rounds[0]
        self._say(first, Step.OFFERED, offer.offered_ms, Clock.ACCEPT, "it lies on the team's topic")
        for now, then in pairwise(rounds):
            words = f"not accepted by {now.owner or 'the team'}"
            self._say(now, Step.REASSIGNED, now.end_ms, Clock.ACCEPT, words, to=then.owner, heir=then)
        for one in rounds:
            for clock in Clock:
                self._run(one, clock)
        for answer in self._answers:
            self._answered(rounds, answer)
        if offer.retracted_ms:
            self._say(_at(rounds, offer.retracted_ms), Step.RETRACTED, offer.retracted_ms, None, offer.why)
        if self._lapse_ms <= self._until_ms:
            words = f"no word for {self._policy.lapse_days:g} days"
            self._say(_at(rounds, self._lapse_ms), Step.LAPSED, self._lapse_ms, None, words)
        elif self._lapse_ms < NEVER:
            self._waits.append(self._lapse_ms)
        closed_ms = min(self._ended_ms, offer.retracted_ms or NEVER)
        if self._lapse_ms <= self._until_ms:
            closed_ms = min(closed_ms, self._lapse_ms)
        ranks = list(Step)
        lines = sorted(self._lines, key=lambda line: (line.at, ranks.index(line.step), line.entry_id))
        return Ledger(tuple(lines), 0 if closed_ms == NEVER else closed_ms, min(self._waits, default=0))

    def _ended_by_team(self) -> int:
        """When it was done, or turned down for good: the last of accepted and rejected decides."""
        done = [one.at_ms for one in self._answers if one.verdict is Verdict.DONE]
        if done:
            return done[0]
        decisions = [one for one in self._answers if one.verdict in DECISIONS]
        return decisions[-1].at_ms if decisions and decisions[-1].verdict is Verdict.REJECTED else NEVER

    def _stopped(self, clock: Clock) -> int:
        """When a clock stops for good, by an answer or because it is over."""
        stop = next((one.at_ms for one in self._answers if one.verdict in STOPS[clock]), NEVER)
        return min(stop, self._ended_ms)

    def _rounds(self) -> list[_Round]:
        offer = self._offer
        rounds = [self._round(0, offer.owner, offer.offered_ms)]
        heirs = [name for name in rounds[0].deal.reassign_to if name != offer.owner]
        for heir in heirs:
            now = rounds[-1]
            due_ms = self._due(now, Clock.ACCEPT)
            over_ms = None if due_ms is None else after(now.deal.calendar, due_ms, now.deal.reassign_ms, self._pauses)
            if over_ms is None or over_ms >= min(self._stopped(Clock.ACCEPT), self._gone_ms):
                break
            if over_ms > self._until_ms:
                self._waits.append(over_ms)
                break
            now.end_ms = over_ms
            rounds.append(self._round(now.number + 1, heir, over_ms))
        return rounds

    def _round(self, number: int, owner: str, start_ms: int) -> _Round:
        offer = self._offer
        return _Round(number, owner, start_ms, self._policy.deal(offer.team, offer.trigger, owner))

    def _due(self, one: _Round, clock: Clock, known_ms: int = NEVER, share: float = 1.0) -> int | None:
        """When a share of a clock's time is used up, by the snoozes known at a moment."""
        calendar, limit = one.limit(clock, self._offer.play_ms)
        if limit is None:
            return None
        pauses = [pause for pause in self._pauses if pause[0] <= known_ms]
        return after(calendar, one.start_ms, round(limit * share), pauses)

    def _run(self, one: _Round, clock: Clock) -> None:
        """What a clock says in a round."""
        due_ms = self._due(one, clock)
        if due_ms is None:
            return
        calendar, limit = one.limit(clock, self._offer.play_ms)
        assert limit is not None
        deal, task, hours = one.deal, TASKS[clock], f"{limit / HOUR_MS:g}"
        kind = "hours" if calendar is ALWAYS else "working hours"
        over = f"{hours} {kind} {task} are over"
        self._tick(
            one,
            clock,
            Step.WARNED,
            self._due(one, clock, share=deal.warn_share),
            f"{deal.warn_share:.0%} of {hours} {kind} {task} are used",
        )
        self._tick(one, clock, Step.BREACHED, due_ms, over)
        if deal.escalate_to:
            later = after(deal.calendar, due_ms, deal.escalate_ms, self._pauses)
            self._tick(one, clock, Step.ESCALATED, later, over, deal.escalate_to)

    def _tick(self, one: _Round, clock: Clock, step: Step, at_ms: int | None, reason: str, to: str = "") -> None:
        if at_ms is None or at_ms >= min(self._stopped(clock), self._gone_ms) or at_ms > one.end_ms:
            return
        if at_ms > self._until_ms:
            self._waits.append(at_ms)
        else:
            self._say(one, step, at_ms, clock, reason, to=to)

    def _answered(self, rounds: Sequence[_Round], answer: Given) -> None:
        worked = 0
        for one in rounds:
            worked += worked_ms(one.deal.calendar, one.start_ms, min(one.end_ms, answer.at_ms))
        clock = CLOCK_OF[answer.verdict]
        step = Step(answer.verdict.value)
        self._say(_at(rounds, answer.at_ms), step, answer.at_ms, clock, answer.reason, answer=answer, worked=worked)

    def _say(
        self,
        one: _Round,
        step: Step,
        at_ms: int,
        clock: Clock | None,
        reason: str,
        to: str = "",
        answer: Given | None = None,
        worked: int | None = None,
        heir: _Round | None = None,
    ) -> None:
        offer = self._offer
        calendar, limit = one.limit(clock, offer.play_ms) if clock else (one.deal.calendar, None)
        used = worked_ms(calendar, one.start_ms, at_ms, self._pauses)
        due_ms = self._due(heir or one, clock, at_ms) if clock else None
        touch_ms = self._due(heir or one, Clock.FIRST_TOUCH, at_ms)
        ident = answer.answer_id if answer else f"{step}/{clock or ''}/{one.number}"
        self._lines.append(
            Handover.made(
                entry_id=stable_id("handover", offer.alert_id, ident),
                alert_id=offer.alert_id,
                account_id=offer.account_id,
                account_name=offer.account_name,
                trigger=offer.trigger,
                team=offer.team,
                owner=one.owner,
                round=one.number,
                step=step,
                clock=clock,
                at=from_ms(at_ms),
                due_at=None if due_ms is None else from_ms(due_ms),
                touch_by=None if touch_ms is None else from_ms(touch_ms),
                business_seconds=used / 1000,
                share=None if limit is None else round(used / limit, 4),
                reason=reason,
                by=answer.by if answer else "",
                to=to,
                until=from_ms(answer.until_ms) if answer and answer.until_ms else None,
                system_delay_seconds=offer.system_ms / 1000,
                human_delay_seconds=None if worked is None else worked / 1000,
                policy_version=self._policy.version,
            )
        )


def _at(rounds: Sequence[_Round], at_ms: int) -> _Round:
    """The round a moment lies in; what lies before the first belongs to the first."""
    return next((one for one in reversed(rounds) if one.start_ms <= at_ms), rounds[0])
