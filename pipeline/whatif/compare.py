"""The same accounts under two journeys -> who stands elsewhere, which alerts more or less. One account after the other:
what is kept are counts, and some examples."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.whatif.live import Lived
from pipeline.whatif.outcomes import Ends, Outcomes
from schemas.alert import Alert
from schemas.base import from_ms, to_ms

EXAMPLES_MAX = 20
EXAMPLES_OF_TRIGGER = 3
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Moved:
    """An account that would stand elsewhere."""

    account_id: str
    account_name: str
    old: str
    new: str
    why: str


@dataclass(frozen=True, slots=True)
class AlertChange:
    """An alert that only one of the two raises."""

    change: str
    trigger: str
    team: str
    account_id: str
    account_name: str
    owner: str
    raised_at: str
    why: str


@dataclass
class Comparison:
    """See the module's text.

    Args:
        since_ms: alerts and transitions of before are folded, and not counted; 0: all are counted.
        end_ms: up to when timers fired.
        verdicts: alert id -> whether its team took it up.
        moved_max: how many accounts that moved are kept by name.
        first_ms: when the first activity was received.
    """

    since_ms: int
    end_ms: int
    verdicts: Mapping[str, bool]
    moved_max: int = EXAMPLES_MAX
    first_ms: int = 0
    accounts: int = 0
    activities: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    moved: list[Moved] = field(default_factory=list)
    stages: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    transitions: list[int] = field(default_factory=lambda: [0, 0])
    gone: Counter[str] = field(default_factory=Counter)
    come: Counter[str] = field(default_factory=Counter)
    old_outcomes: dict[str, Outcomes] = field(default_factory=lambda: defaultdict(Outcomes))
    new_outcomes: dict[str, Outcomes] = field(default_factory=lambda: defaultdict(Outcomes))
    owners: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    days: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    examples: list[AlertChange] = field(default_factory=list)

    @property
    def span_days(self) -> float:
        """Length of the time that is counted, days."""
        return max((self.end_ms - self.from_ms) / DAY_MS, 1e-9)

    @property
    def from_ms(self) -> int:
        """Where that time begins, ms since 1970."""
        return self.since_ms or self.first_ms

    def add(self, account_id: str, old: Lived, new: Lived, ends: Ends, activities: int) -> None:
        """Compare one account."""
        self.accounts += 1
        self.activities += activities
        self.stages[old.stage][0] += 1
        self.stages[new.stage][1] += 1
        if old.stage != new.stage:
            self.moves[old.stage, new.stage] += 1
            if len(self.moved) < self.moved_max:
                self.moved.append(_moved(account_id, old, new))
        for side, lived in enumerate((old, new)):
            self.transitions[side] += sum(to_ms(one.occurred_at) >= self.since_ms for one in lived.transitions.values())
        before, after = self._counted(old), self._counted(new)
        for side, alerts, outcomes in ((0, before, self.old_outcomes), (1, after, self.new_outcomes)):
            for alert in alerts.values():
                outcomes[alert.trigger].add(alert, ends, self.verdicts)
                self.owners[alert.owner][side] += 1
                self.days[f"{alert.raised_at:%Y-%m-%d}"][side] += 1
        self._change("gone", self.gone, before, after)
        self._change("come", self.come, after, before)

    def _change(
        self, change: str, counter: Counter[str], alerts: Mapping[str, Alert], other: Mapping[str, Alert]
    ) -> None:
        for key, alert in alerts.items():
            if key not in other:
                counter[alert.trigger] += 1
                if counter[alert.trigger] <= EXAMPLES_OF_TRIGGER:
                    self._show(change, alert)

    def _counted(self, lived: Lived) -> dict[str, Alert]:
        return {key: one for key, one in lived.alerts.items() if to_ms(one.raised_at) >= self.since_ms}

    def _show(self, change: str, alert: Alert) -> None:
        raised = alert.raised_at.isoformat()
        about = (alert.team, alert.account_id, alert.account_name, alert.owner)
        self.examples.append(AlertChange(change, alert.trigger, *about, raised, alert.why))

    @property
    def equal(self) -> bool:
        """Whether nothing is different."""
        same_size = self.transitions[0] == self.transitions[1]
        return not self.moves and not self.gone and not self.come and same_size


def _moved(account_id: str, old: Lived, new: Lived) -> Moved:
    last = max(new.transitions.values(), key=lambda one: one.sequence, default=None)
    state = new.state or old.state
    name = state.account_name if state is not None else account_id
    return Moved(account_id, name, old.stage, new.stage, last.why if last is not None else "never a sign that counts")


def span_text(comparison: Comparison) -> str:
    """The time that is counted, in words."""
    return f"{from_ms(comparison.from_ms):%Y-%m-%d} to {from_ms(comparison.end_ms):%Y-%m-%d %H:%M} (UTC)"
