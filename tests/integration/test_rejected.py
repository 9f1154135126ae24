"""Rejects are not the end: a topic that was set as a wrong source, set right, and what was refused sent back."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from aiokafka.admin import NewTopic

from agents.observe.lag import lag_of
from agents.settings import PREFIX, load
from agents.topics import connect_admin
from schemas.base import Source
from schemas.topics import ACTIVITIES, EVENTS, REJECTED, TRANSITIONS, Topic
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration
VISITS = 300
WAIT_SECONDS = 240.0
STAGES = ("ingest", "identify", "advance")
PAGES = ("https://x.io/pricing", "https://x.io/blog/a", "https://x.io/docs")


def calls(stamp_ms: int) -> list[tuple[bytes | None, bytes | None, int | None]]:
    """Segment page calls of seven companies, as a tracker writes them."""
    found: list[tuple[bytes | None, bytes | None, int | None]] = []
    for at in range(VISITS):
        call = {
            "type": "page",
            "messageId": f"m-{at}",
            "userId": f"p{at % 21}@co{at % 7}-works.com",
            "timestamp": stamp_ms + at * 1000,
            "properties": {"url": PAGES[at % 3]},
        }
        found.append((b"%d" % (at % 5), orjson.dumps(call), stamp_ms + at * 1000 + 400))
    return found


async def command(line: Line, *arguments: str) -> tuple[int, str, str]:
    process = await start(line, *arguments)
    out, err = await process.communicate(b"")  # nobody answers questions
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def start(line: Line, *arguments: str) -> "asyncio.subprocess.Process":
    given = os.environ | {PREFIX + name.upper(): value for name, value in line.given.items()}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.cli", *arguments, env=given, stdin=pipe, stdout=pipe, stderr=pipe
    )


async def told(line: Line, topic: Topic, own: str) -> list[dict[str, Any]]:
    """Records of a topic without the input topic's name, in an order of their own."""
    values = [orjson.loads(orjson.dumps(value).replace(own.encode(), b"site")) for value in await line.committed(topic)]
    return sorted(values, key=orjson.dumps)


async def make_own(line: Line, topic: str) -> None:
    """A topic of the producers' own, whose timestamps they set: so that both lines take each record at one time."""
    admin = await connect_admin(line.settings)
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"message.timestamp.type": "CreateTime"})])
    finally:
        await admin.close()


@pytest.mark.timeout(900)
async def test_replay_after_a_fix_gives_what_would_have_been(make_line: Callable[..., Line]) -> None:
    stamp_ms = int(time.time() * 1000) - 7_200_000
    key = "one key, so that both know persons alike"
    # one partition: between several the order is chance, replayed or not, and journeys are told by order
    right = make_line(input_topics="web=right.site", privacy_key=key, partitions=1)
    wrong = make_line(input_topics="crm=wrong.site", privacy_key=key, partitions=1)
    hosts = [f"co{number}-works.com" for number in range(7)]
    for line, topic in ((right, "right.site"), (wrong, "wrong.site")):
        await make_own(line, topic)
        await line.know(*hosts)
        worker = await line.start("ingest", "identify", "advance", *(["archive"] if line is wrong else []))
        await line.produce(topic, calls(stamp_ms))

        async def worked_off(line: Line = line) -> bool:
            done = await line.committed(REJECTED if line is wrong else EVENTS)
            return len(done) == VISITS and await lag_of(line.settings, STAGES) == 0

        await until(worked_off, WAIT_SECONDS)
    refused = await wrong.committed(REJECTED)
    assert {item["reason"] for item in refused} == {"unknown_format"}
    code, out, err = await command(wrong, "rejected", "list", "--reason", "unknown_format", "--limit", "3", "--json")
    assert (code, len(out.splitlines())) == (0, 3), err
    code, out, err = await command(wrong, "rejected", "replay", "--dry-run", "--text", "p1@co1-", "--json")
    assert code == 0, err
    assert {orjson.loads(row)["usable"] for row in out.splitlines()} == {False}

    # the fix: the topic is the site's
    await worker.stop()
    wrong.given["input_topics"] = "web=wrong.site"
    wrong.settings = load(**wrong.given, metrics_port=0)
    code, out, err = await command(wrong, "rejected", "replay", "--dry-run", "--limit", "5")
    assert code == 0, err
    assert out.count("event `page_view`") == 5
    assert "5 of 5 would be used; nothing was sent" in err
    await wrong.start("ingest", "identify", "advance", "archive")

    killed = await start(wrong, "rejected", "replay", "--yes")

    async def some_sent() -> bool:
        return any(item["status"] != "rejected" for item in await wrong.committed(REJECTED))

    await until(some_sent, WAIT_SECONDS)
    if killed.returncode is None:
        killed.kill()
    await killed.communicate()
    for _ in range(2):  # the rest, and once more for nothing
        code, out, err = await command(wrong, "rejected", "replay", "--yes", "--json")
        assert code == 0, err
    assert orjson.loads(out) == {"sent": 0, "not_sent": []}

    async def all_used() -> bool:
        found = await wrong.committed(REJECTED)
        return (
            sum(item["status"] == "accepted" for item in found) == VISITS and await lag_of(wrong.settings, STAGES) == 0
        )

    await until(all_used, WAIT_SECONDS)
    for topic in (EVENTS, ACTIVITIES, TRANSITIONS):
        assert await told(wrong, topic, "wrong.site") == await told(right, topic, "right.site"), topic.name
    assert {(item["replays"], item["revision"]) for item in await wrong.committed(REJECTED) if item["became"]} == {
        (1, 2)
    }

    async def archived() -> bool:
        return await wrong.rows("SELECT status, count() AS n FROM rejected GROUP BY status") == [
            {"status": "accepted", "n": VISITS}
        ]

    await until(archived)
    (accounted,) = await wrong.rows("SELECT sum(events) AS events, sum(rejected) AS rejected FROM event_accounting")
    assert accounted == {"events": VISITS, "rejected": 0}
    code, out, err = await command(wrong, "rejected", "show", "wrong.site:0:0")
    assert code == 0, err
    assert "accepted" in out
    assert "m-" in out


@pytest.mark.timeout(900)
async def test_replay_asks_and_says_what_cannot_be(make_line: Callable[..., Line]) -> None:
    line = make_line()
    await line.start("ingest")
    await line.produce(line.settings.topics.raw(Source.WEB)[0], [(b"k", b"\x1b[2J not json", None)])

    async def refused() -> bool:
        return len(await line.committed(REJECTED)) == 1

    await until(refused)
    code, out, err = await command(line, "rejected", "replay")
    assert code != 0  # nobody answered the question
    assert "Send 1 records back" in out + err
    code, out, err = await command(line, "rejected", "list")
    assert code == 0
    assert "bad_json" in out
    code, out, err = await command(line, "rejected", "show", "no-such-id")
    assert code == 2
    assert "Nothing refused is named no-such-id" in err
    code, out, err = await command(line, "rejected", "replay", "--yes")
    assert code == 0, err

    async def refused_again() -> bool:
        return [item["revision"] for item in await line.committed(REJECTED)] == [0, 1, 2]

    await until(refused_again)
    code, out, err = await command(line, "rejected", "list")
    assert "rejected 1x" in " ".join(out.split())
    assert "\x1b[2J" not in out
