"""Stage 5 on Kafka: alerts and answers -> lines of the hand-over ledger. State by account; one lane per partition."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from agents.advance import cloud_event
from agents.clock import Clock
from agents.metrics import Metrics
from agents.shell.codec import StateCodec, decode
from agents.shell.outbox import Header, Outbox
from agents.shell.state import StateView
from pipeline.handover.fold import Folded, take, wake
from pipeline.handover.policy import Policy
from schemas.alert import Alert, AlertStatus
from schemas.base import Team, to_ms
from schemas.handover.entry import Handover, Step
from schemas.handover.feedback import Answer
from schemas.kept.handover import HandoverState, Offer
from schemas.topics import ANSWERS, HANDOVERS, TopicNames

HOUR_MS = 3_600_000
COUNTED_PER_TICK = 1000
"""Accounts whose open hand-overs are counted at once: there may be a million, and nothing else is done meanwhile."""


class HandoverHandler:
    """Folds a batch of alerts or answers; accounts with an open hand-over are marked.

    Args:
        names: topic names of this installation.
        policy: who has how long.
        clock: maps the broker's timestamps to the pipeline's time.
        metrics: as everywhere.
        partition: of the lane, for metrics.
        states: the stage's, of all its lanes.
    """

    def __init__(
        self,
        names: TopicNames,
        policy: Policy,
        clock: Clock,
        metrics: Metrics,
        partition: int,
        states: StateCodec[HandoverState] | None = None,
    ) -> None:
        self._answers, self._handovers = names.name(ANSWERS), names.name(HANDOVERS)
        self._policy, self._clock, self._metrics, self._partition = policy, clock, metrics, partition
        self._open: dict[bytes, Counter[Team]] | None = None
        self._uncounted: list[bytes] = []
        self._total: Counter[Team] = Counter()
        self._states = states or StateCodec(HandoverState)

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work one batch, account by account, in the topic's order within each."""
        by_account: dict[bytes, list[Offer | Answer]] = {}
        received: list[int] = []
        for record in records:
            item: Offer | Answer
            if record.topic == self._answers:
                item = decode(Answer, record)
                received.append(to_ms(item.received_at))
            else:
                alert = decode(Alert, record)
                item = offer_of(alert, record.timestamp, self._clock)
                if alert.status is AlertStatus.RAISED:
                    received.append(to_ms(alert.received_at))
            by_account.setdefault(record.key, []).append(item)
        for key, items in by_account.items():
            before = self._states.decode(key, state.get(key))
            folded = take(before, items[0].account_id, items, self._policy)
            if folded.state is not before:
                self._apply(key, folded, state, out)
        return received

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Let the clocks speak that are due."""
        for key in keys:
            before = self._states.decode(key, state.get(key))
            assert before is not None
            self._apply(key, wake(before, now_ms, self._policy), state, out)

    def stale(self, state: StateView) -> Sequence[bytes]:
        """Nothing goes stale; but what is open is counted here, once after each opening of the lane, some at a time."""
        if self._open is None:
            self._open, self._total, self._uncounted = {}, Counter(), list(state.marked)
        if some := self._uncounted[-COUNTED_PER_TICK:]:
            del self._uncounted[-COUNTED_PER_TICK:]
            for key in some:
                self._note(key, _open_by_team(self._states.decode(key, state.get(key))))
            self._show()
        return ()

    def closed(self) -> None:
        """What this lane showed as open is another's to show."""
        self._open, self._uncounted = None, []
        for team in Team:
            self._metrics.handovers_open.labels(team, str(self._partition)).set(0)

    def _apply(self, key: bytes, folded: Folded, state: StateView, out: Outbox) -> None:
        kept = folded.state
        if kept is None:
            state.put(key, None)
        else:
            state.put(key, self._states.encode(key, kept), kept.due_ms, marked=bool(kept.open))
        for line in folded.lines:
            out.send(self._handovers, key, line.encode(), line_headers(line))
        out.count(lambda: self._count(key, folded))

    def _count(self, key: bytes, folded: Folded) -> None:
        metrics = self._metrics
        for line in folded.lines:
            if line.revision == 0:
                metrics.handover_steps.labels(line.team, line.step).inc()
                if line.step is Step.BREACHED and line.clock is not None:
                    metrics.handover_breaches.labels(line.team, line.clock).inc()
            elif line.withdrawn:
                metrics.handover_withdrawn.labels(line.team, line.step).inc()
        if folded.unmatched:
            metrics.answers_unmatched.inc(folded.unmatched)
        if self._open is not None:
            self._note(key, _open_by_team(folded.state))
            self._show()

    def _note(self, key: bytes, found: Counter[Team]) -> None:
        assert self._open is not None
        self._total.subtract(self._open.pop(key, None) or {})
        if found:
            self._open[key] = found
            self._total.update(found)

    def _show(self) -> None:
        for team in Team:
            self._metrics.handovers_open.labels(team, str(self._partition)).set(self._total[team])


def offer_of(alert: Alert, timestamp_ms: int, clock: Clock) -> Offer:
    """What is kept of an alert.

    Args:
        alert: as it lies on its topic.
        timestamp_ms: the broker's timestamp of it: from then on the team could know.
        clock: maps it to the pipeline's time.
    """
    written_ms = clock.at_ms(timestamp_ms)
    # what waited for a digest waited for its reader: that is no delay of the line
    ready_ms = max(to_ms(alert.received_at), to_ms(alert.delivered_at) if alert.delivered_at else 0)
    retracted = alert.status is AlertStatus.RETRACTED
    return Offer(
        alert_id=alert.alert_id,
        account_id=alert.account_id,
        account_name=alert.account_name,
        trigger=alert.trigger,
        team=alert.team,
        owner=alert.routed_to,
        offered_ms=written_ms,
        play_ms=round(alert.play.act_within_hours * HOUR_MS),
        system_ms=round(clock.seconds_between(ready_ms, written_ms) * 1000),
        revision=alert.revision,
        retracted_ms=written_ms if retracted else 0,
        why=alert.why if retracted else "",
    )


def line_headers(line: Handover) -> list[Header]:
    """CloudEvents (binary mode) headers, so that subscribers can route warnings and breaches without reading values."""
    head = cloud_event(f"{line.entry_id}/{line.revision}", "intent.handover.v1", line.account_id, line.at.isoformat())
    return [*head, ("ce_step", line.step.encode()), ("ce_team", line.team.encode())]


def _open_by_team(state: HandoverState | None) -> Counter[Team]:
    return Counter(one.offer.team for one in state.open if one.offer) if state else Counter()
