"""Workers that end: at every crash point, and at any moment."""

import asyncio
import signal
from contextlib import suppress

import psutil

from agents.shell.crash import ARCHIVE_POINTS, GROUP_POINTS, OPEN_POINTS, POINTS, TRANSACTION_POINTS
from agents.stages import HANDS, STAGES
from deploy.demo.process import WorkerProcess
from deploy.faults.hostile import values
from deploy.faults.kinds.inputs import send
from deploy.faults.scene import Fault, Scene
from schemas.errors import LocalStackError

QUICK_PLACES = ("ingest.before_commit:2:KILL", "identify.after_commit:1:KILL")
QUICK_RECORDS = 200
REVOKED = ("at_revoke", "after_revoke")
"""Reached when somebody joins or leaves."""

KILLS = 50
KILLS_A_ROUND = 5
ZOMBIE_POINTS = ("after_fetch", "after_handle", "after_send", "before_commit", "after_insert")
LATER = 40, 120
"""Transactions until a worker alone ends: its lanes go together by then."""

TOGETHER = "cell_begins"
READY_SECONDS = 120.0
SESSION_SECONDS = 6.0
PATIENCE_SECONDS = 90.0


async def _kill_at_points(scene: Scene) -> None:
    await (_kill_side_by_side(scene) if scene.quick else _end_at_points(scene, "KILL", -signal.SIGKILL))


async def _term_at_points(scene: Scene) -> None:
    await _end_at_points(scene, "TERM", 0)


async def _kill_side_by_side(scene: Scene) -> None:
    """Two workers that end within a commit and right after one, and a third that takes over from both."""
    await send(scene, values(scene.luck, QUICK_RECORDS))
    scene.tell(f"workers end at {' and '.join(QUICK_PLACES)}")
    ending = [await scene.line.start(crash_at=place, ready=False) for place in QUICK_PLACES]
    for worker, place in zip(ending, QUICK_PLACES, strict=True):
        await scene.expect_end(worker, (-signal.SIGKILL,), place)
    await scene.line.feeder.stop()  # what lies there is enough
    await scene.line.start(ready=False)
    await scene.recovered(len(QUICK_PLACES))


async def _end_at_points(scene: Scene, sign: str, code: int) -> None:
    """A worker beside a steady one, ended at each point in turn."""
    await scene.line.start()
    for point in POINTS:
        place = f"{_stage(scene, point)}.{point}:{_nth(scene, point)}:{sign}"
        scene.tell(f"a worker ends at {place}")
        worker = await scene.line.start(crash_at=place, ready=False)
        if point in REVOKED:
            with suppress(LocalStackError):  # a rebalance while it joins may end it before it is ready
                await worker.wait_ready(READY_SECONDS)
            other = await scene.line.start(ready=False)
            await scene.expect_end(worker, (code,), place)
            await other.stop()
        else:
            await scene.expect_end(worker, (code,), place)
        await scene.recovered()


async def _zombies_at_points(scene: Scene) -> None:
    """A worker stands still at a point until others own its partitions, and then goes on where it was."""
    await scene.line.start()
    for point in ZOMBIE_POINTS:
        place = f"{_stage(scene, point)}.{point}:{_nth(scene, point)}:STOP"
        scene.tell(f"a worker stands still at {place}")
        worker = await scene.line.start(crash_at=place, ready=False)
        await _stands_still(worker.pid)
        await asyncio.sleep(SESSION_SECONDS)
        await scene.recovered()
        worker.send(signal.SIGCONT)
        await worker.wait_ready(READY_SECONDS)
        await scene.line.passed()
        await worker.stop()


async def _alone_at_points(scene: Scene) -> None:
    """A worker has the line to itself, so that all of it goes in one transaction: it ends at each point of one, and the
    next takes over; or it stands still until another has taken over, and then goes on where it was."""
    for point in (*TRANSACTION_POINTS, "after_memory"):
        worker, place = await _alone(scene, point, "KILL")
        await scene.expect_end(worker, (-signal.SIGKILL,), place)
        scene.expect(worker.said(TOGETHER), f"{place}: its lanes went together")
        worker = await scene.line.start(ready=False)
        await scene.recovered()
        await worker.stop()
    for point in (*TRANSACTION_POINTS, "after_memory"):
        worker, place = await _alone(scene, point, "STOP")
        await _stands_still(worker.pid)
        scene.expect(worker.said(TOGETHER), f"{place}: its lanes went together")
        other = await scene.line.start(ready=False)
        await scene.recovered()
        worker.send(signal.SIGCONT)
        await worker.wait_ready(READY_SECONDS)
        await scene.line.passed()
        await asyncio.gather(worker.stop(), other.stop())
    await scene.line.start()


async def _alone(scene: Scene, point: str, sign: str) -> tuple[WorkerProcess, str]:
    place = f"{scene.luck.choice(tuple(HANDS))}.{point}:{scene.luck.randint(*LATER)}:{sign}"
    scene.tell(f"a worker alone gets {place}")
    return await scene.line.start(crash_at=place, ready=False), place


async def _random_kills(scene: Scene) -> None:
    """Two workers, one of which is killed again and again: in work, while it starts, while it reads its state."""
    workers = [await scene.line.start(), await scene.line.start()]
    kills, at_once = (2, 2) if scene.quick else (KILLS, KILLS_A_ROUND)
    for _ in range(kills // at_once):
        for _ in range(at_once):
            await asyncio.sleep(scene.luck.choice((0.3, 1.5, 4.0)) * scene.luck.random() + 0.1)
            victim = scene.luck.randrange(2)
            workers[victim].kill()
            await workers[victim].wait()
            workers[victim] = await scene.line.start(ready=False)
        await scene.recovered(at_once)


async def _stands_still(pid: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while psutil.Process(pid).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 - the system tells nobody
            await asyncio.sleep(0.1)


def _stage(scene: Scene, point: str) -> str:
    """A stage that reaches it; the lucky one."""
    if point in ARCHIVE_POINTS:
        return "archive"
    if point == "in_recovery":
        return scene.luck.choice(("identify", "advance"))
    if point in OPEN_POINTS or point in TRANSACTION_POINTS or point == "after_memory":
        return scene.luck.choice(("ingest", "identify", "advance"))
    return scene.luck.choice([stage for stage in STAGES if stage in ("ingest", "identify", "advance", "archive")])


def _nth(scene: Scene, point: str) -> int:
    """Groups and openings come once; batches many times."""
    return 1 if point in GROUP_POINTS or point in OPEN_POINTS else scene.luck.randint(1, 4)


CRASHES = (
    Fault("kill -9 at every crash point", _kill_at_points, quick=True),
    Fault("SIGTERM at every crash point", _term_at_points),
    Fault("stands still at crash points, then goes on", _zombies_at_points),
    Fault("kill -9 and standing still of a worker alone", _alone_at_points),
    Fault("kill -9 at random moments", _random_kills),
)
