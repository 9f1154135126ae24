"""A journey is activated: numbered and written, while nobody else does the same."""

from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced

from agents import topics
from agents.connection import connection_options
from agents.journey.load import rules_of
from agents.journey.past import counting, read_activations
from agents.settings import Settings
from pipeline.journeyfile.read import read_rules
from pipeline.rules.model import Rules
from schemas.authored.activation import Activation
from schemas.errors import JourneyError
from schemas.topics import JOURNEYS, RECORD_BYTES_MAX, partition_of

TEXT_BYTES_MAX = RECORD_BYTES_MAX * 3 // 4
"""Of a journey's file: in JSON it grows, and it must fit a record."""

log = structlog.get_logger()


async def activate(settings: Settings, text: str, by: str, note: str, only_first: bool = False) -> Activation | None:
    """Make a journey the one that counts.

    Whoever comes second while this is under way fences the first, which then has written nothing: so numbers never
    stand twice.

    Args:
        text: the file's text.
        by: who does it.
        note: why.
        only_first: do nothing where any journey is active.

    Returns:
        The activation; None where nothing had to be written: the same journey is active, or one is and `only_first`.

    Raises:
        JourneyError: the text is no journey, it is too long, or somebody else activates one at the same moment.
    """
    rules = rules_of(read_rules(text), "the journey")
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise JourneyError(f"The file has more than {TEXT_BYTES_MAX} bytes.", "Shorten its comments.")
    admin = await topics.connect_admin(settings)
    try:
        await topics.create_missing(admin, settings)
    finally:
        await admin.close()
    try:
        return await _write(settings, text, rules, by, note, only_first)
    except ProducerFenced as error:
        raise JourneyError(
            "Somebody else activates a journey at this moment; nothing was written.",
            "See `triggerpoint journey history`, and try again.",
        ) from error
    except KafkaError as error:
        raise JourneyError(
            f"The broker at {settings.bootstrap_servers} did not take the journey: {error}.",
            "`triggerpoint doctor` may say why.",
        ) from error


async def _write(
    settings: Settings, text: str, rules: Rules, by: str, note: str, only_first: bool
) -> Activation | None:
    transactional_id = f"{settings.topic_prefix}triggerpoint-journeys"
    producer = AIOKafkaProducer(**connection_options(settings), transactional_id=transactional_id)
    try:
        await producer.start()  # from here on whoever else is at it can write no more
        past = await read_activations(settings)
        active = counting(past)
        if active is not None and (only_first or active.rule_version == rules.version):
            return None
        made = Activation(
            number=past[-1].number + 1 if past else 1,
            rule_version=rules.version,
            name=rules.name,
            text=text,
            activated_at=datetime.now(UTC),
            activated_by=by,
            note=note,
        )
        topic = settings.topics.name(JOURNEYS)
        partition = partition_of(made.key, len(await producer.partitions_for(topic)))
        async with producer.transaction():
            await producer.send_and_wait(topic, made.encode(), key=made.key, partition=partition)
        return made
    finally:
        await producer.stop()


async def seed(settings: Settings, text: str, source: str) -> None:
    """Make a worker's own journey the first one, where none is active; another worker may do it at the same moment."""
    try:
        made = await activate(settings, text, "worker", f"none was active: {source}", only_first=True)
    except JourneyError as error:
        log.info("journey_not_seeded", error=str(error))
        return
    if made is not None:
        log.info("journey_seeded", name=made.name, version=made.rule_version, file=source)
