"""The whole line on the real broker and the real engine, as producers, subscribers, analysts and operators meet it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import orjson
import pytest

from agents.observe.lag import lag_of
from agents.topics import check, connect_admin
from deploy.view.feed import sums_of
from schemas.base import Source, Team
from schemas.errors import TopicMismatchError
from schemas.topics import ACCOUNTS, ACTIVITIES, ALERTS, EVENTS, REJECTED, TRANSITIONS
from tests.integration.conftest import Line, until
from tests.journeys import FOLDER

pytestmark = pytest.mark.integration


def native(type: str, minutes_ago: float = 0.0, **fields: object) -> bytes:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return orjson.dumps({"type": type, "occurred_at": moment, **fields})


def web(line: Line) -> str:
    return line.settings.topics.raw(Source.WEB)[0]


async def test_a_foreign_producer_sees_its_account_move(make_line: Callable[..., Line]) -> None:
    line = make_line()
    worker = await line.start()
    account = {"account_id": "acme", "name": "Acme Corp", "domains": ["acme-works.com"], "owner": "maria@seller.io"}
    await line.produce(line.settings.topics.name(ACCOUNTS), [(b"acme", orjson.dumps(account), None)])

    async def directory_known() -> bool:
        async with aiohttp.ClientSession() as session, session.get(worker.metrics_url) as response:
            return sums_of(await response.text()).get("triggerpoint_directory_accounts") == 1

    await until(directory_known)
    visits = [
        native("page_view", 3000, anonymous_id="v-1", url="https://x.io/blog/a"),
        native("content_download", 20, anonymous_id="v-1", asset="white-paper"),
        native("form_submit", 1, anonymous_id="v-1", email="jane@acme-works.com", form="demo", job_title="CTO"),
    ]
    await line.produce(web(line), [(b"v-1", value, None) for value in visits])

    async def alerted() -> bool:
        return any(alert["trigger"] == "demo_request" for alert in await line.committed(ALERTS[Team.SALES]))

    await until(alerted)
    (alert,) = [item for item in await line.committed(ALERTS[Team.SALES]) if item["trigger"] == "demo_request"]
    assert (alert["account_id"], alert["account_name"], alert["owner"]) == ("acme", "Acme Corp", "maria@seller.io")
    jane = {"person": line.key.mailbox("jane@acme-works.com"), "address": "jane@acme-works.com", "job_title": "CTO"}
    assert alert["people"] == [{**jane, "sealed": "", "name": "", "role": "executive", "do_not_mail": False}]
    assert sum(cause["points"] for cause in alert["causes"]) == alert["score"]
    assert "asked for a demo today" in alert["why"]

    async def archived() -> bool:
        found = await line.rows("SELECT stage, last_trigger FROM account_stage WHERE account_id = 'acme'")
        return [row["stage"] for row in found] == ["deciding"] and (await line.rows("SELECT * FROM alerts")) != []

    await until(archived)
    assert await line.rows("SELECT * FROM cause_check") == []
    [row] = await line.rows("SELECT people, why FROM alerts WHERE trigger = 'demo_request'")
    assert row["people"][0] == (jane["person"], "CTO") or row["people"][0]["person"] == jane["person"]
    assert "jane" not in row["why"]
    activities = await line.committed(ACTIVITIES)
    assert [item["late"] for item in sorted(activities, key=lambda item: item["occurred_ms"])] == [True, False, False]


async def test_bad_input_ends_in_rejected_and_its_neighbours_go_through(make_line: Callable[..., Line]) -> None:
    line = make_line()
    await line.start("ingest")
    good = native("page_view", email="jo@acme-works.com")
    bad = {
        "bad_encoding": b"\xff\xfe{}",
        "bad_json": b'{"type": "page_view", ',
        "bad_field": native("page_view", email="jo@acme-works.com", url=17),
        "empty": b"",
        "oversize_field": native("page_view", email="jo@acme-works.com", url="https://x.io/" + "a" * 5000),
        "unknown_format": orjson.dumps({"vendor": "never heard of", "payload": {}}),
        "no_subject": native("page_view", url="https://x.io"),
        "unsupported_type": native("teleport", email="jo@acme-works.com"),
        "bad_time": orjson.dumps({"type": "page_view", "occurred_at": "yesterday", "email": "jo@acme-works.com"}),
    }
    records = [(b"k", value, None) for value in (good, *bad.values(), good.replace(b"jo@", b"al@"))]
    await line.produce(web(line), [*records, (b"k", None, None)])

    async def all_in() -> bool:
        return len(await line.committed(REJECTED)) == len(bad) + 1

    await until(all_in)
    rejected = await line.committed(REJECTED)
    assert sorted(item["reason"] for item in rejected) == sorted([*bad, "empty"])
    assert all(item["detail"] for item in rejected)
    by_reason = {item["reason"]: item for item in rejected}
    assert by_reason["bad_json"]["value"].encode() == bad["bad_json"]
    assert by_reason["bad_json"]["topic"] == web(line)
    assert {event["email"] for event in await line.committed(EVENTS)} == {
        line.key.mailbox("al@acme-works.com"),
        line.key.mailbox("jo@acme-works.com"),
    }


async def test_stages_in_two_workers_do_the_same(make_line: Callable[..., Line]) -> None:
    together, apart = make_line(), make_line()
    stamp = int(time.time() * 1000) - 3_600_000
    sent = [
        native("page_view", 90 - number, email=f"p@co{number % 7}-works.com", url="https://x.io/pricing")
        for number in range(60)
    ]
    for line in (together, apart):
        await line.know(*(f"co{number}-works.com" for number in range(7)))
    await together.start()
    await apart.start("ingest", "advance", "dispatch", "handover")
    await apart.start("identify", "archive")
    for line in (together, apart):
        await line.produce(web(line), [(b"%d" % (at % 7), value, stamp + at) for at, value in enumerate(sent)])

        async def worked_off(line: Line = line) -> bool:
            return len(await line.committed(EVENTS)) == len(sent) and await lag_of(line.settings) == 0

        await until(worked_off)
    for topic in (ACTIVITIES, TRANSITIONS):
        id_field = f"{topic.name.split('.')[1].removesuffix('s').replace('activitie', 'activity')}_id"
        ids = [sorted(item[id_field] for item in await line.committed(topic)) for line in (together, apart)]
        assert ids[0] == ids[1]
        assert ids[0]
    counts = [await line.rows("SELECT count() AS n FROM activities") for line in (together, apart)]
    assert counts[0] == counts[1] == [{"n": 60}]


async def test_operators_see_health_and_every_kind_of_figure(make_line: Callable[..., Line]) -> None:
    line = make_line()
    await line.know("b-works.com")
    worker = await line.start()
    await line.produce(web(line), [(None, native("form_submit", email="a@b-works.com", form="demo"), None)])

    async def counted() -> bool:
        async with aiohttp.ClientSession() as session, session.get(worker.metrics_url) as response:
            sums = sums_of(await response.text())
        return all(
            sums.get(name, 0) > 0
            for name in (
                "triggerpoint_events_total",
                "triggerpoint_identified_total",
                "triggerpoint_transitions_total",
                "triggerpoint_alerts_total",
                "triggerpoint_latency_seconds_count",
                "triggerpoint_batch_records_count",
                "triggerpoint_commit_seconds_count",
                "triggerpoint_state_keys",
                "triggerpoint_state_bytes",
                "triggerpoint_sink_rows_total",
                "triggerpoint_sink_inserts_total",
                "triggerpoint_lanes",
            )
        )

    await until(counted)
    async with aiohttp.ClientSession() as session:
        for path in ("healthz", "readyz"):
            async with session.get(worker.metrics_url.replace("metrics", path)) as response:
                assert (response.status, await response.text()) == (200, "ok\n")


async def test_another_partition_count_is_refused(make_line: Callable[..., Line]) -> None:
    line = make_line()
    await line.start("ingest")
    other = line.settings.model_copy(update={"partitions": 5})
    admin = await connect_admin(other)
    try:
        with pytest.raises(TopicMismatchError, match=r"has 3 partitions, must have 5.*TRIGGERPOINT_PARTITIONS"):
            await check(admin, other)
    finally:
        await admin.close()


async def test_sigterm_ends_in_good_order(make_line: Callable[..., Line]) -> None:
    line = make_line()
    worker = await line.start()
    began = time.monotonic()
    await worker.stop()
    assert await worker.wait() == 0
    assert time.monotonic() - began < 20


async def test_a_worker_runs_the_journey_it_is_given_and_names_its_stages(make_line: Callable[..., Line]) -> None:
    line = make_line(journey_file=FOLDER / "services-firm.yaml")
    await line.start("advance", "archive")

    async def written() -> bool:
        found = await line.rows("SELECT stage FROM stages WHERE kind = 'sla' ORDER BY rank")
        return [row["stage"] for row in found] == ["talking", "proposal", "renewing"]

    await until(written)


async def test_a_worker_does_not_start_with_a_wrong_journey(make_line: Callable[..., Line], tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text((FOLDER / "saas-trial.yaml").read_text().replace("team: sales", "team: sails"))
    line = make_line(journey_file=path)
    worker = await line.start("advance", ready=False)
    assert await worker.wait() == 2
    log = (line.settings.data_dir / "worker-0.log").read_text()
    assert log.count("`sails` is not known; did you mean `sales`?") == 17
    assert f"{path}:" in log
