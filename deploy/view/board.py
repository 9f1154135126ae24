"""What the view knows: a fold over transitions, alerts and hand-overs, as a subscriber reads them."""

from collections import Counter, deque
from dataclasses import dataclass, field

from pipeline.journeyfile.read import read_rules
from pipeline.rules.model import Rules
from schemas.alert import Alert, AlertStatus
from schemas.authored.activation import Activation
from schemas.handover.entry import Handover, Step
from schemas.journey import UNAWARE
from schemas.transition import Transition

ALERTS_KEPT = 50


@dataclass
class AccountLine:
    """One account as shown; `steps` are the transitions that stand, by id."""

    account_id: str
    name: str
    stage: str = UNAWARE
    score: float = 0.0
    moved_at: str = ""
    last_trigger: str = ""
    changes: int = 0
    steps: dict[str, Transition] = field(default_factory=dict)


@dataclass(frozen=True)
class LineFigures:
    """How the line runs, from a worker's metrics."""

    events: float = 0
    rejected: float = 0
    activities: float = 0
    lag: float = 0
    events_per_second: float = 0


@dataclass
class Board:
    """Everything the screen shows.

    Args:
        rules: the journey's, for its stages in their order, until one is seen to be active.
    """

    rules: Rules
    accounts: dict[str, AccountLine] = field(default_factory=dict)
    alerts: deque[Alert] = field(default_factory=lambda: deque(maxlen=ALERTS_KEPT))
    stages: Counter[str] = field(default_factory=Counter)
    transitions: int = 0
    alerts_total: int = 0
    taken_back: int = 0
    activation: Activation | None = None
    handed: Counter[Step] = field(default_factory=Counter)
    figures: LineFigures = LineFigures()
    _seen: int = 0

    def see_transition(self, transition: Transition) -> None:
        """An account moved, or did not after all: it stands where the last transition that stands brought it."""
        line = self._line(transition.account_id, transition.account_name)
        if self.stages[line.stage]:
            self.stages[line.stage] -= 1
        self.transitions -= transition.transition_id in line.steps
        if transition.withdrawn:
            line.steps.pop(transition.transition_id, None)
        else:
            line.steps[transition.transition_id] = transition.model_copy(update={"causes": ()})
            self.transitions += 1
        last = max(line.steps.values(), key=lambda step: step.sequence, default=None)
        line.stage, line.score = (last.to_stage, last.score) if last else (UNAWARE, 0.0)
        line.moved_at = f"{last.occurred_at:%d %b %H:%M}" if last else ""
        self.stages[line.stage] += last is not None

    def see_alert(self, alert: Alert) -> None:
        """A trigger point was reached, or was not after all: then the alert is shown as taken back."""
        line = self._line(alert.account_id, alert.account_name)
        if alert.status is AlertStatus.RETRACTED:
            kept = [other for other in self.alerts if other.alert_id != alert.alert_id]
            self.alerts = deque(kept, maxlen=ALERTS_KEPT)
            self.taken_back += 1
            line.last_trigger = "" if line.last_trigger == alert.trigger else line.last_trigger
        else:
            line.score, line.last_trigger = alert.score, alert.trigger
            self.alerts_total += 1
        self.alerts.appendleft(alert)

    def see_activation(self, activation: Activation) -> None:
        """A journey went live: its stages are shown from now on. A text that is none is passed over, as workers do."""
        reading = read_rules(activation.text)
        if reading.rules is not None and (self.activation is None or activation.number > self.activation.number):
            self.rules, self.activation = reading.rules, activation

    def see_handover(self, line: Handover) -> None:
        """A line of the hand-over ledger was said, or taken back."""
        if line.withdrawn:
            self.handed[line.step] -= 1
        elif line.revision == 0:
            self.handed[line.step] += 1

    def newest(self, count: int) -> list[AccountLine]:
        """Accounts that changed last, newest first."""
        return sorted(self.accounts.values(), key=lambda line: -line.changes)[:count]

    def _line(self, account_id: str, name: str) -> AccountLine:
        line = self.accounts.setdefault(account_id, AccountLine(account_id, name or account_id))
        line.name = name or line.name
        self._seen += 1
        line.changes = self._seen
        return line
