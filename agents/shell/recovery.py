"""Reads a lane's state back from its changelog, and says how far it is."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.shell.state import StateStore, read_headers

TELL_SECONDS = 3.0
FETCH_BYTES = 8 << 20

log = structlog.get_logger()


@dataclass(frozen=True)
class Progress:
    """How far a recovery is.

    Args:
        records: read just now.
        share: of the changelog's offsets, 0 to 1.
    """

    records: int
    share: float


async def recover(
    options: Mapping[str, Any],
    stage: str,
    changelog: TopicPartition,
    store: StateStore,
    on_progress: Callable[[Progress], None],
) -> None:
    """Apply everything committed on a changelog partition to an empty store; logs every few seconds how far it is.

    Args:
        options: how to reach the broker.
        stage: for the log.
        on_progress: told after each fetch, and at the end with a share of 1.

    Raises:
        KafkaError: it cannot be read.
    """
    consumer = AIOKafkaConsumer(
        **options, isolation_level="read_committed", enable_auto_commit=False, max_partition_fetch_bytes=FETCH_BYTES
    )
    await consumer.start()
    began = told = time.monotonic()
    count = 0
    try:
        consumer.assign([changelog])
        first = (await consumer.beginning_offsets([changelog]))[changelog]
        end = (await consumer.end_offsets([changelog]))[changelog]
        consumer.seek(changelog, first)
        while (position := await consumer.position(changelog)) < end:
            share = (position - first) / (end - first)
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    store.apply(record.key, record.value, *read_headers(record.headers))
                count += len(records)
                on_progress(Progress(len(records), share))
            if time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                _tell(
                    "state_recovering", stage, changelog, store, count, told - began, (position - first) / (end - first)
                )
    finally:
        await consumer.stop()
    on_progress(Progress(0, 1.0))
    if count:
        _tell("state_recovered", stage, changelog, store, count, time.monotonic() - began, 1.0)


def _tell(
    event: str, stage: str, changelog: TopicPartition, store: StateStore, count: int, seconds: float, share: float
) -> None:
    log.info(
        event,
        stage=stage,
        partition=changelog.partition,
        percent=round(100 * share, 1),
        records=count,
        keys=len(store),
        seconds=round(seconds, 3),
        records_per_second=round(count / max(seconds, 1e-6)),
    )
