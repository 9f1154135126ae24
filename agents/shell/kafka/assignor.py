"""Who works which partitions: all with the same number go to one worker, whatever topic they are of.

A lane is known to the broker by its number, so that a former owner is fenced by the next. Two workers with the same
number would fence each other for ever: so each number has one owner, also where topics have different partition counts,
and while workers with other input topics share a group (a topic is being added): then those with most topics own all.
"""

from collections.abc import Iterable, Mapping

import structlog
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

log = structlog.get_logger()


class NumberAssignor(AbstractPartitionAssignor):
    """Ranges of partition numbers, by members in order of their ids."""

    name = "triggerpoint-number"
    version = 0

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Member -> its partitions."""
        topics_of = {member: sorted(metadata.subscription) for member, metadata in members.items()}
        wanted = max(topics_of.values(), key=lambda topics: (len(topics), topics), default=[])
        owners = sorted(member for member, topics in topics_of.items() if topics == wanted)
        if left_out := sorted({topic for topics in topics_of.values() for topic in topics} - set(wanted)):
            log.warning("topics_wait", topics=left_out, until="workers that read other topics have stopped")
        partitions = {topic: sorted(cluster.partitions_for_topic(topic) or ()) for topic in wanted}
        numbers = sorted({number for found in partitions.values() for number in found})
        share, more = divmod(len(numbers), max(1, len(owners)))
        found: dict[str, list[tuple[str, list[int]]]] = {member: [] for member in members}
        start = 0
        for at, owner in enumerate(owners):
            own = set(numbers[start : start + share + (at < more)])
            start += len(own)
            mine = {topic: [number for number in there if number in own] for topic, there in partitions.items()}
            found[owner] = sorted((topic, there) for topic, there in mine.items() if there)
        return {
            member: ConsumerProtocolMemberAssignment(cls.version, assigned, b"") for member, assigned in found.items()
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What a member says of itself."""
        return ConsumerProtocolMemberMetadata(cls.version, list(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Nothing is remembered."""
