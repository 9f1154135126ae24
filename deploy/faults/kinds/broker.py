"""A broker that restarts, crashes, or is away; and one that refuses what the line writes."""

import asyncio
import signal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.topics import connect_admin
from deploy.faults.scene import Fault, Scene
from schemas.topics import EVENTS

AWAY_SECONDS = 60.0
TINY_BYTES = 200


async def _restart(scene: Scene) -> None:
    """Stopped in good order and started at once."""
    worker = await scene.line.start()
    await scene.line.stop_broker(signal.SIGTERM)
    await scene.line.start_broker()
    await scene.recovered()
    scene.expect(worker.running, "a worker must outlive the broker's restart")


async def _crash(scene: Scene) -> None:
    """Killed and started at once."""
    worker = await scene.line.start()
    await scene.line.stop_broker(signal.SIGKILL)
    await scene.line.start_broker()
    await scene.recovered()
    scene.expect(worker.running, "a worker must outlive the broker's crash")


async def _away(scene: Scene) -> None:
    """Killed, and away for a minute."""
    worker = await scene.line.start()
    await scene.line.stop_broker(signal.SIGKILL)
    scene.tell(f"no broker for {AWAY_SECONDS:g} s")
    await asyncio.sleep(AWAY_SECONDS)
    await scene.line.start_broker()
    await scene.recovered()
    scene.expect(worker.running, "a worker must wait for the broker")


async def _refused(scene: Scene) -> None:
    """An output topic takes hardly anything any more: the worker stops, commits nothing, and says why."""
    worker = await scene.line.start()
    admin = await connect_admin(scene.line.settings)
    try:
        await _limit(admin, scene.line.settings.topics.name(EVENTS), TINY_BYTES)
        await scene.expect_end(worker, (1, 2, 70), "an output the broker refuses")
        scene.expect("max.message.bytes" in worker.log, "the log must say which setting of the topic to raise")
        await _limit(admin, scene.line.settings.topics.name(EVENTS), EVENTS.bytes_max)
    finally:
        await admin.close()
    await scene.line.start()
    await scene.recovered()


async def _limit(admin: AIOKafkaAdminClient, topic: str, size: int) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"max.message.bytes": str(size)})
    await admin.alter_configs([resource])


BROKER = (
    Fault("outputs refused by the broker", _refused),
    Fault("broker restarts", _restart, alone=True),
    Fault("broker killed", _crash, alone=True),
    Fault("broker away for 60 s", _away, alone=True),
)
