"""A far end that is away, slow, busy, or does what is asked and does not say so."""

import asyncio
from functools import partial

from deploy.faults.proxy import Road
from deploy.faults.scene import Fault, Scene

QUICK_SECONDS = 2.0


async def _bad_road(scene: Scene, road: Road, seconds: float) -> None:
    worker = await scene.line.start()
    proxy = scene.line.proxy
    proxy.disturbed, proxy.road = 0, road
    scene.tell(f"ClickHouse is {road.replace('_', ' ')} for {QUICK_SECONDS if scene.quick else seconds:g} s")
    await asyncio.sleep(QUICK_SECONDS if scene.quick else seconds)
    scene.expect(proxy.disturbed > 0, f"nobody asked ClickHouse while it was {road}")
    scene.expect(worker.running, f"a worker must wait for a ClickHouse that is {road}")
    proxy.road = Road.GOOD
    await scene.recovered()
    scene.expect("lane_fenced" not in worker.log, "a far end that is away must start no rebalance")


CLICKHOUSE = (
    Fault("ClickHouse away for 5 minutes", partial(_bad_road, road=Road.AWAY, seconds=300.0)),
    Fault("ClickHouse slow", partial(_bad_road, road=Road.SLOW, seconds=30.0)),
    Fault("ClickHouse answers errors", partial(_bad_road, road=Road.ERRORS, seconds=30.0)),
    Fault("ClickHouse inserts, and the answer is lost", partial(_bad_road, road=Road.LOST_ANSWERS, seconds=30.0)),
)
