"""The ceiling: the verbs in a plain loop over the same bytes, state in a dict. No Kafka, no transaction. What stands at
its end is what the others' work is held against."""

import json
import sys
import time
from collections import deque
from itertools import chain
from pathlib import Path

from agents.settings import load
from agents.shell.collector import calm_collector
from agents.shell.outbox import Outbox
from agents.shell.state import StateStore, StateView
from tests.bench.line import load as loads
from tests.bench.line.outcome import SAID, standing
from tests.bench.line.verbs import as_record, handlers, inputs

BATCH_RECORDS = 500
WARM_SHARE = 0.25


def main(folder: str, load_file: Path, count: int) -> None:
    """Work the first `count` records; print rate and CPU time of what comes after warming up, and what stands."""
    settings = load(data_dir=Path(folder))
    given = loads.read(load_file)
    traffic = given.traffic[:count]
    said: dict[str, list[bytes]] = {settings.topics.name(topic): [] for topic in SAID.values()}
    verbs = handlers(settings, given)
    where = {topic: stage for stage, topics in inputs(settings).items() if stage in verbs for topic in topics}
    waiting = {topic: deque() for topic in where}  # type: ignore[var-annotated]
    stores = {stage: StateStore() for stage in verbs}
    calm_collector()
    warm = int(len(traffic) * WARM_SHARE)
    began = cpu = 0.0
    for start in range(0, len(traffic), BATCH_RECORDS):
        if not began and start >= warm:
            began, cpu, warm = time.monotonic(), time.process_time(), start
        for at, (topic, key, value, sent_ms) in enumerate(traffic[start : start + BATCH_RECORDS], start):
            waiting[topic].append(as_record(topic, 0, at, sent_ms, key, value))
        while ready := [topic for topic, queue in waiting.items() if queue]:
            for topic in ready:
                records, stage = list(waiting[topic]), where[topic]
                waiting[topic].clear()
                state, out = StateView(stores[stage]), Outbox(lambda topic: 1)
                verbs[stage].handle(records, state, out)
                state.commit()
                out.committed()
                for (to, _), sent in out.records.items():
                    if to in said:
                        said[to].extend(value for _, value, _ in sent if value)
                    if to in waiting:
                        waiting[to].extend(
                            as_record(to, 0, 0, records[-1].timestamp, key, value) for key, value, _ in sent
                        )
    worked = len(traffic) - warm
    seconds, used = time.monotonic() - began, time.process_time() - cpu
    stands = sorted(standing(chain.from_iterable(said.values())))
    found = {"rate": worked / seconds, "cpu_seconds_per_million": used / worked * 1e6, "standing": stands}
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
