"""Workers that come, go and stand still."""

import asyncio
import signal

from deploy.faults.scene import Fault, Scene

ROUNDS = 10
QUICK_ROUNDS = 6
ZOMBIES = 5
STILL_SECONDS = 9.0
"""Past the session timeout of 6 s."""


async def _come_and_go(scene: Scene) -> None:
    """One worker stays, another joins and leaves."""
    await scene.line.start()
    for turn in range(QUICK_ROUNDS if scene.quick else ROUNDS):
        other = await scene.line.start(ready=turn % 3 > 0)
        await asyncio.sleep(scene.luck.random() * 2)
        await other.stop()
        await scene.recovered()


async def _zombies(scene: Scene) -> None:
    """A worker is stopped in mid-stream until others own its partitions, and then goes on."""
    await scene.line.start()
    other = await scene.line.start()
    for _ in range(1 if scene.quick else ZOMBIES):
        await asyncio.sleep(scene.luck.random() * 2)
        scene.tell("a worker stands still past its session's end")
        other.send(signal.SIGSTOP)
        await asyncio.sleep(STILL_SECONDS)
        await scene.recovered()
        other.send(signal.SIGCONT)
        await scene.line.passed()
    scene.expect(other.running, "a worker that stood still for a while must go on afterwards")


GROUPS = (
    Fault("a worker joins and leaves every few seconds", _come_and_go),
    Fault("SIGSTOP past the session's end, then SIGCONT", _zombies),
)
