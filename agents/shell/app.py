"""A Faust app per stage: group membership, partition assignment, life cycle, and the agent that feeds the lanes.

One app, and so one consumer group, per stage: stages can be spread over workers in any way, and the lag of each stands
by itself. Nothing imports an app; `build_app` makes it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
from aiokafka import TopicPartition
from faust.app.base import BootStrategy

from agents.shell.crash import Reach
from agents.shell.kafka.transport import BatchTransport, Fetched
from agents.shell.lanes import Cell, Lane, Lanes, Work
from agents.shell.waiting import Batch, Pace

IDLE_SECONDS = 0.5
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Stage:
    """One stage of the line, as the shell sees it.

    Args:
        name: e.g. `identify`.
        group: its consumer group.
        inputs: names of the topics it reads.
        lane_of: partition -> lane; co-partitioned inputs of a stateful stage share one.
        make_work: makes a lane's work from its name and partitions.
        reach: told of crash points.
        pace: how its lanes go.
        cell: with which stages its lanes may work together.
    """

    name: str
    group: str
    inputs: tuple[str, ...]
    lane_of: Callable[[TopicPartition], str]
    make_work: "Callable[[StageApp, str, frozenset[TopicPartition]], Work]"
    reach: Reach
    pace: Pace
    cell: Cell | None = None


@dataclass(frozen=True)
class Watch:
    """Where a stage reports to.

    Args:
        on_fatal: an error that must stop the worker.
        on_fenced: another worker owns a partition.
        on_retry: work is done again, with the error's name.
        on_lanes: number of lanes, after each assignment.
    """

    on_fatal: Callable[[BaseException], None]
    on_fenced: Callable[[], None]
    on_retry: Callable[[str], None]
    on_lanes: Callable[[int], None]


class _Boot(BootStrategy):
    enable_kafka_producer = False  # lanes have their own, transactional ones
    enable_web = False  # it would serve on all addresses; agents/http.py serves metrics on loopback


class StageApp(faust.App):
    """A Faust app with lanes."""

    BootStrategy = _Boot
    lanes: Lanes
    consumer_options: Mapping[str, Any]
    reach: Reach
    gather_seconds: float
    """See `Pace`."""
    has_assignment: bool = False
    """Whether the group has been joined; the assignment may be empty, when there are more workers than partitions."""


def build_app(stage: Stage, consumer_options: Mapping[str, Any], data_dir: Path, watch: Watch) -> StageApp:
    """The Faust app of one stage.

    Args:
        stage: what it does.
        consumer_options: how its consumer reaches the broker, with its timeouts.
        data_dir: where Faust may keep files (it keeps none of ours).
        watch: where it reports to.
    """
    app = StageApp(
        stage.group,
        broker="aiokafka://unused",  # the consumer is made from consumer_options
        autodiscover=False,
        store="memory://",
        datadir=str(data_dir / "faust"),
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=True,
        broker_commit_interval=5.0,
        broker_max_poll_records=consumer_options["max_poll_records"],
    )
    app.consumer_options = consumer_options
    app.reach = stage.reach
    app.gather_seconds = stage.pace.gather_seconds
    app.transport = BatchTransport(app.conf.broker_consumer, app)

    rejoin = _rejoiner(app)

    def make_lane(name: str, partitions: frozenset[TopicPartition]) -> Lane:
        work = stage.make_work(app, name, partitions)
        told = watch.on_fenced, watch.on_fatal, watch.on_retry, rejoin
        return Lane(f"{stage.name}/{name}", partitions, work, IDLE_SECONDS, *told, stage.pace, stage.cell)

    app.lanes = Lanes(stage.lane_of, make_lane)
    if stage.cell is not None:
        stage.cell.add(stage.name, app.lanes)

    async def open_lanes(_app: Any, assigned: set[Any], **_: Any) -> None:
        stage.reach("at_assign")
        app.lanes.assign({TopicPartition(tp.topic, tp.partition) for tp in assigned})
        app.has_assignment = True
        watch.on_lanes(len(app.lanes))

    app.on_partitions_assigned.connect(open_lanes, weak=False)

    async def feed(stream: Any) -> None:
        async for event in stream.noack().events():
            message = event.message
            stage.reach("after_fetch")
            tp = TopicPartition(message.topic, message.partition)
            app.lanes.put(_batch_of(event.value, tp, event.ack))

    app.agent(app.topic(*stage.inputs, allow_empty=True), name=stage.name)(feed)
    return app


def _batch_of(fetched: Fetched, tp: TopicPartition, done: Callable[[], None]) -> Batch:
    return Batch(tp, fetched.records, done, fetched.begins, fetched.ends, fetched.size_bytes, fetched.more)


def _rejoiner(app: StageApp) -> Callable[[], None]:
    """What to do when a lane is fenced: let the group decide who owns the partition. A zombie gets none, the owner
    opens the lane anew."""
    rejoining: set[asyncio.Task[None]] = set()

    def rejoin() -> None:
        task = asyncio.ensure_future(app.consumer.rejoin())
        rejoining.add(task)
        task.add_done_callback(rejoining.discard)

    return rejoin


async def stop_app(app: StageApp) -> None:
    """Finish what is in work, then leave the group.

    Raises:
        TimeoutError: Faust did not stop in time.
    """
    app.lanes.shut()
    await app.lanes.close()
    await asyncio.wait_for(app.stop(), STOP_SECONDS)
