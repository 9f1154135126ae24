"""Pacing and publishing against a producer that keeps what it is given; and the command line."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner

from deploy.cli.simulate import simulate
from deploy.simulate import Progress, Publisher, PublishError, WorldSpec, accounts, messages
from deploy.simulate.replay import Pacer
from schemas.base import Source
from schemas.topics import ACCOUNTS, RAW, TopicNames

SPEC = WorldSpec(companies=8, days=30)


class FakeBatch:
    def __init__(self, room: int) -> None:
        self.records: list[tuple[bytes | None, bytes]] = []
        self.room, self.closed = room, False

    def append(self, *, key: bytes | None, value: bytes, timestamp: float | None) -> object | None:
        if self.closed or len(self.records) == self.room:
            return None
        self.records.append((key, value))
        return self

    def close(self) -> None:
        self.closed = True


class FakeProducer:
    def __init__(self, topics: set[str], room: int = 50) -> None:
        self.sent: list[tuple[str, int, FakeBatch]] = []
        self.topics, self.room, self.stopped = topics, room, False
        self.client = SimpleNamespace(fetch_all_metadata=self.metadata)

    async def metadata(self) -> Any:
        return SimpleNamespace(topics=lambda: self.topics)

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.stopped = True

    async def partitions_for(self, topic: str) -> set[int]:
        return {0, 1, 2}

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self.room)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> asyncio.Future[None]:
        assert batch.closed
        self.sent.append((topic, partition, batch))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def values(self, topic: str) -> list[bytes]:
        return [value for name, _, batch in self.sent if name == topic for _, value in batch.records]


ALL_TOPICS = {ACCOUNTS.name, *(topic.name for topic in RAW.values())}


def publisher(producer: FakeProducer) -> Publisher:
    def factory(_: str, __: Mapping[str, Any]) -> FakeProducer:
        return producer

    return Publisher(factory=factory)


async def test_everything_reaches_its_topic_once() -> None:
    producer = FakeProducer(ALL_TOPICS)
    report = await publisher(producer).publish("x", TopicNames(), SPEC)
    traffic = list(messages(SPEC))
    assert producer.stopped
    assert report.sent == len(traffic) == sum(report.by_topic.values())
    assert report.accounts == len(accounts(SPEC))
    assert sorted(producer.values(ACCOUNTS.name)) == sorted(message.value for message in accounts(SPEC))
    for source in Source:
        expected = sorted(message.value for message in traffic if message.source is source)
        assert sorted(producer.values(RAW[source].name)) == expected
    assert report.bad == sum(message.label == "bad" for message in traffic)
    assert report.duplicates == sum(message.label == "duplicate" for message in traffic)
    assert report.machine == sum(message.label == "machine" for message in traffic)
    assert report.simulated_to_ms == traffic[-1].sent_ms


async def test_a_key_stays_on_one_partition_in_order() -> None:
    producer = FakeProducer(ALL_TOPICS, room=3)
    await publisher(producer).publish("x", TopicNames(), SPEC)
    places: dict[tuple[str, bytes], set[int]] = {}
    for topic, partition, batch in producer.sent:
        for key, _ in batch.records:
            if key is not None:
                places.setdefault((topic, key), set()).add(partition)
    assert all(len(partitions) == 1 for partitions in places.values())
    key = next(message.key for message in messages(SPEC) if message.key and message.topic_noun == "web")
    sent = [value for _, _, batch in producer.sent for k, value in batch.records if k == key]
    assert sent == [message.value for message in messages(SPEC) if message.key == key]


async def test_names_of_the_installation_are_used() -> None:
    names = TopicNames("acme.", {Source.WEB: ("site.events",)})
    mine = {"acme." + name for name in ALL_TOPICS} | {"site.events"}
    report = await publisher(FakeProducer(mine)).publish("x", names, SPEC, directory=False)
    assert "site.events" in report.by_topic
    assert "acme." + RAW[Source.TRIAL].name in report.by_topic
    assert report.accounts == 0


async def test_missing_topics_are_named_at_once() -> None:
    producer = FakeProducer(ALL_TOPICS - {ACCOUNTS.name})
    with pytest.raises(PublishError, match=r"intent\.accounts\.v1.*triggerpoint topics"):
        await publisher(producer).publish("x", TopicNames(), SPEC)
    assert producer.stopped


async def test_limit_and_stop_end_a_run_early() -> None:
    report = await publisher(FakeProducer(ALL_TOPICS)).publish("x", TopicNames(), SPEC, limit=17)
    assert (report.sent, report.stopped) == (17, False)
    stop = asyncio.Event()
    stop.set()
    report = await publisher(FakeProducer(ALL_TOPICS)).publish("x", TopicNames(), SPEC, stop=stop)
    assert (report.sent, report.stopped) == (0, True)


async def test_rate_is_kept_and_progress_told() -> None:
    told: list[Progress] = []
    report = await publisher(FakeProducer(ALL_TOPICS)).publish(
        "x", TopicNames(), SPEC, rate_per_second=400, limit=200, progress=told.append
    )
    assert 0.45 < report.seconds < 3
    assert told[-1].sent == 200
    assert told[-1].share == 1.0


async def test_an_anchor_in_the_past_is_caught_up_with() -> None:
    traffic = list(messages(SPEC))
    begun = datetime.now(UTC) - timedelta(seconds=100)
    report = await publisher(FakeProducer(ALL_TOPICS)).publish(
        "x", TopicNames(), SPEC, speed=SPEC.days * 86_400 / 10, anchor=begun
    )
    assert report.sent == len(traffic)
    assert report.seconds < 5


def test_pacer_waits_by_rate_by_speed_and_by_the_slower_of_both() -> None:
    now = [0.0]
    by_rate = Pacer(10, None, 0, clock=lambda: now[0])
    assert by_rate.wait(5, 0) == pytest.approx(0.5)
    by_speed = Pacer(None, 100, 1_000, clock=lambda: now[0])
    assert by_speed.wait(5, 201_000) == pytest.approx(2.0)
    both = Pacer(10, 100, 1_000, clock=lambda: now[0])
    assert both.wait(5, 201_000) == pytest.approx(2.0)
    assert both.wait(50, 201_000) == pytest.approx(5.0)
    now[0] = 10.0
    assert both.wait(50, 201_000) == 0
    assert Pacer(None, None, 0).wait(1, 10**15) == 0
    with pytest.raises(ValueError, match="positive"):
        Pacer(0, None, 0)


def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(simulate)
    return app


def test_the_command_prints_json_lines_and_writes_the_truth(tmp_path: Path) -> None:
    arguments = ["--stdout", "--companies", "5", "--limit", "300", "--start", "2026-01-05T00:00:00Z"]
    arguments += ["--truth-dir", str(tmp_path)]
    result = CliRunner().invoke(command(), arguments)
    assert result.exit_code == 0, result.output
    lines = [orjson.loads(line) for line in result.stdout.splitlines()]
    spec = WorldSpec(companies=5)
    assert len(lines) == 300 + len(accounts(spec))
    assert lines[0]["topic"] == ACCOUNTS.name
    first = next(messages(spec))
    assert next(line for line in lines if line["topic"] != ACCOUNTS.name)["value"].encode() == first.value
    assert (tmp_path / "journeys.jsonl").exists()


def test_the_command_refuses_what_does_not_fit() -> None:
    assert CliRunner().invoke(command(), ["--fast", "--rate", "5"]).exit_code == 2
    assert CliRunner().invoke(command(), ["--start", "tomorrow"]).exit_code == 2
