"""The line on quixstreams, as its documentation shows: one dataframe a stage, `stateful=True` on RocksDB with
changelog, outputs by `to_topic`, at least once (its default)."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quixstreams import Application, State
from quixstreams.context import message_context
from quixstreams.models import Serializer

from agents.advance import JOURNAL
from agents.settings import Settings, load
from agents.shell.transactional import Handler
from schemas.topics import CATALOGUE
from tests.bench.line import load as loads
from tests.bench.line.verbs import STAGES, as_record, handlers, inputs, work_one

Sent = list[tuple[str, bytes, bytes]]


MERGED = "quix.{stage}"
"""A stage's inputs lie on one topic, each record with its topic's name before it: dataframes of several topics share
state only when concatenated, and then the library waits to align their times."""


class _Value(Serializer):
    """The value of (topic, key, value)."""

    def __call__(self, value: Any, ctx: Any) -> bytes:
        """The last of the three."""
        return value[2]


def _record(topic: str, value: bytes, key: bytes, timestamp: int) -> Any:
    at = message_context()
    return as_record(topic, at.partition, at.offset, timestamp, key, value)


def _routes(settings: Settings) -> dict[str, list[str]]:
    """Topic -> where its records go, for those that a stage of ours reads."""
    merged: dict[str, list[str]] = {}
    for stage, topics in inputs(settings).items():
        for topic in topics if stage in STAGES[1:] else ():
            merged.setdefault(topic, []).append(settings.topic_prefix + MERGED.format(stage=stage))
    return merged


def _sent(records: Sent, routes: dict[str, list[str]]) -> Sent:
    """The records as they are sent: tagged onto the next stage's topic, or as they are."""
    return [
        (goal, key, value if goal == topic else topic.encode() + b"\n" + value)
        for topic, key, value in records
        for goal in routes.get(topic, (topic,))
    ]


def _stateless(handler: Handler, routes: dict[str, list[str]]) -> Callable[..., Sent]:
    def work(value: bytes, key: bytes, timestamp: int, headers: Any) -> Sent:
        record = _record(message_context().topic, value, key, timestamp)
        return _sent(work_one(handler, record, lambda key: None)[1], routes)

    return work


def _stateful(handler: Handler, routes: dict[str, list[str]]) -> Callable[..., Sent]:
    def work(value: bytes, key: bytes, timestamp: int, headers: Any, state: State) -> Sent:
        # a key's state lies under its name within the message key: that of the account, and the pages of its journal
        def read(name: bytes) -> bytes | None:
            return state.get_bytes(name.partition(JOURNAL)[2].hex())

        topic, _, content = value.partition(b"\n")
        writes, sent = work_one(handler, _record(topic.decode(), content, key, timestamp), read)
        for name, written in writes.items():
            inner = name.partition(JOURNAL)[2].hex()
            if written is None:
                state.delete(inner)
            else:
                state.set_bytes(inner, written)
        return _sent(sent, routes)

    return work


def main(servers: str, settings: Settings, load_file: Path, folder: str) -> None:
    """Run until SIGTERM."""
    app = Application(
        broker_address=servers,
        consumer_group=f"{settings.topic_prefix}quix",
        auto_offset_reset="earliest",
        state_dir=folder,
        loglevel="WARNING",
        producer_extra_config={"compression.type": "lz4"},
    )
    routes, topics = _routes(settings), dict[str, Any]()

    def topic(name: str) -> Any:
        if name not in topics:
            topics[name] = app.topic(
                name,
                key_deserializer="bytes",
                value_deserializer="bytes",
                key_serializer="bytes",
                value_serializer=_Value(),
            )
        return topics[name]

    def to(value: Any, key: Any, timestamp: int, headers: Any) -> Any:
        return topics[value[0]]

    for entry in CATALOGUE:
        if set(entry.producer.split(", ")) & set(STAGES):  # it asks the broker about each, one by one
            topic(settings.topics.name(entry))
    for stage, handler in handlers(settings, loads.read(load_file)).items():
        if stage == "ingest":
            for name in inputs(settings)[stage]:
                frame = app.dataframe(topic(name)).apply(_stateless(handler, routes), metadata=True, expand=True)
                frame.to_topic(to, key=lambda value: value[1])
        else:
            frame = app.dataframe(topic(settings.topic_prefix + MERGED.format(stage=stage)))
            frame = frame.apply(_stateful(handler, routes), stateful=True, metadata=True, expand=True)
            frame.to_topic(to, key=lambda value: value[1])
    app.run()


if __name__ == "__main__":
    _SERVERS, _PREFIX, _FOLDER, _LOAD, _PARTITIONS = sys.argv[1:6]
    _SETTINGS = load(
        bootstrap_servers=_SERVERS, topic_prefix=_PREFIX, data_dir=Path(_FOLDER), partitions=int(_PARTITIONS)
    )
    main(_SERVERS, _SETTINGS, Path(_LOAD), str(Path(_FOLDER) / "quix"))
