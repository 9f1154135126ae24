"""The views, over the local endpoint's HTTP: results worked out by hand from a small story, at any moment the same."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from clickhouse_client import archive, ask, rows
from clickhouse_story import ACTIVITIES, ALERTS, NEVER, STORY, TRANSITIONS, WON, activity, day

from agents.journey import stage_rows
from schemas.account import Account
from schemas.base import to_ms
from sinks.clickhouse import ClickHouseSink
from sinks.migrate import MIGRATIONS_FOLDER, migrate
from sinks.rows import TABLES, rows_of
from tests.journeys import SAAS, changed

pytestmark = pytest.mark.integration

DATABASE = "story"
ALL_VIEWS = (
    *TABLES,
    "activities_said",
    "transitions_said",
    "alerts_said",
    "handovers_said",
    "alerts_not_sent",
    "handover_status",
    "handover_compliance",
    "account_stage",
    "funnel",
    "time_in_stage",
    "alert_status",
    "alert_outcomes",
    "trigger_causes",
    "cause_check",
    "journey_before_sales",
    "journey_before_sales_overall",
    "event_accounting",
    "system_delay",
    "unmatched_domains",
    "next_steps",
    "asset_sightings",
    "asset_influence",
    "asset_use",
    "stage_stays",
)


@pytest.fixture(scope="module")
def migrated(url: str) -> str:
    migrate(url, DATABASE)
    assert migrate(url, DATABASE) == []
    return url


@pytest.fixture
async def sink(migrated: str) -> AsyncIterator[ClickHouseSink]:
    """A sink on the database with the story in it; telling it again changes nothing, as one test shows."""
    made = ClickHouseSink(migrated, DATABASE)
    if not await made.query("SELECT 1 FROM accounts LIMIT 1"):
        for records in STORY:
            await archive(made, records)
    yield made
    await made.close()


async def test_stages_are_those_of_the_journey_that_went_live_last(sink: ClickHouseSink) -> None:
    shipped, columns = stage_rows(SAAS), "stage, rank, phase, kind, sla_hours, sla_working_hours"
    expected = sorted(row[1:] for row in zip(*shipped.column_values, strict=True))
    assert sorted(await rows(sink, f"SELECT {columns} FROM stages")) == expected
    other = stage_rows(changed(name="another", stages=SAAS.stages[:2]))
    await sink.insert(other.table, other.columns, other.column_values)
    assert [row[0] for row in sorted(await rows(sink, f"SELECT {columns} FROM stages"))] == [
        "aware",
        "researching",
        "unaware",
    ]
    await sink.insert(shipped.table, shipped.columns, shipped.column_values)
    assert sorted(await rows(sink, f"SELECT {columns} FROM stages")) == expected


async def test_nouns_have_one_row_for_each_id(sink: ClickHouseSink) -> None:
    found = {noun: (await rows(sink, f"SELECT count() FROM {noun}"))[0][0] for noun in TABLES}
    assert found == {
        "events": 5,  # the producer's retry counts once
        "rejected": 3,
        "identity": 7,
        "activities": 14,
        "transitions": 8,
        "alerts": 4,
        "digests": 1,
        "alerts_held": 7,
        "feedback": 6,
        "handovers": 25,
        "accounts": 1,  # the newest of two states
        "journeys": 1,
        "assets": 1,
    }


async def test_values_come_back_as_they_were(sink: ClickHouseSink) -> None:
    [row] = await sink.query("SELECT * FROM activities WHERE activity_id = 'acme/e2'")
    assert (row["occurred_at"], row["person"], row["confidence"], row["rating"]) == (day(2), "jane@acme.com", 0.9, None)
    [found] = await sink.query(
        "SELECT causes.points AS points, causes.decisive AS decisive FROM alerts WHERE alert_id = 'A1'"
    )
    assert found == {"points": [3.0, 7.0, 16.0], "decisive": [False, False, True]}


async def test_the_first_received_copy_of_an_event_stays(sink: ClickHouseSink) -> None:
    assert await rows(sink, "SELECT occurred_at, clamped FROM events WHERE event_id = 'e1'") == [(day(0), False)]


async def test_what_was_not_sent_and_why(sink: ClickHouseSink) -> None:
    columns = "reason, outcome, trigger, owner, alerts, accounts, why"
    assert await rows(sink, f"SELECT {columns} FROM alerts_not_sent") == [
        ("listed", "not_sent", "pricing_interest", "kim", 2, 1, ["research"]),
        ("quiet_hours", "expired", "pricing_interest", "kim", 1, 1, []),
        ("quiet_hours", "resolved", "pricing_interest", "kim", 1, 1, []),
    ]
    outcomes = "SELECT outcome, count() FROM alerts_held GROUP BY outcome ORDER BY outcome"
    assert await rows(sink, outcomes) == [
        ("digest", 2),
        ("expired", 1),
        ("not_sent", 2),
        ("resolved", 1),
        ("waiting", 1),
    ]


async def test_a_digest_comes_back_as_it_was(sink: ClickHouseSink) -> None:
    found = await rows(
        sink,
        "SELECT owner, size, at, arrayMap(one -> one.alerts.alert_id, accounts), accounts[1].alerts[1].play.message,"
        " accounts[1].alerts[1].act_by FROM digests",
    )
    assert found == [("kim", 3, day(5.5), [["H0"], ["H1"], ["H6"]], "Offer a call", day(6))]


async def test_account_stage(sink: ClickHouseSink) -> None:
    found = await rows(
        sink,
        "SELECT account_id, account_name, owner, target, stage, since, score_at_transition, transitions, last_trigger,"
        " last_activity, last_activity_at, days_in_stage > 0 FROM account_stage ORDER BY account_id",
    )
    assert found == [
        ("acme", "Acme Corp", "sam@x.io", True, "customer", day(10), 2.0, 4, "pricing_interest", WON, day(10), 1),
        ("beta", "Beta", "", False, "aware", day(1), 4.0, 1, "content_interest", "pricing_view", day(3), 1),
        ("delta", "Delta", "", False, "customer", day(5), 16.0, 1, "pricing_interest", "pricing_view", day(5), 1),
        ("gamma", "Gamma", "", False, "dormant", day(9), 0.0, 2, "pricing_interest", "pricing_view", day(8), 1),
    ]


async def test_funnel(sink: ClickHouseSink) -> None:
    found = await rows(
        sink,
        "SELECT stage, accounts_reached, accounts_entered, conversion_from_previous, accounts_moved_on,"
        " median_days_to_next FROM funnel ORDER BY rank",
    )
    assert found == [
        ("unaware", 4, 4, None, 4, 0.0),
        ("aware", 4, 3, 1.0, 1, 2.0),
        ("researching", 2, 1, 0.5, 1, 2.0),
        ("evaluating", 2, 1, 1.0, 1, 6.0),
        ("trialing", 2, 0, 1.0, 0, None),
        ("deciding", 2, 0, 1.0, 0, None),
        ("customer", 2, 2, 1.0, 0, None),
        ("adopting", 0, 0, 0.0, 0, None),
        ("expanding", 0, 0, None, 0, None),
        ("advocating", 0, 0, None, 0, None),
    ]


async def test_time_in_stage(sink: ClickHouseSink) -> None:
    found = await rows(sink, "SELECT stage, stays_ended, days_p50, accounts_now, days_now_p50 > 0 FROM time_in_stage")
    assert sorted(found) == [
        ("aware", 2, 5.5, 1, 1),
        ("customer", 0, None, 2, 1),
        ("dormant", 0, None, 1, 1),
        ("evaluating", 1, 6.0, 0, None),
        ("researching", 1, 2.0, 0, None),
    ]


async def test_alert_status(sink: ClickHouseSink) -> None:
    found = await rows(
        sink,
        "SELECT alert_id, status, accepted, rejected, reject_reason, round(minutes_to_first_touch, 1), in_time, open,"
        " done_at FROM alert_status ORDER BY alert_id",
    )
    assert found == [
        ("A1", "done", True, False, "", 2879.0, False, False, day(9)),
        ("A2", "rejected", False, True, "wrong person", None, None, False, NEVER),
        ("A3", "open", False, False, "", None, False, True, NEVER),
        ("A4", "touched", True, False, "", 30.0, True, True, NEVER),
    ]


async def test_alert_outcomes(sink: ClickHouseSink) -> None:
    assert await rows(
        sink,
        "SELECT * REPLACE (round(median_minutes_to_first_touch) AS median_minutes_to_first_touch)"
        " FROM alert_outcomes ORDER BY team",
    ) == [
        ("marketing", "content_interest", 1, 0, 0, 0, 0, 0, 1, 1, None, None, {}),
        ("sales", "pricing_interest", 3, 0, 2, 1, 2, 1, 1, 0, 2 / 3, 1454.0, {"wrong person": 1}),
    ]


async def test_handover_status(sink: ClickHouseSink) -> None:
    found = await rows(
        sink,
        "SELECT alert_id, owner, status, open, breached_clocks, escalated_to, reassigned,"
        " round(human_hours_to_accept, 2), round(human_hours_to_first_touch, 2), system_seconds FROM handover_status"
        " ORDER BY alert_id",
    )
    assert found == [
        ("A1", "", "done", False, ["first_touch"], [], 0, 5.98, 47.98, 0.5),
        ("A2", "", "rejected", False, [], [], 0, 11.98, None, 0.5),
        ("A3", "desk", "open", True, ["accept", "first_touch"], ["head"], 1, None, None, 0.5),
        ("A4", "", "touched", True, [], [], 0, None, 0.5, 0.5),
    ]


async def test_handover_compliance(sink: ClickHouseSink) -> None:
    found = await rows(
        sink,
        "SELECT team, owner, trigger, offered, retracted, answered, answered_in_time, accepted, accepted_in_time,"
        " rejected, touched, touched_in_time, breached, escalated, lost, compliance,"
        " round(median_human_hours_to_accept, 2), round(median_human_hours_to_first_touch, 2), median_system_seconds,"
        " reject_reasons FROM handover_compliance",
    )
    assert found == [
        ("marketing", "", "content_interest", 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0.0, None, None, 0.5, {}),
        ("marketing", "desk", "content_interest", 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0.0, None, None, None, {}),
        (
            *("sales", "", "pricing_interest", 3, 0, 3, 3, 2, 2, 1, 2, 1, 1, 0, 0, 2 / 3),
            *(8.98, 24.24, 0.5, {"wrong person": 1}),
        ),
    ]


async def test_trigger_causes(sink: ClickHouseSink) -> None:
    assert await rows(sink, "SELECT * FROM trigger_causes WHERE team = 'sales' ORDER BY points DESC") == [
        ("sales", "pricing_interest", "pricing_view", 3, 3, 3, 40.0, 40 / 52),
        ("sales", "pricing_interest", "content_download", 1, 1, 0, 7.0, 7 / 52),
        ("sales", "pricing_interest", "page_view", 2, 4, 0, 5.0, 5 / 52),
    ]


async def test_journey_before_sales(sink: ClickHouseSink) -> None:
    found = await rows(sink, "SELECT * FROM journey_before_sales ORDER BY account_id")
    assert found == [
        ("acme", True, True, day(0), day(6), day(10), 10.0, 6.0, 5, 3, 32.0, 28.0, 0.6, 0.6, 0.875),
        ("beta", False, False, day(1), NEVER, day(3), 2.0, 2.0, 2, 2, 12.0, 12.0, 1.0, 1.0, 1.0),
        ("gamma", False, True, day(0), day(2), day(8), 8.0, 2.0, 2, 1, 10.0, 2.0, 0.25, 0.5, 0.2),
    ]


async def test_journey_before_sales_overall(sink: ClickHouseSink) -> None:
    assert await rows(sink, "SELECT * FROM journey_before_sales_overall ORDER BY sold DESC") == [
        (True, 1, 1, 10.0, 0.6, 0.6, 0.6, 0.6, 0.875),
        (False, 2, 1, 5.0, 0.625, 0.625, 0.25, 0.75, 14 / 22),
    ]


async def test_event_accounting(sink: ClickHouseSink) -> None:
    found = await rows(sink, "SELECT * FROM event_accounting WHERE events + rejected > 0 ORDER BY day, source")
    none: dict[str, int] = {}
    assert found == [
        (day(-5).date(), "email", 1, 1, 0, 1, 0, 0, 1, 0, 0, none),
        (day(0).date(), "web", 3, 2, 1, 2, 1, 0, 0, 0, 3, {"bad_json": 2, "no_subject": 1}),
        (day(1).date(), "web", 1, 1, 0, 1, 0, 0, 0, 0, 0, none),
    ]


async def test_system_delay_leaves_out_what_waited_on_purpose(sink: ClickHouseSink) -> None:
    found = dict(await rows(sink, "SELECT noun, sum(records) FROM system_delay GROUP BY noun"))
    assert found == {"events": 5, "activities": 13, "transitions": 8, "alerts": 4}
    assert await rows(sink, "SELECT count() FROM system_delay WHERE seconds_p50 <= 0 OR seconds_max < seconds_p50") == [
        (0,)
    ]


async def test_unmatched_domains_are_those_no_account_claims_by_now(sink: ClickHouseSink) -> None:
    assert await rows(sink, "SELECT * FROM unmatched_domains") == [
        ("newco.io", 2, 3, 3, day(2), day(3)),
        ("sold.com", 1, 1, 1, day(3), day(3)),
    ]
    [(periods,)] = await rows(sink, "SELECT domain_periods FROM accounts")
    assert [tuple(period.values()) if isinstance(period, dict) else period for period in periods] == [
        ("oldco.com", "subsidiary", day(0).date(), date(1970, 1, 1)),
        ("sold.com", "subsidiary", date(1970, 1, 1), day(0).date()),
    ]


async def test_an_account_taken_off_the_directory_is_gone_from_the_view(url: str) -> None:
    migrate(url, "removal")
    other = ClickHouseSink(url, "removal")
    account = Account(account_id="acme", name="Acme", domains=("acme.com",))
    for offset, value in enumerate((account.encode(), None, account.encode())):
        batch = rows_of(Account, [value], [("accounts", 0, offset, to_ms(day(11)) + offset)], keys=[b"acme"])
        await other.insert(batch.table, batch.columns, batch.column_values)
        assert len(await rows(other, "SELECT * FROM accounts")) == (value is not None)
    await other.close()


async def test_rows_inserted_again_change_no_result(sink: ClickHouseSink) -> None:
    before = await _snapshot(sink)
    for rows_max in (1000, 3):
        for records in STORY:
            await archive(sink, records, rows_max)
    assert await _snapshot(sink) == before
    for spec in TABLES.values():
        await sink.query(f"OPTIMIZE TABLE {spec.table} FINAL")
    assert await _snapshot(sink) == before


async def _snapshot(sink: ClickHouseSink) -> dict[str, list[str]]:
    """All views' rows, without the columns that grow with the clock."""
    moving = {"account_stage": " EXCEPT (days_in_stage)", "time_in_stage": " EXCEPT (days_now_p50)"}
    return {
        view: sorted(map(repr, await rows(sink, f"SELECT *{moving.get(view, '')} FROM {view}"))) for view in ALL_VIEWS
    }


@pytest.mark.parametrize("settings", ["join_use_nulls = 1", "readonly = 1"])
async def test_views_do_not_depend_on_the_reader_s_settings(sink: ClickHouseSink, settings: str) -> None:
    for view in ALL_VIEWS:
        plain = await rows(sink, f"SELECT count() FROM (SELECT * FROM {view})")
        assert await rows(sink, f"SELECT count() FROM (SELECT * FROM {view}) SETTINGS {settings}") == plain


async def test_cause_check_finds_what_does_not_add_up(url: str, sink: ClickHouseSink) -> None:
    assert await rows(sink, "SELECT * FROM cause_check") == []
    migrate(url, "wrong_sums")
    other = ClickHouseSink(url, "wrong_sums")
    wrong = ALERTS[0].model_copy(update={"score": 25.875})
    await archive(other, [wrong, ALERTS[1]])
    await archive(other, TRANSITIONS)
    assert await rows(other, "SELECT * FROM cause_check") == [("alert", "A1", "acme", 25.875, 26.0, 3)]
    await other.close()


async def test_a_filter_on_the_account_reads_few_rows(sink: ClickHouseSink) -> None:
    plan = await rows(sink, "EXPLAIN indexes = 1 SELECT * FROM activities WHERE account_id = 'acme'")
    text = "\n".join(line for (line,) in plan)
    assert "PrimaryKey" in text
    assert "account_id in" in text


@pytest.mark.parametrize("path", sorted((MIGRATIONS_FOLDER / "queries").glob("*.sql")), ids=lambda path: path.stem)
async def test_saved_queries_run(sink: ClickHouseSink, path: Path) -> None:
    assert await ask(sink, path.stem) or path.stem in ("pricing_again", "taken_back", "assets_that_move")


async def test_what_saved_queries_say(sink: ClickHouseSink) -> None:
    why = await ask(sink, "why_this_alert")
    assert [(row[3], row[10]) for row in why] == [(26.0, 16.0), (26.0, 7.0), (26.0, 3.0)]
    assert [(row[0], row[2]) for row in await ask(sink, "buying_group")] == [("acme", 2)]
    assert [row[-1] for row in await ask(sink, "overdue_alerts")] == ["A3"]
    assert {row[1] for row in await ask(sink, "account_story")} == {"activity", "transition", "alert", "feedback"}
    assert await ask(sink, "content_that_moves") == [("pricing_view", "/pricing", 1, 1, 0, 16.0)]
    steps = [(1, "content_download"), (2, "pricing_view"), (3, "trial_started"), (4, "feature_used")]
    assert await ask(sink, "evaluation_funnel") == [(*step, 1) for step in steps]
    assert await ask(sink, "trial_retention") == [(day(6).date().replace(day=1), 1, 1.0, 0.0, 0.0)]


async def test_prices_looked_at_again_are_found(url: str) -> None:
    migrate(url, "again")
    other = ClickHouseSink(url, "again")
    again = activity("acme", "e9", 9.5, "pricing_view")
    await archive(other, [*ACTIVITIES, again])
    assert [row[:3] for row in await ask(other, "pricing_again")] == [("acme", "Acme", 2)]
    await other.close()
