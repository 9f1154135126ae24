"""Holds the privacy key against the one the line began with: under another every known person would be a stranger.

The first worker of a line writes its key's fingerprint; who comes with another key stops before it writes anything.
Of several that begin at once with several keys, the one whose record lies first is right.
"""

from aiokafka import AIOKafkaProducer

from agents import topics
from agents.connection import connection_options
from agents.privacy.key import privacy_key
from agents.settings import Settings
from agents.shell.follow import read_present
from pipeline.privacy.key import PrivacyKey
from schemas.errors import SettingsError
from schemas.kept.key_mark import KeyMark
from schemas.topics import KEY_MARKS

PARTITION = 0
"""All marks lie on one, whatever their key: order is what tells the first."""


async def hold_to_mark(settings: Settings, key: PrivacyKey) -> None:
    """Return if the key is the line's; of a new line it becomes that. The topics are there.

    Raises:
        SettingsError: the line began with another key.
    """
    first = await _first(settings)
    if first is None:
        mark = KeyMark(fingerprint=key.fingerprint)
        producer = AIOKafkaProducer(**connection_options(settings), enable_idempotence=True)
        try:
            await producer.start()
            name = settings.topics.name(KEY_MARKS)
            await producer.send_and_wait(name, mark.encode(), mark.fingerprint.encode(), partition=PARTITION)
        finally:
            await producer.stop()
        first = await _first(settings)
    _compare(settings, key, first)


async def known_key(settings: Settings) -> PrivacyKey:
    """The key of this installation, for a command: the line's own, if that has begun.

    Raises:
        SettingsError: there is none, or the line began with another one.
        TopicMismatchError: no broker answers.
    """
    key = privacy_key(settings)
    admin = await topics.connect_admin(settings)
    try:
        begun = settings.topics.name(KEY_MARKS) in await admin.list_topics()
    finally:
        await admin.close()
    if begun and (first := await _first(settings)) is not None:
        _compare(settings, key, first)
    return key


async def _first(settings: Settings) -> str | None:
    """The fingerprint that lies first."""
    records = await read_present(connection_options(settings), settings.topics.name(KEY_MARKS), PARTITION + 1)
    marks = [KeyMark.model_validate_json(record.value) for record in records if record.value]
    return marks[0].fingerprint if marks else None


def _compare(settings: Settings, key: PrivacyKey, first: str | None) -> None:
    if key.fingerprint == first:
        return
    prefix = settings.topic_prefix
    line = f"with topic prefix `{prefix}`" if prefix else "without a topic prefix"
    raise SettingsError(
        f"The privacy key (fingerprint {key.fingerprint}) is another than the line on {settings.bootstrap_servers} "
        f"{line} began with ({first}): everybody it knows would be a stranger.",
        "Give this worker or command the line's key, as TRIGGERPOINT_PRIVACY_KEY or in a file named by "
        "TRIGGERPOINT_PRIVACY_KEY_FILE. For a new key take a new TRIGGERPOINT_TOPIC_PREFIX and "
        "TRIGGERPOINT_CLICKHOUSE_DATABASE, and replay the raw topics.",
    )
