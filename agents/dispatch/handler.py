"""Stage 4 on Kafka: alerts as they are raised -> alerts as they are sent, digests, records of what is held. State by
owner, and beside it what became of each alert; one lane per partition."""

from collections.abc import Sequence
from typing import Any

from agents.advance import alert_headers, cloud_event, held_headers
from agents.metrics import Metrics
from agents.shell.codec import decode
from agents.shell.outbox import Header, Outbox
from agents.shell.state import StateView
from pipeline.dispatch.fold import Dispatched, OwnerWork
from pipeline.dispatch.route import owner_key_of
from pipeline.handover.policy import Policy
from pipeline.privacy.contacts import opened
from pipeline.privacy.key import PrivacyKey
from schemas.alert import Alert, AlertStatus
from schemas.base import to_ms
from schemas.dispatch.digest import Digest
from schemas.kept.dispatch import AlertMemory, OwnerState
from schemas.topics import ALERTS, DIGESTS, HELD, TopicNames

ALERT = b"\xff"
"""Between an owner's key and an alert's id: no UTF-8 text holds it, so no owner's key does."""


class DispatchHandler:
    """Decides on a batch of alerts, owner by owner; owners for whom something waits are marked.

    Args:
        names: topic names of this installation.
        policy: who wants what.
        metrics: as everywhere.
        partition: of the lane, for metrics.
        key: opens who the people of an alert are, for its team.
    """

    def __init__(self, names: TopicNames, policy: Policy, metrics: Metrics, partition: int, key: PrivacyKey) -> None:
        self._alerts = {team: names.name(topic) for team, topic in ALERTS.items()}
        self._digests, self._held = names.name(DIGESTS), names.name(HELD)
        self._key = key
        self._policy, self._metrics, self._partition = policy, metrics, str(partition)
        self._waiting: dict[bytes, int] | None = None
        self._total = 0

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work one batch, owner by owner, in the topic's order within each."""
        by_owner: dict[str, list[Alert]] = {}
        received: list[int] = []
        for record in records:
            alert = decode(Alert, record)
            if alert.status is AlertStatus.RAISED:
                received.append(to_ms(alert.received_at))
            by_owner.setdefault(owner_key_of(alert), []).append(alert)
        for owner, alerts in by_owner.items():
            work = self._work(owner.encode(), state)
            for alert in alerts:
                work.take(alert)
            self._apply(owner.encode(), work.result(), state, out)
        return received

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Send the digests that are due; forget what is over."""
        for key in keys:
            if ALERT in key:
                state.put(key, None)
                continue
            work = self._work(key, state)
            work.wake(now_ms)
            self._apply(key, work.result(), state, out)

    def stale(self, state: StateView) -> Sequence[bytes]:
        """Nothing goes stale; but what waits is counted here, once after each opening of the lane."""
        if self._waiting is None:
            self._waiting, self._total = {}, 0
            for key in state.marked:
                self._note(key, decode_owner(state.get(key)))
            self._show()
        return ()

    def closed(self) -> None:
        """What this lane showed as waiting is another's to show."""
        self._waiting = None
        self._metrics.alerts_waiting.labels(self._partition).set(0)

    def _work(self, key: bytes, state: StateView) -> OwnerWork:
        def read(alert_id: str) -> AlertMemory | None:
            value = state.get(alert_key(key, alert_id))
            return None if value is None else AlertMemory.model_validate_json(value)

        return OwnerWork(decode_owner(state.get(key)), key.decode(), self._policy, read)

    def _apply(self, key: bytes, done: Dispatched, state: StateView, out: Outbox) -> None:
        owner = done.state
        if owner is None:
            state.put(key, None)
        else:
            state.put(key, owner.encode(), owner.due_ms, marked=bool(owner.waiting))
        for alert_id, memory in done.memories.items():
            state.put(alert_key(key, alert_id), memory.encode(), memory.due_ms)
        for digest in done.digests:
            out.send(self._digests, key, digest.encode(), digest_headers(digest))
        for alert in done.alerts:
            out.send(
                self._alerts[alert.team],
                alert.account_id.encode(),
                opened(alert, self._key).encode(),
                sent_headers(alert),
            )
        for held in done.held:
            out.send(self._held, held.account_id.encode(), held.encode(), held_headers(held))
        out.count(lambda: self._count(key, done))

    def _count(self, key: bytes, done: Dispatched) -> None:
        metrics = self._metrics
        for alert in done.alerts:
            if alert.status is AlertStatus.RAISED and alert.revision == 0:
                metrics.alerts_sent.labels(alert.team, alert.delivery).inc()
        for held in done.held:
            metrics.alerts_held.labels(held.reason, held.outcome).inc()
        metrics.digests.inc(len(done.digests))
        if self._waiting is not None:
            self._note(key, done.state)
            self._show()

    def _note(self, key: bytes, owner: OwnerState | None) -> None:
        assert self._waiting is not None
        self._total -= self._waiting.pop(key, 0)
        if owner is not None and owner.waiting:
            self._waiting[key] = len(owner.waiting)
            self._total += len(owner.waiting)

    def _show(self) -> None:
        self._metrics.alerts_waiting.labels(self._partition).set(self._total)


def alert_key(key: bytes, alert_id: str) -> bytes:
    """Key of what is remembered of an owner's alert."""
    return key + ALERT + alert_id.encode()


def decode_owner(value: bytes | None) -> OwnerState | None:
    """What is remembered of an owner, from its bytes."""
    return None if value is None else OwnerState.model_validate_json(value)


def sent_headers(alert: Alert) -> list[Header]:
    """Headers of an alert, with how it is delivered, and with which digest."""
    digest = [("ce_digest", alert.digest_id.encode())] if alert.digest_id else []
    return [*alert_headers(alert), ("ce_delivery", alert.delivery.encode()), *digest]


def digest_headers(digest: Digest) -> list[Header]:
    """CloudEvents (binary mode) headers, and whom it is for."""
    head = cloud_event(digest.digest_id, "intent.digest.v1", digest.owner, digest.at.isoformat())
    return [*head, ("ce_owner", digest.owner.encode())]
