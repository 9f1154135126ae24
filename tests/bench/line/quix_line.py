"""The line on quixstreams, as its documentation shows: one dataframe a stage, `stateful=True` on RocksDB with
changelog, outputs by `to_topic`, at least once (its default)."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quixstreams import Application, State
from quixstreams.context import message_context

from agents.advance import JOURNAL
from agents.settings import Settings, load
from agents.shell.transactional import Handler
from tests.bench.line import load as loads
from tests.bench.line.verbs import as_record, handlers, inputs, work_one

Sent = list[tuple[str, bytes, bytes]]


def _record(value: bytes, key: bytes, timestamp: int) -> Any:
    at = message_context()
    return as_record(at.topic, at.partition, at.offset, timestamp, key, value)


def _stateless(handler: Handler) -> Callable[..., Sent]:
    def work(value: bytes, key: bytes, timestamp: int, headers: Any) -> Sent:
        return work_one(handler, _record(value, key, timestamp), lambda key: None)[1]

    return work


def _stateful(handler: Handler) -> Callable[..., Sent]:
    def work(value: bytes, key: bytes, timestamp: int, headers: Any, state: State) -> Sent:
        # a key's state lies under its name within the message key: that of the account, and the pages of its journal
        def read(name: bytes) -> bytes | None:
            return state.get_bytes(name.partition(JOURNAL)[2].hex())

        writes, sent = work_one(handler, _record(value, key, timestamp), read)
        for name, content in writes.items():
            inner = name.partition(JOURNAL)[2].hex()
            if content is None:
                state.delete(inner)
            else:
                state.set_bytes(inner, content)
        return sent

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

    def topic(name: str) -> Any:
        return app.topic(name, key_serializer="bytes", value_serializer="bytes")

    topics: dict[str, Any] = {}

    def to(value: Any, key: Any, timestamp: int, headers: Any) -> Any:
        return topics[value[0]]

    from schemas.topics import CATALOGUE

    for entry in CATALOGUE:
        name = settings.topics.name(entry)
        topics[name] = app.topic(
            name,
            key_deserializer="bytes",
            value_deserializer="bytes",
            key_serializer="bytes",
            value_serializer=_third,
        )
    for stage, handler in handlers(settings, loads.read(load_file)).items():
        stateful = stage != "ingest"
        frames = [app.dataframe(topics[name]) for name in inputs(settings)[stage]]
        if stateful:
            frame = frames[0]
            for other in frames[1:]:
                frame = frame.concat(other)
            frames = [frame]
        for frame in frames:
            if stateful:
                frame = frame.apply(_stateful(handler), stateful=True, metadata=True, expand=True)
            else:
                frame = frame.apply(_stateless(handler), metadata=True, expand=True)
            frame.to_topic(to, key=lambda value: value[1])
    app.run()


def _third(value: Any, *_: Any) -> bytes:
    return value[2]


if __name__ == "__main__":
    _SERVERS, _PREFIX, _FOLDER, _LOAD, _PARTITIONS = sys.argv[1:6]
    _SETTINGS = load(
        bootstrap_servers=_SERVERS, topic_prefix=_PREFIX, data_dir=Path(_FOLDER), partitions=int(_PARTITIONS)
    )
    main(_SERVERS, _SETTINGS, Path(_LOAD), str(Path(_FOLDER) / "quix"))
