"""Everything a stage needs that has an effect or comes from outside, made once at start-up and passed on."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition

from agents.clock import Clock
from agents.metrics import Metrics
from agents.settings import Settings
from agents.shell.seams import SEAMS, Seams
from pipeline.alerts.outlook import Outlooks
from pipeline.directory import Directory
from pipeline.handover.policy import Policy
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.privacy.erasures import ErasureBook
from pipeline.privacy.key import PrivacyKey
from pipeline.rules.live import Live


async def _nothing_before(stage: str, topic: str) -> tuple[int, Mapping[TopicPartition, int]]:
    """Where stages' verbs run without a broker."""
    return 0, {}


@dataclass(frozen=True)
class Runtime:
    """One worker's surroundings.

    Args:
        settings, clock, metrics: as everywhere.
        options: how to reach the broker.
        directory: gives the account directory as it is now.
        rules: gives the journey as it is now.
        partitions: topic name -> partition count on the broker, as checked at start-up.
        handover: who gets which alerts when, and has how long for them.
        watermark_ms: by stage, the moment before which everything received has been folded; timers fire by it.
        committed: (group, partitions) -> committed offsets.
        behind: (stage, topic) -> records of the topic that the stage has not committed, and where its partitions end.
        key: makes pseudonyms of persons' ids.
        erasures: whose events are dropped.
        networks: address data, as far as there is any.
        seams: where fault tests get in.
        outlooks: gives what was learned of next steps.
    """

    settings: Settings
    clock: Clock
    metrics: Metrics
    options: Mapping[str, Any] = field(repr=False)  # it holds the password
    directory: Callable[[], Directory]
    rules: Callable[[], Live]
    handover: Policy
    partitions: Mapping[str, int]
    watermark_ms: Callable[[str], int]
    committed: Callable[[str, Iterable[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]
    key: PrivacyKey
    erasures: ErasureBook
    networks: Networks = NO_NETWORKS
    seams: Seams = SEAMS
    outlooks: Callable[[], Outlooks] = dict
    behind: Callable[[str, str], Awaitable[tuple[int, Mapping[TopicPartition, int]]]] = _nothing_before
