"""What may be shown: secrets masked, and nothing in a line that a terminal would act on."""

import logging
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

from schemas.text import visible

MASK = "***"
SECRET_LENGTH_MIN = 4
"""Shorter ones would be found within ordinary words, and so told by where the mask stands."""

Masker = Callable[[str], str]


def masker(secrets: Iterable[str]) -> Masker:
    """A function that masks these secrets within a text.

    Args:
        secrets: longest first, so that one within another leaves no rest.
    """
    hidden = tuple(text for text in secrets if len(text) >= SECRET_LENGTH_MIN)

    def mask(text: str) -> str:
        for secret in hidden:
            if secret in text:
                text = text.replace(secret, MASK)
        return text

    return mask


class MaskedValues:
    """A structlog processor: every value of an event as it may be shown.

    Args:
        mask: masks secrets.
    """

    def __init__(self, mask: Masker) -> None:
        self._mask = mask

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The event with all its values masked."""
        for key, value in event.items():
            event[key] = self._lines(value) if key == "exception" else self._shown(value)
        return event

    def _lines(self, value: Any) -> Any:
        return "\n".join(map(self._shown, value.split("\n"))) if isinstance(value, str) else value

    def _shown(self, value: Any) -> Any:
        if value is None or isinstance(value, int | float):
            return value
        if isinstance(value, list | tuple | set | frozenset):
            return [self._shown(item) for item in value]
        if isinstance(value, dict):
            return {self._shown(key): self._shown(item) for key, item in value.items()}
        return visible(self._mask(str(value)))


class MaskedFormatter(logging.Formatter):
    """The same for loggers of third parties.

    Args:
        form: as of `logging.Formatter`.
        mask: masks secrets.
    """

    def __init__(self, form: str, mask: Masker) -> None:
        super().__init__(form)
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, traceback included."""
        return "\n".join(map(visible, self._mask(super().format(record)).split("\n")))
