"""What the stages remember, read from their changelogs: the newest record of each key, as far as it holds one of some
ids. Nothing is kept of the others, so memory follows the person and not the topic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from agents import topics
from agents.advance import CONTACTS, JOURNAL
from agents.connection import connection_options
from agents.settings import Settings
from pipeline.journal.pack import unpack
from schemas.identity import SubjectState
from schemas.topics import DISPATCH_CHANGELOG, HANDOVER_CHANGELOG, JOURNEY_CHANGELOG, SUBJECT_CHANGELOG

CHANGELOGS = {
    "identify": SUBJECT_CHANGELOG,
    "advance": JOURNEY_CHANGELOG,
    "dispatch": DISPATCH_CHANGELOG,
    "handover": HANDOVER_CHANGELOG,
}
POLL_MS = 300

Tell = Callable[[str, float], None]
"""Hears which stage is read, and the share of it that is done."""


@dataclass
class Held:
    """Records of the states that hold one of the ids: by stage, key -> value, unpacked."""

    by_stage: dict[str, dict[bytes, bytes]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many records these are."""
        return sum(map(len, self.by_stage.values()))

    def accounts(self) -> list[str]:
        """Accounts whose state, journal or contacts hold one."""
        keys = {key.partition(JOURNAL)[0] for key in self.by_stage.get("advance", {})}
        return sorted(key.decode() for key in keys)


async def read_states(settings: Settings, ids: Sequence[str], tell: Tell = lambda stage, share: None) -> Held:
    """Read all changelogs to their present end.

    Args:
        ids: pseudonyms, without the kind before them.
        tell: hears how far it is.
    """
    needles = [text.partition("@")[0].encode() for text in ids]
    admin = await topics.connect_admin(settings)
    try:
        counts = await topics.check(admin, settings)
    finally:
        await admin.close()
    held = Held()
    for stage, topic in CHANGELOGS.items():
        name = settings.topics.name(topic)
        partitions = [TopicPartition(name, at) for at in range(counts[name])]
        held.by_stage[stage] = await _read(settings, partitions, needles, stage, tell)
    return held


async def _read(
    settings: Settings, partitions: Sequence[TopicPartition], needles: Sequence[bytes], stage: str, tell: Tell
) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    options = connection_options(settings)
    consumer = AIOKafkaConsumer(
        **options, enable_auto_commit=False, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        # at once: a reset to the end that is under way would win over a later seek
        await consumer.seek_to_beginning(*partitions)
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        total = sum(ends[tp] - begins[tp] for tp in partitions)
        while True:
            places = {tp: await consumer.position(tp) for tp in partitions}
            left = sum(max(ends[tp] - places[tp], 0) for tp in partitions)
            tell(stage, 1 - left / total if total else 1.0)
            if not left:
                return found
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                _sort(records, needles, stage, found)
    finally:
        await consumer.stop()


def _sort(records: Sequence[Any], needles: Sequence[bytes], stage: str, found: dict[bytes, bytes]) -> None:
    for record in records:
        value = plain(stage, record.key, record.value)
        if value is not None and any(needle in value or needle in record.key for needle in needles):
            found[record.key] = value
        else:
            found.pop(record.key, None)


def plain(stage: str, key: bytes, value: bytes | None) -> bytes | None:
    """A state's record as JSON; pages of journals are packed."""
    _, mark, page = key.partition(JOURNAL)
    if value is None or stage != "advance" or not mark or page == CONTACTS.encode():
        return value
    return unpack(value)


def pairs_of(states: Mapping[bytes, bytes]) -> list[tuple[str, str]]:
    """Ids that subjects' states say were seen together."""
    pairs: list[tuple[str, str]] = []
    for key, value in states.items():
        subject, state = key.decode(), SubjectState.model_validate_json(value)
        others = {*state.edges, *("u:" + user for user in state.users)}
        for link in state.links:
            others |= {link.via, "e:" + link.person if "@" in link.person else "", "u:" + link.user_id}
        pairs += [(subject, other) for other in others if len(other) > 2]
    return pairs
