"""What an account gives back to a subject whose hits turned out not to be its own."""

from collections.abc import Iterable

from pipeline.score import DAY_MS
from schemas.activity import Attributed
from schemas.event import Grade
from schemas.hit import Hit

RETURNED_DAYS = 30
RETURNED_MAX = 60


def returned_hits(removed: Iterable[Attributed], until_ms: int) -> tuple[Hit, ...]:
    """What may still find another account: people's hits of the last 30 days, the newest 60, oldest first."""
    since_ms = until_ms - RETURNED_DAYS * DAY_MS
    fresh = [item for item in removed if item.occurred_ms > since_ms and item.grade is not Grade.MACHINE]
    fresh.sort(key=lambda item: (item.occurred_ms, item.event_id))
    return tuple(
        Hit.model_construct(**{name: getattr(item, name) for name in Hit.model_fields})
        for item in fresh[-RETURNED_MAX:]
    )
