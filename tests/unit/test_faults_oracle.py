"""The oracle of the fault harness sees what it must: a record left out, worked twice, lost, doubled or changed; a state
that is not what the inputs give; a row that is missing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition

from agents.clock import SystemClock
from agents.handover.load import load_policy
from agents.journey.load import load_rules
from agents.metrics import Metrics
from agents.privacy.key import privacy_key
from agents.runtime import Runtime
from agents.settings import Settings, load
from agents.shell.outbox import Outbox
from agents.shell.state import StateStore, StateView, headers_of
from agents.stages import ARCHIVED, verbs_of
from deploy.faults import trace
from deploy.faults.oracle import Expected, Learned, expect
from deploy.faults.reading import Held, Rows
from deploy.faults.run import figures_of
from deploy.faults.scene import Outcome
from deploy.faults.trace import TRACE, Step, TracedHandler, mark_of, runs_of
from deploy.faults.verdict import Verdict, judge
from pipeline.directory import EMPTY
from pipeline.identity.networks import NO_NETWORKS
from pipeline.privacy.erasures import ErasureBook
from pipeline.rules.live import Live
from schemas.base import Source
from schemas.learned.outlook import Outlook
from schemas.topics import CATALOGUE, EVENTS, OUTLOOKS, SUBJECT_CHANGELOG

SENT_MS = 1_790_000_000_000
RECORDS = 12
BATCH = 4


def record(topic: str, offset: int, key: bytes, value: bytes, headers: Any = ()) -> Any:
    return SimpleNamespace(
        topic=topic,
        partition=0,
        offset=offset,
        timestamp=SENT_MS,
        timestamp_type=1,
        key=key,
        value=value,
        headers=tuple(headers),
    )


class Run:
    """A right run of ingest and identify over one partition, as it would lie on the topics."""

    def __init__(self, settings: Settings, runtime: Any) -> None:
        self.settings, self.runtime = settings, runtime
        self.partitions = {settings.topics.name(topic): 1 for topic in CATALOGUE} | {TRACE: 1}
        self.lying: dict[TopicPartition, list[Any]] = {TopicPartition(name, 0): [] for name in self.partitions}
        self.committed: dict[tuple[str, TopicPartition], int] = {}
        self.web = TopicPartition(settings.topics.raw(Source.WEB)[0], 0)
        self.events = TopicPartition(settings.topics.name(EVENTS), 0)
        for number in range(RECORDS):
            event = {
                "type": "page_view",
                "occurred_at": str(SENT_MS - 1000 * number),
                "email": f"p{number}@a-works.com",
            }
            self._append(self.web.topic, b"k", orjson.dumps(event | {"event_id": f"e{number}"}))
        self._work("ingest", f"{self.web.topic}-0", self.web, "")
        self._work("identify", "0", self.events, settings.topics.name(SUBJECT_CHANGELOG))

    def _append(self, topic: str, key: bytes, value: bytes, headers: Any = ()) -> None:
        lying = self.lying[TopicPartition(topic, 0)]
        lying.append(record(topic, len(lying), key, value, headers))

    def _work(self, stage: str, lane: str, tp: TopicPartition, changelog: str) -> None:
        handler = TracedHandler(TRACE, stage, lane, verbs_of(self.runtime)[stage].handler(0))
        store, records = StateStore(), list(self.lying[tp])
        for start in range(0, len(records), BATCH):
            state, out = StateView(store), Outbox(self.partitions.__getitem__)
            handler.handle(records[start : start + BATCH], state, out)
            for (topic, _), written in out.records.items():
                for key, value, headers in written:
                    self._append(topic, key or b"", value or b"", headers)
            for key, (value, due_ms, marked) in state.writes.items():
                self._append(changelog, key, value or b"", headers_of(due_ms, marked))
            state.commit()
        self.committed[stage, tp] = len(records)

    @property
    def steps(self) -> list[Step]:
        return [Step.decode(entry.value) for entry in self.lying[TopicPartition(TRACE, 0)]]

    def verdict(self, steps: list[Step] | None = None, places: Any = None, doubles: Any = None) -> Verdict:
        records = {tp: lying for tp, lying in self.lying.items() if tp.topic != TRACE}
        held = Held(records, self.steps if steps is None else steps, self.partitions)
        expected = expect(self.runtime, held)
        ends = dict(self.committed)
        names = [self.settings.topics.name(topic) for topic in ARCHIVED]
        found = {name: frozenset((0, entry.offset) for entry in records[TopicPartition(name, 0)]) for name in names}
        committed = self.committed | {("archive", TopicPartition(name, 0)): len(found[name]) for name in names}
        rows = Rows(found | (places or {}), dict.fromkeys(names, frozenset()), doubles or {})
        return judge(self.settings, held, expected, committed, ends, rows)


@pytest.fixture
def run(tmp_path: Any) -> Run:
    settings = load(data_dir=tmp_path, asn_file="none", privacy_key="k" * 64)
    return Run(settings, surroundings(settings))


def surroundings(settings: Settings) -> Any:
    """A worker's, without a broker; no account is known."""
    live = Live(load_rules(None))

    async def nothing(group: str, partitions: Any) -> Mapping[TopicPartition, int]:
        return {}

    return Runtime(
        settings=settings,
        options={},
        partitions={},
        watermark_ms=lambda stage: 0,
        committed=nothing,
        clock=SystemClock(),
        metrics=Metrics(),
        directory=lambda: EMPTY,
        rules=lambda: live,
        handover=load_policy(None),
        key=privacy_key(settings),
        erasures=ErasureBook(),
        networks=NO_NETWORKS,
    )


def counts(verdict: Verdict) -> tuple[int, int, int]:
    return verdict.missing, verdict.extra, verdict.different


def test_a_right_run_is_right(run: Run) -> None:
    verdict = run.verdict()
    assert verdict.right, verdict.faults
    assert verdict.records > RECORDS


def test_a_lost_and_a_doubled_output_are_seen(run: Run) -> None:
    events = run.lying[run.events]
    run.lying[run.events] = [*events, replace_offset(events[3], RECORDS)]
    assert counts(run.verdict())[1] == 1
    run.lying[run.events] = events[:-1]
    assert run.verdict().missing >= 1
    run.lying[run.web] = []
    assert run.verdict().missing >= RECORDS


def replace_offset(entry: Any, offset: int) -> Any:
    return record(entry.topic, offset, entry.key, entry.value, entry.headers)


def test_what_differs_is_told_by_field(run: Run) -> None:
    last = run.lying[run.events][-1]
    last.value = orjson.dumps(orjson.loads(last.value) | {"type": "page_seen"})
    verdict = run.verdict()
    assert verdict.different >= 1
    assert any("(type page_view / page_seen)" in text for text in verdict.faults), verdict.faults


def test_a_fault_that_cannot_be_done_here_is_left_out_and_says_so() -> None:
    left = Outcome("disk full", 0, Verdict(), (), 0.0, (), (), 0.0, "mounting is not permitted here")
    done = Outcome("broker killed", 1, Verdict(records=7), (1.0, 2.0), 10.0, (), (), 3.0)
    figures = figures_of([left, done], None, 1, 3.0)
    assert figures["left_out"] == {"disk full": "mounting is not permitted here"}
    assert list(figures["faults"]) == ["broker killed"]
    assert (figures["runs"], figures["records"], figures["recovery_seconds_p50"]) == (1, 7, 1.5)


def test_batches_left_out_and_worked_twice_are_seen(run: Run) -> None:
    steps = run.steps
    without = run.verdict([step for step in steps if step.runs[0].first != BATCH or step.stage != "ingest"])
    assert without.missing >= BATCH
    assert any("left out from offset 4" in text for text in without.faults)
    twice = run.verdict([*steps, replace(steps[0])])
    assert twice.extra >= BATCH
    assert any("worked again from offset 0" in text for text in twice.faults)


def test_a_changed_state_and_a_lost_one_are_seen(run: Run) -> None:
    tp = TopicPartition(run.settings.topics.name(SUBJECT_CHANGELOG), 0)
    *_, last = run.lying[tp]
    last.value = last.value.replace(b"a-works", b"b-works")
    spoilt = run.verdict()
    run.lying[tp].pop()
    lost = run.verdict()
    assert any(text.startswith("state ") for text in lost.faults)
    assert lost.missing == 1
    assert spoilt.different + spoilt.missing >= (b"b-works" in last.value)


def test_offsets_behind_the_work_are_seen(run: Run) -> None:
    run.committed["ingest", run.web] = RECORDS - 1
    verdict = run.verdict()
    assert verdict.different == 1
    assert "committed 11, worked 12" in verdict.faults[0]


def test_missing_and_doubled_rows_are_seen(run: Run) -> None:
    name = run.events.topic
    some = frozenset((0, offset) for offset in range(RECORDS - 2))
    assert run.verdict(places={name: some}).missing == 2
    assert run.verdict(places={name: some | {(0, 10), (0, 11), (0, 99)}}).extra == 1
    assert run.verdict(doubles={"events": 3}).extra == 3


def test_the_oracle_knows_what_a_lane_had_learned_and_nothing_else(run: Run) -> None:
    outlook = Outlook(stage="evaluating", trigger="", learned_at=datetime(2026, 5, 1, tzinfo=UTC))
    topic = run.settings.topics.name(OUTLOOKS)
    held = Held({TopicPartition(topic, 0): [record(topic, 0, outlook.key, outlook.encode())]}, [], run.partitions)
    learned, expected = Learned(run.settings, held), Expected()
    step = Step("advance", "0", (trace.Run("t", 0, 0, 0, 1),), 0, learned=(mark_of(outlook),))
    assert Step.decode(step.encode()) == step
    learned.go_to(step, expected)
    assert (learned.current(), expected.twice) == ({("evaluating", ""): outlook}, 0)
    learned.go_to(replace(step, learned=(1,)), expected)
    assert (learned.current(), expected.twice) == ({}, 1)


def test_a_batch_of_several_partitions_is_traced_run_by_run() -> None:
    places = [("a", 4), ("a", 5), ("b", 0), ("a", 8), ("a", 9)]
    found = runs_of([record(topic, offset, b"k", b"v") for topic, offset in places])
    assert found == (trace.Run("a", 0, 4, 5, 2), trace.Run("b", 0, 0, 0, 1), trace.Run("a", 0, 8, 9, 2))
    step = Step("ingest", "0", found, 0)
    assert Step.decode(step.encode()) == step
