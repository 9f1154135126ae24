"""Stage 3 on Kafka: activities -> transitions and alerts. State by account; one lane per partition."""

from collections.abc import Callable, Sequence
from typing import Any

from agents.metrics import Metrics
from agents.shell.codec import decode
from agents.shell.outbox import Header, Outbox
from agents.shell.state import StateView
from pipeline.advance import Advanced, advance, wake
from pipeline.directory import Directory
from pipeline.rules import Rules
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.journey import JourneyState
from schemas.topics import ALERTS, TRANSITIONS, TopicNames
from schemas.transition import Transition


class AdvanceHandler:
    """Folds a batch of activities into journeys; each account's state is read and written once per batch.

    Args:
        names: topic names of this installation.
        directory: gives the account directory as it is now.
        rules: the journey's rules.
        metrics: as everywhere.
    """

    def __init__(self, names: TopicNames, directory: Callable[[], Directory], rules: Rules, metrics: Metrics) -> None:
        self._transitions = names.name(TRANSITIONS)
        self._alerts = {team: names.name(topic) for team, topic in ALERTS.items()}
        self._directory, self._rules, self._metrics = directory, rules, metrics

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work one batch of activities, account by account, in the topic's order within each."""
        directory = self._directory()
        by_account: dict[bytes, list[Activity]] = {}
        received: list[int] = []
        for record in records:
            activity = decode(Activity, record)
            if not activity.late:  # attributed after the fact: its age says nothing about the line
                received.append(activity.received_ms)
            by_account.setdefault(record.key, []).append(activity)
        for key, activities in by_account.items():
            account_id = activities[0].account_id
            before = decode_state(state.get(key))
            result = advance(before, account_id, activities, directory.account(account_id), self._rules)
            # machines, opened mail: no account is made and none rewritten for what changes nothing
            if result.state is not before and result.state.seen:
                self._apply(key, result, state, out)
        return received

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Fire due timers."""
        directory = self._directory()
        for key in keys:
            before = decode_state(state.get(key))
            assert before is not None
            self._apply(key, wake(before, now_ms, directory.account(before.account_id), self._rules), state, out)

    def _apply(self, key: bytes, result: Advanced, state: StateView, out: Outbox) -> None:
        state.put(key, result.state.encode(), result.state.due_ms)
        for transition in result.transitions:
            out.send(self._transitions, key, transition.encode(), transition_headers(transition))
        for alert in result.alerts:
            out.send(self._alerts[alert.team], key, alert.encode(), alert_headers(alert))
        out.count(lambda: self._count(result))

    def _count(self, result: Advanced) -> None:
        for transition in result.transitions:
            self._metrics.transitions.labels(transition.from_stage, transition.to_stage).inc()
        for alert in result.alerts:
            self._metrics.alerts.labels(alert.team, alert.trigger).inc()
        for held in result.held_back:
            self._metrics.held_back.labels(held.trigger, held.reason).inc()


def decode_state(value: bytes | None) -> JourneyState | None:
    """An account's journey from its bytes."""
    return None if value is None else JourneyState.model_validate_json(value)


def transition_headers(transition: Transition) -> list[Header]:
    """CloudEvents (binary mode) headers, so that subscribers can route without reading the value."""
    return _cloud_event(
        transition.transition_id, "intent.transition.v1", transition.account_id, transition.occurred_at.isoformat()
    )


def alert_headers(alert: Alert) -> list[Header]:
    """CloudEvents (binary mode) headers, and the trigger."""
    head = _cloud_event(alert.alert_id, "intent.alert.v1", alert.account_id, alert.raised_at.isoformat())
    return [*head, ("ce_trigger", alert.trigger.encode())]


def _cloud_event(id_: str, kind: str, subject: str, moment: str) -> list[Header]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", id_.encode()),
        ("ce_type", kind.encode()),
        ("ce_source", b"triggerpoint"),
        ("ce_subject", subject.encode()),
        ("ce_time", moment.encode()),
        ("content-type", b"application/json"),
    ]
