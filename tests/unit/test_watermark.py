"""The watermark: what has passed the whole line; dispatch and hand-overs have marks of their own behind it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agents import watermark
from agents.metrics import Metrics
from agents.watermark import BEHIND, LINE, Watermark


class Meter:
    """Stages pass when their gate is open."""

    def __init__(self) -> None:
        self.gates = {stage: asyncio.Event() for stage in (*LINE, *BEHIND)}
        for gate in self.gates.values():
            gate.set()

    async def passed(self, stage: str) -> None:
        await self.gates[stage].wait()


class Clock:
    """Each look is a millisecond later."""

    def __init__(self) -> None:
        self.ms = 1000

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms

    def at_ms(self, real_ms: int) -> int:
        return real_ms

    def seconds_since(self, pipeline_ms: int) -> float:
        return 0.0

    def seconds_between(self, from_ms: int, until_ms: int) -> float:
        return 0.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watermark, "EVERY_SECONDS", 0.0)


@pytest.mark.parametrize("behind", BEHIND)
async def test_journeys_do_not_wait_for_what_is_behind_them_but_that_waits_for_the_whole_line(behind: str) -> None:
    meter: Any = Meter()
    mark = Watermark(meter, Clock(), Metrics())
    following = asyncio.create_task(mark.follow())
    await until(lambda: mark.now_ms(behind) > 0)
    meter.gates[behind].clear()
    stuck = mark.now_ms(behind)
    await until(lambda: mark.now_ms("advance") > stuck + 20)
    assert mark.now_ms(behind) <= stuck + 2  # a leg may have been through the gate
    meter.gates[behind].set()
    await until(lambda: mark.now_ms(behind) > stuck + 20)
    meter.gates["advance"].clear()
    await until(lambda: mark.now_ms("advance") == mark.now_ms(behind))
    assert mark.now_ms(behind) <= mark.now_ms("advance")
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_hand_overs_wait_for_dispatch() -> None:
    meter: Any = Meter()
    mark = Watermark(meter, Clock(), Metrics())
    following = asyncio.create_task(mark.follow())
    await until(lambda: mark.now_ms("handover") > 0)
    meter.gates["dispatch"].clear()
    stuck = mark.now_ms("dispatch")
    await until(lambda: mark.now_ms("advance") > stuck + 20)
    assert mark.now_ms("handover") <= mark.now_ms("dispatch") <= stuck + 2
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
