"""The fold of dispatch: (state of an owner, alerts, moment) -> (state', alerts to send, digests, records).

An alert is decided as it comes, as of the later of its event time and its receipt, and never before the owner's newest
digest; digests come at their own moments, when the watermark has passed them. So results follow from what came, not
from when it was worked. Of an alert that is sent each later revision is sent at once in the same way; of one that
waits it takes its place, or takes it away; one that was not sent gets another chance when it is raised again.

Bounds, and what falls out:
- alerts that wait: 200 an owner; the one worth least falls out, and is recorded so (`overflow`).
- what became of an alert is remembered for 30 days; a later revision of it counts as new.
- an owner nobody sent anything to for 60 days is forgotten; so is the count of days before the newest 7.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from pipeline.dispatch import budget
from pipeline.dispatch.digest import digest_id_of, make_digest, with_digest
from pipeline.dispatch.preferences import Preferences
from pipeline.dispatch.record import note_of
from pipeline.dispatch.suppress import listed
from pipeline.dispatch.value import value_of
from pipeline.handover.policy import Policy
from schemas.alert import NOBODY, Alert, AlertStatus
from schemas.base import to_ms
from schemas.dispatch.digest import Digest
from schemas.dispatch.held import HeldAlert, HeldReason, Outcome
from schemas.kept.dispatch import FORGET_OWNER_MS, AlertMemory, OwnerState, Waiting

DAY_MS = 86_400_000
WAITING_MAX = 200
REMEMBER_MS = 30 * DAY_MS
DAYS_MAX = 7
SENT = frozenset({Outcome.NOW, Outcome.DIGEST})

Read = Callable[[str], AlertMemory | None]


@dataclass
class Dispatched:
    """Result of a fold.

    Args:
        state: what to remember of the owner; None if nothing is left.
        memories: alert id -> what to remember of it.
        alerts: to send on their teams' topics, in order.
        digests: to send.
        held: to record.
    """

    state: OwnerState | None
    memories: dict[str, AlertMemory] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    digests: list[Digest] = field(default_factory=list)
    held: list[HeldAlert] = field(default_factory=list)


class OwnerWork:
    """One owner while a batch is worked.

    Args:
        state: what is remembered of them; None for an owner never seen.
        owner_key: who it is.
        policy: who wants what.
        read: gives what is remembered of an alert.
    """

    def __init__(self, state: OwnerState | None, owner_key: str, policy: Policy, read: Read) -> None:
        state = state or OwnerState()
        self._key, self._policy, self._read = owner_key, policy, cache(read)
        self._until_ms, self._touched_ms = state.until_ms, state.touched_ms
        self._sent, self._values, self._resolved = dict(state.sent), list(state.values), state.resolved
        self._waiting = {one.alert_id: one for one in state.waiting}
        self._out = Dispatched(None)

    def take(self, alert: Alert) -> None:
        """Decide on an alert, or on a new revision of one."""
        known = self._known(alert.alert_id)
        if known is not None and alert.revision <= known.revision:
            return
        now_ms = max(to_ms(alert.raised_at), to_ms(alert.received_at), self._until_ms)
        self._touched_ms = max(self._touched_ms, now_ms)
        place = self._waiting.get(alert.alert_id)
        if known is not None and place is not None and now_ms >= place.due_ms:
            self._after_digest(alert, known)
            return
        if alert.status is not AlertStatus.RAISED:
            self._take_back(alert, known, now_ms)
            return
        alert = alert.model_copy(update={"value": value_of(alert, self._policy.value)})
        if known is not None and known.outcome in SENT:
            self._send_again(alert, known, now_ms)
        elif known is not None and place is not None:
            self._wait(alert, known, _reason_of(known), now_ms, place.due_ms)
        else:
            self._decide(alert, known, now_ms)

    def wake(self, now_ms: int) -> None:
        """Send the digests that are due by a moment, each as of its own; forget an owner nobody sends anything to."""
        while due_ms := min((one.due_ms for one in self._waiting.values() if one.due_ms <= now_ms), default=0):
            self._digest(due_ms)
        if not self._waiting and self._touched_ms + FORGET_OWNER_MS <= now_ms:
            self._touched_ms = 0

    def result(self) -> Dispatched:
        """What came of it."""
        if self._touched_ms:
            self._out.state = OwnerState(
                until_ms=self._until_ms,
                touched_ms=self._touched_ms,
                sent=self._sent,
                values=tuple(self._values),
                waiting=tuple(self._waiting.values()),
                resolved=self._resolved,
            )
        return self._out

    def _known(self, alert_id: str) -> AlertMemory | None:
        return self._out.memories.get(alert_id) or self._read(alert_id)

    def _decide(self, alert: Alert, known: AlertMemory | None, now_ms: int) -> None:
        if alert.routed_to == NOBODY:
            self._keep_back(alert, known, HeldReason.UNROUTED, now_ms, "the policy gives it to nobody")
            return
        if (why := listed(alert, self._policy.suppress)) is not None:
            self._keep_back(alert, known, HeldReason.LISTED, now_ms, why)
            return
        wants = self._policy.preferences(alert.routed_to, alert.team)
        if alert.trigger in wants.urgent:
            self._send(alert, known, now_ms)
            return
        awake_ms = wants.awake_from(now_ms)
        if awake_ms > now_ms:
            self._wait(alert, known, HeldReason.QUIET_HOURS, now_ms, awake_ms)
        elif self._fits(alert.value, wants, now_ms):
            self._send(alert, known, now_ms)
        else:
            self._wait(alert, known, HeldReason.BUDGET, now_ms, wants.digest_after(now_ms))

    def _fits(self, value: float, wants: Preferences, now_ms: int) -> bool:
        if wants.budget is None:
            return True
        day = max(wants.day(now_ms), min(self._sent, default=0) if len(self._sent) == DAYS_MAX else 0)
        used = self._sent.get(day, 0)
        free = budget.fits(value, used, wants.budget, self._values)
        self._values = [*self._values, value][-budget.VALUES_MAX :]
        if free:
            self._sent[day] = used + 1
            for old in sorted(self._sent)[:-DAYS_MAX]:
                del self._sent[old]
        return free

    def _send(self, alert: Alert, known: AlertMemory | None, now_ms: int) -> None:
        self._out.alerts.append(alert)
        noted, reason = (known.noted, known.reason) if known is not None else (-1, None)
        if noted >= 0 and reason is not None:
            noted += 1
            self._out.held.append(note_of(alert, reason, Outcome.NOW, noted, now_ms))
        self._remember(alert, Outcome.NOW, now_ms, reason, noted)

    def _send_again(self, alert: Alert, known: AlertMemory, now_ms: int) -> None:
        """A later revision comes as the first did."""
        if known.outcome is Outcome.DIGEST:
            alert = with_digest(alert, known.digest_id, known.digest_ms)
        self._out.alerts.append(alert)
        self._out.memories[alert.alert_id] = known.model_copy(
            update={"revision": alert.revision, "due_ms": now_ms + REMEMBER_MS}
        )

    def _keep_back(
        self, alert: Alert, known: AlertMemory | None, reason: HeldReason, now_ms: int, why: str = ""
    ) -> None:
        """Record that it is not sent; once, however often it is said anew."""
        noted = known.noted if known is not None else -1
        if known is None or (known.outcome, known.reason) != (Outcome.NOT_SENT, reason):
            noted += 1
            self._out.held.append(note_of(alert, reason, Outcome.NOT_SENT, noted, now_ms, why=why))
        self._remember(alert, Outcome.NOT_SENT, now_ms, reason, noted)

    def _wait(self, alert: Alert, known: AlertMemory | None, reason: HeldReason, now_ms: int, due_ms: int) -> None:
        noted = known.noted if known is not None else -1
        if alert.alert_id not in self._waiting:
            noted += 1
            self._out.held.append(note_of(alert, reason, Outcome.WAITING, noted, now_ms, due_ms))
        self._waiting[alert.alert_id] = Waiting(
            alert_id=alert.alert_id, due_ms=due_ms, act_by_ms=to_ms(alert.act_by), value=alert.value
        )
        self._out.memories[alert.alert_id] = AlertMemory(
            revision=alert.revision, outcome=Outcome.WAITING, reason=reason, noted=noted, alert=alert
        )
        if len(self._waiting) > WAITING_MAX:
            least = min(self._waiting.values(), key=lambda one: (one.value, one.alert_id))
            self._drop(least.alert_id, Outcome.OVERFLOW, now_ms)

    def _after_digest(self, alert: Alert, known: AlertMemory) -> None:
        """Its digest is due before, and the watermark has not passed that moment: what comes later follows then."""
        if not known.later or known.later[-1].revision < alert.revision:
            self._out.memories[alert.alert_id] = known.model_copy(update={"later": (*known.later, alert)})

    def _take_back(self, alert: Alert, known: AlertMemory | None, now_ms: int) -> None:
        """What was sent is taken back where it lies; what waits goes, and nobody hears of it."""
        if known is None:
            self._out.alerts.append(alert)
            self._remember(alert, Outcome.NOW, now_ms, None, -1)
        elif known.outcome in SENT:
            self._send_again(alert, known, now_ms)
        else:
            if alert.alert_id in self._waiting:
                self._drop(alert.alert_id, Outcome.RESOLVED, now_ms)
                self._resolved += 1
            gone = self._known(alert.alert_id)
            assert gone is not None
            self._out.memories[alert.alert_id] = gone.model_copy(update={"revision": alert.revision})

    def _digest(self, at_ms: int) -> None:
        due = sorted(one.alert_id for one in self._waiting.values() if one.due_ms <= at_ms)
        later = [alert for alert_id in due for alert in self._held(alert_id).later]
        over = [alert_id for alert_id in due if self._waiting[alert_id].act_by_ms <= at_ms]
        for alert_id in over:
            self._drop(alert_id, Outcome.EXPIRED, at_ms)
        self._until_ms = max(self._until_ms, at_ms)
        if ready := [alert_id for alert_id in due if alert_id in self._waiting]:
            self._send_digest(at_ms, ready, len(over))
        for alert in later:
            self.take(alert)

    def _send_digest(self, at_ms: int, ready: Sequence[str], expired: int) -> None:
        held = [(_alert_of(known), _reason_of(known)) for known in map(self._held, ready)]
        digest = make_digest(self._key, at_ms, held, self._resolved, expired, self._policy.version)
        self._out.digests.append(digest)
        self._resolved = 0
        for entry in (entry for account in digest.accounts for entry in account.alerts):
            alert = with_digest(_alert_of(self._held(entry.alert_id)), digest.digest_id, at_ms)
            self._out.alerts.append(alert)
            self._drop(entry.alert_id, Outcome.DIGEST, at_ms)

    def _drop(self, alert_id: str, outcome: Outcome, at_ms: int) -> None:
        """It waits no more."""
        known = self._held(alert_id)
        alert, reason = _alert_of(known), _reason_of(known)
        due_ms = self._waiting.pop(alert_id).due_ms
        digest_id = digest_id_of(self._key, at_ms) if outcome is Outcome.DIGEST else ""
        noted = known.noted + 1
        self._out.held.append(note_of(alert, reason, outcome, noted, at_ms, due_ms, digest_id))
        self._remember(alert, outcome, at_ms, reason, noted, digest_id, at_ms if digest_id else 0)

    def _held(self, alert_id: str) -> AlertMemory:
        known = self._known(alert_id)
        assert known is not None
        return known

    def _remember(
        self,
        alert: Alert,
        outcome: Outcome,
        at_ms: int,
        reason: HeldReason | None,
        noted: int,
        digest_id: str = "",
        digest_ms: int = 0,
    ) -> None:
        self._out.memories[alert.alert_id] = AlertMemory(
            revision=alert.revision,
            outcome=outcome,
            reason=reason,
            digest_id=digest_id,
            digest_ms=digest_ms,
            noted=noted,
            due_ms=at_ms + REMEMBER_MS,
        )


def _alert_of(known: AlertMemory) -> Alert:
    assert known.alert is not None
    return known.alert


def _reason_of(known: AlertMemory) -> HeldReason:
    assert known.reason is not None
    return known.reason
