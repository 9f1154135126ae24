"""A world's traffic delivered to a line: as it was sent, in days-late batches, or with jitter between partitions."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple
from zlib import crc32

from deploy.evaluate.line import NAMES, PlainLine
from deploy.evaluate.world import Tell
from deploy.simulate import Message

MINUTE_MS = 60_000
DAY_MS = 86_400_000
STEP_MS = 5 * MINUTE_MS
"""Messages of so long are worked at once: a live line takes less, but facts have come round by then."""

TICK_MS = 30 * MINUTE_MS
"""How long no timer is looked at where nothing comes."""

PARTITIONS = 4


class Delivery(NamedTuple):
    """One message as it reaches the line.

    Args:
        at_ms: when the line gets it.
        stamp_ms: when the broker took it, which is what the line is told.
    """

    at_ms: int
    stamp_ms: int
    message: Message


def as_sent(traffic: Iterable[Message]) -> list[Delivery]:
    """Every message as soon as it is sent."""
    return [Delivery(message.sent_ms, message.sent_ms, message) for message in traffic]


def in_batches(traffic: Iterable[Message], days: float, live: frozenset[str] = frozenset()) -> list[Delivery]:
    """Every message at the end of the period of `days` it was sent in, as exports come; then the first half of all that
    again, from its beginning.

    Args:
        live: names of the topics that come as they are sent.
    """
    period_ms = int(days * DAY_MS)
    late = [
        Delivery(at_ms, at_ms, message)
        for message in traffic
        for at_ms in [message.sent_ms if message.topic_noun in live else -(-message.sent_ms // period_ms) * period_ms]
    ]
    late.sort(key=lambda delivery: delivery.at_ms)
    if not late:
        return late
    end_ms = late[-1].at_ms
    return late + [delivery._replace(at_ms=end_ms, stamp_ms=end_ms) for delivery in late[: len(late) // 2]]


def jittered(traffic: Iterable[Message], lag_ms: int, rng: Random) -> list[Delivery]:
    """Every message within `lag_ms` of its sending, in order within its partition and in any between partitions, as
    consumers of several partitions read them; the broker took each when it was sent."""
    reached: dict[tuple[str, int], int] = {}
    found = []
    for message in traffic:
        lane = (message.topic_noun, crc32(message.key) % PARTITIONS if message.key else rng.randrange(PARTITIONS))
        at_ms = max(reached.get(lane, 0), message.sent_ms + int(rng.random() * lag_ms))
        reached[lane] = at_ms
        found.append(Delivery(at_ms, message.sent_ms, message))
    return sorted(found, key=lambda delivery: delivery.at_ms)


def feed(line: PlainLine, deliveries: Sequence[Delivery], end_ms: int, tell: Tell = lambda share: None) -> None:
    """Work deliveries in their order, and let time pass between them and up to `end_ms`."""
    done = 0
    for step in _steps(deliveries):
        _wait(line, step[0].at_ms)
        for at_ms, stamp_ms, message in step:
            assert message.source is not None
            line.clock.newest_ms = max(line.clock.newest_ms, at_ms)
            line.send(NAMES.raw(message.source)[0], message.key, message.value, stamp_ms)
        line.settle()
        done += len(step)
        tell(done / len(deliveries))
    _wait(line, end_ms)
    line.pass_time(max(end_ms, line.clock.newest_ms))


def _steps(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    step: list[Delivery] = []
    for delivery in deliveries:
        if step and delivery.at_ms >= step[0].at_ms + STEP_MS:
            yield step
            step = []
        step.append(delivery)
    if step:
        yield step


def _wait(line: PlainLine, until_ms: int) -> None:
    """Nothing comes until then; before the first message no time passes."""
    while line.clock.newest_ms and line.clock.newest_ms + TICK_MS < until_ms:
        line.pass_time(line.clock.newest_ms + TICK_MS)
