"""The order of things when a journey is tried on history."""

import time
from collections.abc import Callable, Mapping

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from agents import topics
from agents.connection import connection_options
from agents.handover.load import load_policy
from agents.settings import Settings
from agents.shell.follow import read_present
from deploy.cli.directory.topic import read_directory
from deploy.whatif.read import Values, accounts_of, survey
from pipeline.handover.policy import Policy
from pipeline.rules.model import Rules
from pipeline.whatif.compare import EXAMPLES_MAX, Comparison
from pipeline.whatif.live import Recorded, live_through
from pipeline.whatif.outcomes import ends_of
from schemas.account import Account
from schemas.activity import Activity
from schemas.errors import JourneyError
from schemas.handover.feedback import Answer, Verdict
from schemas.topics import ACTIVITIES, ANSWERS

Tell = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much; 0 where that is not known."""

BATCH_BYTES = 8 << 20


async def try_on_history(
    settings: Settings, old: Rules, new: Rules, since_ms: int, all_moved: bool, tell: Tell
) -> Comparison:
    """Fold the recorded activities under two journeys. Reads only what is committed, and writes nothing.

    Args:
        since_ms: alerts and transitions of before are not counted; 0: all that is recorded.
        all_moved: keep every account that would stand elsewhere, not only some.
        tell: for progress.

    Raises:
        JourneyError: nothing is recorded.
        TriggerpointError: the broker does not answer.
    """
    name = settings.topics.name(ACTIVITIES)
    admin = await topics.connect_admin(settings)
    try:
        counts = {entry.name: entry.found_partitions for entry in await topics.status(admin, settings)}
    finally:
        await admin.close()
    policy = load_policy(settings.handover_file)
    directory = (await read_directory(settings)).accounts
    verdicts = await read_verdicts(settings, counts[settings.topics.name(ANSWERS)])
    consumer = AIOKafkaConsumer(
        **connection_options(settings),
        enable_auto_commit=False,
        isolation_level="read_committed",
        max_partition_fetch_bytes=BATCH_BYTES,
    )
    try:
        await consumer.start()
        read = 0

        def count(more: int) -> None:
            nonlocal read
            read += more
            tell("reading", read, 0)

        found = await survey(consumer, name, counts[name], count)
        if not found.records:
            raise JourneyError(f"Nothing is recorded on {name}.", "Run the line for a while first.")
        # where history is played, the pipeline's time is not ours: it went on since as long as ours did
        end_ms = found.last_ms + max(0, time.time_ns() // 1_000_000 - found.newest_ms)
        timed = old.in_hours(policy.hours), new.in_hours(policy.hours)
        comparison = Comparison(
            since_ms, end_ms, verdicts, found.records if all_moved else EXAMPLES_MAX, found.first_ms
        )
        for part in found.parts:
            for turn in range(part.passes):
                for key, values in (await accounts_of(consumer, part, turn)).items():
                    _compare(comparison, key.decode("utf-8", "replace"), values, directory, timed, policy)
                    tell("folding", comparison.activities, found.records)
    except KafkaError as error:
        raise JourneyError(
            f"{name} on {settings.bootstrap_servers} cannot be read: {error}.", "`triggerpoint doctor` may say why."
        ) from error
    finally:
        await consumer.stop()
    return comparison


def _compare(
    comparison: Comparison,
    account_id: str,
    values: Values,
    directory: Mapping[str, Account],
    rules: tuple[Rules, Rules],
    policy: Policy,
) -> None:
    recorded = [Recorded(received_ms, Activity.model_validate_json(value)) for received_ms, value in values]
    account = directory.get(account_id)
    old, new = (live_through(account_id, recorded, account, one, comparison.end_ms, policy) for one in rules)
    comparison.add(account_id, old, new, ends_of(recorded), len(recorded))


async def read_verdicts(settings: Settings, partitions: int) -> dict[str, bool]:
    """Alert id -> whether its team took it up: the last of accepted and rejected counts."""
    last: dict[str, tuple[float, bool]] = {}
    for record in await read_present(connection_options(settings), settings.topics.name(ANSWERS), partitions):
        answer = Answer.model_validate_json(record.value)
        if answer.verdict in (Verdict.ACCEPTED, Verdict.REJECTED):
            given = (answer.occurred_at.timestamp(), answer.verdict is Verdict.ACCEPTED)
            last[answer.alert_id] = max(last.get(answer.alert_id, given), given)
    return {alert_id: accepted for alert_id, (_, accepted) in last.items()}
