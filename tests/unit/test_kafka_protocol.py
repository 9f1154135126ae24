"""Kafka 4's transaction requests, byte by byte, beside what its message definitions say."""

from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.protocol.api import Request

from agents.shell.kafka.protocol import (
    CommitOffsetsRequest,
    EndRequest,
    ProduceRequest,
    VersionsRequest,
    transaction_version,
)

NO_TAGS = "00"
ID = "03 6964"  # a compact string: its length and one, then the bytes


def sent(request: Request) -> str:
    struct = request.prepare({request.API_KEY: (0, 99)})
    assert struct.FLEXIBLE_VERSION
    return struct.encode().hex()


def expected(*parts: str) -> str:
    return "".join(parts).replace(" ", "")


def test_what_is_written_goes_by_topic_and_partition() -> None:
    batches = {TopicPartition("a", 0): b"xy", TopicPartition("b", 1): b"", TopicPartition("a", 2): b"z"}
    assert sent(ProduceRequest("id", 258, batches)) == expected(
        *(ID, "ffff", "00000102", "03"),
        *("02 61", "03", "00000000 03 7879", NO_TAGS, "00000002 02 7a", NO_TAGS, NO_TAGS),
        *("02 62", "02", "00000001 01", NO_TAGS, NO_TAGS, NO_TAGS),
    )


def test_what_was_written_says_so_of_each_partition() -> None:
    answer = bytes.fromhex(
        expected(
            *("02", "02 61", "03"),
            *("00000000", "0000", "0000000000000007", "ff" * 8, "00" * 8, "01", "00", NO_TAGS),
            *("00000002", "0033", "ff" * 8, "ff" * 8, "ff" * 8, "02", "00000000 02 6e", NO_TAGS, "02 6d", NO_TAGS),
            *(NO_TAGS, "00000000", NO_TAGS),
        )
    )
    struct = ProduceRequest("id", 1, {}).prepare({0: (3, 13)})
    [(topic, partitions, _)] = struct.RESPONSE_TYPE.decode(answer).topics
    assert (topic, [(partition, code) for partition, code, *_ in partitions]) == ("a", [(0, 0), (2, 51)])


def test_offsets_go_with_the_owner_and_without_a_member() -> None:
    offsets = {TopicPartition("a", 1): 513}
    assert sent(CommitOffsetsRequest("id", "g", (7, 2), offsets)) == expected(
        *(ID, "02 67", "0000000000000007", "0002", "ffffffff", "01", "00", "02"),
        *("02 61", "02", "00000001", "0000000000000201", "ffffffff", "01", NO_TAGS, NO_TAGS, NO_TAGS),
    )


@pytest.mark.parametrize(("commit", "byte"), [(True, "01"), (False, "00")])
def test_the_end_gives_the_next_owner(commit: bool, byte: str) -> None:
    request = EndRequest("id", (7, 2), commit=commit)
    assert sent(request) == expected(ID, "0000000000000007", "0002", byte, NO_TAGS)
    answer = request.prepare({26: (0, 5)}).RESPONSE_TYPE.decode(
        bytes.fromhex(expected("00000000", "0000", "0000000000000008", "0003", NO_TAGS))
    )
    assert (answer.error_code, answer.producer_id, answer.producer_epoch) == (0, 8, 3)


def features(*levels: tuple[str, int]) -> dict[int, bytes]:
    found = bytes([len(levels) + 1])
    for name, level in levels:
        found += bytes([len(name) + 1]) + name.encode() + level.to_bytes(2) + b"\x00\x00" + b"\x00"
    return {1: b"\x00" * 8, 2: found}


@pytest.mark.parametrize(
    ("tags", "version"),
    [
        (features(("group.version", 1), ("transaction.version", 2)), 2),
        (features(("transaction.version", 1)), 1),
        (features(("group.version", 1)), 0),
        (features(), 0),
        ({}, 0),
    ],
)
def test_the_transactions_a_cluster_has_are_a_feature_that_is_on(tags: dict[int, bytes], version: int) -> None:
    assert transaction_version(SimpleNamespace(tags=tags)) == version


def test_an_answer_about_versions_has_the_old_header() -> None:
    struct = VersionsRequest().prepare({18: (0, 4)})
    assert struct.parse_response_header(b"\x00\x00\x00\x05\x00\x00").correlation_id == 5
    assert struct.build_request_header(5, "c").encode()[-1] == 0
    name, version, _ = struct.client_software_name, struct.client_software_version, struct.tags
    assert name == "triggerpoint"
    assert version
    assert "+" not in version


def test_a_broker_too_old_for_it_is_not_asked() -> None:
    with pytest.raises(NotImplementedError):
        EndRequest("id", (7, 2), commit=True).prepare({26: (0, 4)})
