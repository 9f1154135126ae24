"""What the views say once evidence was taken back: the truth as it is now, and what was said when."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from clickhouse_client import archive, ask, rows
from clickhouse_story import ACTIVITIES, ALERTS, STORY, TRANSITIONS, activity, day

from schemas.account import Account
from schemas.activity import RETRACTION
from schemas.alert import AlertStatus
from schemas.base import to_ms
from schemas.event import Grade
from schemas.transition import Transition
from sinks.clickhouse import ClickHouseSink
from sinks.migrate import migrate
from sinks.rows import TABLES, rows_of

pytestmark = pytest.mark.integration

DATABASE = "undone"
SAID_AGAIN = 100
"""First offset of the corrections."""


def withdrawn(transition: Transition, reason: str) -> Transition:
    gone: dict[str, Any] = {"revision": 1, "withdrawn": True, "causes": (), "score": 0.0, "restated_because": reason}
    return transition.model_copy(update=gone)


def retracted(index: int) -> Any:
    gone = {"revision": 1, "status": AlertStatus.RETRACTED, "causes": (), "score": 0.0, "why": "Withdrawn: unlinked"}
    return ALERTS[index].model_copy(update=gone)


ACME_3 = TRANSITIONS[2]
CORRECTIONS = (
    # gamma's visitor was somebody else's; and what acme's Joe seemed to do was a scanner
    (
        activity("gamma", "unlink", 12, RETRACTION, reason="a shared device"),
        activity("acme", "e3", 4, "pricing_view", grade=Grade.MACHINE, grade_reason="scanner", revision=1),
    ),
    (
        withdrawn(TRANSITIONS[5], "a shared device"),
        withdrawn(TRANSITIONS[6], "a shared device"),
        ACME_3.model_copy(
            update={"revision": 1, "causes": ACME_3.causes[:2], "score": 10.0, "restated_because": "graded machine"}
        ),
    ),
    (retracted(0), retracted(1)),
)


@pytest.fixture
async def sink(url: str) -> AsyncIterator[ClickHouseSink]:
    """The story, with corrections after it."""
    migrate(url, DATABASE)
    made = ClickHouseSink(url, DATABASE)
    if not await made.query("SELECT 1 FROM accounts LIMIT 1"):
        for records in STORY:
            await archive(made, records)
        for records in CORRECTIONS:
            await archive(made, records, first=SAID_AGAIN)
    yield made
    await made.close()


async def test_nouns_show_what_stands(sink: ClickHouseSink) -> None:
    assert await rows(sink, "SELECT DISTINCT account_id FROM activities ORDER BY account_id") == [
        ("acme",),
        ("beta",),
        ("delta",),
    ]
    assert await rows(sink, "SELECT grade, grade_reason, revision FROM activities WHERE event_id = 'e3'") == [
        ("machine", "scanner", 1)
    ]
    assert await rows(sink, "SELECT account_id, sequence, score, revision FROM transitions ORDER BY ALL") == [
        ("acme", 1, 4.0, 0),
        ("acme", 2, 11.5, 0),
        ("acme", 3, 10.0, 1),
        ("acme", 4, 2.0, 0),
        ("beta", 1, 4.0, 0),
        ("delta", 1, 16.0, 0),
    ]
    assert await rows(sink, "SELECT alert_id FROM alerts ORDER BY alert_id") == [("A3",), ("A4",)]


async def test_what_was_said_when_stays(sink: ClickHouseSink) -> None:
    found = {
        noun: (await rows(sink, f"SELECT count(), countIf(revision > 0) FROM {noun}_said"))[0]
        for noun in ("activities", "transitions", "alerts")
    }
    assert found == {
        "activities": (len(ACTIVITIES) + 2, 1),
        "transitions": (len(TRANSITIONS) + 3, 3),
        "alerts": (len(ALERTS) + 2, 2),
    }
    said = await rows(
        sink, "SELECT revision, status, score, why FROM alerts_said WHERE alert_id = 'A1' ORDER BY kafka_timestamp"
    )
    assert said == [(0, "raised", 26.0, "pricing_interest"), (1, "retracted", 0.0, "Withdrawn: unlinked")]
    comments = "SELECT count() FROM system.columns WHERE database = currentDatabase() AND comment = ''"
    assert await rows(sink, comments + " AND (endsWith(table, '_said') OR table IN ('activities', 'alerts'))") == [(0,)]


async def test_journeys_are_those_that_stand(sink: ClickHouseSink) -> None:
    found = await rows(sink, "SELECT account_id, stage, last_trigger FROM account_stage ORDER BY account_id")
    assert found == [
        ("acme", "customer", ""),
        ("beta", "aware", "content_interest"),
        ("delta", "customer", "pricing_interest"),
    ]
    funnel = dict(await rows(sink, "SELECT stage, accounts_entered FROM funnel"))
    assert (funnel["unaware"], funnel["aware"], funnel["customer"]) == (3, 2, 2)
    stays = dict(await rows(sink, "SELECT stage, stays_ended FROM time_in_stage"))
    assert stays == {"aware": 1, "researching": 1, "evaluating": 1, "customer": 0}
    assert await rows(sink, "SELECT account_id, activities, points FROM journey_before_sales ORDER BY account_id") == [
        ("acme", 4, 16.0),
        ("beta", 2, 12.0),
    ]
    assert await rows(sink, "SELECT sum(alerts) FROM trigger_causes WHERE team = 'sales'") == [(1,)]
    assert await rows(sink, "SELECT * FROM cause_check") == []


async def test_a_retracted_alert_is_shown_as_such_with_what_the_team_did(sink: ClickHouseSink) -> None:
    found = await rows(
        sink,
        "SELECT alert_id, status, retracted, accepted, rejected, open, done_at > '1970-01-02' FROM alert_status"
        " ORDER BY alert_id",
    )
    assert found == [
        ("A1", "retracted", True, True, False, False, 1),
        ("A2", "retracted", True, False, True, False, 0),
        ("A3", "open", False, False, False, True, 0),
        ("A4", "touched", False, True, False, True, 0),
    ]
    assert await rows(
        sink, "SELECT team, sent, retracted, accepted, rejected, done, open FROM alert_outcomes ORDER BY team"
    ) == [
        ("marketing", 1, 0, 0, 0, 0, 1),
        ("sales", 3, 2, 2, 1, 1, 1),
    ]


async def test_events_whose_account_is_gone_are_unattributed(sink: ClickHouseSink) -> None:
    sql = "SELECT events, attributed, unattributed, activities FROM event_accounting"
    [found] = await sink.query(sql + " WHERE day = {day:Date} AND source = 'web'", {"day": str(day(0).date())})
    assert tuple(found.values()) == (3, 1, 2, 1)


async def test_corrections_are_no_delay(sink: ClickHouseSink) -> None:
    found = dict(await rows(sink, "SELECT noun, sum(records) FROM system_delay GROUP BY noun"))
    assert found == {"events": 5, "activities": 13, "transitions": 8, "alerts": 4}


async def test_saved_queries_know_what_was_taken_back(sink: ClickHouseSink) -> None:
    assert [row[1:4] for row in await ask(sink, "taken_back")] == [
        ("alert", "pricing_interest", "gamma"),
        ("transition", "aware -> dormant", "gamma"),
        ("alert", "pricing_interest", "acme"),
        ("transition", "unaware -> aware", "gamma"),
    ]
    assert [(row[3], row[10]) for row in await ask(sink, "why_this_alert")] == [(26.0, 16.0), (26.0, 7.0), (26.0, 3.0)]
    story = [row[1] for row in await ask(sink, "account_story")]
    assert (story.count("alert"), story.count("alert taken back"), story.count("feedback")) == (1, 1, 4)


async def test_rows_inserted_again_change_nothing(sink: ClickHouseSink) -> None:
    views = ("activities", "transitions", "alerts", "activities_said", "transitions_said", "alerts_said")
    before = [sorted(map(repr, await rows(sink, f"SELECT * FROM {view}"))) for view in views]
    for records in CORRECTIONS:
        await archive(sink, records, first=SAID_AGAIN)
    assert [sorted(map(repr, await rows(sink, f"SELECT * FROM {view}"))) for view in views] == before
    for spec in TABLES.values():
        await sink.query(f"OPTIMIZE TABLE {spec.table} FINAL")
    assert [sorted(map(repr, await rows(sink, f"SELECT * FROM {view}"))) for view in views] == before


async def test_a_retraction_takes_back_what_lies_before_it_on_its_partition(url: str) -> None:
    migrate(url, "retraction")
    other = ClickHouseSink(url, "retraction")
    made = activity("acme", "e1", 1, "page_view", revision=2)
    places = [
        (made, 0, 0),
        (activity("acme", "e2", 2, "page_view", subject="a:other"), 0, 1),
        (activity("rival", "e3", 2, "page_view", subject=made.subject), 0, 2),
        (activity("acme", "e4", 2, "page_view"), 1, 3),
        (activity("acme", "unlink", 3, RETRACTION), 0, 4),
    ]
    for record, partition, offset in places:
        batch = rows_of(type(record), [record.encode()], [("activities", partition, offset, to_ms(day(11)) + offset)])
        await other.insert(batch.table, batch.columns, batch.column_values)
    ids = "SELECT event_id, revision FROM activities ORDER BY event_id"
    assert await rows(other, ids) == [("e2", 0), ("e3", 0), ("e4", 0)]
    again = made.model_copy(update={"revision": 0})
    batch = rows_of(type(again), [again.encode()], [("activities", 0, 5, to_ms(day(11)) + 5)])
    await other.insert(batch.table, batch.columns, batch.column_values)
    assert await rows(other, ids) == [("e1", 0), ("e2", 0), ("e3", 0), ("e4", 0)]
    await other.close()


async def test_a_suppressed_account_has_no_journey(url: str) -> None:
    migrate(url, "suppressed")
    other = ClickHouseSink(url, "suppressed")
    await archive(other, ACTIVITIES)
    journeys = "SELECT (SELECT count() FROM account_stage), (SELECT max(accounts_reached) FROM funnel)"
    assert await rows(other, journeys) == [(4, 4)]
    await archive(other, [Account(account_id="beta", name="Beta", suppressed="competitor")])
    assert await rows(other, journeys) == [(3, 3)]
    assert await rows(other, "SELECT count() FROM journey_before_sales WHERE account_id = 'beta'") == [(0,)]
    assert await rows(other, "SELECT count() FROM activities WHERE account_id = 'beta'") == [(2,)]
    await other.close()
