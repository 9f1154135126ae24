"""A person is erased on the real broker and engine: it is nowhere afterwards, and a replay brings nobody back."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from agents import topics
from agents.privacy import retention
from agents.privacy.mark import hold_to_mark, known_key
from agents.settings import PREFIX
from agents.worker import Worker
from deploy.cli.__main__ import app
from deploy.privacy.states import read_states
from pipeline.privacy.key import PrivacyKey
from schemas.base import Source, Team
from schemas.errors import SettingsError
from schemas.topics import ALERTS, EVENTS, KEY_MARKS, REJECTED
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration


def web(type: str, minutes_ago: float, **fields: object) -> bytes:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return orjson.dumps({"type": type, "occurred_at": moment, "url": "https://x.io/pricing", **fields})


async def command(line: Line, *arguments: str, code: int = 0) -> str:
    environment = {PREFIX + name.upper(): value for name, value in line.given.items()}
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=environment)
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


async def everything(line: Line) -> str:
    """All rows of all tables as text."""
    tables = await line.rows("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%_log'")
    rows: list[Any] = [await line.rows(f"SELECT * FROM {table['name']}") for table in tables]
    return str(rows)


async def test_an_erased_person_is_nowhere_and_a_replay_brings_nobody_back(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    line = make_line()
    await line.know("acme-works.com")
    await line.start()
    raw = line.settings.topics.raw(Source.WEB)[0]
    sent = [
        web("page_view", 30, anonymous_id="visitor-jane"),
        web("form_submit", 20, anonymous_id="visitor-jane", email="jane@acme-works.com", form="demo"),
        web("identify", 19, user_id="user-jane", email="jane@acme-works.com", person_name="Jane Doe"),
        web("form_submit", 10, anonymous_id="visitor-joe", email="joe@acme-works.com", form="contact"),
        b'{"type": "page_view", "email": "jane@acme-works.com"',
    ]
    records = [(b"jane@acme-works.com", value, None) for value in sent]
    await line.produce(raw, records)
    ids = [line.key.mailbox("jane@acme-works.com"), line.key.user("user-jane"), line.key.visitor("visitor-jane")]
    joe = line.key.mailbox("joe@acme-works.com")

    async def archived() -> bool:
        text = await everything(line)
        alerts = await line.committed(ALERTS[Team.SALES])
        return all(one in text for one in (*ids, joe, "jane@acme")) and any(
            person["address"] == "jane@acme-works.com" for alert in alerts for person in alert["people"]
        )

    await until(archived)
    file = tmp_path / "jane.json"
    await command(line, "privacy", "export", "jane@acme-works.com", "--to", str(file))
    exported = orjson.loads(file.read_bytes())
    assert {one[2:] for one in exported["ids"]} == set(ids)
    assert "jane@acme-works.com" in exported["clear"]
    assert {"events_log", "activities_log", "identity_log", "rejected_log"} <= exported["tables"].keys()

    report = orjson.loads(await command(line, "privacy", "erase", "jane@acme-works.com", "--yes", "--json"))
    assert (report["left"], report["worked_off"], report["accounts"]) == ({}, True, ["acme-works.com"])
    assert {one[2:] for one in report["ids"]} == set(ids)
    await nowhere(line, ids, joe)

    async def said_anew() -> bool:
        newest = {alert["alert_id"]: alert for alert in await line.committed(ALERTS[Team.SALES])}
        return all(person["person"] not in ids for alert in newest.values() for person in alert["people"])

    await until(said_anew)
    newest = {alert["alert_id"]: alert for alert in await line.committed(ALERTS[Team.SALES])}
    assert all(one not in str(alert["causes"]) for alert in newest.values() for one in ids)
    assert await line.rows("SELECT * FROM cause_check") == []

    again = orjson.loads(await command(line, "privacy", "erase", "jane@acme-works.com", "--yes", "--json"))
    assert (again["erased_ms"], again["rows"], again["left"]) == (0, {}, {})

    events = len(await line.committed(EVENTS))
    await line.produce(raw, records[:4])

    async def replayed() -> bool:
        return [item["reason"] for item in await line.committed(REJECTED)].count("erased") == 3

    await until(replayed)
    dropped = [item for item in await line.committed(REJECTED) if item["reason"] == "erased"]
    assert [(item["value"], item["key"]) for item in dropped] == [(None, None)] * 3
    assert len(await line.committed(EVENTS)) == events + 1  # Joe's, which is known by now

    async def accounted() -> bool:
        [row] = await line.rows("SELECT sum(rejected_by_reason['erased']) AS n FROM event_accounting")
        return bool(row["n"] == 3)

    await until(accounted)
    await nowhere(line, ids, joe)


async def test_topics_and_tables_keep_as_long_as_is_said(make_line: Callable[..., Line]) -> None:
    line = make_line(topic_days="events=3;alerts.sales=60", table_days="events=7", clear_address_days=30)
    await command(line, "topics", "create")
    await command(line, "migrate")
    other = line.settings.model_copy(update={"topic_days": {"nonsense": 1}})
    admin = await topics.connect_admin(line.settings)
    try:
        assert await retention.differing(admin, line.settings) == {}
        found = await retention.differing(admin, line.settings.model_copy(update={"topic_days": {}}))
        with pytest.raises(SettingsError, match="nonsense is no topic"):
            await retention.differing(admin, other)
    finally:
        await admin.close()
    assert found == {line.settings.topics.name(EVENTS): (30, 3)}  # alerts stay 30 days by either, as addresses do
    where = "name = 'events_log' AND database = currentDatabase()"
    [table] = await line.rows(f"SELECT engine_full FROM system.tables WHERE {where}")
    assert "toIntervalDay(7)" in table["engine_full"]
    assert "events 7 days" in await command(line, "doctor")


async def nowhere(line: Line, ids: list[str], other: str) -> None:
    text = await everything(line)
    assert other in text
    assert "jane" not in text
    for one in ids:
        assert one.partition("@")[0] not in text
    held = await read_states(line.settings, ids)
    assert held.count == 0, held
    assert (await read_states(line.settings, [other])).count > 0


async def test_another_key_is_noticed_before_anything_is_written(make_line: Callable[..., Line]) -> None:
    line = make_line(privacy_key="the key this line began with, long ago")
    first = await line.start("ingest")
    await first.stop()
    await (await line.start("ingest")).stop()  # the same key starts as often as wanted
    await command(line, "privacy", "export", "jane@acme-works.com", "--to", str(line.settings.data_dir / "none.json"))

    line.given["privacy_key"] = "another key, given by mistake to one worker"
    other = line.settings.model_copy(update={"privacy_key": SecretStr(line.given["privacy_key"])})
    with pytest.raises(SettingsError, match="began with") as raised:
        await Worker(other, ("ingest",)).start()
    text = str(raised.value)
    assert line.key.fingerprint in text
    assert "long ago" not in text
    assert "Give this worker or command the line's key" in text
    with pytest.raises(SettingsError, match="everybody it knows would be a stranger"):
        await known_key(other)
    checks = [orjson.loads(row) for row in (await command(line, "doctor", "--json", code=1)).splitlines()]
    assert [check["check"] for check in checks if check["state"] == "failed"] == ["privacy key"]
    assert len(await line.committed(KEY_MARKS)) == 1


async def test_of_two_keys_at_once_the_first_written_is_right(make_line: Callable[..., Line]) -> None:
    line = make_line()
    await command(line, "topics", "create")
    keys = [PrivacyKey(b"%d" % number * 32) for number in range(4)]
    ends = await asyncio.gather(*(hold_to_mark(line.settings, key) for key in keys), return_exceptions=True)
    assert sum(end is None for end in ends) == 1
    assert all(end is None or isinstance(end, SettingsError) for end in ends)
    right = keys[ends.index(None)]
    marks = await line.committed(KEY_MARKS)
    assert marks[0] == {"fingerprint": right.fingerprint}
    await hold_to_mark(line.settings, right)
