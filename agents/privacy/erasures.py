"""The erasures of an installation, kept in memory from the compacted topic `intent.erasures.v1`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from agents.shell.follow import Follower
from pipeline.privacy.erasures import ErasureBook
from schemas.kept.erasure import Erasure

log = structlog.get_logger()


class ErasureReader:
    """Follows the erasures; what is read counts at once in its `book`.

    Args:
        options: how to reach the broker.
        topic: name of the erasures topic.
        partitions: how many it has.
    """

    def __init__(self, options: Mapping[str, Any], topic: str, partitions: int) -> None:
        self.book = ErasureBook()
        self._follower = Follower("erasures", options, topic, partitions, self._take)

    async def start(self) -> None:
        """Read what is there, then follow changes. Returns when everything written so far is known."""
        await self._follower.start()

    def on_end(self, callback: Callable[[asyncio.Task[None]], None]) -> None:
        """Call this when following ends, however it ends."""
        self._follower.on_end(callback)

    async def stop(self) -> None:
        """Stop following."""
        await self._follower.stop()

    def _take(self, records: Sequence[Any]) -> None:
        for record in records:
            if record.value is None:
                self.book.lift((record.key or b"").decode("utf-8", "replace"))
                continue
            try:
                self.book.note(Erasure.model_validate_json(record.value))
            except ValidationError as error:
                where = f"{record.topic}:{record.partition}:{record.offset}"
                log.error("erasure_refused", where=where, problem=error.errors()[0]["msg"])
