"""kill -9 in mid-stream: the same transitions and alerts as an undisturbed run; none missing, doubled or changed."""

import random
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from aiokafka.admin import NewTopic

from agents.advance import JOURNAL
from agents.observe.lag import lag_of
from agents.topics import connect_admin, create_missing
from deploy.demo.process import WorkerProcess
from schemas.base import Source, Team
from schemas.topics import ACTIVITIES, ALERTS, EVENTS, JOURNEY_CHANGELOG, TRANSITIONS
from tests.builders import DAY_MS, HOUR_MS
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration

ACCOUNTS = 240
PATHS = ("/blog/a", "/pricing", "/compare/rival", "/customers/one", "/docs/api", "/product/two", "/security")
KILLS = 5
NOW_MS = time.time_ns() // 1_000_000
HISTORY_MS = NOW_MS - 120 * DAY_MS
FRESH_MS = 20 * HOUR_MS
"""Events of the last hours raise alerts; what is older than a day when the broker takes it is history, which raises
none. None lie in between: nothing may depend on how long a run takes."""

SETTINGS = {
    "poll_records_max": 60,
    "session_timeout_seconds": 6,
    "privacy_key": "one-key-for-both-lines-of-this-test",
    "learn_minutes": 0,
}
"""Small batches, so that there is a mid-stream; a dead worker is noticed soon; persons have one pseudonym in both. A
worker learns as it starts, and the killed one starts more often: its alerts would say what was learned meanwhile."""


def traffic(seed: int) -> list[tuple[str, bytes, bytes, int]]:
    """(source, key, value, time) of accounts with one mailbox each: each account's order is the topic's order."""
    rng = random.Random(seed)
    made = []
    for number in range(ACCOUNTS):
        mail, at_ms = f"p{number}@co{number}-works.com", HISTORY_MS + rng.randrange(5 * DAY_MS)
        history = rng.randrange(10, 40)
        for step in range(history + (number % 2) * rng.randrange(2, 8)):
            at_ms += rng.randrange(DAY_MS * 2)
            if step >= history:
                at_ms = NOW_MS - FRESH_MS + (step - history) * 2 * HOUR_MS + rng.randrange(HOUR_MS)
            event: dict[str, Any] = {"occurred_at": f"{at_ms}", "event_id": f"{number}-{step}", "email": mail}
            kind = rng.random()
            if kind < 0.7:
                event |= {"type": "page_view", "url": "https://x.io" + rng.choice(PATHS)}
            elif kind < 0.85:
                event |= {"type": "content_download", "asset": rng.choice(("guide", "white-paper"))}
            elif kind < 0.93:
                event |= {"type": "form_submit", "form": rng.choice(("demo", "newsletter"))}
            else:
                event |= {"type": "webinar", "asset": "live"}
            made.append(("web", mail.encode(), orjson.dumps(event), at_ms))
            if rng.random() < 0.05:
                made.append(made[-1])  # a producer's retry
    return sorted(made, key=lambda item: item[3])


async def make_topics(line: Line) -> None:
    admin = await connect_admin(line.settings)
    # the producers' own timestamps, so that both lines take each record at one time
    own = NewTopic(
        line.settings.topics.raw(Source.WEB)[0], 3, 1, topic_configs={"message.timestamp.type": "CreateTime"}
    )
    await admin.create_topics([own])
    await create_missing(admin, line.settings)
    await admin.close()
    await line.know(*(f"co{number}-works.com" for number in range(ACCOUNTS)))


async def feed(line: Line, seed: int) -> int:
    records = traffic(seed)
    topic = line.settings.topics.raw(Source.WEB)[0]
    # no timestamps of the past: the broker would delete the records by the topic's retention
    await line.produce(topic, [(key, value, NOW_MS + number) for number, (_, key, value, _) in enumerate(records)])
    return len(records)


async def worked_off(line: Line, sent: int) -> None:
    async def done() -> bool:
        return len(await line.committed(EVENTS)) == sent and await lag_of(line.settings) == 0

    await until(done, 120)


async def results(line: Line) -> dict[str, list[dict[str, Any]]]:
    """What stands for a subscriber at the end, sorted by id: of each the highest revision, of which there is one.

    How often something was said anew depends on how batches were cut, and so on when the worker died.
    """
    found: dict[str, list[dict[str, Any]]] = {"transitions": await line.committed(TRANSITIONS), "alerts": []}
    for team in Team:
        found["alerts"] += await line.committed(ALERTS[team])
    found["activities"] = await line.committed(ACTIVITIES)
    standing: dict[str, list[dict[str, Any]]] = {}
    for noun, records in found.items():
        id_field = {"activities": "activity_id"}.get(noun, noun.removesuffix("s") + "_id")
        assert len({(record[id_field], record["revision"]) for record in records}) == len(records), f"doubles: {noun}"
        records.sort(key=lambda record, field=id_field: (record[field], record["revision"]))
        last = {record[id_field]: record for record in records}
        standing[noun] = [
            {name: part for name, part in record.items() if name not in ("revision", "restated_because")}
            for record in last.values()
            if not record.get("withdrawn") and record.get("status") != "retracted"
        ]
    return standing


async def final_states(line: Line) -> dict[str, Any]:
    """Newest state of each account that the timers of today do not touch any more. The journal beside it differs from
    run to run, as batches do."""
    states: dict[str, Any] = {}
    for key, value in await line.records(JOURNEY_CHANGELOG):
        if JOURNAL not in key:
            states[key.decode()] = {name: part for name, part in orjson.loads(value).items() if name != "journal"}
    return states


@pytest.mark.parametrize("seed", [11])
async def test_kill_9_in_mid_stream_changes_nothing(make_line: Callable[..., Line], seed: int) -> None:
    undisturbed, killed = make_line(**SETTINGS), make_line(**SETTINGS)
    # history is there before the workers start: what comes months after its time may come after a timer has fired
    for line in (undisturbed, killed):
        await make_topics(line)
        sent = await feed(line, seed)
    calm = await undisturbed.start()
    await worked_off(undisturbed, sent)

    worker: WorkerProcess = await killed.start(ready=False)
    rng = random.Random(seed)
    for _ in range(KILLS):
        before = len(await killed.committed(EVENTS))
        wanted = before + rng.randrange(1, sent // KILLS)

        async def moved_on(wanted: int = wanted) -> bool:
            return len(await killed.committed(EVENTS)) >= min(wanted, sent)

        await until(moved_on)
        worker.kill()
        await worker.wait()
        worker = await killed.start(ready=False)
    await worked_off(killed, sent)
    # timers that are due by now fire once the watermark has passed; then nothing moves any more
    expected = await results(undisturbed)

    async def as_many() -> bool:
        found = await results(killed)
        return {noun: len(items) for noun, items in found.items()} == {
            noun: len(items) for noun, items in expected.items()
        }

    await until(as_many)
    assert expected["transitions"]
    assert expected["alerts"]
    assert await results(killed) == await results(undisturbed) == expected
    assert await final_states(killed) == await final_states(undisturbed)
    for line in (killed, undisturbed):
        await worked_off(line, sent)
        rows = await line.rows("SELECT count() AS n, uniqExact(transition_id) AS ids FROM transitions")
        assert rows == [{"n": len(expected["transitions"]), "ids": len(expected["transitions"])}]
    calm.check()
