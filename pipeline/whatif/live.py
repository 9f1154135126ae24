"""One account's recorded activities -> what a worker would have said of it: the workers' own verbs, offline.

A worker gets activities in bursts, and between two of them a tick fires what is due by then. What the ticks were is not
recorded; but when the broker had each raw record is, and no tick goes beyond what was received.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.handover.policy import NO_POLICY, Policy
from pipeline.journal.account import AccountWork
from pipeline.journal.worked import Worked
from pipeline.rules.model import Rules
from schemas.account import Account
from schemas.activity import Activity
from schemas.alert import Alert, AlertStatus
from schemas.journey import UNAWARE, JourneyState
from schemas.transition import Transition

BURST_MS = 60_000
"""Activities received within so long of each other are worked at once, as a worker does that is a little behind."""

GRACE_MS = 5_000
"""How long timers wait for late events."""


class Recorded(NamedTuple):
    """One activity as it lies on its topic.

    Args:
        received_ms: by then the broker had its raw record, and those of all that lies before it; the pipeline's ms.
        activity: itself.
    """

    received_ms: int
    activity: Activity


@dataclass
class Lived:
    """What came of one account.

    Args:
        state: what a worker would remember; None for an account that is none.
        transitions, alerts: those that stand, by id, in order.
    """

    state: JourneyState | None = None
    transitions: dict[str, Transition] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """Where it stands in its general journey: after its last transition that stands, as for anybody who reads the
        topic."""
        general = [one for one in self.transitions.values() if not one.product]
        last = max(general, key=lambda one: one.sequence, default=None)
        return last.to_stage if last is not None else UNAWARE

    def take(self, worked: Worked) -> None:
        """Take over what came of a batch."""
        self.state = worked.state
        for transition in worked.transitions:
            self.transitions.pop(transition.transition_id, None)
            if not transition.withdrawn:
                self.transitions[transition.transition_id] = transition
        for alert in worked.alerts:
            self.alerts.pop(alert.alert_id, None)
            if alert.status is AlertStatus.RAISED:
                self.alerts[alert.alert_id] = alert


def live_through(
    account_id: str,
    recorded: Sequence[Recorded],
    account: Account | None,
    rules: Rules,
    end_ms: int,
    policy: Policy = NO_POLICY,
) -> Lived:
    """Fold an account's activities into its journeys, the general one last, and fire their timers up to the end.

    Args:
        recorded: all its activities, in the order of the topic.
        account: what the directory says of it today.
        rules: the journey's rules.
        end_ms: the pipeline's time up to which timers fire.
        policy: who gets which alert.
    """
    whole, products = Lived(), rules.product_choice
    received = {id(one.activity): one.received_ms for one in recorded}
    parts = products.split([one.activity for one in recorded], products.names if recorded else ())
    for product, activities in sorted(parts.items(), reverse=True):
        own = [Recorded(received[id(one)], one) for one in activities]
        lived = _live_through(account_id, own, account, rules, end_ms, policy, product)
        whole.state = lived.state or whole.state
        whole.transitions |= lived.transitions
        whole.alerts |= lived.alerts
    return whole


def _live_through(
    account_id: str,
    recorded: Sequence[Recorded],
    account: Account | None,
    rules: Rules,
    end_ms: int,
    policy: Policy,
    product: str,
) -> Lived:
    lived, pages, ticked_ms = Lived(), dict[str, bytes | None](), 0

    def work() -> AccountWork:
        return AccountWork(
            lived.state, account_id, account, rules, pages.get, ticked_ms, policy=policy, product=product
        )

    def tick(now_ms: int) -> None:
        if lived.state is not None and 0 < lived.state.due_ms <= now_ms:
            woken = work()
            woken.wake(now_ms)
            take(woken)

    def take(done: AccountWork) -> None:
        worked = done.result()
        pages.update(worked.pages)
        lived.take(worked)

    for received_ms, activities in _bursts(recorded):
        tick(received_ms - GRACE_MS)
        ticked_ms = max(ticked_ms, received_ms - GRACE_MS)
        worked = work()
        worked.take(activities)
        take(worked)
    tick(end_ms)
    return lived


def _bursts(recorded: Sequence[Recorded]) -> Iterator[tuple[int, list[Activity]]]:
    began_ms, burst = 0, list[Activity]()
    for received_ms, activity in recorded:
        if burst and received_ms >= began_ms + BURST_MS:
            yield began_ms, burst
            burst = []
        if not burst:
            began_ms = received_ms
        burst.append(activity)
    if burst:
        yield began_ms, burst
