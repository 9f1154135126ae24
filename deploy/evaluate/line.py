"""The line in one process: the workers' own handlers, topics as queues, state in memory. No Kafka, no clock.

    line = PlainLine(networks=networks)
    line.know(directory)                            # accounts first
    line.send("intent.events.web.v1", key, value, sent_ms)
    line.settle()                                   # until nothing is under way; timers fire by the newest sending time
    line.values(ACTIVITIES, Activity)               # what came out, in order

It is the oracle of what the line must give whatever happens to workers, and the ceiling of how fast it can be.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TypeVar

from pydantic import BaseModel

from agents.advance import JOURNAL, PRODUCT, AdvanceHandler
from agents.directory import change_of
from agents.dispatch.handler import ALERT, DispatchHandler
from agents.handover.load import load_policy
from agents.identify import IdentifyHandler
from agents.ingest import LOG_APPEND_TIME, IngestHandler
from agents.journey import load_rules
from agents.metrics import Metrics
from agents.shell.outbox import Header, Outbox
from agents.shell.state import StateStore, StateView
from agents.shell.transactional import Handler
from agents.stages import inputs_of
from agents.watermark import BEHIND
from pipeline.directory import EMPTY, Directory
from pipeline.handover.policy import Policy
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.privacy.consent import ConsentPolicy
from pipeline.privacy.contacts import ClearAddresses
from pipeline.privacy.erasures import ErasureBook
from pipeline.privacy.key import PrivacyKey
from pipeline.refused.limit import RefusalLimit
from pipeline.rules.live import Live
from pipeline.rules.model import Rules
from schemas.base import Source, Team
from schemas.topics import Topic, TopicNames

NounT = TypeVar("NounT", bound=BaseModel)
OnWrite = Callable[[str, bytes, bytes | None], None]
STAGES = ("ingest", "identify", "advance", "dispatch")
BATCH_RECORDS = 500
GRACE_MS = 5_000
TIMERS = 50
"""Keys woken in one tick of a lane."""
NAMES = TopicNames()
NO_LIMIT = RefusalLimit(share_max=1.0)
KEY = PrivacyKey(b"simulated worlds have no secrets, and their truth knows clear mailboxes")
CLEAR = ClearAddresses(KEY, frozenset({Team.SALES, Team.SERVICE}), 90)


@dataclass(frozen=True, slots=True)
class Record:
    """One record, with the fields of aiokafka's that handlers read."""

    topic: str
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()
    partition: int = 0
    timestamp_type: int = LOG_APPEND_TIME


class BrokerTime:
    """A clock that stands where the newest record was sent: nothing here asks what time it is."""

    def __init__(self) -> None:
        self.newest_ms = 0

    def now_ms(self) -> int:
        """When the newest record was sent."""
        return self.newest_ms

    def at_ms(self, real_ms: int) -> int:
        """The same moment."""
        return real_ms

    def seconds_since(self, pipeline_ms: int) -> float:
        """Nothing takes time."""
        return 0.0

    def seconds_between(self, from_ms: int, until_ms: int) -> float:
        """Nothing takes time."""
        return 0.0


@dataclass
class _Lane:
    """One stage: its verb, its state, and what waits for it by topic."""

    name: str
    handler: Handler
    waiting: dict[str, deque[Record]]
    store: StateStore = field(default_factory=StateStore)


class PlainLine:
    """See the module's text.

    Args:
        networks: address data.
        rules: the journey's rules; the shipped ones if none.
        policy: who gets which alert when; the packaged one if none.
        keep: topics whose records are kept; None for all, none at all for a long run that only counts.
        batch: how many records a handler gets at once at most.
        on_write: hears each state a stage writes: stage, key, value.
        rng: mixes up which topic is read next and how much of it, as consumers do; None for the way of the data.
    """

    def __init__(
        self,
        networks: Networks = NO_NETWORKS,
        rules: Rules | None = None,
        policy: Policy | None = None,
        keep: Iterable[Topic] | None = None,
        batch: int = BATCH_RECORDS,
        rng: Random | None = None,
        on_write: OnWrite | None = None,
    ) -> None:
        self.directory: Directory = EMPTY
        self.policy = policy or load_policy(None)
        self.rules = (rules or load_rules(None)).in_hours(self.policy.hours)
        self.erasures = ErasureBook()
        self.metrics, self.clock = Metrics(), BrokerTime()
        self._keep = None if keep is None else frozenset(NAMES.name(topic) for topic in keep)
        self._batch, self._rng, self._on_write = batch, rng, on_write
        self._kept: dict[str, list[Record]] = defaultdict(list)
        self._offsets: dict[str, int] = defaultdict(int)
        sources = {topic: source for source in Source for topic in NAMES.raw(source)}
        handlers: Mapping[str, Handler] = {
            "ingest": IngestHandler(
                sources, NAMES, self.clock, self.metrics, KEY, self.erasures, ConsentPolicy(), NO_LIMIT
            ),
            "identify": IdentifyHandler(
                NAMES, lambda: self.directory, lambda: self.rules, self.metrics, self.erasures, networks
            ),
            "advance": AdvanceHandler(
                NAMES,
                lambda: self.directory,
                lambda: Live(self.rules),
                self.metrics,
                CLEAR,
                self.erasures,
                self.policy,
            ),
            "dispatch": DispatchHandler(NAMES, self.policy, self.metrics, 0, KEY),
        }
        inputs = inputs_of(NAMES)
        self._lanes = {name: _Lane(name, handlers[name], {topic: deque() for topic in inputs[name]}) for name in STAGES}
        self._queues = {topic: queue for lane in self._lanes.values() for topic, queue in lane.waiting.items()}

    def know(self, accounts: Iterable[tuple[bytes | None, bytes | None]]) -> None:
        """Take records of the accounts topic; they count at once, as they do for a worker."""
        changes = [change_of(key, value) for key, value in accounts]
        self.directory = self.directory.with_changes(change for change in changes if change is not None)

    def send(
        self, topic: str, key: bytes | None, value: bytes | None, at_ms: int = 0, headers: tuple[Header, ...] = ()
    ) -> None:
        """Put a record on a topic; nothing is worked before `settle`.

        Args:
            at_ms: when the broker took it; not in the future of this machine, since ingest believes no such time.
        """
        self.clock.newest_ms = max(self.clock.newest_ms, at_ms)
        record = Record(topic, self._offsets[topic], at_ms, key, value, headers)
        self._offsets[topic] += 1
        if self._keep is None or topic in self._keep:
            self._kept[topic].append(record)
        if topic in self._queues:
            self._queues[topic].append(record)

    def settle(self) -> None:
        """Work until nothing waits and no timer is due by the newest record's time."""
        while True:
            while (turn := self._next()) is not None:
                lane, batch = turn
                self._work(lane, partial(lane.handler.handle, batch))
            if not self._wake(self.clock.newest_ms - GRACE_MS):
                return

    def pass_time(self, now_ms: int) -> None:
        """Nothing more comes until then: timers due by it fire."""
        self.clock.newest_ms = max(self.clock.newest_ms, now_ms + GRACE_MS)
        self.settle()

    def records(self, topic: Topic) -> list[Record]:
        """All records of a topic, in order, as far as they were kept."""
        return self._kept[NAMES.name(topic)]

    def values(self, topic: Topic, noun: type[NounT]) -> list[NounT]:
        """The same as nouns."""
        return [noun.model_validate_json(record.value) for record in self.records(topic) if record.value is not None]

    def count(self, topic: Topic) -> int:
        """How many records a topic got, kept or not."""
        return self._offsets[NAMES.name(topic)]

    def state(self, stage: str) -> StateStore:
        """What a stage remembers, by key."""
        return self._lanes[stage].store

    def states(self, stage: str, noun: type[NounT]) -> dict[str, NounT]:
        """The same as nouns, pages of journals aside."""
        return {
            key.replace(PRODUCT, b"/").decode(): noun.model_validate_json(value)
            for key, value in self.state(stage).committed.items()
            if JOURNAL not in key and ALERT not in key
        }

    def _next(self) -> tuple[_Lane, list[Record]] | None:
        waiting = [(lane, queue) for lane in self._lanes.values() for queue in lane.waiting.values() if queue]
        if not waiting:
            return None
        lane, queue = waiting[0] if self._rng is None else self._rng.choice(waiting)
        most = self._batch if self._rng is None else 1 + int(self._rng.random() * self._batch)
        return lane, [queue.popleft() for _ in range(min(most, len(queue)))]

    def _wake(self, now_ms: int) -> bool:
        """One tick of every lane, as `agents/shell/transactional.py` has it; whether anything was due."""
        woken = False
        for lane in self._lanes.values():
            if woken and lane.name in BEHIND:  # their watermark waits for what the line says now
                return True
            store = lane.store
            due = store.due(now_ms, TIMERS)
            stale = lane.handler.stale(StateView(store)) if store.fired_ms else ()
            if due or stale:
                self._work(lane, partial(lane.handler.wake, list(dict.fromkeys((*due, *stale))), now_ms))
                woken = True
            if len(due) < TIMERS:
                store.fired_ms = max(store.fired_ms, now_ms)
        return woken

    def _work(self, lane: _Lane, verb: Callable[[StateView, Outbox], object]) -> None:
        """One batch as a worker does it: outputs and state together, or, if the verb raises, neither."""
        state, out = StateView(lane.store), Outbox(lambda topic: 1)
        verb(state, out)
        if self._on_write is not None:
            for written, (content, *_) in state.writes.items():
                self._on_write(lane.name, written, content)
        state.commit()
        out.committed()
        for (topic, _), records in out.records.items():
            for key, value, headers in records:
                self.send(topic, key, value, self.clock.newest_ms, tuple(headers))
