"""How long records of each topic stay: the catalogue's days, or the operator's, held against the broker's."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.settings import Settings
from agents.topics import wanted
from schemas.errors import SettingsError
from schemas.topics import ALERTS, DAY_MS, TRIGGERS, Topic

RETENTION = "retention.ms"
ADJUST_SECONDS_MAX = 10.0
_CLEAR = frozenset({TRIGGERS, *ALERTS.values()})
"""Topics with clear addresses, sealed or not: they stay no longer than these may be shown."""


def noun_of(topic: Topic) -> str:
    """A topic's short name, as the setting has it: `events`, `alerts.sales`."""
    return topic.name.removeprefix("intent.").removesuffix(".v1")


def days_of(topic: Topic, settings: Settings) -> int:
    """Days that records of a topic stay; 0 for a compacted one."""
    days = settings.topic_days.get(noun_of(topic), topic.retention_days)
    if topic in _CLEAR and settings.clear_address_days:
        return min(days, settings.clear_address_days)
    return days


async def differing(admin: AIOKafkaAdminClient, settings: Settings) -> Mapping[str, tuple[int, int]]:
    """Names of our own topics that keep records for another time -> (days wanted, days as they are).

    Raises:
        SettingsError: the setting names a topic there is not, or one that is compacted or a producer's.
    """
    own = {name: topic for name, topic in wanted(settings) if not topic.input and not topic.compacted}
    nouns = {noun_of(topic) for topic in own.values()}
    if unknown := sorted(settings.topic_days.keys() - nouns):
        raise SettingsError(
            f"TRIGGERPOINT_TOPIC_DAYS: {', '.join(unknown)} is no topic of ours with a retention.",
            f"Those are {', '.join(sorted(nouns))}.",
        )
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in own]
    found: dict[str, tuple[int, int]] = {}
    for answer in await admin.describe_configs(resources):
        for resource in answer.resources:
            name, entries = resource[3], resource[4]
            values = {entry[0]: entry[1] for entry in entries}
            if RETENTION in values and int(values[RETENTION]) != (days := days_of(own[name], settings)) * DAY_MS:
                found[name] = (days, int(values[RETENTION]) // DAY_MS)
    return found


async def adjust(admin: AIOKafkaAdminClient, settings: Settings) -> list[str]:
    """Give our own topics the retention that is wanted, and wait until the broker goes by it; the names of those that
    had another. Raises as `differing`."""
    topics = dict(wanted(settings))
    changed = await differing(admin, settings)
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, dict(topics[name].config) | {RETENTION: str(days * DAY_MS)})
        for name, (days, _) in changed.items()
    ]
    if resources:
        await admin.alter_configs(resources)
        with suppress(TimeoutError):  # it has been asked for; `doctor` shows whether it has come to be
            async with asyncio.timeout(ADJUST_SECONDS_MAX):
                # the broker tells nobody when it goes by it
                while await differing(admin, settings):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
    return sorted(changed)
