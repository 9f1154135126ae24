"""One account as its lane works it: batches, ticks, and what a subscriber hears. For tests of undo."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipeline.journal.account import AccountWork
from pipeline.journal.loaded import Journal
from pipeline.journal.pages import BOUNDS, Bounds
from pipeline.journal.recent import Recent
from pipeline.journal.worked import Worked
from pipeline.rules.model import Rules
from schemas.account import Account
from schemas.activity import RETRACTION, Activity
from schemas.alert import Alert, AlertStatus
from schemas.hit import Returned
from schemas.journey import JournalHead, JourneyState
from schemas.transition import Transition
from tests.builders import activity, at
from tests.journeys import SAAS

ACCOUNT = Account(account_id="acme", name="Acme Corp", tier="1", industry="Logistics", employees=900)


def retraction(days: float, subject: str = "a:v-1", reason: str = "not theirs") -> Activity:
    """A subject's activities are taken back."""
    return activity(days, RETRACTION, "", subject=subject, reason=reason, event_id=f"unlink {subject} {days}")


class AccountLane:
    """State and journal go through their bytes at each step, as on the changelog."""

    def __init__(self, bounds: Bounds = BOUNDS, rules: Rules = SAAS, recent: Recent | None = None) -> None:
        self.bounds, self.rules = bounds, rules
        self.recent = recent or Recent()
        self.account = ACCOUNT
        self.value: bytes | None = None
        self.pages: dict[str, bytes] = {}
        self.fired_ms = 0
        self.transitions: list[Transition] = []
        self.alerts: list[Alert] = []
        self.returned: list[Returned] = []
        self.results: list[Worked] = []

    @property
    def state(self) -> JourneyState | None:
        return None if self.value is None else JourneyState.model_validate_json(self.value)

    @property
    def journal(self) -> Journal:
        return Journal(self.state.journal if self.state else JournalHead(), self.pages.get)

    def suppress(self, why: str) -> None:
        self.account = ACCOUNT.model_copy(update={"suppressed": why})

    def take(self, *activities: Activity) -> Worked:
        work = self._work()
        work.take(activities)
        return self._apply(work.result())

    def tick(self, days: float) -> Worked | None:
        """What the shell does between batches: wakes what is due or stale."""
        now_ms, state = at(days), self.state
        result = None
        if state is not None and (0 < state.due_ms <= now_ms or state.suppressed != bool(self.account.suppressed)):
            work = self._work()
            work.wake(now_ms)
            result = self._apply(work.result())
        self.fired_ms = max(self.fired_ms, now_ms)
        return result

    def core(self) -> JourneyState:
        """The state without its journal and its rules' version: what an undisturbed run has too."""
        state = self.state or JourneyState(account_id="acme", suppressed=bool(self.account.suppressed))
        return state.model_copy(update={"journal": JournalHead(), "rules": ""})

    def standing_transitions(self) -> dict[str, Transition]:
        """Transitions as a reader of the highest revisions sees them."""
        plain = {"revision": 0, "restated_because": ""}
        newest = {item.transition_id: item for item in self.transitions}
        return {key: item.model_copy(update=plain) for key, item in newest.items() if not item.withdrawn}

    def standing_alerts(self) -> dict[str, Alert]:
        """Alerts as a reader of the highest revisions sees them."""
        newest = {item.alert_id: item for item in self.alerts}
        return {key: item for key, item in newest.items() if item.status is AlertStatus.RAISED}

    def _work(self) -> AccountWork:
        return AccountWork(
            self.state,
            "acme",
            self.account,
            self.rules,
            self.pages.get,
            self.fired_ms,
            self.bounds,
            recent=self.recent,
        )

    def _apply(self, result: Worked) -> Worked:
        self.value = None if result.state is None else result.state.encode()
        assert self.state == result.state
        for name, page in result.pages.items():
            if page is None:
                self.pages.pop(name, None)
            else:
                self.pages[name] = page
        self.transitions += result.transitions
        self.alerts += result.alerts
        self.returned += result.returned
        self.results.append(result)
        return result


def check_said(lane: AccountLane) -> None:
    """Whatever was said adds up, has consecutive revisions, and is taken back once for each time it was said."""
    for item in (*lane.transitions, *lane.alerts):
        assert sum(cause.points for cause in item.causes) == item.score
    for ids in (_by_id(lane.transitions, "transition_id"), _by_id(lane.alerts, "alert_id")):
        for said in ids.values():
            assert [item.revision for item in said] == list(range(len(said)))
    for said in _by_id(lane.transitions, "transition_id").values():
        assert not said[0].withdrawn
        assert all(not (one.withdrawn and two.withdrawn) for one, two in pairwise(said))
        assert all(item.restated_because for item in said[1:])
    for said in _by_id(lane.alerts, "alert_id").values():
        assert said[0].status is AlertStatus.RAISED
        assert all(AlertStatus.RAISED in (one.status, two.status) for one, two in pairwise(said))


def _by_id(items: Iterable[object], field: str) -> dict[str, Sequence[object]]:
    found: dict[str, list[object]] = {}
    for item in items:
        found.setdefault(getattr(item, field), []).append(item)
    return found
