"""A wrong match is taken back on the real line: retraction on the topic, restated views, what was said still there."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import aiohttp
import orjson
import pytest

from deploy.cli.directory.identity import command_fact
from deploy.cli.directory.topic import write_facts
from deploy.view.feed import sums_of
from schemas.account import Account
from schemas.base import Source, Team
from schemas.identity import FactKind
from schemas.topics import ACCOUNTS, ALERTS, RETURNED, TRANSITIONS
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration
ACME = Account(account_id="acme", name="Acme Corp", domains=("acme-works.com",))
RIVAL = Account(account_id="rival", name="Rival Ltd", domains=("rival-works.com",))


def web(type: str, minutes_ago: float, **fields: object) -> tuple[bytes, bytes, None]:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return b"v-1", orjson.dumps({"type": type, "occurred_at": moment, **fields}), None


async def say(line: Line, kind: FactKind, subject: str, account_id: str) -> None:
    fact = command_fact(kind, subject, account_id, "wrong match", time.time_ns() // 1_000_000)
    await write_facts(line.settings, [fact])


async def put(line: Line, *accounts: Account) -> None:
    records: list[tuple[bytes | None, bytes | None, int | None]] = [
        (account.account_id.encode(), account.encode(), None) for account in accounts
    ]
    await line.produce(line.settings.topics.name(ACCOUNTS), records)


async def demo_alerts(line: Line) -> list[tuple[str, str, int]]:
    said = await line.committed(ALERTS[Team.SALES])
    return [
        (item["account_id"], item["status"], item["revision"]) for item in said if item["trigger"] == "demo_request"
    ]


async def stages(line: Line) -> dict[str, str]:
    return {row["account_id"]: row["stage"] for row in await line.rows("SELECT account_id, stage FROM account_stage")}


async def started(make_line: Callable[..., Line]) -> Line:
    line = make_line()
    worker = await line.start()
    await put(line, ACME, RIVAL)

    async def directory_known() -> bool:
        async with aiohttp.ClientSession() as session, session.get(worker.metrics_url) as response:
            return sums_of(await response.text()).get("triggerpoint_directory_accounts") == 2

    await until(directory_known)
    await line.produce(
        line.settings.topics.raw(Source.WEB)[0],
        [
            web("page_view", 30, anonymous_id="v-1", url="https://x.io/pricing"),
            web("form_submit", 20, anonymous_id="v-1", user_id="u-1", form="demo"),
            web("identify", 19, user_id="u-1", email="jane@acme-works.com"),
        ],
    )

    async def alerted() -> bool:
        return await demo_alerts(line) == [("acme", "raised", 0)] and (await stages(line)).get("acme") == "deciding"

    await until(alerted)
    return line


async def test_an_unlinked_visitor_leaves_no_trace_but_in_what_was_said(make_line: Callable[..., Line]) -> None:
    line = await started(make_line)
    visitor = line.key.subject("a:v-1")
    await say(line, FactKind.UNLINK, visitor, "acme")

    async def retracted() -> bool:
        return ("acme", "retracted", 1) in await demo_alerts(line) and "deciding" not in (await stages(line)).values()

    await until(retracted)
    gone = [item for item in await line.committed(ALERTS[Team.SALES]) if item["status"] == "retracted"]
    assert {item["trigger"] for item in gone} == {"demo_request", "pricing_interest"}
    assert [(item["causes"], item["score"]) for item in gone] == [([], 0), ([], 0)]
    assert all("wrong match" in item["why"] for item in gone)
    assert await line.rows("SELECT * FROM alerts WHERE trigger = 'demo_request'") == []
    said = await line.rows("SELECT status FROM alerts_said WHERE trigger = 'demo_request' ORDER BY kafka_offset")
    assert [row["status"] for row in said] == ["raised", "retracted"]
    assert await line.rows(f"SELECT * FROM activities WHERE subject = '{visitor}'") == []
    said_of = f"SELECT * FROM activities_said WHERE subject = '{visitor}' AND type != 'retraction'"
    assert len(await line.rows(said_of)) == 2
    assert await line.rows("SELECT * FROM cause_check") == []
    assert [len(item["hits"]) for item in await line.committed(RETURNED)] == [2]
    withdrawn = [item for item in await line.committed(TRANSITIONS) if item["withdrawn"]]
    assert withdrawn
    assert {item["restated_because"] for item in withdrawn} == {"wrong match"}

    # what came back waits, and goes to whom it belongs
    await line.produce(
        line.settings.topics.raw(Source.WEB)[0],
        [web("identify", 0, anonymous_id="v-1", email="bob@rival-works.com")],
    )

    async def at_the_right_one() -> bool:
        rows = await line.rows("SELECT type FROM activities WHERE account_id = 'rival' ORDER BY occurred_at")
        return [row["type"] for row in rows] == ["pricing_view", "demo_request", "identify"]

    await until(at_the_right_one)


async def test_a_competitor_found_out_later_is_taken_out_and_can_come_back(make_line: Callable[..., Line]) -> None:
    line = await started(make_line)
    before = await line.rows("SELECT transition_id FROM transitions ORDER BY sequence")
    await put(line, ACME.model_copy(update={"suppressed": "competitor"}))

    async def silent() -> bool:
        return ("acme", "retracted", 1) in await demo_alerts(line) and "acme" not in await stages(line)

    await until(silent)
    await put(line, ACME)

    async def back() -> bool:
        return (await stages(line)).get("acme") == "deciding"

    await until(back)
    assert await line.rows("SELECT transition_id FROM transitions ORDER BY sequence") == before
    assert [entry for entry in await demo_alerts(line) if entry[1] == "raised"] == [("acme", "raised", 0)]
