"""Lag is records, not offsets: neither the marks of transactions nor what was aborted count, however much it was."""

from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError

from agents.connection import connection_options
from agents.observe.lag import PROBE_MAX, lag_meter
from agents.topics import connect_admin, create_missing
from schemas.topics import EVENTS
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration


async def send(line: Line, count: int, *, commit: bool) -> None:
    """A transaction of so many records on one partition."""
    producer = AIOKafkaProducer(
        **connection_options(line.settings), transactional_id=f"{line.settings.topic_prefix}lag"
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        for at in range(count):
            await producer.send(line.settings.topics.name(EVENTS), b"%d" % at, key=b"k", partition=1)
        await producer.flush()  # else what is not sent yet is dropped, not aborted
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


async def test_what_was_aborted_is_no_lag(make_line: Callable[..., Line]) -> None:
    line = make_line()
    admin = await connect_admin(line.settings)
    await create_missing(admin, line.settings)
    await admin.close()
    name = line.settings.topics.name(EVENTS)
    many = PROBE_MAX + 50
    async with lag_meter(line.settings) as meter:

        async def ends_at(end: int) -> bool:
            try:
                return (await meter.before("identify", name))[1][TopicPartition(name, 1)] == end
            except GroupCoordinatorNotAvailableError:  # a broker just started makes its topic of offsets first
                return False

        async def one_ended() -> bool:  # the mark comes after the answer
            return await ends_at(many + 1)

        async def two_ended() -> bool:
            return await ends_at(many + 5)

        async def three_ended() -> bool:
            return await ends_at(2 * many + 6)

        await send(line, many, commit=False)
        await until(one_ended)
        assert (await meter.before("identify", name))[0] == 0
        await send(line, 3, commit=True)
        await until(two_ended)
        assert (await meter.before("identify", name))[0] == many + 5  # counted as it is, since it is long
        await send(line, many, commit=True)
        await until(three_ended)
        assert (await meter.before("identify", name))[0] == 2 * many + 6
