"""A journey tried on what the real line recorded: the old side is what the line said, to the last field."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer

from agents.clock import ReplayClock
from agents.connection import connection_options
from agents.handover.load import load_policy
from agents.journey.load import own_journey
from deploy.cli.directory.topic import read_directory
from deploy.whatif.read import accounts_of, survey
from pipeline.rules.model import Rules
from pipeline.whatif.live import Recorded, live_through
from schemas.activity import Activity
from schemas.base import Source, from_ms, to_ms
from schemas.learned.outlook import NO_OUTLOOK
from schemas.topics import ACTIVITIES, TRANSITIONS, TRIGGERS
from tests.integration.conftest import Line, until
from tests.integration.test_directory_line import command
from tests.journeys import FOLDER

pytestmark = pytest.mark.integration

DAY_MS = 86_400_000
DAYS = 12
STORY: list[tuple[float, str, dict[str, Any]]] = [
    # day, company, event
    (0.2, "acme", {"type": "page_view", "url": "https://x.io/pricing"}),
    (0.4, "beta", {"type": "page_view", "url": "https://x.io/blog/a"}),
    (1.0, "beta", {"type": "page_view", "url": "https://x.io/pricing"}),
    (1.5, "acme", {"type": "trial_started"}),
    (9.0, "beta", {"type": "form_submit", "form": "demo"}),  # the trial of acme stood still meanwhile
    (11.0, "acme", {"type": "page_view", "url": "https://x.io/pricing"}),
]


async def play(line: Line, clock: ReplayClock) -> None:
    """Send each event when its day has come."""
    start_ms = clock.pipeline_ms
    for day, who, event in STORY:
        moment_ms = start_ms + int(day * DAY_MS)

        async def come(moment_ms: int = moment_ms) -> bool:
            return clock.now_ms() >= moment_ms

        await until(come)
        source = Source.TRIAL if event["type"].startswith("trial") else Source.WEB
        value = orjson.dumps({"occurred_at": from_ms(moment_ms), "email": f"jo@{who}-works.com", **event})
        await line.produce(line.settings.topics.raw(source)[0], [(who.encode(), value, None)])


async def offline(line: Line, rules: Rules) -> dict[str, list[dict[str, Any]]]:
    """Everything the recorded history comes to under the journey that was live."""
    directory = (await read_directory(line.settings)).accounts
    consumer = AIOKafkaConsumer(
        **connection_options(line.settings), enable_auto_commit=False, isolation_level="read_committed"
    )
    policy = load_policy(line.settings.handover_file)
    await consumer.start()
    found: dict[str, list[dict[str, Any]]] = {"transitions": [], "alerts": []}
    try:
        name = line.settings.topics.name(ACTIVITIES)
        seen = await survey(consumer, name, line.settings.partitions, lambda more: None)
        assert seen.records == len(await line.committed(ACTIVITIES))
        end_ms = seen.last_ms + max(0, int(time.time() * 1000) - seen.newest_ms)
        for part in seen.parts:
            for key, values in (await accounts_of(consumer, part, 0)).items():
                recorded = [Recorded(at_ms, Activity.model_validate_json(value)) for at_ms, value in values]
                lived = live_through(key.decode(), recorded, directory.get(key.decode()), rules, end_ms, policy)
                found["transitions"] += [orjson.loads(one.encode()) for one in lived.transitions.values()]
                found["alerts"] += [orjson.loads(one.encode()) for one in lived.alerts.values()]
    finally:
        await consumer.stop()
    return found


def from_iso(moment: str) -> int:
    return to_ms(datetime.fromisoformat(moment))


def in_order(records: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return sorted(records, key=lambda one: str(one[key]))


async def test_the_old_side_is_what_the_line_said(make_line: Callable[..., Line], tmp_path: Path) -> None:
    real_ms = int(time.time() * 1000)
    clock = ReplayClock(real_ms, real_ms - DAYS * DAY_MS, 0.4 * 86_400)
    patient = tmp_path / "patient.yaml"  # a busy machine makes events late; that is not what is tested here
    patient.write_text((FOLDER / "saas-trial.yaml").read_text() + "\nlate_hours: 8760\n")
    rules = own_journey(patient)[1]
    line = make_line(journey_file=patient, clock=f"replay:{clock.real_ms}:{clock.pipeline_ms}:{clock.speed}")
    await line.know("acme-works.com", "beta-works.com")
    await line.start("ingest", "identify", "advance", "dispatch")
    await play(line, clock)

    async def alerts() -> list[dict[str, Any]]:
        told = await line.committed(TRIGGERS)
        # what was learned, and the sealed address, come when it is sent
        return [
            one | {"outlook": NO_OUTLOOK.model_dump(), "people": [person | {"sealed": ""} for person in one["people"]]}
            for one in told
        ]

    async def all_told() -> bool:
        triggers = {(one["account_id"], one["trigger"]) for one in await alerts()}
        return {("beta-works.com", "demo_request"), ("acme-works.com", "trial_stalled")} <= triggers and (
            len(await line.committed(ACTIVITIES)) == len(STORY)
        )

    await until(all_told)
    told = await offline(line, rules)
    assert in_order(told["alerts"], "alert_id") == in_order(await alerts(), "alert_id")
    live_transitions = await line.committed(TRANSITIONS)
    assert in_order(told["transitions"], "transition_id") == in_order(live_transitions, "transition_id")

    before = {name: len(await line.committed(topic)) for name, topic in (("t", TRANSITIONS), ("a", ACTIVITIES))}
    same = await command(line, "journey", "diff", "active", str(patient), "--history")
    assert (same["differences"], same["history"]["equal"], same["history"]["accounts"]) == ([], True, 2)
    assert same["history"]["alerts"]["old"] == len(told["alerts"])
    mine = tmp_path / "mine.yaml"
    text = patient.read_text()
    head, rest = text.split("name: pricing_interest", 1)
    mine.write_text(f"{head}name: pricing_interest{rest.replace('at_least: 1', 'at_least: 9', 1)}")
    tried = (await command(line, "journey", "try", str(mine), "--accounts"))["history"]
    asked = sum(one["trigger"] == "pricing_interest" for one in told["alerts"])
    assert asked
    assert (tried["alerts"]["gone"], tried["alerts"]["come"]) == (asked, 0)
    assert tried["triggers"]["pricing_interest"]["new"]["alerts"] == 0
    assert {one["trigger"] for one in tried["examples"]} == {"pricing_interest"}
    last_ms = max(from_iso(one["raised_at"]) for one in told["alerts"] if one["trigger"] == "pricing_interest")
    since = from_ms(last_ms + 1).isoformat()
    late = (await command(line, "journey", "try", str(mine), "--since", str(since)))["history"]
    assert late["alerts"]["gone"] == 0
    after = {name: len(await line.committed(topic)) for name, topic in (("t", TRANSITIONS), ("a", ACTIVITIES))}
    assert after == before
