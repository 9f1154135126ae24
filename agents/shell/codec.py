"""Records of the pipeline's own topics, and states, read back."""

from typing import Any, Generic, TypeVar

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


KEPT_BYTES_MAX = 16 << 20
"""Encoded bytes of the states a stage keeps decoded in one worker; decoded they take several times as much."""


class StateCodec(Generic[RecordT]):
    """Encodes and decodes a stage's states; the latest stay decoded, since a buyer's hits come in bursts. All lanes of
    the stage in a worker share one, so that more partitions take no more memory.

    A kept state counts only for the very bytes object it was made from or into, so what a lost transaction would have
    written, or another worker has, is never mistaken for it.

    Args:
        model: the state's noun.
    """

    def __init__(self, model: type[RecordT]) -> None:
        self._model = model
        self._kept: dict[bytes, tuple[bytes, RecordT]] = {}
        self._bytes = 0

    def decode(self, key: bytes, value: bytes | None) -> RecordT | None:
        """The state of a key from its bytes; None for none."""
        if value is None:
            return None
        kept = self._kept.get(key)
        if kept is not None and kept[0] is value:
            return kept[1]
        return self._model.model_validate_json(value)

    def encode(self, key: bytes, state: RecordT) -> bytes:
        """The bytes of a key's new state."""
        value = state.__pydantic_serializer__.to_json(state)
        self.forget(key)
        self._kept[key] = (value, state)
        self._bytes += len(value)
        while self._bytes > KEPT_BYTES_MAX:
            self._bytes -= len(self._kept.pop(next(iter(self._kept)))[0])
        return value

    def forget(self, key: bytes) -> None:
        """Keep nothing of a key."""
        old = self._kept.pop(key, None)
        if old is not None:
            self._bytes -= len(old[0])
