"""A worker that has the whole line works it in one transaction; what ends that loses and doubles nothing."""

from collections.abc import Callable
from datetime import UTC, datetime

import aiohttp
import orjson
import pytest

from agents.observe.lag import lag_of
from agents.topics import connect_admin, create_missing
from deploy.demo.process import WorkerProcess
from deploy.view.feed import sums_of
from schemas.base import Source
from schemas.topics import ACTIVITIES, EVENTS
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration

COMPANIES = 20
PARTITIONS = 3
STAGES = 4


def visit(number: int) -> tuple[bytes, bytes, None]:
    company = number % COMPANIES
    event = {
        "type": "page_view",
        "occurred_at": datetime.now(UTC),
        "event_id": f"e{number}",
        "email": f"p{company}@co{company}-works.com",
    }
    return b"%d" % company, orjson.dumps(event), None


async def sample(worker: WorkerProcess, name: str) -> float:
    async with aiohttp.ClientSession() as session, session.get(worker.metrics_url) as response:
        return sums_of(await response.text()).get(name, 0.0)


async def goes_together(worker: WorkerProcess) -> None:
    async def together() -> bool:
        return await sample(worker, "triggerpoint_lanes_together") == STAGES * PARTITIONS

    await until(together)


async def one_worker(line: Line) -> WorkerProcess:
    admin = await connect_admin(line.settings)
    await create_missing(admin, line.settings)
    await admin.close()
    await line.know(*(f"co{number}-works.com" for number in range(COMPANIES)))
    worker = await line.start()
    await goes_together(worker)
    return worker


async def worked_off(line: Line, count: int) -> None:
    async def done() -> bool:
        return len(await line.committed(ACTIVITIES)) >= count and await lag_of(line.settings) == 0

    await until(done)
    ids = [activity["event_id"] for activity in await line.committed(ACTIVITIES)]
    assert len(ids) == len(set(ids)) == count
    assert await line.rows("SELECT count() AS n FROM activities") == [{"n": count}]


async def test_a_record_of_somebody_else_on_the_way_ends_it_and_is_worked(make_line: Callable[..., Line]) -> None:
    line = make_line()
    worker = await one_worker(line)
    raw = line.settings.topics.raw(Source.WEB)[0]
    await line.produce(raw, [visit(number) for number in range(100)])
    await worked_off(line, 100)
    assert await sample(worker, "triggerpoint_retries_total") == 0

    key, value = (await line.records(EVENTS))[0]
    foreign = orjson.loads(value) | {"event_id": "foreign", "source_event_id": "foreign"}
    await line.produce(line.settings.topics.name(EVENTS), [(key, orjson.dumps(foreign), None)])
    await line.produce(raw, [visit(number) for number in range(100, 200)])
    await worked_off(line, 201)
    assert await sample(worker, "triggerpoint_retries_total") > 0
    await goes_together(worker)
    await line.produce(raw, [visit(number) for number in range(200, 300)])
    await worked_off(line, 301)


async def test_a_second_worker_ends_it_and_it_begins_anew_once_that_has_gone(make_line: Callable[..., Line]) -> None:
    line = make_line(session_timeout_seconds=6)
    worker = await one_worker(line)
    raw = line.settings.topics.raw(Source.WEB)[0]
    await line.produce(raw, [visit(number) for number in range(100)])
    other = await line.start()
    await line.produce(raw, [visit(number) for number in range(100, 200)])
    await worked_off(line, 200)
    assert await sample(worker, "triggerpoint_lanes_together") == 0
    assert await sample(other, "triggerpoint_lanes_together") == 0
    other.kill()
    await other.wait()
    await line.produce(raw, [visit(number) for number in range(200, 300)])
    await goes_together(worker)
    await worked_off(line, 300)
