"""One owner a partition number, whatever the topics."""

from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from agents.shell.kafka.assignor import NumberAssignor


class Cluster:
    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return set(range(self.counts[topic])) if topic in self.counts else None


def assigned(counts: dict[str, int], members: dict[str, list[str]]) -> dict[str, list[tuple[str, list[int]]]]:
    subscriptions = {name: ConsumerProtocolMemberMetadata(0, topics, b"") for name, topics in members.items()}
    found = NumberAssignor.assign(Cluster(counts), subscriptions)  # type: ignore[arg-type]
    return {name: [(topic, list(there)) for topic, there in one.assignment] for name, one in found.items()}


def test_all_partitions_with_a_number_go_to_one_worker() -> None:
    assert assigned({"a": 4, "b": 6}, {"y": ["a", "b"], "x": ["b", "a"]}) == {
        "x": [("a", [0, 1, 2]), ("b", [0, 1, 2])],
        "y": [("a", [3]), ("b", [3, 4, 5])],
    }


def test_there_may_be_more_workers_than_numbers_and_topics_nobody_knows() -> None:
    found = assigned({"a": 1}, {name: ["a", "gone"] for name in "xyz"})
    assert found == {"x": [("a", [0])], "y": [], "z": []}


def test_while_a_topic_is_added_those_who_read_it_own_all() -> None:
    assert assigned({"a": 2, "b": 2}, {"old": ["a"], "new": ["a", "b"]}) == {
        "old": [],
        "new": [("a", [0, 1]), ("b", [0, 1])],
    }
