"""Workers that come and go under load: every record once, whoever owns its partition."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
import pytest

from agents.observe.lag import lag_of
from agents.topics import connect_admin, create_missing
from schemas.base import Source
from schemas.topics import ACTIVITIES, EVENTS
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration

RECORDS = 9000
ROUNDS = 3
COMPANIES = 300


async def feed(line: Line, stop: asyncio.Event) -> int:
    """Events at a steady pace until told to stop; how many."""
    sent = 0
    while not stop.is_set() and sent < RECORDS:
        moment = datetime.now(UTC)
        records = [
            (
                b"%d" % number,
                orjson.dumps(
                    {
                        "type": "page_view",
                        "occurred_at": moment,
                        "event_id": f"e{number}",
                        "email": f"p{number % COMPANIES}@co{number % COMPANIES}-works.com",
                    }
                ),
                None,
            )
            for number in range(sent, sent + 50)
        ]
        await line.produce(line.settings.topics.raw(Source.WEB)[0], records)
        sent += len(records)
    return sent


async def test_workers_join_and_leave_and_nothing_is_lost_or_doubled(make_line: Callable[..., Line]) -> None:
    line = make_line(poll_records_max=100, session_timeout_seconds=6)
    admin = await connect_admin(line.settings)
    await create_missing(admin, line.settings)
    await admin.close()
    await line.know(*(f"co{number}-works.com" for number in range(COMPANIES)))
    stop = asyncio.Event()
    await line.start()
    feeding = asyncio.create_task(feed(line, stop))
    for turn in range(ROUNDS):
        other = await line.start()
        if turn % 2:
            other.kill()
            await other.wait()
        else:
            await other.stop()
    stop.set()
    sent = await feeding
    assert sent > 500

    async def worked_off() -> bool:
        return len(await line.committed(EVENTS)) >= sent and await lag_of(line.settings) == 0

    await until(worked_off, 90)
    wanted = {f"e{number}" for number in range(sent)}
    events = [event["source_event_id"] for event in await line.committed(EVENTS)]
    assert len(events) == len(set(events)) == sent
    assert set(events) == wanted
    activities = [activity["event_id"] for activity in await line.committed(ACTIVITIES)]
    assert len(activities) == len(set(activities)) == sent
    assert await line.rows("SELECT count() AS n FROM activities") == [{"n": sent}]
