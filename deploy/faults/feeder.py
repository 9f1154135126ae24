"""Traffic that goes on whatever happens to the broker: a record counts as sent once the broker has it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from agents.connection import connection_options
from agents.settings import Settings
from deploy.simulate import WorldSpec, messages

Sent = tuple[str, bytes | None, bytes | None]
"""Topic, key, value."""

CHUNK = 50
RETRY_SECONDS = 0.5
NAP_SECONDS = 0.05
WORLDS_APART = 1_000_003


class Feeder:
    """Sends a world's traffic at the speed of its clock, until told to stop; and records of others beside it.

    Args:
        settings: of the installation.
        spec: the world.
        speed: simulated seconds a second.
    """

    def __init__(self, settings: Settings, spec: WorldSpec, speed: float) -> None:
        self._settings, self._spec, self._speed = settings, spec, speed
        self._task: asyncio.Task[None] | None = None
        self._producer: AIOKafkaProducer | None = None
        self._turn = 0
        self.skew_ms = 0
        """How far the producer's clock is off."""
        self.sent = 0
        self.refused = 0

    async def connect(self) -> None:
        """Connect to the broker."""
        self._producer = AIOKafkaProducer(**connection_options(self._settings), acks="all", enable_idempotence=True)
        await self._producer.start()

    def start(self) -> None:
        """Begin with the world's traffic."""
        self._task = asyncio.create_task(self._run(), name="feeder")

    async def stop(self) -> None:
        """Stop the world's traffic; what is on its way is sent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Stop and disconnect."""
        await self.stop()
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, records: Sequence[Sent]) -> None:
        """Send records and wait until the broker has each, however often it takes; a retry may double one."""
        waiting = list(records)
        while waiting:
            results = await asyncio.gather(*map(self._try, waiting), return_exceptions=True)
            again = []
            for record, error in zip(waiting, results, strict=True):
                if isinstance(error, MessageSizeTooLargeError):
                    self.refused += 1
                elif isinstance(error, KafkaError):
                    again.append(record)
                elif isinstance(error, BaseException):
                    raise error
            self.sent += len(waiting) - len(again)
            waiting = again
            if waiting:
                await asyncio.sleep(RETRY_SECONDS)

    async def _try(self, record: Sent) -> None:
        assert self._producer is not None
        topic, key, value = record
        self._turn += 1
        count = len(await self._producer.partitions_for(topic))
        partition = (self._turn if key is None else crc32(key)) % count
        stamp_ms = max(0, int(time.time() * 1000) + self.skew_ms) if self.skew_ms else None
        await self._producer.send_and_wait(topic, value, key=key, partition=partition, timestamp_ms=stamp_ms)

    async def _run(self) -> None:
        spec = self._spec
        while True:  # when a world is over, the next one begins, of companies the directory does not know
            await self._send_world(spec)
            spec = replace(spec, seed=spec.seed + WORLDS_APART)

    async def _send_world(self, spec: WorldSpec) -> None:
        began = time.monotonic()
        chunk: list[Sent] = []
        for message in messages(spec):
            assert message.source is not None
            due = (message.sent_ms - spec.start_ms) / 1000 / self._speed
            while due > time.monotonic() - began or len(chunk) >= CHUNK:
                if chunk:
                    await asyncio.shield(self.send(chunk))
                    chunk = []
                await asyncio.sleep(NAP_SECONDS)
            chunk.append((self._settings.topics.raw(message.source)[0], message.key, message.value))
        await self.send(chunk)
