"""One run of one contestant: a process of its own, watched from outside, the same way for all.

Speed is taken from what a `read_committed` reader can see on the output topics, between the moment a quarter of the
output is there and the moment nearly all of it is: start-up, the first, slow batches (compilers, caches) and what
timers bring after the last input are nobody's.

Output comes by transactions, and while one commits the next is worked already. So where only a few lie between these
moments, the time between them says little: then the lap counts from when its work began, slow batches and all.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.bench.kafka import Ends, ends_of

SHARES = 0.25, 0.97
STEP_SECONDS = 0.05
IDLE_SHARE = 0.1
"""A contestant is done when nothing came out for some time, in which it used less than this of a core."""

STEPS_MIN = 10
"""Between the two moments, for the time between them to say how fast it was."""

RESTS_SHARE = 0.3
"""A process that waits for its group, or for its first input, uses less of a core. Then work begins."""

STOP_SECONDS = 20.0


Step = tuple[float, int, float]
"""Moment, outputs so far, CPU-seconds so far."""


class BenchError(Exception):
    """A contestant did not do its work; the text says which, and how its log ends."""


@dataclass(frozen=True)
class Lap:
    """What one run gave.

    Args:
        rate: input records a second.
        cpu_seconds_per_million: CPU-seconds of the process per million input records, after warming up.
        rss_mib: the process's memory at the end.
        start_seconds: from its start to the first output.
        outputs: outputs per input record.
        agreement: share of what stands at its end that stands at the plain loop's, too; None where nobody looked.
        standing: how many of each kind stand.
        stages: CPU-seconds per million input records of each stage's verb, where they can be told apart.
        steps: records so far (by share of outputs) and CPU-seconds so far, in the course of the run.
    """

    rate: float
    cpu_seconds_per_million: float
    rss_mib: float
    start_seconds: float
    outputs: float = 0.0
    steps: tuple[tuple[float, float], ...] = ()
    agreement: float | None = None
    standing: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    """A process that works all of its input and then waits for more.

    Args:
        name: as shown.
        command, environment: how it is started.
        outputs: topic -> partitions; their ends are its progress.
        records: input records it has to work.
        log: where it writes.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    outputs: Mapping[str, int]
    records: int
    log: Path


async def run(bootstrap: str, contestant: Contestant, seconds_max: float, quiet_seconds: float) -> Lap:
    """Start it, watch it finish, end it.

    Raises:
        BenchError: it cannot be started, ended by itself, or did not finish in time.
    """
    command, environment = contestant.command, dict(contestant.environment)
    with contestant.log.open("wb") as log:
        try:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        except OSError as error:
            raise BenchError(f"{contestant.name} cannot be started: {error}") from error
    try:
        async with ends_of(bootstrap, contestant.outputs) as ends:
            return await _watch(process, contestant, ends, seconds_max, quiet_seconds)
    finally:
        await kill(process)


async def kill(process: asyncio.subprocess.Process) -> None:
    """End a process that has nothing left to do: nobody waits for it to say goodbye."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def stop(process: asyncio.subprocess.Process) -> None:
    """End a process, by force if it does not listen."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        await kill(process)


def cpu_seconds(process: psutil.Process) -> float:
    """CPU time of a process so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def _watch(
    process: asyncio.subprocess.Process, contestant: Contestant, ends: Ends, seconds_max: float, quiet_seconds: float
) -> Lap:
    seen = psutil.Process(process.pid)
    began = time.monotonic()
    steps: list[Step] = []
    rss = 0
    base = await ends.total()
    idle_from = (began, 0.0)  # quiet is not done: on a busy machine a contestant waits for its turn
    looked, rested = (began, 0, 0.0), None
    while not steps or time.monotonic() - max(steps[-1][0], idle_from[0]) < quiet_seconds:
        if process.returncode is not None or time.monotonic() - began > seconds_max:
            how = f"ended with {process.returncode}" if process.returncode is not None else f"took {seconds_max:g} s"
            raise BenchError(f"{contestant.name} {how}; its log ends:\n{contestant.log.read_text()[-1500:]}")
        end = await ends.total() - base
        if end > (steps[-1][1] if steps else 0):
            rss = seen.memory_info().rss
            steps.append((time.monotonic(), end, cpu_seconds(seen)))
        now, used = time.monotonic(), cpu_seconds(seen)
        if not steps and used - looked[2] < RESTS_SHARE * (now - looked[0]):
            rested = (now, 0, used)
        looked = (now, 0, used)
        if used - idle_from[1] > IDLE_SHARE * quiet_seconds:
            idle_from = (now, used)
        await asyncio.sleep(STEP_SECONDS)
    total = steps[-1][1]
    first, last = bounds(steps, rested, (began, 0, 0.0))
    worked = contestant.records * (last[1] - first[1]) / total
    so_far = tuple((contestant.records * end / total, used) for _, end, used in steps)
    return Lap(
        worked / (last[0] - first[0]),
        (last[2] - first[2]) / worked * 1e6,
        rss / 2**20,
        steps[0][0] - began,
        total / contestant.records,
        so_far,
    )


def bounds(steps: Sequence[Step], rested: Step | None, began: Step) -> tuple[Step, Step]:
    """Between which moments a lap's speed is taken.

    Args:
        steps: each time more had come out, in order.
        rested: when the process last rested before the first of them; None if it never did: a compiler beside the work
            knows no rest.
        began: when it was started.
    """
    total = steps[-1][1]
    at_first, at_last = (next(at for at, step in enumerate(steps) if step[1] >= share * total) for share in SHARES)
    if at_last - at_first < STEPS_MIN and rested is not None:
        return rested, steps[at_last]
    return (steps[at_first] if at_first < at_last else began), steps[at_last]
