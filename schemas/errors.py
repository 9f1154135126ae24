"""The one tree of errors. Retry or not is on the class; every message says what, where and how to mend it.

TriggerpointError
├── SettingsError          a setting is wrong: start-up ends
├── JourneyError           the journey's file is wrong: start-up ends; the text lists every fault
├── LocalStackError        the local broker or engine cannot be had: disk, port, download
├── DataError              network data cannot be fetched, or are not what they should be; what was there stays
├── TopicMismatchError     a topic on the broker is not what the catalogue says: start-up ends
├── PoisonError            nearly all newest input of a partition is refused: the worker stops, nothing is committed
├── StalledError           a worker stands still though records wait: it ends, to be started anew
├── RecordError            a record of our own topics cannot be read: a bug or a foreign writer, the worker stops
└── SinkError
    ├── TransientSinkError the far end is away, slow or busy: wait and try again (retryable)
    └── TerminalSinkError  the far end refuses for good: stop, commit nothing
"""

from typing import ClassVar


class TriggerpointError(Exception):
    """Root of all errors this project raises on purpose.

    Args:
        what: what went wrong and where, in one sentence.
        mend: what the reader can do about it, in one sentence; empty where nothing can be done.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(f"{what} {mend}".strip())
        self.what = what
        self.mend = mend


class SettingsError(TriggerpointError):
    """A setting is missing or wrong."""


class JourneyError(TriggerpointError):
    """The journey's file cannot be read, or is wrong."""


class LocalStackError(TriggerpointError):
    """The local broker or engine cannot be set up, started or stopped."""


class DataError(TriggerpointError):
    """Data of others cannot be fetched, or are not what they should be."""


class TopicMismatchError(TriggerpointError):
    """A topic on the broker differs from the catalogue in a way that would lose or misplace records."""


class PoisonError(TriggerpointError):
    """Too much of the newest input of a partition was refused."""


class StalledError(TriggerpointError):
    """A worker stands still though records wait."""


class RecordError(TriggerpointError):
    """A record in one of the pipeline's own topics cannot be read."""


class SinkError(TriggerpointError):
    """A row sink did not take rows."""


class TransientSinkError(SinkError):
    """The sink is away, slow or busy; the same rows may be sent again."""

    retryable: ClassVar[bool] = True


class TerminalSinkError(SinkError):
    """The sink refuses the rows for good."""
