"""Journeys side by side in the views: one row for each account and product."""

import pytest
from clickhouse_client import archive, rows
from clickhouse_story import TRANSITIONS, day

from sinks.clickhouse import ClickHouseSink
from sinks.migrate import migrate

pytestmark = pytest.mark.integration


async def test_an_account_has_a_stage_in_each_of_its_journeys(url: str) -> None:
    migrate(url, "products")
    sink = ClickHouseSink(url, "products")
    general = TRANSITIONS[0]
    flow = [
        general.model_copy(
            update={
                "transition_id": f"flow-{number}",
                "product": "flow",
                "sequence": number,
                "from_stage": before,
                "to_stage": stage,
                "occurred_at": day(10 + number),
            }
        )
        for number, (before, stage) in enumerate([("unaware", "aware"), ("aware", "researching")], 1)
    ]
    await archive(sink, [general, *flow])
    query = "SELECT product, stage, transitions FROM account_stage WHERE account_id = '{}' ORDER BY product"
    assert await rows(sink, query.format(general.account_id)) == [
        ("", general.to_stage, 1),
        ("flow", "researching", 2),
    ]
    reached = "SELECT product, stage, accounts_entered FROM funnel WHERE accounts_entered > 0 AND product = 'flow'"
    assert await rows(sink, reached) == [("flow", "aware", 1), ("flow", "researching", 1)]
    stays = "SELECT stage, stays_ended, accounts_now FROM time_in_stage WHERE product = 'flow' ORDER BY rank"
    assert (await rows(sink, stays))[-1] == ("researching", 0, 1)
