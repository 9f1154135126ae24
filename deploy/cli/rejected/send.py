"""Sending refused input back: what would come of it, and the sending itself, once each, whatever is killed when."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from agents import topics
from agents.connection import connection_options
from agents.settings import Settings
from agents.shell.kafka.producer import LaneProducer
from agents.shell.outbox import Outgoing
from pipeline.handover.answers import RawAnswer, answers_of
from pipeline.ingest import RawRecord, ingest
from pipeline.refused.replay import CannotReplayError, Resent, in_place, origin_of, resent
from schemas.base import Source
from schemas.event import Event
from schemas.handover.feedback import Answer
from schemas.rejected import Rejected
from schemas.text import visible
from schemas.topics import FEEDBACK, REJECTED, partition_of

BATCH_RECORDS = 100
BATCH_BYTES = 4 << 20
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would come of a record by the code and settings of now.

    Args:
        rejected_id: the record.
        usable: whether at least one of its items would be used.
        text: what it would become, or why not.
    """

    rejected_id: str
    usable: bool
    text: str


def outlook(settings: Settings, rejected: Rejected, now_ms: int) -> Outlook:
    """Decode a record as ingest would, and say what comes of it.

    Args:
        settings: which topics are read as which source.
        rejected: with all its bytes.
        now_ms: as if it were sent back then.
    """
    try:
        sent = resent(rejected)
    except CannotReplayError as error:
        return Outlook(rejected.rejected_id, False, f"cannot be sent back: {error}")
    outcomes = _outcomes(settings, sent, now_ms)
    if outcomes is None:
        return Outlook(rejected.rejected_id, False, f"{sent.topic} is no input topic: nobody would read it")
    return Outlook(
        rejected.rejected_id,
        any(not isinstance(outcome, Rejected) for outcome in outcomes),
        "; ".join(map(_said, outcomes[:5])) + (f"; and {len(outcomes) - 5} more" if len(outcomes) > 5 else ""),
    )


def _outcomes(settings: Settings, sent: Resent, now_ms: int) -> list[Event | Rejected] | list[Answer | Rejected] | None:
    names = settings.topics
    if sent.topic == names.name(FEEDBACK):
        answer = RawAnswer(sent.topic, sent.partition, 0, now_ms, sent.key, sent.value, sent.headers)
        origin = origin_of(answer)
        return answers_of(in_place(answer, origin) if origin else answer)
    source = next((source for source in Source if sent.topic in names.raw(source)), None)
    if source is None:
        return None
    record = RawRecord(source, sent.topic, sent.partition, 0, now_ms, sent.key, sent.value, sent.headers)
    origin = origin_of(record)
    return ingest(in_place(record, origin) if origin else record)


def _said(outcome: Event | Answer | Rejected) -> str:
    if isinstance(outcome, Rejected):
        return visible(f"refused again ({outcome.reason}): {outcome.detail}")
    if isinstance(outcome, Answer):
        return visible(f"answer `{outcome.verdict}` to {outcome.alert_id}")
    return visible(f"event `{outcome.type}` of {outcome.occurred_ms} ({outcome.format}, {outcome.source})")


class Sender:
    """Sends records back. Each batch is one transaction of the records and of notes that they were sent: whatever is
    killed, and however often it is run, none is sent twice. A second sender at work ends the first.

    Args:
        settings: where to.
        partitions: topic -> partitions on the broker.
    """

    def __init__(self, settings: Settings, partitions: Mapping[str, int]) -> None:
        name = f"{settings.topic_prefix}triggerpoint-replay"
        self._producer = LaneProducer(connection_options(settings), name, TIMEOUT_SECONDS)
        self._notes, self._partitions = settings.topics.name(REJECTED), partitions

    async def send(self, records: AsyncIterator[Rejected], told: Callable[[int], None]) -> tuple[int, list[str]]:
        """Send them all.

        Returns:
            How many were sent, and why others were not.
        """
        sent, refused, batch, size = 0, list[str](), list[Resent](), 0
        await self._producer.start()
        try:
            async for rejected in records:
                try:
                    one = resent(rejected)
                except CannotReplayError as error:
                    refused.append(f"{rejected.rejected_id}: {error}")
                    continue
                if one.topic not in self._partitions:
                    refused.append(f"{rejected.rejected_id}: {one.topic} is no input topic")
                    continue
                batch.append(one)
                size += len(one.value or b"")
                if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
                    sent += await self._transact(batch)
                    batch, size = [], 0
                    told(sent)
            sent += await self._transact(batch)
            told(sent)
        finally:
            await self._producer.stop()
        return sent, refused

    async def _transact(self, batch: list[Resent]) -> int:
        records: dict[tuple[str, int], list[Outgoing]] = {}
        for one in batch:
            # where it lay, so that it is behind what it was behind
            place = one.topic, min(one.partition, self._partitions[one.topic] - 1)
            records.setdefault(place, []).append((one.key, one.value, one.headers))
            key = one.key or b""
            note = self._notes, partition_of(key, self._partitions[self._notes])
            records.setdefault(note, []).append((key, one.note.encode(), [("reason", one.note.reason.encode())]))
        if records:
            await self._producer.transact(records, {})
        return len(batch)


async def partitions_of(settings: Settings) -> Mapping[str, int]:
    """Partitions of all topics of the installation.

    Raises:
        TopicMismatchError: the broker's topics do not fit.
    """
    admin = await topics.connect_admin(settings)
    try:
        return await topics.check(admin, settings)
    finally:
        await admin.close()
