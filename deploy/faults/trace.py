"""What a lane worked, in its order: a record a batch or tick, in the same transaction as the work itself.

Partitions are worked side by side and a lane takes its input topics in the order they come, so two right runs differ.
The trace says which order was taken. It lies in the transaction: what was not committed is not in it.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zlib import crc32

import orjson

from agents.shell.outbox import Outbox
from agents.shell.state import StateView
from agents.shell.transactional import Handler
from pipeline.alerts.outlook import Outlooks
from schemas.learned.outlook import Outlook

TRACE = "faults.trace"
"""Name of the topic, behind the installation's prefix."""


@dataclass(frozen=True)
class Run:
    """Records of one partition that a batch has one behind the other.

    Args:
        topic, partition: where they lie.
        first, last: offsets of the first and the last.
        count: how many.
    """

    topic: str
    partition: int
    first: int
    last: int
    count: int


@dataclass(frozen=True)
class Step:
    """One call of a handler.

    Args:
        stage, lane: whose it was.
        runs: of the batch, in order; none for a tick.
        fired_ms: up to when the lane's timers had fired.
        now_ms: moment of a tick.
        keys: keys woken.
        learned: `mark_of` each outlook that the lane knew.
    """

    stage: str
    lane: str
    runs: tuple[Run, ...]
    fired_ms: int
    now_ms: int = 0
    keys: tuple[bytes, ...] = ()
    learned: tuple[int, ...] = ()

    def encode(self) -> bytes:
        """As JSON; keys are any bytes."""
        return orjson.dumps(vars(self) | {"keys": [base64.b85encode(key).decode() for key in self.keys]})

    @staticmethod
    def decode(value: bytes) -> "Step":
        """From JSON."""
        fields = orjson.loads(value)
        fields["runs"] = tuple(Run(**run) for run in fields["runs"])
        fields["keys"] = tuple(base64.b85decode(key) for key in fields["keys"])
        fields["learned"] = tuple(fields["learned"])
        return Step(**fields)


def mark_of(outlook: Outlook) -> int:
    """Tells outlooks apart."""
    return crc32(outlook.encode())


def runs_of(records: Sequence[Any]) -> tuple[Run, ...]:
    """A batch's records, cut where the partition changes."""
    runs: list[Run] = []
    for (topic, partition), run in groupby(records, key=lambda record: (record.topic, record.partition)):
        offsets = [record.offset for record in run]
        runs.append(Run(topic, partition, offsets[0], offsets[-1], len(offsets)))
    return tuple(runs)


class TracedHandler:
    """A handler that writes down what it was asked to do.

    Args:
        topic: name of the trace's topic, of one partition.
        stage, lane: whose handler it is.
        inner: the stage's own handler.
    """

    def __init__(self, topic: str, stage: str, lane: str, inner: Handler) -> None:
        self._topic, self._stage, self._lane, self._inner = topic, stage, lane, inner

    def handle(self, records: Sequence[Any], state: StateView, out: Outbox) -> Sequence[int]:
        """Work a batch."""
        fired_ms, learned = state.fired_ms, self._learned()
        received = self._inner.handle(records, state, out)
        self._note(out, Step(self._stage, self._lane, runs_of(records), fired_ms, learned=learned))
        return received

    def wake(self, keys: Sequence[bytes], now_ms: int, state: StateView, out: Outbox) -> None:
        """Wake keys."""
        fired_ms, learned = state.fired_ms, self._learned()
        self._inner.wake(keys, now_ms, state, out)
        self._note(out, Step(self._stage, self._lane, (), fired_ms, now_ms, tuple(keys), learned))

    def stale(self, state: StateView) -> Sequence[bytes]:
        """As the stage says."""
        return self._inner.stale(state)

    def closed(self) -> None:
        """As the stage does."""
        self._inner.closed()

    def _learned(self) -> tuple[int, ...]:
        """What the worker has learned decides what alerts say, and comes when it comes."""
        outlooks: Outlooks = getattr(self._inner, "outlooks", dict)()
        return tuple(mark_of(outlook) for outlook in outlooks.values())

    def _note(self, out: Outbox, step: Step) -> None:
        out.send(self._topic, f"{step.stage}/{step.lane}".encode(), step.encode())
