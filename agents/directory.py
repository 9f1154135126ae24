"""The account directory, kept in memory from the compacted topic `intent.accounts.v1`; a change counts at once."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from agents.metrics import Metrics
from agents.shell.follow import Follower
from pipeline.directory import EMPTY, Directory
from schemas.account import Account

log = structlog.get_logger()


class Newest:
    """Which record of an account counts. Producers part keys differently, so an account's records may lie on several
    partitions: within one the later counts, of two the one with the newer timestamp."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int]] = {}

    def is_newer(self, account_id: str, record: Any) -> bool:
        """Whether a record counts, those before it known."""
        known, found = self._known.get(account_id), (record.timestamp, record.partition)
        if known is not None and known[1] != record.partition and known > found:
            return False
        self._known[account_id] = found
        return True


class DirectoryReader:
    """Reads all partitions of the accounts topic, without a group: each worker holds the whole directory.

    Args:
        options: how to reach the broker.
        topic: name of the accounts topic.
        partitions: how many it has.
        metrics: as everywhere.
    """

    def __init__(self, options: Mapping[str, Any], topic: str, partitions: int, metrics: Metrics) -> None:
        self._metrics = metrics
        self._current, self._newest = EMPTY, Newest()
        self._follower = Follower("directory", options, topic, partitions, self._take)

    def current(self) -> Directory:
        """The directory as it is now."""
        return self._current

    async def start(self) -> None:
        """Read what is there, then follow changes. Returns when everything written so far is known."""
        await self._follower.start()
        log.info("directory_read", accounts=len(self._current))

    def on_end(self, callback: Callable[[asyncio.Task[None]], None]) -> None:
        """Call this when following ends, however it ends."""
        self._follower.on_end(callback)

    async def stop(self) -> None:
        """Stop following."""
        await self._follower.stop()

    def _take(self, records: Sequence[Any]) -> None:
        changes: list[tuple[str, Account | None]] = []
        for record in records:
            try:
                change = change_of(record.key, record.value)
            except ValidationError as error:
                self._metrics.directory_errors.inc()
                where = f"{record.topic}:{record.partition}:{record.offset}"
                first = error.errors()[0]
                account = (record.key or b"").decode("utf-8", "replace")
                # what was known of the account before stays
                log.error(
                    "account_refused",
                    where=where,
                    account=account,
                    field=first["loc"],
                    problem=first["msg"],
                    kept=self._current.account(account) is not None,
                )
                continue
            if change is not None and self._newest.is_newer(change[0], record):
                changes.append(change)
        if changes:
            self._current = self._current.with_changes(changes)
            self._metrics.accounts.set(len(self._current))


def change_of(key: bytes | None, value: bytes | None) -> tuple[str, Account | None] | None:
    """What a record of the accounts topic changes: a new account, or None for a tombstone of its key.

    Raises:
        ValidationError: the value is no account.
    """
    if value is None:
        return (key.decode("utf-8", "replace"), None) if key else None
    account = Account.model_validate_json(value)
    return account.account_id, account
