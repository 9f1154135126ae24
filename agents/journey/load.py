"""The journey's file: the one that is set, or the one that is shipped."""

from importlib.resources import files
from pathlib import Path

from pipeline.journeyfile.fault import Fault
from pipeline.journeyfile.read import Reading, read_rules
from pipeline.rules.model import Phase, Rules, StageKind
from schemas.errors import JourneyError
from schemas.journey import UNAWARE
from sinks.rows import ColumnBatch

SHIPPED = files("deploy.journeys")
DEFAULT = "saas-trial.yaml"
STAGES_TABLE = "stages_log"
STAGES_COLUMNS = ("journey", "stage", "rank", "phase", "kind", "sla_hours", "sla_working_hours")


def load_rules(path: Path | None) -> Rules:
    """The rules of a file, or of the shipped default.

    Raises:
        JourneyError: the file cannot be read or is wrong; the text lists every fault with its line.
    """
    return rules_of(read_file(path), str(path or DEFAULT))


def own_journey(path: Path | None) -> tuple[str, Rules]:
    """Text and rules of a file, or of the shipped default.

    Raises:
        JourneyError: the file cannot be read or is wrong.
    """
    text, name = read_text(path), str(path or DEFAULT)
    if isinstance(text, Fault):
        rules_of(Reading(None, (text,)), name)
    return str(text), rules_of(read_rules(str(text)), name)


def rules_of(reading: Reading, name: str) -> Rules:
    """The rules of what was read.

    Args:
        name: of what was read, for the error's text.

    Raises:
        JourneyError: it is wrong; the text lists every fault with its line.
    """
    if reading.rules is None:
        listed = "\n".join(fault.at(name) for fault in reading.faults)
        raise JourneyError(f"{name} is no journey:\n{listed}\n", "`triggerpoint journey check` tries a file.")
    return reading.rules


def read_file(path: Path | None) -> Reading:
    """What a file says, or the shipped default.

    Raises:
        JourneyError: there is no such file, or it cannot be opened.
    """
    text = read_text(path)
    return Reading(None, (text,)) if isinstance(text, Fault) else read_rules(text)


def read_text(path: Path | None) -> str | Fault:
    """A file's text, or the shipped default's; a fault where it is no text.

    Raises:
        JourneyError: there is no such file, or it cannot be opened.
    """
    try:
        data = path.read_bytes() if path is not None else (SHIPPED / DEFAULT).read_bytes()
    except OSError as error:
        raise JourneyError(
            f"The journey's file {path} cannot be read: {error.strerror}.", "Name a file, or none for the shipped one."
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"byte {data[error.start]:#04x} is no UTF-8; save the file as UTF-8"
        return Fault(line, "", what)


def stage_rows(rules: Rules) -> ColumnBatch:
    """The journey's stages as rows, by which views know their order."""
    version, ranks = rules.version, rules.ranks
    rows = [(version, UNAWARE, 0, Phase.PROSPECT.value, StageKind.INVENTORY.value, 0.0, 0.0)]
    rows += [
        (
            version,
            rule.name,
            ranks[rule.name],
            rule.phase.value,
            rule.kind.value,
            rule.sla_hours or 0.0,
            rule.sla_working_hours or 0.0,
        )
        for rule in rules.stages
    ]
    return ColumnBatch(STAGES_TABLE, STAGES_COLUMNS, list(zip(*rows, strict=True)))
