"""What comes next, from a simulated history with known probabilities; and from there to the alert on the real line."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import orjson
import pytest
from clickhouse_client import archive, rows
from clickhouse_story import activity, day

from pipeline.alerts.outlook import ENOUGH
from schemas.base import Source
from schemas.topics import TRIGGERS
from schemas.transition import Transition
from sinks.clickhouse import ClickHouseSink
from sinks.migrate import migrate
from tests.integration.conftest import Line, until
from tests.integration.test_directory_line import command

pytestmark = pytest.mark.integration

WATCHED_DAYS = 60.0
CHANCES = {"trialing": (0.55, 4.0), "dormant": (0.35, 25.0), "deciding": (0.10, 9.0)}
"""Next stage -> how likely, and mean days: what is slow would be missed by who looks at ended stays only."""


def step(account: str, number: int, start: str, to: str, at_days: float, entered: float | None = None) -> Transition:
    return Transition(
        transition_id=f"{account}/{number}",
        account_id=account,
        sequence=number,
        from_stage=start,
        to_stage=to,
        occurred_at=day(at_days),
        received_at=day(at_days),
        entered_from_at=day(entered) if entered is not None else None,
        rule=to,
        why="test",
        score=0.0,
        causes=(),
        rule_version="r1",
    )


def histories(accounts: int, seed: int) -> Iterator[tuple[str, float, str, float]]:
    """Account, day it entered, what it does next, and after how many days."""
    rng = Random(seed)
    for number in range(accounts):
        stage = rng.choices(list(CHANCES), [share for share, _ in CHANCES.values()])[0]
        yield f"a{number}", rng.random() * WATCHED_DAYS, stage, rng.expovariate(1 / CHANCES[stage][1])


def transitions_of(world: Sequence[tuple[str, float, str, float]]) -> list[Transition]:
    found = []
    for account, entered, stage, lasted in world:
        found.append(step(account, 1, "unaware", "evaluating", entered))
        if entered + lasted < WATCHED_DAYS:
            found.append(step(account, 2, "evaluating", stage, entered + lasted, entered))
    return found


def estimate(stays: Sequence[tuple[int, str]]) -> dict[str, float]:
    """Aalen and Johansen's estimator, written down a second time: (ms, next stage or '') -> probabilities."""
    found: dict[str, float] = {}
    left = 1.0
    for moment in sorted({ms for ms, _ in stays}):
        watched = sum(ms >= moment for ms, _ in stays)
        ends = [stage for ms, stage in stays if ms == moment and stage]
        for stage in ends:
            found[stage] = found.get(stage, 0.0) + left / watched
        left *= 1 - len(ends) / watched
    return found


async def test_probabilities_are_those_of_the_history_and_waiting_accounts_are_allowed_for(url: str) -> None:
    migrate(url, "steps")
    sink = ClickHouseSink(url, "steps")
    world = list(histories(1500, seed=3))
    told = transitions_of(world)
    try:
        await archive(sink, told)
        await archive(sink, [activity("a0", "end", WATCHED_DAYS, "page_view")])
        found = {
            row[0]: row[1:]
            for row in await rows(
                sink,
                "SELECT next_stage, probability, median_days, took, moved, waiting FROM next_steps"
                " WHERE stage = 'evaluating' AND trigger = ''",
            )
        }
        stays = []
        for transition in told:
            if transition.to_stage == "evaluating":
                nexts = [one for one in told if one.account_id == transition.account_id and one.sequence == 2]
                end = nexts[0].occurred_at if nexts else day(WATCHED_DAYS)
                ms = round((end - transition.occurred_at) / timedelta(milliseconds=1))
                stays.append((ms, nexts[0].to_stage if nexts else ""))
        expected = estimate(stays)
        assert found.keys() == expected.keys() == CHANCES.keys()
        ended = sum(bool(stage) for _, stage in stays)
        for stage, (probability, median_days, took, moved, waiting) in found.items():
            share, mean_days = CHANCES[stage]
            assert probability == pytest.approx(expected[stage], abs=1e-8)
            assert abs(probability - share) < 0.05
            assert took == sum(other == stage for _, other in stays)
            assert (moved, waiting) == (ended, len(stays) - ended)
            assert abs(median_days - mean_days * math.log(2)) < 0.35 * mean_days
        plain = found["dormant"][2] / ended
        assert abs(found["dormant"][0] - 0.35) < abs(plain - 0.35)  # the slow step is what plain shares lose
        assert plain < 0.31
    finally:
        await sink.close()


async def test_without_waiting_accounts_they_are_plain_shares_and_the_median_is_one_of_the_middle(url: str) -> None:
    migrate(url, "plain")
    sink = ClickHouseSink(url, "plain")
    told = []
    for number, (stage, days) in enumerate((("trialing", 1), ("trialing", 2), ("trialing", 4), ("lost", 3))):
        told.append(step(f"a{number}", 1, "unaware", "evaluating", 0))
        told.append(step(f"a{number}", 2, "evaluating", stage, days, 0))
    try:
        await archive(sink, told)
        found = await rows(
            sink,
            "SELECT next_stage, probability, median_days, took, waiting, longest_days FROM next_steps"
            " WHERE stage = 'evaluating'",
        )
        assert found == [("trialing", 0.75, 2.0, 3, 0, 4.0), ("lost", 0.25, 3.0, 1, 0, 4.0)]
    finally:
        await sink.close()


async def test_what_was_learned_reaches_the_next_alert(make_line: Callable[..., Line]) -> None:
    line = make_line(learn_minutes=0)
    await line.know("acme-works.com")
    await line.start("ingest", "identify", "advance", "dispatch")
    told = []
    for number in range(ENOUGH + 3):
        stage = "customer" if number % 4 else "lost"
        told += [step(f"h{number}", 1, "unaware", "deciding", 0), step(f"h{number}", 2, "deciding", stage, 2, 0)]
    sink = ClickHouseSink(line.settings.clickhouse_url.get_secret_value(), line.settings.clickhouse_database)
    try:
        await archive(sink, told)
    finally:
        await sink.close()
    first = await command(line, "journey", "learn")
    (deciding,) = [one for one in first["outlooks"] if one["stage"] == "deciding"]
    assert (deciding["moved"], deciding["steps"][0]["stage"], deciding["steps"][0]["median_days"]) == (
        33,
        "customer",
        2,
    )
    assert (await command(line, "journey", "learn"))["changed"] == 0

    numbers = iter(range(1000))

    async def alert_knows() -> bool:
        form = {
            "type": "form_submit",
            "occurred_at": datetime.now(UTC),
            "email": f"jo{next(numbers)}@acme-works.com",
            "form": "demo",
        }
        await line.produce(line.settings.topics.raw(Source.WEB)[0], [(b"k", orjson.dumps(form), None)])
        return bool(await line.committed(TRIGGERS))

    await until(alert_knows)
    alerts = [one for one in await line.committed(TRIGGERS) if one["trigger"] == "demo_request"]
    outlook = alerts[0]["outlook"]
    assert (outlook["learned"], outlook["next_stage"], outlook["moved"]) == (True, "customer", ENOUGH + 3)
    assert outlook["probability"] == pytest.approx(24 / 33, abs=1e-3)
    assert outlook["text"].startswith("Most likely customer next: 73%")
