"""The classic job on quixstreams, as its documentation shows it: JSON (de)serialisers, `stateful=True`, RocksDB with
changelog, at least once (its default)."""

import sys
from typing import Any

from quixstreams import Application, State


def add(event: dict[str, Any], state: State) -> dict[str, Any]:
    """Sum and count of the event's account so far."""
    total = state.get("total", {"account": event["account"], "sum": 0, "count": 0})
    total["sum"] += event["amount"]
    total["count"] += 1
    state.set("total", total)
    return total


def main(bootstrap: str, source: str, output: str, group: str, folder: str) -> None:
    """Run until SIGTERM."""
    app = Application(
        broker_address=bootstrap,
        consumer_group=group,
        auto_offset_reset="earliest",
        state_dir=folder,
        processing_guarantee="at-least-once",
        loglevel="WARNING",
    )
    frame = app.dataframe(app.topic(source, value_deserializer="json", key_deserializer="bytes"))
    frame = frame.apply(add, stateful=True)
    frame.to_topic(app.topic(output, value_serializer="json", key_serializer="bytes"))
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
