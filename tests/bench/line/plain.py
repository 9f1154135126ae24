"""The ceiling: the verbs in a plain loop over the same bytes, state in a dict. No Kafka, no transaction. What stands at
its end is what the others' work is held against."""

import json
import sys
import time
from collections import deque
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from agents.settings import Settings, load
from agents.shell.collector import calm_collector
from agents.shell.outbox import Outbox
from agents.shell.state import StateStore, StateView
from tests.bench.line import load as loads
from tests.bench.line.load import Load
from tests.bench.line.outcome import SAID, standing
from tests.bench.line.verbs import as_record, handlers, inputs

BATCH_RECORDS = 500
WARM_SHARE = 0.25


class PlainLine:
    """The stages over each other's outputs, batch by batch.

    Args:
        settings: of a worker.
        given: directory and traffic.
    """

    def __init__(self, settings: Settings, given: Load) -> None:
        self._traffic = given.traffic
        self._verbs = handlers(settings, given)
        raced = {stage: topics for stage, topics in inputs(settings).items() if stage in self._verbs}
        self._where = {topic: stage for stage, topics in raced.items() for topic in topics}
        self._waiting: dict[str, deque[Any]] = {topic: deque() for topic in self._where}
        self.stores = {stage: StateStore() for stage in self._verbs}
        self.said: dict[str, list[bytes]] = {settings.topics.name(topic): [] for topic in SAID.values()}
        self.cpu_seconds = dict.fromkeys(self._verbs, 0.0)

    def work(self, start: int, end: int) -> None:
        """Work these records of the traffic to the end of the line."""
        for at, (topic, key, value, sent_ms) in enumerate(self._traffic[start:end], start):
            self._waiting[topic].append(as_record(topic, 0, at, sent_ms, key, value))
        while ready := [topic for topic, queue in self._waiting.items() if queue]:
            for topic in ready:
                self._step(topic)

    def _step(self, topic: str) -> None:
        records, stage = list(self._waiting[topic]), self._where[topic]
        self._waiting[topic].clear()
        state, out = StateView(self.stores[stage]), Outbox(lambda topic: 1)
        before = time.process_time()
        self._verbs[stage].handle(records, state, out)
        self.cpu_seconds[stage] += time.process_time() - before
        state.commit()
        out.committed()
        for (to, _), sent in out.records.items():
            if to in self.said:
                self.said[to].extend(value for _, value, _ in sent if value)
            if to in self._waiting:
                moment = records[-1].timestamp
                self._waiting[to].extend(as_record(to, 0, 0, moment, key, value) for key, value, _ in sent)


def main(folder: str, load_file: Path, counts: Sequence[int]) -> None:
    """Work the first records of the traffic, as many as the highest count says; print rate and CPU time of what comes
    after warming up, and what stands after each count."""
    line = PlainLine(load(data_dir=Path(folder)), loads.read(load_file))
    calm_collector()
    count = max(counts)
    warm = int(count * WARM_SHARE)
    ends = sorted({*range(warm, count, BATCH_RECORDS), *counts})
    start, seconds, used = 0, 0.0, 0.0
    stands: dict[int, list[str]] = {}
    for end in ends:
        began, cpu = time.monotonic(), time.process_time()
        line.work(start, end)
        seconds, used, start = seconds + time.monotonic() - began, used + time.process_time() - cpu, end
        if end == warm:
            seconds, used, line.cpu_seconds = 0.0, 0.0, dict.fromkeys(line.cpu_seconds, 0.0)
        if end in counts:
            stands[end] = sorted(standing(chain.from_iterable(line.said.values())))
    worked = count - warm
    found = {
        "rate": worked / seconds,
        "cpu_seconds_per_million": used / worked * 1e6,
        "stages": {stage: round(spent / worked * 1e6, 1) for stage, spent in line.cpu_seconds.items()},
        "standing": stands,
    }
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [int(count) for count in sys.argv[3:]])
