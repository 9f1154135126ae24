"""The worker of an installation under faults: the product's own, which also writes the trace.

python -m deploy.faults.worker [--split-commit] [STAGE ...]
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import uvloop
from aiokafka import TopicPartition

from agents import settings
from agents.observe import logs
from agents.shell.kafka.producer import NOWHERE, LaneProducer
from agents.shell.outbox import Outgoing
from agents.shell.seams import Seams
from agents.stages import STAGES
from agents.worker import run_worker, seams_of
from deploy.faults.trace import TRACE, TracedHandler
from schemas.errors import TriggerpointError

SPLIT_COMMIT = "--split-commit"


class SplitProducer(LaneProducer):
    """What others do: outputs and state first, offsets after them, in two commits. A crash between them doubles.

    The harness runs it to prove that it sees such a thing.
    """

    async def transact(
        self,
        records: Mapping[tuple[str, int], Sequence[Outgoing]],
        offsets: Mapping[str, Mapping[TopicPartition, int]],
        ends: Mapping[TopicPartition, int] = NOWHERE,
    ) -> None:
        """Two transactions in place of one."""
        await super().transact(records, {}, ends)
        if offsets:
            await super().transact({}, offsets)


def main(arguments: Sequence[str]) -> None:
    """Run a worker until a signal ends it; its own errors end it with their text and code 2, as the command does."""
    loaded = settings.load()
    logs.set_up(loaded.log_level)
    trace = loaded.topic_prefix + TRACE
    stages: Iterable[str] = [argument for argument in arguments if argument != SPLIT_COMMIT] or STAGES
    producer: Any = SplitProducer if SPLIT_COMMIT in arguments else LaneProducer
    try:
        seams = Seams(
            reach=seams_of(loaded).reach,
            handler=lambda stage, lane, handler: TracedHandler(trace, stage, lane, handler),
            producer=producer,
            topics={trace: 1},
        )
        uvloop.run(run_worker(loaded, stages, seams))
    except TriggerpointError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command
        raise SystemExit(2) from None


if __name__ == "__main__":
    main(sys.argv[1:])
