"""Requests of Kafka 4's transactions (KIP-890), which aiokafka does not have yet; their fields as Kafka's own message
definitions give them (`ProduceRequest.json` and so on).

With them the broker takes a partition, or a group, into the transaction by itself when something is sent to it, and
each transaction has an epoch of its own: what comes late from an earlier one is refused. Only a cluster whose feature
`transaction.version` is at least 2 may be asked so.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from io import BytesIO
from typing import Any, TypeVar

from aiokafka import TopicPartition
from aiokafka.protocol.api import Request, RequestStruct, Response, ResponseHeader_v0
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactBytes,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

IMPLICIT = 2
"""From this `transaction.version` on partitions need not be added first."""

_TEXT = CompactString("utf-8")
_TAGS = ("tags", TaggedFields)
_NONE: dict[int, bytes] = {}
_FINALIZED = 2
"""Tag of the features that are on, in an answer about versions."""

Row = TypeVar("Row")


def _of_partitions(*fields: tuple[str, Any]) -> CompactArray:
    """Fields of each partition, by topic: how all of these messages give them."""
    partitions = CompactArray(("partition", Int32), *fields, _TAGS)
    return CompactArray(("topic", _TEXT), ("partitions", partitions), _TAGS)


def _by_topic(rows: Iterable[tuple[str, Row]]) -> list[tuple[str, list[Row], dict[int, bytes]]]:
    topics: dict[str, list[Row]] = {}
    for topic, row in rows:
        topics.setdefault(topic, []).append(row)
    return [(topic, partitions, _NONE) for topic, partitions in topics.items()]


class _Versions(Response):
    API_KEY = 18
    API_VERSION = 3
    SCHEMA = Schema(
        ("error_code", Int16),
        ("api_versions", CompactArray(("api_key", Int16), ("min", Int16), ("max", Int16), _TAGS)),
        ("throttle_time_ms", Int32),
        _TAGS,
    )


class _AskVersions(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 18
    API_VERSION = 3
    RESPONSE_TYPE = _Versions
    SCHEMA = Schema(("client_software_name", _TEXT), ("client_software_version", _TEXT), _TAGS)

    def parse_response_header(self, read_buffer: BytesIO | bytes) -> ResponseHeader_v0:
        """The one answer whose header stays as it was, so that clients who know no better can read it."""
        return ResponseHeader_v0.decode(read_buffer)


class _Produced(Response):
    API_KEY = 0
    API_VERSION = 12
    SCHEMA = Schema(
        (
            "topics",
            _of_partitions(
                ("error_code", Int16),
                ("offset", Int64),
                ("timestamp", Int64),
                ("log_start_offset", Int64),
                ("record_errors", CompactArray(("batch_index", Int32), ("message", _TEXT), _TAGS)),
                ("error_message", _TEXT),
            ),
        ),
        ("throttle_time_ms", Int32),
        _TAGS,
    )


class _Produce(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 0
    API_VERSION = 12
    RESPONSE_TYPE = _Produced
    SCHEMA = Schema(
        ("transactional_id", _TEXT),
        ("required_acks", Int16),
        ("timeout", Int32),
        ("topics", _of_partitions(("records", CompactBytes))),
        _TAGS,
    )


class _OffsetsCommitted(Response):
    API_KEY = 28
    API_VERSION = 5
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("errors", _of_partitions(("error_code", Int16))),
        _TAGS,
    )


class _CommitOffsets(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 28
    API_VERSION = 5
    RESPONSE_TYPE = _OffsetsCommitted
    SCHEMA = Schema(
        ("transactional_id", _TEXT),
        ("group_id", _TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("generation_id", Int32),
        ("member_id", _TEXT),
        ("group_instance_id", _TEXT),
        ("topics", _of_partitions(("offset", Int64), ("leader_epoch", Int32), ("metadata", _TEXT))),
        _TAGS,
    )


class _Ended(Response):
    API_KEY = 26
    API_VERSION = 5
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        _TAGS,
    )


class _End(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 26
    API_VERSION = 5
    RESPONSE_TYPE = _Ended
    SCHEMA = Schema(
        ("transactional_id", _TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("committed", Boolean),
        _TAGS,
    )


class VersionsRequest(Request[_AskVersions]):
    """Which features the cluster has on."""

    API_KEY = 18

    def build(self, request_struct_class: type[_AskVersions]) -> _AskVersions:
        """As bytes go."""
        public = version("triggerpoint").split("+")[0]  # the broker refuses what is no plain version
        return request_struct_class("triggerpoint", public, _NONE)


class ProduceRequest(Request[_Produce]):
    """Write batches, which takes their partitions into the transaction.

    Args:
        transactional_id: whose.
        timeout_ms: for so long the broker may wait for replicas.
        batches: one for each partition.
    """

    API_KEY = 0

    def __init__(self, transactional_id: str, timeout_ms: int, batches: Mapping[TopicPartition, bytes]) -> None:
        self.transactional_id, self.timeout_ms, self.batches = transactional_id, timeout_ms, batches

    def build(self, request_struct_class: type[_Produce]) -> _Produce:
        """As bytes go."""
        topics = _by_topic((tp.topic, (tp.partition, batch, _NONE)) for tp, batch in self.batches.items())
        return request_struct_class(self.transactional_id, -1, self.timeout_ms, topics, _NONE)


class CommitOffsetsRequest(Request[_CommitOffsets]):
    """Commit offsets with the transaction, which takes the group into it.

    Args:
        transactional_id, group: whose.
        owner: producer id and epoch.
        offsets: consumed partition -> next offset to read.
    """

    API_KEY = 28

    def __init__(
        self, transactional_id: str, group: str, owner: tuple[int, int], offsets: Mapping[TopicPartition, int]
    ) -> None:
        self.transactional_id, self.group, self.owner, self.offsets = transactional_id, group, owner, offsets

    def build(self, request_struct_class: type[_CommitOffsets]) -> _CommitOffsets:
        """As bytes go. Neither generation nor member: the transactional id fences, one for each input partition."""
        rows = ((tp.topic, (tp.partition, offset, -1, "", _NONE)) for tp, offset in self.offsets.items())
        whose = self.transactional_id, self.group, *self.owner
        return request_struct_class(*whose, -1, "", None, _by_topic(rows), _NONE)


class EndRequest(Request[_End]):
    """Commit or abort; the answer has the producer id and epoch of the next transaction.

    Args:
        transactional_id: whose.
        owner: producer id and epoch.
        commit: or abort.
    """

    API_KEY = 26

    def __init__(self, transactional_id: str, owner: tuple[int, int], *, commit: bool) -> None:
        self.transactional_id, self.owner, self.commit = transactional_id, owner, commit

    def build(self, request_struct_class: type[_End]) -> _End:
        """As bytes go."""
        return request_struct_class(self.transactional_id, *self.owner, self.commit, _NONE)


def transaction_version(answer: Response) -> int:
    """The `transaction.version` a cluster has on, from its answer about versions; 0 if it does not say.

    Args:
        answer: to `VersionsRequest`.
    """
    finalized = answer.tags.get(_FINALIZED)
    if finalized is None:
        return 0
    features = CompactArray(("name", _TEXT), ("max", Int16), ("min", Int16), _TAGS).decode(BytesIO(finalized))
    return next((level for name, level, *_ in features or () if name == "transaction.version"), 0)
