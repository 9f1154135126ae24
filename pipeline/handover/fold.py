"""The fold of hand-overs: (state, alerts and answers, moment) -> (state', lines to say).

What was said is held against what holds now (`ledger.py`): a new line is said, one with other content is said again
with the next revision, and one that does not hold any more is withdrawn. So late, early and doubled answers need no
rule of their own.

Bounds, and what falls out:
- hand-overs: 40 an account. Those closed longest go first, then answers that wait for an alert, then the oldest open
  one, which lapses. Closed ones go 30 days after their end; an answer that comes later finds no hand-over.
- answers: the 20 earliest of a hand-over. Answers to an alert nobody knows wait a day for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from pipeline.handover.ledger import DAY_MS, ledger
from pipeline.handover.policy import Policy
from schemas.base import from_ms, stable_id, to_ms
from schemas.handover.entry import Handover, Step
from schemas.handover.feedback import Answer
from schemas.kept.handover import Given, HandoverState, Held, Line, Offer

HELD_MAX = 40
ANSWERS_MAX = 20
KEEP_MS = 30 * DAY_MS
WAIT_MS = DAY_MS
LATE = "an answer that was given before came after it was said"


@dataclass
class Folded:
    """Result of a fold.

    Args:
        state: what to remember; None if nothing is left.
        lines: what to say, in order.
        unmatched: answers that were dropped, since no alert came for them.
    """

    state: HandoverState | None
    lines: list[Handover] = field(default_factory=list)
    unmatched: int = 0


def take(state: HandoverState | None, account_id: str, inputs: Iterable[Offer | Answer], policy: Policy) -> Folded:
    """Fold alerts and answers of one account.

    Args:
        state: what is remembered; None for an account never seen.
        account_id: the account.
        inputs: alerts, as they are offered or taken back, and answers.
        policy: who has how long.
    """
    state = state or HandoverState(account_id=account_id)
    held = {one.alert_id: one for one in state.held}
    touched: set[str] = set()
    for item in inputs:
        before = held.get(item.alert_id) or Held(alert_id=item.alert_id)
        now = _offered(before, item) if isinstance(item, Offer) else _answered(before, item)
        if now is not before:
            held[item.alert_id] = now
            touched.add(item.alert_id)
    return _settle(state, held, touched, state.until_ms, policy)


def wake(state: HandoverState, now_ms: int, policy: Policy) -> Folded:
    """Let the clocks speak that are due by a moment, and forget what is over."""
    held = {one.alert_id: one for one in state.held}
    until_ms = max(state.until_ms, now_ms)
    touched = {one.alert_id for one in state.held if 0 < one.due_ms <= until_ms}
    folded = _settle(state, held, touched, until_ms, policy)
    if folded.state is None:
        return folded
    over = [one for one in folded.state.held if 0 < one.due_ms <= until_ms]  # settled, and due for being forgotten
    kept = tuple(one for one in folded.state.held if one not in over)
    folded.unmatched += sum(len(one.answers) for one in over if one.offer is None)
    folded.state = folded.state.model_copy(update={"held": kept}) if kept else None
    return folded


def _offered(held: Held, offer: Offer) -> Held:
    known = held.offer
    if known is None:
        if offer.retracted_ms:  # taken back after it was forgotten here
            return held
        return held.model_copy(update={"offer": offer})
    if offer.revision <= known.revision:
        return held
    first = {"offered_ms": known.offered_ms, "system_ms": known.system_ms}
    return held.model_copy(update={"offer": offer.model_copy(update=first)})


def _answered(held: Held, answer: Answer) -> Held:
    if any(one.answer_id == answer.answer_id for one in held.answers):
        return held
    given = Given(
        answer_id=answer.answer_id,
        verdict=answer.verdict,
        at_ms=to_ms(answer.occurred_at),
        received_ms=to_ms(answer.received_at),
        by=answer.by,
        reason=answer.reason,
        until_ms=to_ms(answer.until) if answer.until else 0,
    )
    answers = sorted((*held.answers, given), key=lambda one: (one.at_ms, one.answer_id))[:ANSWERS_MAX]
    return held.model_copy(update={"answers": tuple(answers)}) if given in answers else held


def _settle(state: HandoverState, held: dict[str, Held], touched: set[str], until_ms: int, policy: Policy) -> Folded:
    folded = Folded(None)
    for alert_id in sorted(touched):
        one = held[alert_id]
        if one.offer is not None:
            held[alert_id] = _compare(one, one.offer, until_ms, policy, folded.lines)
        else:
            due_ms = max(answer.received_ms for answer in one.answers) + WAIT_MS if one.answers else 1
            held[alert_id] = one.model_copy(update={"due_ms": due_ms})
    _bound(held, until_ms, policy, folded)
    ranks = list(Step)
    folded.lines.sort(key=lambda line: (line.at, ranks.index(line.step), line.entry_id))
    if held:
        folded.state = state.model_copy(update={"until_ms": until_ms, "held": tuple(held.values())})
    return folded


def _compare(held: Held, offer: Offer, until_ms: int, policy: Policy, said: list[Handover]) -> Held:
    """Say what is new or different, and take back what does not hold any more."""
    told = ledger(offer, held.answers, policy, until_ms)
    lines = {line.entry_id: line for line in held.lines}
    now = {line.entry_id for line in told.lines}
    for entry in told.lines:
        digest, before = _digest(entry), lines.get(entry.entry_id)
        if before is not None and before.digest == digest and not before.withdrawn:
            continue
        revision = before.revision + 1 if before else 0
        said.append(entry.model_copy(update={"revision": revision}))
        lines[entry.entry_id] = _line(entry, digest, revision)
    for gone in [line for line in lines.values() if line.entry_id not in now and not line.withdrawn]:
        lines[gone.entry_id] = gone.model_copy(update={"revision": gone.revision + 1, "withdrawn": True})
        said.append(_withdrawn(lines[gone.entry_id], offer, policy))
    due_ms = told.next_ms or told.closed_ms + KEEP_MS
    return held.model_copy(update={"lines": tuple(lines.values()), "closed_ms": told.closed_ms, "due_ms": due_ms})


def _bound(held: dict[str, Held], until_ms: int, policy: Policy, folded: Folded) -> None:
    def first_to_go(one: Held) -> tuple[int, int]:
        if one.closed_ms:
            return 0, one.closed_ms
        return (1, one.due_ms) if one.offer is None else (2, one.offer.offered_ms)

    for one in sorted(held.values(), key=first_to_go)[: max(0, len(held) - HELD_MAX)]:
        del held[one.alert_id]
        if one.offer is None:
            folded.unmatched += len(one.answers)
        elif not one.closed_ms:
            folded.lines.append(_lapsed(one.offer, max(until_ms, one.offer.offered_ms), policy))


def _lapsed(offer: Offer, at_ms: int, policy: Policy) -> Handover:
    return _plain(offer, policy).model_copy(
        update={
            "entry_id": stable_id("handover", offer.alert_id, "lapsed//overflow"),
            "step": Step.LAPSED,
            "at": from_ms(at_ms),
            "reason": f"the account has more than {HELD_MAX} hand-overs at once",
        }
    )


def _withdrawn(line: Line, offer: Offer, policy: Policy) -> Handover:
    return _plain(offer, policy).model_copy(
        update={
            "entry_id": line.entry_id,
            "owner": line.owner,
            "round": line.round,
            "step": line.step,
            "clock": line.clock,
            "at": from_ms(line.at_ms),
            "reason": LATE,
            "revision": line.revision,
            "withdrawn": True,
        }
    )


def _plain(offer: Offer, policy: Policy) -> Handover:
    return Handover.made(
        entry_id="",
        alert_id=offer.alert_id,
        account_id=offer.account_id,
        account_name=offer.account_name,
        trigger=offer.trigger,
        team=offer.team,
        owner=offer.owner,
        step=Step.OFFERED,
        at=from_ms(offer.offered_ms),
        system_delay_seconds=offer.system_ms / 1000,
        policy_version=policy.version,
    )


def _line(entry: Handover, digest: str, revision: int) -> Line:
    return Line.made(
        entry_id=entry.entry_id,
        step=entry.step,
        clock=entry.clock,
        round=entry.round,
        at_ms=to_ms(entry.at),
        owner=entry.owner,
        digest=digest,
        revision=revision,
    )


def _digest(entry: Handover) -> str:
    """Of what a line says; by which version of the policy is no news by itself."""
    content = entry.model_copy(update={"policy_version": "", "revision": 0})
    return blake2b(content.encode(), digest_size=8).hexdigest()
