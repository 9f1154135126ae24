"""Refused input as it stands on its topic: the newest word about each, and where that lies. Needs only the broker."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from agents import topics
from agents.connection import connection_options
from agents.settings import Settings
from schemas.errors import SettingsError
from schemas.rejected import Rejected, RejectedStatus, RejectReason
from schemas.topics import REJECTED

PROGRESS_FROM = 20_000
"""Records from which on reading them takes long enough to show how far it is."""

SHOWN_VALUE_MAX = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which refused records are meant; what is left out does not matter.

    Args:
        ids: ids, or `topic:partition:offset[:index]`.
        reasons: of these reasons.
        source: of this source.
        topic: that lay on this topic.
        partition, first, last: that lay there, offsets included.
        since, until: that the broker took in this time, the end excluded.
        text: that have it in their value, key or detail, in any case.
        statuses: of these.
    """

    ids: frozenset[str] = frozenset()
    reasons: frozenset[RejectReason] = frozenset()
    source: str = ""
    topic: str = ""
    partition: int | None = None
    first: int = 0
    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    statuses: frozenset[RejectedStatus] = frozenset()

    def meets(self, rejected: Rejected) -> bool:
        """Whether a record is meant, its status aside: that only the newest word about it tells."""
        return (
            (not self.ids or bool(self.ids & names_of(rejected)))
            and (not self.reasons or rejected.reason in self.reasons)
            and self.source in ("", rejected.source)
            and self.topic in ("", rejected.topic)
            and self.partition in (None, rejected.partition)
            and self.first <= rejected.offset
            and (self.last is None or rejected.offset <= self.last)
            and (self.since is None or self.since <= rejected.received_at)
            and (self.until is None or rejected.received_at < self.until)
            and (not self.text or self._has_text(rejected))
        )

    def _has_text(self, rejected: Rejected) -> bool:
        searched = (
            rejected.detail,
            (rejected.original_value() or b"").decode("utf-8", "replace"),
            (rejected.original_key() or b"").decode("utf-8", "replace"),
        )
        return any(self.text.casefold() in text.casefold() for text in searched)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the newest word about a refused record lies, and what it says, its long value cut."""

    tp: TopicPartition
    offset: int
    rejected: Rejected


def names_of(rejected: Rejected) -> frozenset[str]:
    """How a record may be named: its id, or its coordinates with or without the item."""
    place = f"{rejected.topic}:{rejected.partition}:{rejected.offset}"
    return frozenset((rejected.rejected_id, place, f"{place}:{rejected.index}"))


async def find(settings: Settings, wanted: Wanted) -> list[Place]:
    """The meant records, oldest first, each with its newest word. Values are cut, so that many fit into memory.

    Raises:
        SettingsError: the broker does not answer, or there is no such topic.
    """
    newest: dict[str, Place] = {}
    async with _reading(settings) as (consumer, ends):
        async for record, rejected in _records(consumer, ends):
            known = newest.get(rejected.rejected_id)
            if (known is None or known.rejected.revision <= rejected.revision) and wanted.meets(rejected):
                tp = TopicPartition(record.topic, record.partition)
                newest[rejected.rejected_id] = Place(tp, record.offset, _short(rejected))
            elif known is not None and known.rejected.revision <= rejected.revision:
                del newest[rejected.rejected_id]  # what it is now is not meant
    found = [place for place in newest.values() if not wanted.statuses or place.rejected.status in wanted.statuses]
    return sorted(found, key=lambda place: (place.rejected.received_at, place.tp.partition, place.offset))


async def whole(settings: Settings, places: Iterable[Place]) -> AsyncIterator[Rejected]:
    """The same records with all their bytes, in the order of their topic."""
    wanted: dict[TopicPartition, set[int]] = {}
    for place in places:
        wanted.setdefault(place.tp, set()).add(place.offset)
    async with _reading(settings) as (consumer, _):
        starts = {tp: min(offsets) for tp, offsets in wanted.items()}
        ends = {tp: max(offsets) + 1 for tp, offsets in wanted.items()}
        async for record, rejected in _records(consumer, ends, starts):
            if record.offset in wanted[TopicPartition(record.topic, record.partition)]:
                yield rejected


def _short(rejected: Rejected) -> Rejected:
    value = rejected.value
    if value is None or len(value) <= SHOWN_VALUE_MAX:
        return rejected
    return rejected.model_copy(update={"value": value[:SHOWN_VALUE_MAX] if rejected.encoding == "utf-8" else ""})


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[tuple[AIOKafkaConsumer, dict[TopicPartition, int]]]:
    name = settings.topics.name(REJECTED)
    admin = await topics.connect_admin(settings)
    try:
        count = next(entry.found_partitions for entry in await topics.status(admin, settings) if entry.name == name)
    finally:
        await admin.close()
    if not count:
        raise SettingsError(f"There is no topic {name}.", "`triggerpoint topics create` makes it.")
    partitions = [TopicPartition(name, at) for at in range(count)]
    consumer = AIOKafkaConsumer(
        **connection_options(settings),
        isolation_level="read_committed",
        enable_auto_commit=False,
        max_partition_fetch_bytes=8 << 20,
    )
    try:
        await consumer.start()
        yield consumer, dict(await consumer.end_offsets(partitions))
    except KafkaError as error:
        raise SettingsError(f"{name} cannot be read: {error}.", "`triggerpoint doctor` may say why.") from error
    finally:
        await consumer.stop()


async def _records(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], starts: Mapping[TopicPartition, int] | None = None
) -> AsyncIterator[tuple[Any, Rejected]]:
    """Records up to the ends, with progress where there are many."""
    consumer.assign(list(ends))
    if starts is None:
        await consumer.seek_to_beginning(*ends)
    else:
        for tp, start in starts.items():
            consumer.seek(tp, start)
    begins = {tp: await consumer.position(tp) for tp in ends}
    total = sum(max(0, end - begins[tp]) for tp, end in ends.items())
    with Progress(console=Console(stderr=True), disable=total < PROGRESS_FROM, transient=True) as progress:
        task = progress.add_task("reading what was refused", total=total)
        while waiting := [tp for tp in ends if await consumer.position(tp) < ends[tp]]:
            for tp, records in (await consumer.getmany(*waiting, timeout_ms=500)).items():
                for record in records:
                    if record.offset < ends[tp]:
                        try:
                            yield record, Rejected.model_validate_json(record.value)
                        except ValidationError:
                            continue
            progress.update(task, completed=sum([await consumer.position(tp) - begins[tp] for tp in ends]))
