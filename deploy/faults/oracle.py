"""What must lie on every topic and in every state: the workers' own verbs, offline, over the inputs as they lie there.

It follows the trace, which says in which order each lane took its inputs, and takes nothing else from it: records come
from the topics, outputs and states are computed anew.
"""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aiokafka import TopicPartition

from agents.clock import clock_of
from agents.connection import connection_options
from agents.directory import DirectoryReader
from agents.handover.load import load_policy
from agents.journey.follow import follow_journeys
from agents.journey.load import own_journey
from agents.metrics import Metrics
from agents.networks import networks_of
from agents.privacy.key import privacy_key
from agents.runtime import Runtime
from agents.settings import Settings
from agents.shell.outbox import Outbox, Outgoing
from agents.shell.state import StateStore, StateView
from agents.shell.transactional import Handler
from agents.stages import inputs_of, verbs_of
from deploy.faults.reading import Held
from deploy.faults.trace import Run, Step, mark_of
from pipeline.alerts.outlook import Outlooks
from pipeline.privacy.erasures import ErasureBook
from schemas.learned.outlook import Outlook
from schemas.topics import ACCOUNTS, OUTLOOKS


@dataclass
class Expected:
    """What the oracle says.

    Args:
        outputs: partition -> records that must lie there; lanes write side by side, so in no order.
        states: changelog partition -> what must be in state.
        worked: (stage, input partition) -> offset up to which it was worked.
        wrong: consumption that no right run can show, in words: records worked twice, or left out.
        left_out, twice: how many records those are.
    """

    outputs: dict[TopicPartition, list[Outgoing]] = field(default_factory=lambda: defaultdict(list))
    states: dict[TopicPartition, StateStore] = field(default_factory=dict)
    worked: dict[tuple[str, TopicPartition], int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    left_out: int = 0
    twice: int = 0


async def runtime_of(settings: Settings, partitions: Mapping[str, int]) -> Runtime:
    """A worker's surroundings, as far as its verbs need them; the directory as it is on the broker."""
    options, metrics = connection_options(settings), Metrics()
    accounts = settings.topics.name(ACCOUNTS)
    directory = DirectoryReader(options, accounts, partitions[accounts], metrics)
    await directory.start()
    known = directory.current()
    await asyncio.sleep(0)  # it closes its client only once it follows
    await directory.stop()
    clock = clock_of(settings.clock)
    own = own_journey(settings.journey_file)
    policy = load_policy(settings.handover_file)
    journeys = await follow_journeys(settings, own, False, partitions, clock, metrics, lambda rules: None, policy.hours)
    live = journeys.current()
    await asyncio.sleep(0)
    await journeys.stop()

    async def nothing(group: str, tps: Any) -> Mapping[TopicPartition, int]:
        return {}

    return Runtime(
        settings=settings,
        clock=clock,
        metrics=metrics,
        options=options,
        directory=lambda: known,
        rules=lambda: live,
        handover=policy,
        partitions=partitions,
        watermark_ms=lambda stage: 0,
        committed=nothing,
        key=privacy_key(settings),
        erasures=ErasureBook(),
        networks=networks_of(settings),
    )


def expect(runtime: Runtime, held: Held) -> Expected:
    """Work the trace."""
    expected, learned = Expected(), Learned(runtime.settings, held)
    runtime = replace(runtime, outlooks=learned.current)
    verbs, names = verbs_of(runtime), inputs_of(runtime.settings.topics)
    lanes: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in held.steps:
        lanes[step.stage, step.lane].append(step)
    for (stage, lane), steps in lanes.items():
        verb = verbs[stage]
        number = next((run.partition for step in steps for run in step.runs), _number(lane))
        store = StateStore()
        _work_lane(verb.handler(number), store, steps, held, expected, learned)
        if verb.changelog:
            expected.states[TopicPartition(verb.changelog, number)] = store
    for stage in verbs:
        for topic in names[stage]:
            for at in range(held.partitions[topic]):
                expected.worked.setdefault((stage, TopicPartition(topic, at)), 0)
    return expected


def _number(lane: str) -> int:
    return int(lane.rsplit("-", 1)[-1])


class Learned:
    """What a lane knew of next steps when it worked: of the outlooks that lie on their topic, those the trace marks.

    Args:
        settings, held: of the installation.
    """

    def __init__(self, settings: Settings, held: Held) -> None:
        name = settings.topics.name(OUTLOOKS)
        records = [record for tp, some in held.records.items() if tp.topic == name for record in some if record.value]
        outlooks = [Outlook.model_validate_json(record.value) for record in records]
        self._lying = {mark_of(outlook): outlook for outlook in outlooks}
        self._now: Outlooks = {}

    def current(self) -> Outlooks:
        """At the step that is worked."""
        return self._now

    def go_to(self, step: Step, expected: Expected) -> None:
        """Know what was known at a step; what does not lie on the topic nobody can have learned."""
        known = [self._lying[mark] for mark in step.learned if mark in self._lying]
        if len(known) < len(step.learned):
            expected.wrong.append(f"{step.stage}/{step.lane}: knew outlooks that lie nowhere")
            expected.twice += len(step.learned) - len(known)
        self._now = {(outlook.stage, outlook.trigger): outlook for outlook in known}


def _work_lane(
    handler: Handler, store: StateStore, steps: Sequence[Step], held: Held, expected: Expected, learned: Learned
) -> None:
    for step in steps:
        learned.go_to(step, expected)
        state, out = StateView(store), Outbox(held.partitions.__getitem__)
        store.fired_ms = step.fired_ms
        if step.runs:
            if batch := [record for run in step.runs for record in _lying(step.stage, run, held, expected)]:
                handler.handle(batch, state, out)
        else:
            handler.wake(step.keys, step.now_ms, state, out)
        state.commit()
        for (topic, partition), records in out.records.items():
            expected.outputs[TopicPartition(topic, partition)] += records


def _lying(stage: str, run: Run, held: Held, expected: Expected) -> Sequence[Any]:
    """The records of a run; notes what was worked before, or never."""
    tp = TopicPartition(run.topic, run.partition)
    key = stage, tp
    begun = expected.worked.get(key, 0)

    def between(first: int, end: int) -> Sequence[Any]:
        lying = held.records[tp]
        start, stop = (bisect_left(lying, offset, key=lambda record: int(record.offset)) for offset in (first, end))
        return lying[start:stop]

    found = between(run.first, run.last + 1)
    skipped, doubled = between(begun, run.first), between(run.first, min(begun, run.last + 1))
    where = f"{stage} {run.topic}:{run.partition}"
    if skipped:
        expected.left_out += len(skipped)
        expected.wrong.append(f"{where}: {len(skipped)} records left out from offset {skipped[0].offset}")
    if doubled:
        expected.twice += len(doubled)
        expected.wrong.append(f"{where}: {len(doubled)} records worked again from offset {doubled[0].offset}")
    if len(found) != run.count:
        expected.wrong.append(f"{where}: a run of {run.count} records, of which {len(found)} lie there")
        expected.left_out += abs(run.count - len(found))
    expected.worked[key] = max(begun, run.last + 1)
    return found
