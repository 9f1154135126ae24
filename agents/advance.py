"""Stage 3 on Kafka: activities -> transitions and alerts, each routed to somebody. State by account, its journal
beside it; one lane per partition."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from agents.metrics import Metrics
from agents.shell.codec import StateCodec, decode
from agents.shell.outbox import Header, Outbox
from agents.shell.state import StateView
from pipeline.alerts.firing import activity_of
from pipeline.alerts.outlook import Outlooks, outlook_of
from pipeline.directory import Directory
from pipeline.dispatch.route import owner_key_of
from pipeline.handover.policy import NO_POLICY, Policy
from pipeline.journal.account import AccountWork
from pipeline.journal.recent import Recent
from pipeline.journal.worked import Worked
from pipeline.privacy.contacts import ClearAddresses, parts_of, with_contacts
from pipeline.privacy.erasures import ErasureBook
from pipeline.rules.live import Live
from schemas.activity import ERASURE, RETRACTION, Activity
from schemas.alert import Alert, AlertStatus
from schemas.dispatch.held import HeldAlert
from schemas.handover.feedback import Answer
from schemas.journey import JourneyState
from schemas.kept.contacts import Contacts
from schemas.topics import ANSWERS, HELD, RETURNED, TRANSITIONS, TRIGGERS, TopicNames
from schemas.transition import Transition

SUPPRESSED_PER_TICK = 100
UNFIT_PER_TICK = 1000
EXAMINED_PER_TICK = 100_000
"""Bounds of one transaction: to fold an account anew takes milliseconds, to bring it under other rules far less."""

JOURNAL = b"\xff"
"""Between an account's key and the name of a page of its journal: no UTF-8 text holds it, so no account's key does."""

PRODUCT = b"\xfe"
"""Between an account's key and the product of one of its further journeys, for the same reason."""

CONTACTS = "contacts"
NO_CONTACTS = Contacts()


class AdvanceHandler:
    """Folds a batch of activities into journeys; each account's state is read and written once per batch.

    Args:
        names: topic names of this installation.
        directory: gives the account directory as it is now.
        rules: gives the journey as it is now; it changes between batches only.
        metrics: as everywhere.
        policy: who gets which alert.
        clear: which teams' alerts show people in the clear, and how long.
        erasures: whose activities are dropped.
        outlooks: gives what was learned of next steps.
        states: the stage's, of all its lanes.
    """

    def __init__(
        self,
        names: TopicNames,
        directory: Callable[[], Directory],
        rules: Callable[[], Live],
        metrics: Metrics,
        clear: ClearAddresses,
        erasures: ErasureBook,
        policy: Policy = NO_POLICY,
        outlooks: Callable[[], Outlooks] = dict,
        states: StateCodec[JourneyState] | None = None,
    ) -> None:
        self._clear, self._erasures = clear, erasures
        self._transitions, self._returned = names.name(TRANSITIONS), names.name(RETURNED)
        self._answers = names.name(ANSWERS)
        self._triggers, self._held = names.name(TRIGGERS), names.name(HELD)
        self._directory, self._rules, self._metrics = directory, rules, metrics
        self._policy, self.outlooks = policy, outlooks
        self._unfit, self._recent = Unfit(), Recent()
        self._states = states or StateCodec(JourneyState)

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work one batch of activities, account by account, in the topic's order within each."""
        directory = self._directory()
        by_account: dict[bytes, list[Activity]] = {}
        received: list[int] = []
        for record in records:
            if record.topic == self._answers:
                if (answer := activity_of(decode(Answer, record))) is not None:
                    by_account.setdefault(record.key, []).append(answer)
                continue
            activity = decode(Activity, record)
            if self._erasures.drops_activity(activity):
                continue
            if not (activity.late or activity.revision or activity.type in (RETRACTION, ERASURE)):
                received.append(activity.received_ms)  # of what comes after the fact, the age says nothing of the line
            by_account.setdefault(record.key, []).append(activity)
        products = self._rules().rules.product_choice
        for account, activities in by_account.items():
            known = [name for name in products.names if state.get(journey_key(account, name)) is not None]
            parts = products.split(activities, known)
            for product, given in parts.items():
                key = journey_key(account, product)
                before = self._states.decode(key, state.get(key))
                work = self._work(key, given[0].account_id, before, directory, state, product)
                result = self._take(work, key, given, state)
                # machines, opened mail: no account is made and none rewritten for what changes nothing
                if result.state is not before:
                    self._apply(key, result, state, out)
        return received

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Fire due timers, and meet what the directory says now."""
        directory = self._directory()
        for key in keys:
            before = self._states.decode(key, state.get(key))
            assert before is not None
            work = self._work(key, before.account_id, before, directory, state, before.product)
            work.wake(now_ms)
            result = work.result()
            if result.alerts:
                known = self._contacts(key, state)
                sealed = tuple(with_contacts(alert, known, self._clear) for alert in result.alerts)
                result = replace(result, alerts=sealed)
            self._apply(key, result, state, out)

    def stale(self, state: StateView) -> Sequence[bytes]:
        """Accounts that the directory has begun or ceased to suppress, and those last looked at by other rules."""
        names = ("", *self._rules().rules.product_choice.names)
        accounts = {account_id.encode() for account_id in self._directory().suppressed}
        wanted = {journey_key(account, name) for account in accounts for name in names}
        begun = [key for key in wanted - state.marked if state.get(key) is not None]
        ceased = [key for key in state.marked - wanted if key.partition(PRODUCT)[0] not in accounts]
        suppressed = sorted((*begun, *ceased))[:SUPPRESSED_PER_TICK]
        return [*suppressed, *self._unfit.next(state, self._rules().rules.version)]

    def closed(self) -> None:
        """What was found out about the state given back counts no more."""
        self._unfit, self._recent = Unfit(), Recent()

    def _work(
        self,
        key: bytes,
        account_id: str,
        before: JourneyState | None,
        directory: Directory,
        state: StateView,
        product: str,
    ) -> AccountWork:
        def read(page: str) -> bytes | None:
            return state.get(page_key(key, page))

        live, account = self._rules(), directory.account(account_id)
        return AccountWork(
            before,
            account_id,
            account,
            live.rules,
            read,
            state.fired_ms,
            since_ms=live.since_ms,
            policy=self._policy,
            product=product,
            recent=self._recent,
        )

    def _take(self, work: AccountWork, key: bytes, activities: Sequence[Activity], state: StateView) -> Worked:
        """Work an account's activities. Who is behind its pseudonyms is kept apart from its state and journal."""
        before = self._contacts(key, state)
        parts = list(parts_of(activities, before, self._rules().rules.activities, self._clear.days))
        alerts: list[Alert] = []
        for part in parts:
            work.take(part.activities)
            raised = work.result().alerts[len(alerts) :]
            alerts += [with_contacts(alert, part.known_at(alert), self._clear) for alert in raised]
        if (after := parts[-1].after) is not before:
            state.put(page_key(key, CONTACTS), after.encode() if after.people or after.unmailed else None)
        return replace(work.result(), alerts=tuple(alerts))

    def _contacts(self, key: bytes, state: StateView) -> Contacts:
        page = state.get(page_key(key, CONTACTS))
        return NO_CONTACTS if page is None else Contacts.model_validate_json(page)

    def _apply(self, key: bytes, result: Worked, state: StateView, out: Outbox) -> None:
        assert result.state is not None
        state.put(key, self._states.encode(key, result.state), result.state.due_ms, marked=result.state.suppressed)
        for page, value in result.pages.items():
            state.put(page_key(key, page), value)
        key = key.partition(PRODUCT)[0]
        for transition in result.transitions:
            out.send(self._transitions, key, transition.encode(), transition_headers(transition))
        for alert in result.alerts:
            if alert.status is AlertStatus.RAISED:  # only here: what was learned is no part of the account's state
                alert = alert.model_copy(update={"outlook": outlook_of(alert, self.outlooks())})
            out.send(self._triggers, owner_key_of(alert).encode(), alert.encode(), alert_headers(alert))
        for held in result.held_back:
            if held.record is not None:
                out.send(self._held, key, held.record.encode(), held_headers(held.record))
        for returned in result.returned:
            out.send(self._returned, returned.subject.encode(), returned.encode())
        out.count(lambda: self._count(result))

    def _count(self, result: Worked) -> None:
        metrics = self._metrics
        for transition in result.transitions:
            if transition.revision:
                metrics.transitions_restated.labels("withdrawn" if transition.withdrawn else "changed").inc()
            else:
                metrics.transitions.labels(transition.from_stage, transition.to_stage).inc()
        for alert in result.alerts:
            raised = alert.status is AlertStatus.RAISED
            (metrics.alerts if raised else metrics.alerts_retracted).labels(alert.team, alert.trigger).inc()
        for held in result.held_back:
            metrics.held_back.labels(held.trigger, held.reason).inc()
        for reason in result.restated:
            metrics.restatements.labels(reason).inc()
        for returned in result.returned:
            metrics.hits_returned.inc(len(returned.hits))
        if result.beyond:
            metrics.beyond_journal.inc(result.beyond)


class Unfit:
    """Finds the accounts of a lane that were last looked at by other rules: once for each version, a part at a time.

    A state begins with the version of its rules, so none is decoded for it.
    """

    def __init__(self) -> None:
        self._version, self._fit = "", b""
        self._unseen: list[bytes] = []

    def next(self, state: StateView, version: str) -> list[bytes]:
        """Some of them; none once all fit."""
        if version != self._version:
            self._version, self._unseen = version, list(state.committed)
            self._fit = JourneyState(rules=version, account_id="").encode().partition(b'"account_id"')[0]
        fit, value_of = self._fit, state.committed.get
        examined = self._unseen[-EXAMINED_PER_TICK:]
        del self._unseen[-EXAMINED_PER_TICK:]  # in place: there may be millions
        unfit = [key for key in examined if JOURNAL not in key and not value_of(key, fit).startswith(fit)]
        self._unseen += unfit[UNFIT_PER_TICK:]
        return unfit[:UNFIT_PER_TICK]


def journey_key(account: bytes, product: str) -> bytes:
    """Key of the journey of an account about a product; of the general one it is the account's own."""
    return account + PRODUCT + product.encode() if product else account


def page_key(key: bytes, page: str) -> bytes:
    """Key of a page of an account's journal."""
    return key + JOURNAL + page.encode()


def transition_headers(transition: Transition) -> list[Header]:
    """CloudEvents (binary mode) headers, so that subscribers can route without reading the value."""
    return cloud_event(
        transition.transition_id, "intent.transition.v1", transition.account_id, transition.occurred_at.isoformat()
    )


def alert_headers(alert: Alert) -> list[Header]:
    """CloudEvents (binary mode) headers, the trigger, and whether it is raised or retracted."""
    head = cloud_event(alert.alert_id, "intent.alert.v1", alert.account_id, alert.raised_at.isoformat())
    return [*head, ("ce_trigger", alert.trigger.encode()), ("ce_status", alert.status.encode())]


def held_headers(held: HeldAlert) -> list[Header]:
    """CloudEvents (binary mode) headers, the trigger, and why it was held."""
    head = cloud_event(held.held_id, "intent.alert.held.v1", held.account_id, held.held_at.isoformat())
    return [*head, ("ce_trigger", held.trigger.encode()), ("ce_reason", held.reason.encode())]


def cloud_event(id_: str, kind: str, subject: str, moment: str) -> list[Header]:
    """CloudEvents (binary mode) headers that all records for subscribers have."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", id_.encode()),
        ("ce_type", kind.encode()),
        ("ce_source", b"triggerpoint"),
        ("ce_subject", subject.encode()),
        ("ce_time", moment.encode()),
        ("content-type", b"application/json"),
    ]
