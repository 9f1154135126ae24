"""The line the ordinary way on Faust: an agent a stage, one event at a time, tables, `await topic.send`, at least once.

Settings as its documentation and its users recommend for throughput: raw serializers, lingering batches with zstd, a
memory store for tables (RocksDB is slower), no web server, uvloop.
"""

import sys
from pathlib import Path
from typing import Any

import faust

from agents.settings import load
from agents.shell.transactional import Handler
from tests.bench.line import load as loads
from tests.bench.line.verbs import as_record, handlers, inputs, work_one

_SERVERS, _PREFIX, _FOLDER, _LOAD, _PARTITIONS = sys.argv[1:6]
SETTINGS = load(bootstrap_servers=_SERVERS, topic_prefix=_PREFIX, data_dir=Path(_FOLDER), partitions=int(_PARTITIONS))

app = faust.App(
    f"{_PREFIX}faust",
    broker=f"aiokafka://{_SERVERS}",
    store="memory://",
    datadir=str(Path(_FOLDER) / "faust"),
    key_serializer="raw",
    value_serializer="raw",
    topic_partitions=SETTINGS.partitions,
    topic_allow_declare=True,
    topic_disable_leader=True,
    table_standby_replicas=0,
    consumer_auto_offset_reset="earliest",
    broker_commit_interval=2.0,
    producer_linger=0.02,
    producer_max_batch_size=262_144,
    producer_compression_type="zstd",
    cython_optimizations=True,
    web_enabled=False,
)


def _stage(name: str, handler: Handler) -> None:
    topic = app.topic(*inputs(SETTINGS)[name], allow_empty=True)
    table = app.Table(name, partitions=SETTINGS.partitions)
    table.key_serializer = table.value_serializer = "raw"  # state is bytes; JSON of it would be wasted work

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            moment = int(message.timestamp * 1000)
            record = as_record(message.topic, message.partition, message.offset, moment, message.key, message.value)
            writes, sent = work_one(handler, record, table.get)
            for key, value in writes.items():
                if value is None:
                    table.pop(key, None)
                else:
                    table[key] = value
            for to, key, value in sent:
                await _topics(to).send(key=key, value=value)

    app.agent(topic, name=name)(agent)


_KNOWN: dict[str, Any] = {}


def _topics(name: str) -> Any:
    found = _KNOWN.get(name)
    if found is None:
        found = _KNOWN[name] = app.topic(name)
    return found


for _name, _handler in handlers(SETTINGS, loads.read(Path(_LOAD))).items():
    _stage(_name, _handler)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], "--loop", "uvloop", "worker", "--without-web", "-l", "warn"]
    app.main()
