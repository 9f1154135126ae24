"""Assets on the list and in use, over the local endpoint's HTTP: results worked out by hand."""

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from clickhouse_client import archive, ask, rows
from clickhouse_story import activity, day

from agents.journey import stage_rows
from schemas.authored.asset import Asset
from schemas.base import Record
from schemas.event import Grade
from schemas.transition import Transition
from sinks.clickhouse import ClickHouseSink
from sinks.migrate import migrate
from tests.integration.test_next_steps import step
from tests.journeys import SAAS

pytestmark = pytest.mark.integration

ASSETS = (
    Asset(asset="roi", title="ROI guide", kind="white paper", owner="max@x.io", stages=("evaluating",)),
    Asset(asset="tour", title="Tour", kind="video", url="https://x.io/tour"),
    Asset(asset="dusty", title="Nobody reads it"),
)
NOW = datetime.now(UTC)
END = (NOW - day(0)).total_seconds() / 86400
"""Days from the story's start to now."""


def stay(account: str, entered: float, left: float | None, to: str = "deciding") -> list[Transition]:
    found = [step(account, 1, "aware", "evaluating", entered)]
    if left is not None:
        found.append(step(account, 2, "evaluating", to, left, entered))
    return found


TRANSITIONS = [
    # in `evaluating`: a and b see the guide and move on; c sees it and does not in 30 days
    *stay("a", 0, 5),
    *stay("b", 0, 6),
    *stay("c", 0, None),
    # d moves on without it, e goes dormant, f falls back, g has only just come: undecided
    *stay("d", 0, 4),
    *stay("e", 0, 10, "dormant"),
    *stay("f", 0, 10, "researching"),
    *stay("g", END - 3, None),
    step("a", 3, "deciding", "customer", 20, 5),
    step("d", 3, "deciding", "customer", 21, 4),
]
SEEN = [
    activity("a", "1", 1, "content_download", asset="roi"),
    activity("a", "2", 3, "content_download", asset="roi"),
    activity("b", "1", 5, "content_download", asset="roi"),
    activity("c", "1", 2, "content_download", asset="roi"),
    activity("d", "1", 2, "content_download", asset="roi", grade=Grade.MACHINE),
    activity("d", "2", 3, "page_view", url="https://x.io/tour?utm_source=mail#top"),
    activity("e", "1", 12, "content_download", asset="roi"),  # after it had left the stage
    activity("g", "1", END - 1, "content_download", asset="other"),
    activity("g", "2", END, "page_view"),  # so that the archive knows of today
]


@pytest.fixture
async def sink(url: str) -> AsyncIterator[ClickHouseSink]:
    migrate(url, "assets")
    made = ClickHouseSink(url, "assets")
    if not await made.query("SELECT 1 FROM assets LIMIT 1"):
        stages = stage_rows(SAAS)
        await made.insert(stages.table, stages.columns, stages.column_values)
        told: tuple[list[Record], ...] = (list(ASSETS), list(TRANSITIONS), list(SEEN))
        for records in told:
            await archive(made, records)
    yield made
    await made.close()


async def test_what_comes_before_a_step_forward_and_what_does_not(sink: ClickHouseSink) -> None:
    [found] = await sink.query("SELECT * FROM asset_influence WHERE stage = 'evaluating' AND asset = 'roi'")
    assert (found["title"], found["seen"], found["unseen"]) == ("ROI guide", 3, 3)
    assert (found["forward_seen"], found["forward_unseen"]) == (2, 1)
    assert found["lift"] == pytest.approx(2.0)
    deviation = math.sqrt(1 / 2 - 1 / 3 + 1 / 1 - 1 / 3)
    assert found["lift_low"] == pytest.approx(2 * math.exp(-1.96 * deviation))
    assert found["lift_high"] == pytest.approx(2 * math.exp(1.96 * deviation))
    assert (found["won_seen"], found["won_unseen"], found["win_lift"]) == (1, 1, pytest.approx(1.0))
    assert found["median_days_before_step"] == pytest.approx(1.5)  # a after two days, b after one


async def test_a_page_counts_as_the_asset_it_is_and_nobody_to_compare_with_is_said(sink: ClickHouseSink) -> None:
    [found] = await sink.query("SELECT * FROM asset_influence WHERE asset = 'tour'")
    assert (found["stage"], found["seen"], found["unseen"], found["forward_seen"]) == ("evaluating", 1, 5, 1)
    assert found["lift"] == pytest.approx(1 / (2 / 5))
    assert await rows(sink, "SELECT count() FROM asset_influence WHERE asset IN ('dusty', 'other')") == [(0,)]


async def test_what_nobody_uses_is_on_the_list_and_was_not_seen(sink: ClickHouseSink) -> None:
    found = {row["asset"]: row for row in await sink.query("SELECT * FROM asset_use")}
    assert list(found) == ["dusty", "roi", "tour"]
    assert (found["dusty"]["accounts"], found["dusty"]["days_since_seen"], found["dusty"]["accounts_moved"]) == (
        0,
        None,
        0,
    )
    assert (found["roi"]["accounts"], found["roi"]["accounts_moved"]) == (4, 2)
    assert found["roi"]["last_seen_at"] == day(12)
    assert found["roi"]["last_seen_by_mover_at"] == day(5)
    assert found["roi"]["days_since_mover"] == pytest.approx(END - 5, abs=0.1)
    assert [row[0] for row in await ask(sink, "unused_assets")] == ["dusty", "tour", "roi"]


async def test_an_asset_taken_off_the_list_is_unused_no_more(sink: ClickHouseSink) -> None:
    before = await rows(sink, "SELECT asset FROM assets ORDER BY asset")
    assert before == [("dusty",), ("roi",), ("tour",)]


async def test_stays_are_decided_when_they_end_or_last(sink: ClickHouseSink) -> None:
    found = await rows(
        sink,
        "SELECT account_id, next_stage, decided, forward, won_at > entered_at FROM stage_stays"
        " WHERE stage = 'evaluating' ORDER BY account_id",
    )
    assert found == [
        ("a", "deciding", True, True, 1),
        ("b", "deciding", True, True, 0),
        ("c", "", True, False, 0),
        ("d", "deciding", True, True, 1),
        ("e", "dormant", True, False, 0),
        ("f", "researching", True, False, 0),
        ("g", "", False, False, 0),
    ]
