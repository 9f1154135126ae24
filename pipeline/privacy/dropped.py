"""Input that a rule drops: it has an outcome like any other, and nothing of its content is kept."""

from pipeline.ingest import Placed
from schemas.base import from_ms, stable_id
from schemas.event import Event
from schemas.rejected import Rejected, RejectReason


def dropped(record: Placed, event: Event, reason: RejectReason, why: str) -> Rejected:
    """The record of an event that is dropped: where it lay, and by which rule.

    Args:
        record: the raw record.
        event: what it held.
        reason: the rule.
        why: the same in words.
    """
    index = int(event.origin.rpartition(":")[2])
    return Rejected(
        rejected_id=stable_id("rejected", record.topic, record.partition, record.offset, index),
        source=record.source,
        reason=reason,
        detail=f"Dropped by rule: {why}",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        index=index,
        received_at=from_ms(event.received_ms),
        value=None,
        encoding="utf-8",
    )
