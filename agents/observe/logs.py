"""Logging: readable lines on a terminal, JSON elsewhere; third parties turned down to what an operator needs."""

import logging
import sys
from collections.abc import Iterable
from typing import Any

import structlog

from agents.observe.masks import MaskedFormatter, MaskedValues, masker
from agents.observe.seldom import Seldom


def set_up(level: str, secrets: Iterable[str] = ()) -> None:
    """Configure structlog and the standard library's loggers, once per process.

    Args:
        level: debug, info, warning or error.
        secrets: what no line may show, longest first.
    """
    mask = masker(secrets)
    number = logging.getLevelName(level.upper())
    terminal = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # plain tracebacks: rich ones show local variables, and so secrets and people's data
    ending: list[Any] = [structlog.processors.format_exc_info, MaskedValues(mask)]
    ending += [structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskedFormatter("%(levelname)s %(name)s %(message)s", mask))
    handler.addFilter(Seldom())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("aiokafka", "faust", "mode"):
        logging.getLogger(name).setLevel(logging.INFO if level == "debug" else logging.ERROR)
    # the broker's "not yet" at the start of a transaction is logged as an error, and tried again
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.CRITICAL)
