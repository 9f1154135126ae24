"""What the view knows: a fold over transitions and alerts, as a subscriber reads them."""

from collections import Counter, deque
from dataclasses import dataclass, field

from pipeline.rules.model import Rules
from schemas.alert import Alert
from schemas.journey import UNAWARE
from schemas.transition import Transition

ALERTS_KEPT = 50


@dataclass
class AccountLine:
    """One account as shown."""

    account_id: str
    name: str
    stage: str = UNAWARE
    score: float = 0.0
    moved_at: str = ""
    last_trigger: str = ""
    changes: int = 0


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
        rules: the journey's, for its stages in their order.
    """

    rules: Rules
    accounts: dict[str, AccountLine] = field(default_factory=dict)
    alerts: deque[Alert] = field(default_factory=lambda: deque(maxlen=ALERTS_KEPT))
    stages: Counter[str] = field(default_factory=Counter)
    transitions: int = 0
    alerts_total: int = 0
    figures: LineFigures = LineFigures()

    def see_transition(self, transition: Transition) -> None:
        """An account moved."""
        line = self._line(transition.account_id, transition.account_name)
        if self.stages[line.stage]:
            self.stages[line.stage] -= 1
        line.stage, line.score = transition.to_stage, transition.score
        line.moved_at = f"{transition.occurred_at:%d %b %H:%M}"
        self.stages[line.stage] += 1
        self.transitions += 1

    def see_alert(self, alert: Alert) -> None:
        """A trigger point was reached."""
        line = self._line(alert.account_id, alert.account_name)
        line.score, line.last_trigger = alert.score, alert.trigger
        self.alerts.appendleft(alert)
        self.alerts_total += 1

    def newest(self, count: int) -> list[AccountLine]:
        """Accounts that changed last, newest first."""
        return sorted(self.accounts.values(), key=lambda line: -line.changes)[:count]

    def _line(self, account_id: str, name: str) -> AccountLine:
        line = self.accounts.setdefault(account_id, AccountLine(account_id, name or account_id))
        line.name = name or line.name
        line.changes = self.transitions + self.alerts_total + 1
        return line
