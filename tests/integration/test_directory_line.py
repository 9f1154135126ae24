"""The directory on the real broker: imported, changed and promoted while the line runs, without a restart."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from typer.testing import CliRunner

from agents.settings import PREFIX
from deploy.cli.__main__ import app
from deploy.view.feed import sums_of
from schemas.base import Source
from schemas.topics import ACCOUNTS, ACTIVITIES, IDENTITY
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration

HEAD = "account_id,name,domains,subsidiaries\n"


async def command(line: Line, *arguments: str) -> Any:
    """A command as its user gives it; its JSON answer."""
    environment = {PREFIX + name.upper(): value for name, value in line.given.items()}
    runner = CliRunner()
    result = await asyncio.to_thread(runner.invoke, app, [*arguments, "--json"], env=environment)
    assert result.exit_code == 0, (result.output, result.exception)
    lines = [orjson.loads(text) for text in result.stdout.splitlines()]
    return lines[0] if len(lines) == 1 else lines


def named_by(line: Line, account_id: str, host: str, days_ago: float = 0.0) -> Callable[[], Any]:
    """Whether an event with a mailbox at a host, sent anew each time, is named for an account."""
    numbers, sent = itertools.count(), set[str]()

    async def named() -> bool:
        email = f"{account_id}-{next(numbers)}-{days_ago:g}@{host}"
        moment = datetime.now(UTC) - timedelta(days=days_ago)
        value = orjson.dumps({"type": "page_view", "occurred_at": moment, "email": email})
        sent.add(line.key.mailbox(email))
        await line.produce(line.settings.topics.raw(Source.WEB)[0], [(None, value, None)])
        activities = await line.committed(ACTIVITIES)
        return any(item["account_id"] == account_id for item in activities if item["person"] in sent)

    return named


async def test_a_change_of_the_directory_counts_without_a_restart(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    line = make_line()
    worker = await line.start("ingest", "identify")
    file = tmp_path / "accounts.csv"
    sold = (datetime.now(UTC) - timedelta(days=5)).date()
    file.write_text(f"{HEAD}acme,Acme,acme-works.com,oldco-works.com@..{sold}\nbeta,Beta,beta-works.com,\n")
    found = await command(line, "accounts", "import", str(file))
    assert (found["added"], found["written"], found["problems"]) == (2, 2, [])
    await until(named_by(line, "acme", "acme-works.com"))
    await until(named_by(line, "acme", "mail.oldco-works.com", days_ago=9))

    bought = sold + timedelta(days=1)
    file.write_text(
        f"{HEAD}acme,Acme,,oldco-works.com@..{sold}\nbeta,Beta,beta-works.com;acme-works.com,oldco-works.com@{bought}..\n"
    )
    found = await command(line, "accounts", "import", str(file), "--dry-run")
    assert (found["changed"], found["written"]) == (2, 0)
    assert (await command(line, "accounts", "import", str(file)))["changed"] == 2
    await until(named_by(line, "beta", "acme-works.com"))
    await until(named_by(line, "beta", "oldco-works.com"))
    await until(named_by(line, "acme", "oldco-works.com", days_ago=8))

    await line.produce(line.settings.topics.name(ACCOUNTS), [(b"beta", b'{"account_id": "beta"}', None)])

    async def refused() -> bool:
        async with aiohttp.ClientSession() as session, session.get(worker.metrics_url) as response:
            return sums_of(await response.text()).get("triggerpoint_directory_errors_total") == 1

    await until(refused)
    await until(named_by(line, "beta", "beta-works.com"))
    assert (await command(line, "accounts", "suppress", "beta", "--reason", "partner"))["suppressed"] == "partner"
    assert (await command(line, "accounts", "show", "beta"))["suppressed"] == "partner"
    file.write_text(f"{HEAD}acme,Acme,acme-works.com,\n")
    assert (await command(line, "accounts", "import", str(file), "--replace", "--yes"))["removed"] == 1
    assert (await command(line, "accounts", "list"))["account_id"] == "acme"
    await until(named_by(line, "acme", "acme-works.com", days_ago=1))


async def test_a_promoted_domain_gets_what_waited_for_it(make_line: Callable[..., Line]) -> None:
    line = make_line()
    await line.start("ingest", "identify", "archive")
    moments = [datetime.now(UTC) - timedelta(minutes=minutes) for minutes in (3000, 20, 1)]
    events: list[dict[str, Any]] = [
        {"type": "page_view", "occurred_at": moments[0], "anonymous_id": "v-1", "url": "https://x.io/blog"},
        {"type": "page_view", "occurred_at": moments[1], "anonymous_id": "v-1", "email": "jo@newco-works.io"},
        {"type": "page_view", "occurred_at": moments[2], "email": "al@newco-works.io"},
        {"type": "page_view", "occurred_at": moments[2], "email": "someone@gmail.com"},
    ]
    web = line.settings.topics.raw(Source.WEB)[0]
    await line.produce(web, [(b"k", orjson.dumps(event), None) for event in events])

    async def listed() -> bool:
        found = await command(line, "domains", "unmatched", "--min-people", "2")
        return found != [] and (found["domain"], found["people"], found["subjects"]) == ("newco-works.io", 2, 3)

    await until(listed)
    assert await line.committed(ACTIVITIES) == []
    arguments = ("domains", "promote", "newco-works.io", "--account-id", "newco", "--name", "NewCo", "--yes")
    assert (await command(line, *arguments))["facts"] == 3

    async def attributed() -> bool:
        return len(await line.committed(ACTIVITIES)) == 3

    await until(attributed)
    activities = sorted(await line.committed(ACTIVITIES), key=lambda item: item["occurred_ms"])
    assert [(item["account_id"], item["person"], item["late"]) for item in activities] == [
        ("newco", line.key.mailbox("jo@newco-works.io"), True),
        ("newco", line.key.mailbox("jo@newco-works.io"), False),
        ("newco", line.key.mailbox("al@newco-works.io"), False),
    ]
    assert {fact["reason"] for fact in await line.committed(IDENTITY) if fact["kind"] == "link"} == {
        "domain promoted: newco-works.io is the account's"
    }

    async def no_longer_listed() -> bool:
        return await command(line, "domains", "unmatched") == []

    await until(no_longer_listed)
    repeated = await command(line, "domains", "promote", "newco-works.io", "--account-id", "newco", "--yes")
    assert (repeated["new"], repeated["facts"]) == (False, 0)
    await until(named_by(line, "newco", "newco-works.io"))
