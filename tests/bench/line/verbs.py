"""The stages' own verbs for whoever wants to run them: a worker's surroundings, with the directory from a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from agents.clock import clock_of
from agents.directory import change_of
from agents.handover.load import load_policy
from agents.journey import load_rules
from agents.metrics import Metrics
from agents.privacy.key import privacy_key
from agents.runtime import Runtime
from agents.settings import Settings
from agents.shell.outbox import Outbox
from agents.shell.transactional import Handler
from agents.stages import STAGES as WORKER_STAGES
from agents.stages import inputs_of, verbs_of
from pipeline.directory import EMPTY
from pipeline.privacy.erasures import ErasureBook
from pipeline.rules.live import Live
from schemas.topics import CATALOGUE
from tests.bench.line.load import Load

STAGES = tuple(name for name in WORKER_STAGES if name != "archive")
"""The stages between producers and teams; rivals have no archive."""


def handlers(settings: Settings, load: Load) -> dict[str, Handler]:
    """Stage -> its verb."""
    changes = [change_of(key, value) for key, value in load.directory]
    directory = EMPTY.with_changes(change for change in changes if change is not None)

    live = Live(load_rules(None))

    async def committed(*_: Any) -> Mapping[Any, int]:
        return {}

    runtime = Runtime(
        settings=settings,
        clock=clock_of("system"),
        metrics=Metrics("bench"),
        options={},
        directory=lambda: directory,
        rules=lambda: live,
        partitions={settings.topics.name(topic): settings.partitions for topic in CATALOGUE},
        handover=load_policy(None),
        watermark_ms=lambda stage: 0,
        committed=committed,
        key=privacy_key(settings),
        erasures=ErasureBook(),
    )
    return {name: verb.handler(0) for name, verb in verbs_of(runtime).items() if name in STAGES}


@dataclass
class OneRecord:
    """State as one event sees it, over whatever table the framework has.

    Args:
        read: key -> value of the framework's table.
    """

    read: Callable[[bytes], bytes | None]
    writes: dict[bytes, bytes | None] = field(default_factory=dict)
    marked: frozenset[bytes] = frozenset()
    fired_ms: int = 0

    def get(self, key: bytes) -> bytes | None:
        """The newest value of a key."""
        return self.writes[key] if key in self.writes else self.read(key)

    def put(self, key: bytes, value: bytes | None, due_ms: int = 0, marked: bool = False) -> None:
        """Write a value; rivals fire no timers, so due times are left out."""
        self.writes[key] = value


def work_one(
    handler: Handler,
    record: SimpleNamespace,
    read: Callable[[bytes], bytes | None],
) -> tuple[dict[bytes, bytes | None], list[tuple[str, bytes, bytes]]]:
    """One event through a verb: what to write to state, what to send."""
    state, out = OneRecord(read), Outbox(lambda topic: 1)
    handler.handle([record], state, out)  # type: ignore[arg-type]
    sent = [
        (topic, key or b"", value or b"") for (topic, _), records in out.records.items() for key, value, _ in records
    ]
    out.committed()
    return state.writes, sent


def as_record(topic: str, partition: int, offset: int, timestamp: int, key: Any, value: Any) -> SimpleNamespace:
    """What verbs read of a record."""
    return SimpleNamespace(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=timestamp,
        timestamp_type=1,
        key=key,
        value=value,
        headers=(),
    )


def inputs(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """Stage -> topics it reads."""
    return inputs_of(settings.topics)
