"""What a worker finds other than it was: its folder gone, a topic made anew, more partitions, a wrong account."""

import asyncio
import shutil

from aiokafka import TopicPartition
from aiokafka.admin import NewPartitions, NewTopic

from agents.topics import connect_admin
from deploy.faults.line import PARTITIONS
from deploy.faults.reading import read_held
from deploy.faults.scene import Fault, Scene
from schemas.topics import ACCOUNTS, EVENTS, FEEDBACK, JOURNEYS, REJECTED

BEFORE, BEHIND = 30, 40
GONE_SECONDS = 30.0
WRONG = 2
"""Exit code of a worker whose surroundings do not fit."""


async def _folder_gone(scene: Scene) -> None:
    """State is on the changelog, so a worker needs nothing of its folder but the privacy key, which stays."""
    worker = await scene.line.start()
    await scene.line.passed()
    worker.kill()
    await worker.wait()
    shutil.rmtree(scene.line.folder / "faust")
    await scene.line.start()
    await scene.recovered()


async def _topic_anew(scene: Scene) -> None:
    """An input topic is deleted and made anew, under a running worker: its offsets begin again, none may be
    skipped.

    What lay on the old one is gone, so the oracle cannot work it; counted are the outcomes of a topic all of whose
    records are refused.
    """
    await scene.line.start()
    settings = scene.line.settings
    topic = settings.topics.name(FEEDBACK)
    await scene.line.feeder.send([(topic, None, b"before") for _ in range(BEFORE)])
    await scene.line.passed()
    admin = await connect_admin(settings)
    try:
        await admin.delete_topics([topic])
        async with asyncio.timeout(GONE_SECONDS):
            while topic in await admin.list_topics():  # noqa: ASYNC110 - the broker tells nobody
                await asyncio.sleep(0.1)
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    finally:
        await admin.close()
    await scene.line.feeder.send([(topic, None, b"behind") for _ in range(BEHIND)])
    await scene.recovered()
    held = await read_held(settings)
    refused = [
        record
        for at in range(PARTITIONS)
        for record in held.records[TopicPartition(settings.topics.name(REJECTED), at)]
        if dict(record.headers)["origin"].startswith(topic.encode())
    ]
    scene.expect(len(refused) == BEFORE + BEHIND, f"{len(refused)} outcomes of {BEFORE + BEHIND} records")
    scene.line.spoilt = True


async def _more_partitions(scene: Scene) -> None:
    """More partitions on a topic of our own: keys would move away from their state, so a worker refuses to start."""
    worker = await scene.line.start()
    await scene.line.passed()
    await worker.stop()
    settings = scene.line.settings
    admin = await connect_admin(settings)
    try:
        await admin.create_partitions({settings.topics.name(EVENTS): NewPartitions(PARTITIONS + 1)})
    finally:
        await admin.close()
    refused = await scene.line.start(ready=False)
    await scene.expect_end(refused, (WRONG,), "another partition count")
    scene.expect(f"has {PARTITIONS + 1} partitions, must have {PARTITIONS}" in refused.log, "it must say what is wrong")
    scene.line.spoilt = True
    scene.runs += 1


async def _wrong_account(scene: Scene) -> None:
    """Account records that turn invalid while workers run: the last good ones stay, and the log says so."""
    worker = await scene.line.start()
    accounts = scene.line.settings.topics.name(ACCOUNTS)
    key = scene.line.directory[0].key or b""
    bad = (b"{", b"null", b'{"account_id": 7}', b'{"account_id": "' + key + b'", "domains": "none"}')
    await scene.line.feeder.send([(accounts, key, value) for value in bad])
    await scene.recovered()
    scene.expect(worker.running, "a wrong account must not end a worker")
    scene.expect(worker.log.count("account_refused") >= len(bad), "each wrong account must be told of")
    scene.expect('"kept": true' in worker.log, "the last good account must stay")


async def _wrong_journey(scene: Scene) -> None:
    """A journey that is none is activated while workers run: the last good one stays, and the log says so."""
    worker = await scene.line.start()
    journeys = scene.line.settings.topics.name(JOURNEYS)
    bad = (b"{", b"stages: [aware", b'{"number": "next", "text": 7}')
    await scene.line.feeder.send([(journeys, b"9", value) for value in bad])
    await scene.recovered()
    scene.expect(worker.running, "a wrong journey must not end a worker")
    scene.expect(worker.log.count("journey_refused") >= len(bad), "each wrong journey must be told of")


PLACES = (
    Fault("the worker's folder is deleted", _folder_gone),
    Fault("an input topic is made anew", _topic_anew),
    Fault("another partition count", _more_partitions),
    Fault("an account turns invalid while running", _wrong_account),
    Fault("a wrong journey is activated while running", _wrong_journey),
)
