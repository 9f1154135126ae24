"""How long from a raw event's acknowledgement to the alert it raises, at half load; beside the broker's own time.

Probes are accounts of their own that ask for a demo once; each raises an alert at once. They run within simulated
traffic, sent at half the speed the line has reached, on the worker's replay clock: each event is sent when it happens,
so nothing is late and timers fire between. Beside it one record after the other is sent to a plain topic and read back:
what any two clients on this broker need.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from agents.clock import Clock, clock_of
from schemas.topics import ACCOUNTS, ALERTS, RAW
from tests.bench import kafka
from tests.bench.line.race import PARTITIONS, WholeLine
from tests.bench.race import BenchError, kill
from tests.bench.surroundings import Bench

PROBE_SECONDS = 0.05
"""An alert costs several times what other records do, and few raise one: more probes would be the load themselves."""

WARM_PROBES = 20
"""Sent first and waited for, not counted: a worker just started has everything to do for the first time."""

LOAD_LINGER_MS = 20
"""Background load comes as producers send it, some records at a time: its client is not to compete with the line."""

START_SECONDS = 5.0
"""From the start of the worker until the first event happens: it is ready by then, so that nothing has piled up."""

MIDDLE = 0.25, 0.75
"""Of the traffic, between which it has the speed that was asked for, and probes count: a market's pace changes."""

SPARE_SHARE = 0.25
"""The middle lasts so much longer than its probes, and at least `SPARE_SECONDS`."""

SPARE_SECONDS = 1.5

LAST_SECONDS = 20.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds.

    Args:
        probes, heard: alerts waited for, and come.
        rate: records a second while probes were sent, they among them.
    """

    p50_ms: float
    p99_ms: float
    max_ms: float
    broker_p50_ms: float
    broker_p99_ms: float
    probes: int
    heard: int
    rate: float

    @property
    def p99_ratio(self) -> float:
        """Alert's p99 over the broker's."""
        return self.p99_ms / self.broker_p99_ms


def probe_account(name: str) -> bytes:
    """An account of the directory, for one probe alone."""
    return orjson.dumps({"account_id": name, "name": name, "domains": [f"{name}-works.com"]})


def probe_event(name: str, now_ms: int) -> bytes:
    """Somebody of that account asks for a demo, which raises an alert at once."""
    return orjson.dumps(
        {
            "type": "form_submit",
            "form": "demo",
            "event_id": name,
            "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_ms / 1000)),
            "email": f"jane@{name}-works.com",
            "url": "https://seller.example/demo",
        }
    )


def share_of(values: Sequence[float], share: float) -> float:
    """A quantile, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def clock_setting(sent_ms: Sequence[int], rate: float, first_real_ms: int) -> str:
    """The replay clock by which these events happen at this speed, the first at a real moment."""
    low, high = (int(share * (len(sent_ms) - 1)) for share in MIDDLE)
    speed = (sent_ms[high] - sent_ms[low]) / 1000 / ((high - low) / rate)
    return f"replay:{first_real_ms}:{sent_ms[0]}:{speed:.3f}"


async def measure(bench: Bench, rate: float, seconds: float) -> Latency:
    """Run a worker under this load for so long.

    Args:
        bench: where to run.
        rate: records a second, the probes among them.
        seconds: for how long probes are sent.

    Raises:
        BenchError: the worker does not start, or no alert comes.
    """
    run = await _Run.start(bench, rate - 1 / PROBE_SECONDS, seconds)
    try:
        return await run.measure()
    finally:
        await run.close()


class _Run:
    def __init__(self, line: WholeLine, clock: Clock, prefix: str, seconds: float) -> None:
        self._line, self._clock, self._prefix, self._seconds = line, clock, prefix, seconds
        self._loaded = 0
        self._sent: dict[str, float] = {}
        self._alerts: dict[str, float] = {}
        self._echo_sent: dict[bytes, float] = {}
        self._echo: list[float] = []
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(cls, bench: Bench, rate: float, seconds: float) -> "_Run":
        """Topics, directory, worker, clients."""
        tag, folder = bench.tag("latency")
        spare_seconds = max(SPARE_SECONDS, SPARE_SHARE * seconds)
        line = WholeLine(bench, int(rate * (seconds + spare_seconds) / (MIDDLE[1] - MIDDLE[0])))
        prefix, bootstrap = f"{tag}.", bench.bootstrap
        settings = await line.prepared(prefix, str(folder), 0)
        names = [*cls._names("warm", WARM_PROBES), *cls._names("probe", int(seconds / PROBE_SECONDS))]
        accounts = [(name.encode(), probe_account(name), None) for name in names]
        await kafka.write(bootstrap, prefix + ACCOUNTS.name, {0: accounts})
        await kafka.create(bootstrap, {f"{prefix}echo": 1})
        first_real_ms = int((time.time() + START_SECONDS) * 1000)
        clock = clock_setting([sent_ms for *_, sent_ms in line.traffic], rate, first_real_ms)
        self = cls(line, clock_of(clock), prefix, seconds)
        self._worker, self._log = await line.worker(settings.model_copy(update={"clock": clock}), folder)
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=0)
        self._loader = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=LOAD_LINGER_MS)
        self._echoer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=0)
        topics = [self._prefix + topic.name for topic in ALERTS.values()]
        options = {"bootstrap_servers": bootstrap, "auto_offset_reset": "latest", "enable_auto_commit": False}
        self._reader = AIOKafkaConsumer(*topics, **options, isolation_level="read_committed", fetch_max_wait_ms=20)
        self._echo_reader = AIOKafkaConsumer(f"{self._prefix}echo", **options, fetch_max_wait_ms=20)
        for client in (self._producer, self._loader, self._echoer, self._reader, self._echo_reader):
            await client.start()
        return self

    async def measure(self) -> Latency:
        """Send, listen, count."""
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._hear_echo())]
        load = asyncio.create_task(self._load())
        self._tasks.append(load)
        await self._probe(self._names("warm", WARM_PROBES))
        await self._all_heard()
        while self._loaded < MIDDLE[0] * len(self._line.traffic) and not load.done():
            await asyncio.sleep(PROBE_SECONDS)
        self._sent.clear()
        loaded, began = self._loaded, time.monotonic()
        names = self._names("probe", int(self._seconds / PROBE_SECONDS))
        await asyncio.gather(self._probe(names), self._send_echo())
        rate = (self._loaded - loaded + len(names)) / (time.monotonic() - began)
        if load.done():
            load.result()  # a load that failed or ended would make it look fast
            raise BenchError("the traffic ended before the probes")
        await self._all_heard()
        took = [(self._alerts[name] - at) * 1000 for name, at in self._sent.items() if name in self._alerts]
        if not took or not self._echo:
            raise BenchError(f"no alert for any of {len(self._sent)} probes; log: {self._log.read_text()[-1500:]}")
        return Latency(
            share_of(took, 0.5),
            share_of(took, 0.99),
            max(took),
            share_of(self._echo, 0.5),
            share_of(self._echo, 0.99),
            len(self._sent),
            len(took),
            rate,
        )

    async def close(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        for client in (self._producer, self._loader, self._echoer, self._reader, self._echo_reader):
            with suppress(Exception):
                await client.stop()
        await kill(self._worker)

    @staticmethod
    def _names(kind: str, count: int) -> list[str]:
        return [f"{kind}{at}" for at in range(count)]

    async def _all_heard(self) -> None:
        deadline = time.monotonic() + LAST_SECONDS
        while not self._sent.keys() <= self._alerts.keys() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    async def _load(self) -> None:
        for topic, key, value, sent_ms in self._line.traffic:
            while self._clock.now_ms() < sent_ms:
                await asyncio.sleep(LOAD_LINGER_MS / 1000)
            await self._loader.send(self._prefix + topic, value, key=key)
            self._loaded += 1

    async def _probe(self, names: Sequence[str]) -> None:
        topic = self._prefix + RAW["web"].name  # type: ignore[index]
        for at, name in enumerate(names):
            self._sent[name] = time.monotonic()
            await self._producer.send(topic, probe_event(name, self._clock.now_ms()), partition=at % PARTITIONS)
            await asyncio.sleep(PROBE_SECONDS)

    async def _send_echo(self) -> None:
        for at in range(int(self._seconds / PROBE_SECONDS)):
            value = str(at).encode()
            self._echo_sent[value] = time.monotonic()
            await self._echoer.send(f"{self._prefix}echo", value)
            await asyncio.sleep(PROBE_SECONDS)

    async def _hear(self) -> None:
        async for record in self._reader:
            account = orjson.loads(record.value)["account_id"]
            if account in self._sent:
                self._alerts.setdefault(account, time.monotonic())

    async def _hear_echo(self) -> None:
        async for record in self._echo_reader:
            self._echo.append((time.monotonic() - self._echo_sent[record.value]) * 1000)
