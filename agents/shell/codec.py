"""Records of the pipeline's own topics, read back."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from schemas.errors import RecordError

RecordT = TypeVar("RecordT", bound=BaseModel)


def decode(model: type[RecordT], record: Any) -> RecordT:
    """The value of an aiokafka record as its noun.

    Raises:
        RecordError: it cannot be read: somebody else writes to this topic, or a version does not fit.
    """
    try:
        return model.model_validate_json(record.value)
    except ValidationError as error:
        raise RecordError(
            f"{record.topic}:{record.partition}:{record.offset} is no {model.__name__}: {error.errors()[0]['msg']}.",
            "Only the pipeline may write to this topic; to skip the record, move the group's offset past it.",
        ) from error
