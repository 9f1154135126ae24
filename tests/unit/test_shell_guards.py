"""Guards against what brokers and producers may say: an unanswered offset, a timestamp that cannot be."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CoordinatorLoadInProgressError
from aiokafka.structs import OffsetAndMetadata

from agents.ingest import LOG_APPEND_TIME, taken_ms
from agents.topics import committed_offsets

ONE, TWO = TopicPartition("t", 1), TopicPartition("t", 2)


class Admin:
    """Answers as it is told to."""

    def __init__(self, answer: dict[TopicPartition, OffsetAndMetadata]) -> None:
        self._answer = answer

    async def list_consumer_group_offsets(self, group: str, partitions: Any) -> dict[TopicPartition, OffsetAndMetadata]:
        return self._answer


async def test_no_commit_yet_is_the_beginning() -> None:
    admin = Admin({ONE: OffsetAndMetadata(-1, ""), TWO: OffsetAndMetadata(7, "")})
    assert await committed_offsets(admin, "g", [ONE, TWO]) == {ONE: 0, TWO: 7}


async def test_no_answer_is_not_taken_for_no_commit() -> None:
    with pytest.raises(CoordinatorLoadInProgressError, match="partition=2"):
        await committed_offsets(Admin({ONE: OffsetAndMetadata(7, "")}), "g", [ONE, TWO])


@pytest.mark.parametrize(("timestamp", "received"), [(500, 500), (1000, 1000), (1001, 1000), (0, 1000), (-1, 1000)])
def test_a_record_stamped_by_its_producer_was_taken_between_1970_and_now(timestamp: int, received: int) -> None:
    assert taken_ms(SimpleNamespace(timestamp=timestamp, timestamp_type=0), 1000) == received


def test_what_the_broker_stamped_is_the_same_at_each_replay() -> None:
    record = SimpleNamespace(timestamp=1001, timestamp_type=LOG_APPEND_TIME)
    assert taken_ms(record, 1000) == taken_ms(record, 2000) == 1001
