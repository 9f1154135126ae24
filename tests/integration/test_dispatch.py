"""Dispatch on the real line: routed, held over quiet hours and beyond the budget, told in one digest; once, whatever
dies."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.topics import connect_admin, create_missing
from deploy.cli.directory.topic import Present, write_directory
from schemas.account import Account
from schemas.base import Source, Team
from schemas.topics import ALERTS, DIGESTS, HANDOVERS, HELD
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ACCOUNTS = (
    ("one", "maria", "DE"),
    ("two", "maria", "UK"),
    ("three", "maria", "UK"),
    ("four", "maria", "DE"),
    ("five", "maria", "nowhere"),
    ("six", "", "DE"),
)


def policy_until(end: datetime) -> str:
    """Until then maria is off; kim gets one alert a day, and the others then."""
    minute = end.strftime("%H:%M")
    return f"""
teams:
  sales: {{daily_budget: 1, digest_at: "{minute}", desk: sales desk}}
owners:
  maria: {{quiet_hours: {{{DAYS[end.weekday()]}: ["00:00-{minute}"]}}}}
routes:
  - {{when: {{region: [UK]}}, to: kim}}
  - {{when: {{region: [nowhere]}}, to: nobody}}
suppress:
  - {{domain: [four-works.com], why: a test}}
"""


async def ask_for_demos(line: Line) -> None:
    """Everything is there before a worker starts: what is decided goes by when it came, not by when it is worked."""
    admin = await connect_admin(line.settings)
    await create_missing(admin, line.settings)
    await admin.close()
    accounts = {
        name: Account(account_id=name, name=name, domains=(f"{name}-works.com",), owner=owner, region=region)
        for name, owner, region in ACCOUNTS
    }
    await write_directory(line.settings, accounts, Present({}, {}))
    now = datetime.now(UTC)
    forms = [
        {"type": "form_submit", "form": "demo", "email": f"jo@{name}-works.com", "occurred_at": now}
        for name, _, _ in ACCOUNTS
    ]
    await line.produce(line.settings.topics.raw(Source.WEB)[0], [(None, orjson.dumps(form), None) for form in forms])


async def sales_alerts(line: Line) -> list[dict[str, Any]]:
    return [item for item in await line.committed(ALERTS[Team.SALES]) if item["trigger"] == "demo_request"]


async def held(line: Line) -> list[dict[str, Any]]:
    return [item for item in await line.committed(HELD) if item["trigger"] == "demo_request"]


async def test_held_alerts_come_as_one_digest_once_whatever_dies(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    line = make_line(handover_file=file, session_timeout_seconds=6)
    before = datetime.now(UTC)
    await ask_for_demos(line)
    end = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)
    if end.date() != before.date():
        pytest.skip("midnight comes before the end of the quiet time")
    file.write_text(policy_until(end))
    worker = await line.start()

    async def decided() -> bool:
        found = Counter((item["reason"], item["outcome"]) for item in await held(line))
        return {
            ("quiet_hours", "waiting"),
            ("budget", "waiting"),
            ("listed", "not_sent"),
            ("unrouted", "not_sent"),
        } <= (found.keys())

    await until(decided)
    worker.kill()
    await worker.wait()
    at_once = {item["account_id"] for item in await sales_alerts(line) if item["delivery"] == "now"}
    assert len(at_once & {"two", "three"}) == 1
    assert at_once - {"two", "three"} == {"six"}
    [late] = {"two", "three"} - at_once

    await line.start()

    async def told() -> bool:
        return {item["owner"] for item in await line.committed(DIGESTS)} >= {"maria", "kim"}

    await until(told, 120)
    digests = await line.committed(DIGESTS)
    assert sorted(item["owner"] for item in digests) == ["kim", "maria"]
    assert {datetime.fromisoformat(item["at"]) for item in digests} == {end}
    by_owner = {item["owner"]: item for item in digests}
    accounts = {owner: [one["account_id"] for one in item["accounts"]] for owner, item in by_owner.items()}
    assert accounts == {"maria": ["one"], "kim": [late]}

    found = await sales_alerts(line)
    assert {item["account_id"]: (item["routed_to"], item["delivery"]) for item in found} == {
        "one": ("maria", "digest"),
        **dict.fromkeys(at_once, ("kim", "now")),
        late: ("kim", "digest"),
        "six": ("sales desk", "now"),
    }
    assert len(found) == 4
    for item in found:
        if item["delivery"] == "digest":
            assert item["digest_id"] == by_owner[item["routed_to"]]["digest_id"]
            assert datetime.fromisoformat(item["delivered_at"]) == end
    said = [(item["held_id"], item["revision"]) for item in await line.committed(HELD)]
    assert len(set(said)) == len(said)

    async def archived() -> bool:
        rows = await line.rows(
            "SELECT reason, outcome, owner, sum(alerts) AS n FROM alerts_not_sent WHERE trigger = 'demo_request'"
            " GROUP BY reason, outcome, owner ORDER BY reason"
        )
        ended = await line.rows("SELECT outcome FROM alerts_held WHERE reason IN ('quiet_hours', 'budget')")
        return rows == [
            {"reason": "listed", "outcome": "not_sent", "owner": "maria", "n": 1},
            {"reason": "unrouted", "outcome": "not_sent", "owner": "maria", "n": 1},
        ] and {row["outcome"] for row in ended} == {"digest"}

    await until(archived)

    async def offers() -> list[dict[str, Any]]:
        lines = await line.committed(HANDOVERS)
        return [item for item in lines if item["step"] == "offered" and item["trigger"] == "demo_request"]

    async def offered() -> bool:
        return len(await offers()) == 4

    await until(offered)
    given = {item["account_id"]: item for item in await offers()}
    assert {name: item["owner"] for name, item in given.items()} == {
        "one": "maria",
        "two": "kim",
        "three": "kim",
        "six": "sales desk",
    }
    # what waited for the end of quiet hours waited for its reader, not for the line
    assert given["one"]["system_delay_seconds"] < 60
