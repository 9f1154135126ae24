"""The line: which stages there are, what each reads, and how its lanes are made."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from aiokafka import TopicPartition

from agents.advance import AdvanceHandler
from agents.archive import ArchiveWork, TableWriter
from agents.dispatch.handler import DispatchHandler
from agents.handover.handler import HandoverHandler
from agents.identify import IdentifyHandler
from agents.ingest import IngestHandler
from agents.runtime import Runtime
from agents.settings import Settings
from agents.shell.app import Stage, StageApp
from agents.shell.cell import Cell
from agents.shell.codec import StateCodec
from agents.shell.kafka.producer import LaneProducer
from agents.shell.lanes import Work
from agents.shell.transactional import Handler, LaneSetup, TransactionalWork
from agents.shell.waiting import Pace
from pipeline.privacy.contacts import ClearAddresses
from pipeline.refused.limit import RefusalLimit
from schemas.base import Source
from schemas.identity import SubjectState
from schemas.journey import JourneyState
from schemas.kept.handover import HandoverState
from schemas.topics import (
    ACCOUNTS,
    ACTIVITIES,
    ALERTS,
    ANSWERS,
    ASSETS,
    DIGESTS,
    DISPATCH_CHANGELOG,
    EVENTS,
    FEEDBACK,
    HANDOVER_CHANGELOG,
    HANDOVERS,
    HELD,
    IDENTITY,
    JOURNEY_CHANGELOG,
    JOURNEYS,
    REJECTED,
    RETURNED,
    SUBJECT_CHANGELOG,
    TRANSITIONS,
    TRIGGERS,
    Topic,
    TopicNames,
)

STAGES = ("ingest", "identify", "advance", "dispatch", "handover", "archive")
HANDS: Mapping[str, Topic | None] = {"ingest": EVENTS, "identify": ACTIVITIES, "advance": TRIGGERS, "dispatch": None}
"""The stages of an alert's way, and the topic each hands to the next: nobody else writes to it, or reads it first."""

PACE = Pace()
PACES: Mapping[str, Pace] = {
    # what producers send to different topics belongs together, and what comes out of order is folded anew
    "ingest": replace(PACE, in_time=True),
    # nobody waits for the hand-over clock by the millisecond: fewer transactions, and none that stops the others long
    # when digests come or an office opens
    "handover": replace(
        PACE, pause_seconds=0.1, gather_seconds=0.1, fill_records=50, go_records=50, timers_seconds=0.005
    ),
    # a lane has one partition, and each going is one insert
    "archive": replace(PACE, pause_seconds=0.0, go_records=10_000),
}
ARCHIVED: tuple[Topic, ...] = (
    EVENTS,
    REJECTED,
    IDENTITY,
    ACTIVITIES,
    TRANSITIONS,
    *ALERTS.values(),
    DIGESTS,
    HELD,
    ANSWERS,
    HANDOVERS,
    ACCOUNTS,
    JOURNEYS,
    ASSETS,
)


def inputs_of(names: TopicNames) -> dict[str, tuple[str, ...]]:
    """Stage -> names of the topics it reads, in the order of the data's way."""
    return {
        "ingest": (*(topic for source in Source for topic in names.raw(source)), names.name(FEEDBACK)),
        "identify": (names.name(EVENTS), names.name(IDENTITY), names.name(RETURNED)),
        "advance": (names.name(ACTIVITIES), names.name(ANSWERS)),
        "dispatch": (names.name(TRIGGERS),),
        "handover": tuple(names.name(topic) for topic in (*ALERTS.values(), ANSWERS)),
        "archive": tuple(names.name(topic) for topic in ARCHIVED),
    }


def pace_of(name: str) -> Pace:
    """How the lanes of a stage go."""
    return PACES.get(name, PACE)


def cell_of(runtime: Runtime) -> Cell:
    """What the stages of the line work in that hand on to each other, where one worker has them all."""
    settings, seams = runtime.settings, runtime.seams
    names, reaches = settings.topics, [seams.reach(stage) for stage in HANDS]

    def reach(point: str) -> None:
        for each in reaches:
            each(point)

    def make_producer() -> LaneProducer:
        return seams.producer(runtime.options, cell_id(settings), settings.transaction_timeout_seconds, reach)

    inputs = inputs_of(names)
    return Cell(
        {stage: names.name(topic) if topic else None for stage, topic in HANDS.items()},
        {stage: sum(runtime.partitions[topic] for topic in inputs[stage]) for stage in HANDS},
        {**runtime.partitions, **seams.topics}.__getitem__,
        make_producer,
        runtime.behind,
        runtime.clock.now_ms,
        runtime.metrics.lanes_together.set,
    )


def cell_id(settings: Settings) -> str:
    """Transactional id of the cell."""
    return settings.group("cell")


def build_stages(runtime: Runtime, chosen: Iterable[str], writer: Callable[[], TableWriter]) -> list[Stage]:
    """The chosen stages, in the order of the data's way.

    Args:
        runtime: what they need.
        chosen: names out of `STAGES`.
        writer: makes the archive's writer; called only if it is chosen.
    """
    wanted, verbs = set(chosen), verbs_of(runtime)
    cell = cell_of(runtime) if wanted >= HANDS.keys() else None
    return [
        _transactional(runtime, name, verbs[name], cell if name in HANDS else None)
        if name in verbs
        else _archive(runtime, writer())
        for name in STAGES
        if name in wanted
    ]


@dataclass(frozen=True)
class Verb:
    """What a stage with outputs on Kafka does.

    Args:
        handler: partition number -> a lane's handler.
        changelog: topic of its state; None for a stateless one.
    """

    handler: Callable[[int], Handler]
    changelog: str | None


def verbs_of(runtime: Runtime) -> Mapping[str, Verb]:
    """The verb of each stage but the archive."""
    return {
        "ingest": _ingest(runtime),
        "identify": _identify(runtime),
        "advance": _advance(runtime),
        "dispatch": _dispatch(runtime),
        "handover": _handover(runtime),
    }


def _ingest(runtime: Runtime) -> Verb:
    names = runtime.settings.topics
    sources = {topic: source for source in Source for topic in names.raw(source)}
    limit = RefusalLimit(runtime.settings.rejected_share_max, runtime.settings.rejected_window_records)
    consent = runtime.settings.consent_policy

    def handler(partition: int) -> Handler:
        return IngestHandler(
            sources,
            names,
            runtime.clock,
            runtime.metrics,
            runtime.key,
            runtime.erasures,
            consent,
            limit,
            runtime.networks,
        )

    return Verb(handler, None)


def _identify(runtime: Runtime) -> Verb:
    names, states = runtime.settings.topics, StateCodec(SubjectState)

    def handler(partition: int) -> Handler:
        return IdentifyHandler(
            names,
            runtime.directory,
            lambda: runtime.rules().rules,
            runtime.metrics,
            runtime.erasures,
            runtime.networks,
            states,
        )

    return Verb(handler, names.name(SUBJECT_CHANGELOG))


def _advance(runtime: Runtime) -> Verb:
    settings = runtime.settings
    names, states = settings.topics, StateCodec(JourneyState)
    clear = ClearAddresses(runtime.key, settings.clear_teams, settings.clear_address_days)

    def handler(partition: int) -> Handler:
        book, policy, outlooks = runtime.erasures, runtime.handover, runtime.outlooks
        return AdvanceHandler(
            names, runtime.directory, runtime.rules, runtime.metrics, clear, book, policy, outlooks, states
        )

    return Verb(handler, names.name(JOURNEY_CHANGELOG))


def _dispatch(runtime: Runtime) -> Verb:
    names = runtime.settings.topics

    def handler(partition: int) -> Handler:
        return DispatchHandler(names, runtime.handover, runtime.metrics, partition, runtime.key)

    return Verb(handler, names.name(DISPATCH_CHANGELOG))


def _handover(runtime: Runtime) -> Verb:
    names, states = runtime.settings.topics, StateCodec(HandoverState)

    def handler(partition: int) -> Handler:
        return HandoverHandler(names, runtime.handover, runtime.clock, runtime.metrics, partition, states)

    return Verb(handler, names.name(HANDOVER_CHANGELOG))


def _archive(runtime: Runtime, writer: TableWriter) -> Stage:
    names = runtime.settings.topics
    topics = {names.name(topic): topic for topic in ARCHIVED}
    reach = runtime.seams.reach("archive")

    def make_work(app: StageApp, name: str, inputs: frozenset[TopicPartition]) -> Work:
        return ArchiveWork(topics, writer, lambda: app.consumer, runtime.clock, runtime.metrics, reach)

    group = runtime.settings.group("archive")
    return Stage("archive", group, tuple(topics), _by_partition, make_work, reach, pace_of("archive"))


def _transactional(runtime: Runtime, name: str, verb: Verb, cell: Cell | None) -> Stage:
    settings, seams = runtime.settings, runtime.seams
    group, changelog, pace = settings.group(name), verb.changelog, pace_of(name)

    def make_work(app: StageApp, lane: str, owned: frozenset[TopicPartition]) -> Work:
        number = next(iter(owned)).partition
        setup = LaneSetup(
            stage=name,
            options=runtime.options,
            group=group,
            transactional_id=f"{group}-{lane}",
            fence_too=(cell_id(settings),) if name in HANDS else (),
            inputs=owned,
            outputs={**runtime.partitions, **seams.topics},
            committed=lambda tps: runtime.committed(group, tps),
            changelog=TopicPartition(changelog, number) if changelog else None,
            clock=runtime.clock,
            watermark_ms=partial(runtime.watermark_ms, name),
            metrics=runtime.metrics,
            timeout_seconds=settings.transaction_timeout_seconds,
            grace_ms=int(settings.timer_grace_seconds * 1000),
            timers_seconds=pace.timers_seconds,
            reach=seams.reach(name),
            make_producer=seams.producer,
        )
        return TransactionalWork(setup, seams.handler(name, lane, verb.handler(number)))

    return Stage(name, group, inputs_of(settings.topics)[name], _by_number, make_work, seams.reach(name), pace, cell)


def _by_number(tp: TopicPartition) -> str:
    """Partitions with the same number share a lane: its transactions, and the state of their keys."""
    return str(tp.partition)


def _by_partition(tp: TopicPartition) -> str:
    """Each by itself: a table that is waited for holds back no other."""
    return f"{tp.topic}-{tp.partition}"
