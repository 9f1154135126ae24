"""Activations on their topic, as far as there are any."""

from typing import Any

from aiokafka.errors import KafkaError
from pydantic import ValidationError

from agents import topics
from agents.connection import connection_options
from agents.settings import Settings
from agents.shell.follow import read_present
from pipeline.journeyfile.read import read_rules
from schemas.authored.activation import Activation
from schemas.errors import JourneyError
from schemas.topics import JOURNEYS


async def read_activations(settings: Settings) -> list[Activation]:
    """All activations, oldest first; none where the topic is missing. Records that are none are left out.

    Raises:
        TriggerpointError: the broker does not answer.
    """
    name = settings.topics.name(JOURNEYS)
    admin = await topics.connect_admin(settings)
    try:
        count = next(entry.found_partitions for entry in await topics.status(admin, settings) if entry.name == name)
    finally:
        await admin.close()
    if not count:
        return []
    try:
        records = await read_present(connection_options(settings), name, count)
    except KafkaError as error:
        raise JourneyError(
            f"{name} on {settings.bootstrap_servers} cannot be read: {error}.", "`triggerpoint doctor` may say why."
        ) from error
    newest: dict[int, Activation] = {}
    for record in records:
        if (found := activation_of(record)) is not None:
            newest[found.number] = found
    return [newest[number] for number in sorted(newest)]


def activation_of(record: Any) -> Activation | None:
    """What a record of the topic says; None where it is no activation."""
    try:
        return Activation.model_validate_json(record.value or b"")
    except ValidationError:
        return None


def counting(past: list[Activation]) -> Activation | None:
    """The one that counts for workers: the newest whose text is a journey."""
    return next((one for one in reversed(past) if read_rules(one.text).rules is not None), None)
