"""A journey is activated while the line runs: the next alert has the new threshold and message, nothing restarts."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import orjson
import pytest

from agents.journey.publish import activate
from deploy.view.feed import sums_of
from schemas.authored.activation import Activation
from schemas.base import Source, Team, from_ms
from schemas.errors import JourneyError
from schemas.topics import ALERTS, JOURNEYS, TRANSITIONS
from tests.integration.conftest import Line, until
from tests.integration.test_directory_line import command
from tests.journeys import FOLDER, SAAS

pytestmark = pytest.mark.integration

TEXT = (FOLDER / "saas-trial.yaml").read_text()
MESSAGE = "Ask who else compares prices."


def looks_at_prices(who: str, minutes_ago: float) -> tuple[bytes, bytes, None]:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    visit = {"type": "page_view", "occurred_at": moment, "email": f"jo@{who}-works.com", "url": "https://x.io/pricing"}
    return who.encode(), orjson.dumps(visit), None


def later_and_other(text: str) -> str:
    """Sales hears of the second look at prices, no longer the first, with another message: as in the README."""
    head, rest = text.split("name: pricing_interest", 1)
    mine, tail = rest.split("content:", 1)
    before, _, after = mine.partition("at_least: 1")
    mine = f"{before}at_least: 2{after}"
    start, end = mine.index("message: "), mine.index("\n", mine.index("message: "))
    return f"{head}name: pricing_interest{mine[:start]}message: {MESSAGE}{mine[end:]}content:{tail}"


async def test_a_threshold_and_a_message_change_while_the_line_runs(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    line = make_line()
    await line.know("acme-works.com", "beta-works.com")
    worker = await line.start()
    web, sales = line.settings.topics.raw(Source.WEB)[0], ALERTS[Team.SALES]
    first = await command(line, "journey", "active")
    assert (first["number"], first["rule_version"], first["activated_by"]) == (1, SAAS.version, "worker")

    async def told(who: str) -> list[dict[str, object]]:
        return [
            item
            for item in await line.committed(sales)
            if item["account_id"] == f"{who}-works.com" and item["trigger"] == "pricing_interest"
        ]

    await line.produce(web, [looks_at_prices("acme", 3)])

    async def acme_told() -> bool:
        return len(await told("acme")) == 1

    await until(acme_told)
    file = tmp_path / "mine.yaml"
    file.write_text(later_and_other(TEXT))
    done = await command(line, "journey", "activate", str(file), "--yes", "--by", "maria@seller.io")
    version = done["new"]
    assert (done["old"], done["activated"]["number"], len(done["differences"])) == (SAAS.version, 2, 2)
    assert (await command(line, "journey", "activate", str(file), "--yes"))["activated"] is None

    async def followed() -> bool:
        return (await figures(worker.metrics_url)).get("triggerpoint_journey_number") == 2

    await until(followed)
    await line.produce(web, [looks_at_prices("beta", 2)])

    async def beta_moved() -> bool:
        return any(
            item["account_id"] == "beta-works.com" and item["rule_version"] == version
            for item in await line.committed(TRANSITIONS)
        )

    await until(beta_moved)
    await line.produce(web, [looks_at_prices("beta", 1)])

    async def beta_told() -> bool:
        return len(await told("beta")) == 1

    await until(beta_told)
    ((new,), (old,)) = (await told("beta"), await told("acme"))
    assert (new["rule_version"], new["play"]["message"]) == (version, MESSAGE)  # type: ignore[index]
    assert old["rule_version"] == SAAS.version
    causes = [cause for cause in new["causes"] if cause["type"] == "pricing_view"]  # type: ignore[attr-defined]
    assert len(causes) == 2

    broken = Activation(number=3, rule_version="x", name="broken", text="name: broken", activated_at=from_ms(1))
    await line.produce(line.settings.topics.name(JOURNEYS), [(broken.key, broken.encode(), None)])

    async def refused() -> bool:
        found = await figures(worker.metrics_url)
        return (found.get("triggerpoint_journey_errors_total"), found.get("triggerpoint_journey_number")) == (1, 2)

    await until(refused)
    back = await command(line, "journey", "rollback", SAAS.version[:6], "--yes")
    assert (back["activated"]["number"], back["new"]) == (4, SAAS.version)
    assert [item["number"] for item in await command(line, "journey", "history")] == [4, 3, 2, 1]

    async def looked_up() -> bool:
        found = await line.rows(
            "SELECT a.account_id AS account_id, j.activated_by AS activated_by, position(j.text, 'who else') > 0 AS new"
            " FROM alerts AS a INNER JOIN journeys AS j ON j.rule_version = a.rule_version AND j.number < 3"
            " WHERE a.trigger = 'pricing_interest' ORDER BY account_id"
        )
        stages = await line.rows("SELECT count() AS n FROM stages_log FINAL WHERE journey = '" + version + "'")
        return [tuple(row.values()) for row in found] == [
            ("acme-works.com", "worker", 0),
            ("beta-works.com", "maria@seller.io", 1),
        ] and stages[0]["n"] == len(SAAS.stages) + 1

    await until(looked_up)
    assert not [item for item in await line.committed(TRANSITIONS) if item["revision"]]


async def test_two_who_activate_at_once_do_not_both(make_line: Callable[..., Line]) -> None:
    line = make_line()
    texts = [TEXT.replace("points: 40", f"points: 4{number}") for number in (1, 2, 3)]
    done = await asyncio.gather(
        *(activate(line.settings, text, "x", "at once") for text in texts), return_exceptions=True
    )
    written = [item for item in done if isinstance(item, Activation)]
    refused = [item for item in done if isinstance(item, JourneyError)]
    assert written
    assert len(written) + len(refused) == 3
    kept = await line.committed(JOURNEYS)
    assert sorted(item["number"] for item in kept) == list(range(1, len(written) + 1))
    assert {item["rule_version"] for item in kept} == {item.rule_version for item in written}


async def figures(url: str) -> dict[str, float]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return dict(sums_of(await response.text()))
