"""What was learned of next steps, kept in memory from the compacted topic `intent.outlooks.v1`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from agents.shell.follow import Follower
from pipeline.alerts.outlook import Outlooks
from schemas.learned.outlook import Outlook

log = structlog.get_logger()


class OutlookFollower:
    """Follows the topic.

    Args:
        options: how to reach the broker.
        topic: name of the outlooks topic.
        partitions: how many it has.
    """

    def __init__(self, options: Mapping[str, Any], topic: str, partitions: int) -> None:
        self._known: dict[tuple[str, str], Outlook] = {}
        self._follower = Follower("outlooks", options, topic, partitions, self.take)

    def current(self) -> Outlooks:
        """What is known now."""
        return self._known

    async def start(self) -> None:
        """Read what is there, then follow."""
        await self._follower.start()

    def on_end(self, callback: Callable[[asyncio.Task[None]], None]) -> None:
        """Call this when following ends, however it ends."""
        self._follower.on_end(callback)

    async def stop(self) -> None:
        """Stop following."""
        await self._follower.stop()

    def take(self, records: Sequence[Any]) -> None:
        """Take records of the topic; one that is no outlook is left out, since alerts can do without."""
        self._known = known_with(self._known, records)


def known_with(known: Outlooks, records: Sequence[Any]) -> dict[tuple[str, str], Outlook]:
    """What is known after further records; a null value forgets its key."""
    changed = dict(known)
    for record in records:
        if not record.value:
            stage, _, trigger = (record.key or b"").decode("utf-8", "replace").partition("/")
            changed.pop((stage, trigger), None)
            continue
        try:
            outlook = Outlook.model_validate_json(record.value)
        except ValidationError as error:
            log.warning(
                "outlook_refused", where=f"{record.topic}:{record.partition}:{record.offset}", error=repr(error)
            )
            continue
        changed[outlook.stage, outlook.trigger] = outlook
    return changed
