"""Messages to Kafka: in batches, paced, with every acknowledgement awaited."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaProducer

from deploy.simulate.replay import Pacer
from deploy.simulate.spec import Label, Message, WorldSpec
from deploy.simulate.stream import iter_accounts, messages
from schemas.base import Source
from schemas.topics import ACCOUNTS, TopicNames

BATCH_BYTES_MAX = 512 * 1024
UNACKED_MAX = 64
NAP_SECONDS_MIN = 0.02
NAP_SECONDS_MAX = 0.25
TELL_SECONDS = 0.25
BREATH_MESSAGES = 500
"""Messages after which other tasks get their turn."""


class PublishError(RuntimeError):
    """The broker does not take the messages."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Args:
        sent: traffic messages handed to the producer.
        simulated_ms: simulated time reached, ms since 1970.
        share: share of the simulated span (or of the limit) that is done, 0 to 1.
        per_second: messages a real second so far.
    """

    sent: int
    simulated_ms: int
    share: float
    per_second: float


@dataclass
class PublishReport:
    """What a run has sent. `sent` counts all traffic with bad, duplicates and machine; `accounts` is beside it."""

    sent: int = 0
    bad: int = 0
    duplicates: int = 0
    machine: int = 0
    accounts: int = 0
    bytes: int = 0
    by_topic: Counter[str] = field(default_factory=Counter)
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    simulated_from_ms: int = 0
    simulated_to_ms: int = 0
    seconds: float = 0.0
    stopped: bool = False

    def count(self, message: Message, topic: str) -> None:
        """Takes a traffic message into the figures."""
        self.sent += 1
        self.bytes += len(message.value)
        self.by_topic[topic] += 1
        self.simulated_from_ms = self.simulated_from_ms or message.sent_ms
        self.simulated_to_ms = message.sent_ms
        if message.label is Label.HUMAN:
            return
        self.bad += message.label is Label.BAD
        self.duplicates += message.label is Label.DUPLICATE
        self.machine += message.label is Label.MACHINE


def make_producer(bootstrap_servers: str, client: Mapping[str, Any]) -> Any:
    """A producer that waits for all replicas and does not double what it repeats."""
    options: dict[str, Any] = {
        "client_id": "triggerpoint-simulate",
        "acks": "all",
        "enable_idempotence": True,
        "max_batch_size": BATCH_BYTES_MAX,
        "linger_ms": 0,
    }
    return AIOKafkaProducer(bootstrap_servers=bootstrap_servers, **(options | dict(client)))


class _Batches:
    """One open batch per topic and partition; full ones go out, acknowledgements are awaited in order."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer
        self._open: dict[tuple[str, int], Any] = {}
        self._partitions: dict[str, int] = {}
        self._unacked: deque[asyncio.Future[Any]] = deque()
        self._turn = 0

    async def add(self, topic: str, key: bytes | None, value: bytes) -> None:
        """A record; without a key the partitions take turns."""
        count = self._partitions.get(topic) or await self._count(topic)
        if key is None:
            self._turn += 1
        place = topic, (self._turn if key is None else crc32(key)) % count
        batch = self._open.get(place)
        if batch is not None and batch.append(key=key, value=value, timestamp=None) is not None:
            return
        if batch is not None:
            await self._send(place, batch)
        batch = self._open[place] = self._producer.create_batch()
        if batch.append(key=key, value=value, timestamp=None) is None:
            raise PublishError(f"A record of {len(value)} bytes does not fit into a batch for {topic}.")

    async def flush(self) -> None:
        """Hands all open batches over, without waiting for their acknowledgements."""
        for place, batch in self._open.items():
            await self._send(place, batch)
        self._open.clear()

    async def settle(self) -> None:
        """Waits until the broker has everything."""
        await self.flush()
        while self._unacked:
            await self._unacked.popleft()

    async def _send(self, place: tuple[str, int], batch: Any) -> None:
        batch.close()
        self._unacked.append(await self._producer.send_batch(batch, place[0], partition=place[1]))
        while len(self._unacked) > UNACKED_MAX or (self._unacked and self._unacked[0].done()):
            await self._unacked.popleft()

    async def _count(self, topic: str) -> int:
        self._partitions[topic] = len(await self._producer.partitions_for(topic))
        return self._partitions[topic]


class Publisher:
    """Sends a world to Kafka.

    Args:
        client: further options of the Kafka client (TLS, SASL).
        factory: makes the producer; tests pass their own.
    """

    def __init__(
        self,
        client: Mapping[str, Any] | None = None,
        factory: Callable[[str, Mapping[str, Any]], Any] = make_producer,
    ) -> None:
        self._client = client or {}
        self._factory = factory

    async def publish(
        self,
        bootstrap_servers: str,
        names: TopicNames,
        spec: WorldSpec,
        *,
        rate_per_second: float | None = None,
        speed: float | None = None,
        progress: Callable[[Progress], None] | None = None,
        stop: asyncio.Event | None = None,
        limit: int | None = None,
        directory: bool = True,
        anchor: datetime | None = None,
    ) -> PublishReport:
        """Sends the directory, then all traffic in order; returns when the broker has acknowledged everything.

        Args:
            bootstrap_servers: host:port, by comma.
            names: topic names of the installation.
            spec: the world.
            rate_per_second: messages a second; None for no limit.
            speed: simulated seconds a real second; None for no limit. With both, the slower one counts.
            progress: told now and then how far it is.
            stop: ends the run early, in good order, once it is set.
            limit: traffic messages at most.
            directory: send the account directory first.
            anchor: real moment at which simulated time stands at `spec.start`; by default when traffic begins.
        """
        report, began = PublishReport(), time.monotonic()
        producer = self._factory(bootstrap_servers, self._client)
        try:
            await producer.start()
            await _check_topics(producer, names)
            batches = _Batches(producer)
            if directory:
                await _send_directory(batches, names, spec, report, stop)
            lead = (datetime.now(UTC) - anchor).total_seconds() if anchor else 0.0
            pacer = Pacer(rate_per_second, speed, spec.start_ms, lead=lead)
            teller = _Teller(progress, spec, limit)
            traffic = islice(messages(spec), limit) if limit is not None else messages(spec)
            await _send_traffic(batches, names, traffic, pacer, report, teller, stop)
            await batches.settle()
        finally:
            await producer.stop()
        report.seconds = time.monotonic() - began
        teller.tell(report)
        return report


async def _check_topics(producer: Any, names: TopicNames) -> None:
    """Asked once for all, since a client would wait for a missing topic for long."""
    needed = {names.name(ACCOUNTS)} | {names.raw(source)[0] for source in Source}
    missing = needed - set((await producer.client.fetch_all_metadata()).topics())
    if missing:
        text = ", ".join(sorted(missing))
        raise PublishError(f"Not on the broker: {text}. Make them first: `triggerpoint topics create`.")


async def _send_directory(
    batches: _Batches, names: TopicNames, spec: WorldSpec, report: PublishReport, stop: asyncio.Event | None
) -> None:
    topic = names.name(ACCOUNTS)
    for message in iter_accounts(spec):
        if report.accounts % BREATH_MESSAGES == 0:
            await asyncio.sleep(0)
            if stop and stop.is_set():
                break
        await batches.add(topic, message.key, message.value)
        report.accounts += 1
    await batches.settle()


async def _send_traffic(
    batches: _Batches,
    names: TopicNames,
    traffic: Iterator[Message],
    pacer: Pacer,
    report: PublishReport,
    teller: "_Teller",
    stop: asyncio.Event | None,
) -> None:
    for message in traffic:
        while wait := pacer.wait(report.sent, message.sent_ms):
            await batches.flush()
            teller.tell(report)
            await asyncio.sleep(min(max(wait, NAP_SECONDS_MIN), NAP_SECONDS_MAX))
            if stop and stop.is_set():
                break
        if report.sent % BREATH_MESSAGES == 0:
            teller.tell(report)
            await asyncio.sleep(0)
        if stop and stop.is_set():
            report.stopped = True
            return
        assert message.source is not None
        topic = names.raw(message.source)[0]
        await batches.add(topic, message.key, message.value)
        report.count(message, topic)
        report.last_sent_at = datetime.now(UTC)
        report.first_sent_at = report.first_sent_at or report.last_sent_at


class _Teller:
    """Tells progress a few times a second at most."""

    def __init__(self, progress: Callable[[Progress], None] | None, spec: WorldSpec, limit: int | None) -> None:
        self._progress, self._spec, self._limit = progress, spec, limit
        self._began = time.monotonic()
        self._told = 0.0

    def tell(self, report: PublishReport) -> None:
        now = time.monotonic()
        if self._progress is None or (now - self._told < TELL_SECONDS and not report.seconds):
            return
        self._told = now
        share = (report.simulated_to_ms - self._spec.start_ms) / self._spec.span_ms if report.sent else 0.0
        if self._limit:
            share = max(share, report.sent / self._limit)
        per_second = report.sent / max(now - self._began, 0.001)
        self._progress(Progress(report.sent, report.simulated_to_ms, min(1.0, share), per_second))
