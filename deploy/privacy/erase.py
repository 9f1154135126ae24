"""An erasure, from its record to the last table. Each step can be done again without harm, so a broken-off run is
simply run again; a second run finds nothing."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from aiokafka.errors import KafkaError

from agents.observe.lag import lag_of
from agents.settings import Settings
from deploy.cli.directory.topic import producing
from deploy.privacy.person import Person
from deploy.privacy.tables import Tables
from schemas.base import stable_id
from schemas.identity import FactKind, IdentityFact
from schemas.kept.erasure import Erasure
from schemas.topics import ERASURES, IDENTITY, partition_of

ASK_SECONDS = 0.5
CALM = 2
"""So often in a row nothing may be under way until a line has worked something off: a fact makes activities, and they
make alerts."""


@dataclass
class Report:
    """What was done where.

    Args:
        ids: ids that were erased, as pseudonyms.
        erased_ms: as of when; 0 if there was nothing to erase.
        states: records of each stage that held one.
        accounts: accounts that the person was taken out of.
        rows: rows of each table that were deleted, or that name nobody now.
        left: records of states and rows of tables that still name the person: not worked off yet.
        worked_off: the workers have done their part.
    """

    ids: tuple[str, ...]
    erased_ms: int = 0
    states: dict[str, int] = field(default_factory=dict)
    accounts: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    worked_off: bool = True

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


def facts_of(person: Person, erased_ms: int) -> list[IdentityFact]:
    """What `identify` is told: each id is forgotten, in each account; and what other subjects know of it."""
    accounts = person.held.accounts() or [""]
    triples = [(subject, "", account_id) for subject in person.subjects for account_id in accounts]
    for key, value in person.held.by_stage.get("identify", {}).items():
        other = key.decode()
        if other not in person.subjects:
            triples += [(other, subject, "") for subject in person.subjects if subject[2:].encode() in value]
    return [
        IdentityFact(
            fact_id=stable_id("fact", FactKind.ERASE, subject, other, account_id, erased_ms),
            kind=FactKind.ERASE,
            subject=subject,
            other=other,
            account_id=account_id,
            reason="erased by command",
            observed_ms=erased_ms,
        )
        for subject, other, account_id in triples
    ]


async def send(settings: Settings, erasures: Iterable[Erasure], facts: Iterable[IdentityFact]) -> None:
    """Write the erasures, then the facts: what comes behind them is dropped.

    Raises:
        SettingsError: the broker does not take them.
    """
    async with producing(settings) as producer:
        name = settings.topics.name(ERASURES)
        for erasure in erasures:
            await producer.send_and_wait(name, erasure.encode(), erasure.subject.encode())
        name = settings.topics.name(IDENTITY)
        partitions = len(await producer.partitions_for(name))
        for fact in facts:
            key = fact.subject.encode()
            await producer.send_and_wait(name, fact.encode(), key, partition=partition_of(key, partitions))


async def work_off(settings: Settings, seconds: float, tell: Callable[[int], None] = lambda lag: None) -> bool:
    """Wait until the line has worked off what lies before it; whether it did.

    Args:
        seconds: how long at most.
        tell: hears how many records are left.
    """
    deadline, calm = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        try:
            lag = await lag_of(settings)
        except KafkaError:
            lag = 1
        tell(lag)
        calm = 0 if lag else calm + 1
        if calm > CALM:
            return True
        await asyncio.sleep(ASK_SECONDS)
    return False


async def erase_rows(tables: Tables, person: Person, report: Report) -> None:
    """Take the person out of all tables."""
    for table, count in (await tables.erase(person.needles)).items():
        report.rows[table] = report.rows.get(table, 0) + count
