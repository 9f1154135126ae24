"""Past one machine: three brokers, two workers; one broker is killed while the line runs."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from agents.settings import Settings, load
from agents.topics import connect_admin, create_missing
from deploy.cli.directory.topic import Present, write_directory
from deploy.demo.process import WorkerProcess
from deploy.local import ports
from schemas.account import Account
from schemas.topics import ACTIVITIES, EVENTS, RAW
from tests.bench import kafka
from tests.brokers import Brokers
from tests.integration.conftest import until

PARTITIONS = 3
HOSTS = tuple(f"company-{at}-works.com" for at in range(6))
RECORDS = 600
STAGES = ("ingest", "identify", "advance", "dispatch", "handover")
SERVE_SECONDS = 240.0
WORK_SECONDS = 240.0


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[Brokers]:
    cluster = Brokers(tmp_path)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def event(number: int) -> bytes:
    return orjson.dumps(
        {
            "event_id": f"event-{number}",
            "type": "page_view",
            "occurred_at": "2026-11-20T10:00:00Z",
            "email": f"person-{number % 30}@{HOSTS[number % len(HOSTS)]}",
            "url": "https://seller.example/pricing",
        }
    )


async def until_they_serve(bootstrap: str) -> None:
    """All three are members, so that topics can have three replicas."""

    async def all_serve() -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        try:
            await admin.start()
            return len((await admin.describe_cluster())["brokers"]) == Brokers.COUNT
        except KafkaError:
            return False
        finally:
            await admin.close()

    await until(all_serve, SERVE_SECONDS)


async def create_topics(settings: Settings) -> None:
    """All topics with three replicas; again where a request took too long: three brokers on one machine are slow."""

    async def all_made() -> bool:
        admin = await connect_admin(settings)
        try:
            await create_missing(admin, settings)
        except KafkaError:
            return False
        finally:
            await admin.close()
        return True

    await until(all_made, SERVE_SECONDS)


@pytest.mark.integration
@pytest.mark.timeout(900)
async def test_a_broker_may_die_while_the_line_runs(brokers: Brokers, tmp_path: Path) -> None:
    bootstrap = brokers.bootstrap_servers
    await until_they_serve(bootstrap)
    given = {
        "bootstrap_servers": bootstrap,
        "partitions": str(PARTITIONS),
        "replication": "3",
        "data_dir": str(tmp_path / "data"),
    }
    settings = load(**given)
    await create_topics(settings)
    await write_directory(settings, {h: Account(account_id=h, name=h, domains=(h,)) for h in HOSTS}, Present({}, {}))
    workers = []
    for at in range(2):
        port = ports.choose_port("metrics", asked=None, wishes=())
        own = given | {"metrics_port": str(port)}
        workers.append(WorkerProcess(own, tmp_path / f"worker-{at}.log", f"http://127.0.0.1:{port}/metrics"))
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await asyncio.gather(*(worker.start(*STAGES) for worker in workers))
        await asyncio.gather(*(worker.wait_ready(WORK_SECONDS) for worker in workers))
        for number in range(RECORDS):
            if number == RECORDS // 2:
                await producer.flush()
                brokers.kill(1)
            await producer.send(RAW["web"].name, event(number), key=str(number).encode())  # type: ignore[index]
        await producer.flush()
        await _worked(bootstrap)
        told = await kafka.read_all(bootstrap, {ACTIVITIES.name: PARTITIONS})
        found = await kafka.read_all(bootstrap, {EVENTS.name: PARTITIONS})
        for worker in workers:
            worker.check()
    finally:
        await producer.stop()
        await asyncio.gather(*(worker.stop() for worker in workers))
    # each event once, and each told of its account once: nothing lost, nothing doubled
    events = {value["event_id"]: value["source_event_id"] for value in (orjson.loads(r.value) for r in found)}
    assert Counter(orjson.loads(r.value)["source_event_id"] for r in found) == Counter(
        f"event-{number}" for number in range(RECORDS)
    )
    first_told = [orjson.loads(r.value) for r in told]
    counted = Counter(events[value["event_id"]] for value in first_told if not value["revision"])
    assert counted == Counter(events.values())
    assert {value["account_id"] for value in first_told} == set(HOSTS)


async def _worked(bootstrap: str) -> None:
    async def all_told() -> bool:
        return len(await kafka.read_all(bootstrap, {ACTIVITIES.name: PARTITIONS})) >= RECORDS

    await until(all_told, WORK_SECONDS)
