"""A transaction that stays open hides what lies behind it; the fault harness must see that."""

from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from agents.connection import connection_options
from agents.topics import connect_admin, create_missing
from deploy.faults.reading import ends_of
from schemas.base import Source
from tests.integration.conftest import Line

pytestmark = pytest.mark.integration


async def test_what_an_open_transaction_hides_is_seen(make_line: Callable[..., Line]) -> None:
    line = make_line()
    name = line.settings.topics.raw(Source.WEB)[0]
    admin = await connect_admin(line.settings)
    await create_missing(admin, line.settings)
    await admin.close()
    producer = AIOKafkaProducer(**connection_options(line.settings), transactional_id=f"{name}.open")
    await producer.start()
    try:
        async with ends_of(line.settings, [name]) as ends:
            await producer.begin_transaction()
            sent = await producer.send_and_wait(name, b"{}", key=b"k")
            tp = TopicPartition(name, sent.partition)
            written, readable = await ends("read_uncommitted"), await ends("read_committed")
            assert readable[tp] == sent.offset < written[tp]
            await producer.abort_transaction()
    finally:
        await producer.stop()
