"""What is fuzzed: a target takes any bytes, works them as the product would, and raises where a promise is broken."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from agents.directory import change_of
from agents.journey import load_rules
from deploy.evaluate.line import NAMES, PlainLine
from deploy.explain.inputs import read
from pipeline.accounts.table import read_accounts
from pipeline.handover.answers import RawAnswer, answers_of
from pipeline.handover.policy import Policy
from pipeline.identity.listed import read_ranges
from pipeline.identity.networks import NO_NETWORKS
from pipeline.ingest import RawRecord, ingest
from pipeline.journeyfile.read import read_rules
from schemas.alert import Alert
from schemas.base import EPOCH_MS_MAX, TEXT_LENGTH_MAX, URL_LENGTH_MAX, Record, Source
from schemas.errors import TriggerpointError
from schemas.event import Event
from schemas.raw import PROPERTIES_MAX
from schemas.rejected import Rejected
from schemas.text import one_line, tame, visible
from schemas.topics import ACCOUNTS, ALERTS, CATALOGUE, FEEDBACK, OWN_BYTES_MAX, RAW

Target = Callable[[bytes], None]
NOW_MS = 1_795_348_800_000
SOURCES = tuple(Source)
ESCAPE_FACTOR = 10
"""A harmful character takes up to ten once it is written as its code."""

QUOTED = ("person_name", "job_title", "title", "asset", "topic", "feature", "product", "form", "reason")
LINE_RECORDS_MAX = 12
LINE_TOPICS = (*(RAW[source].name for source in SOURCES), FEEDBACK.name, ACCOUNTS.name)


class EscapeError(AssertionError):
    """A promise of the target does not hold."""


def _hold(holds: object, what: str) -> None:
    if not holds:
        raise EscapeError(what)


def fuzz_ingest(data: bytes) -> None:
    """A raw record, its source by the first byte: each item has one outcome, bounded, harmless and readable again."""
    source = SOURCES[data[0] % len(SOURCES)] if data else Source.WEB
    value = data[1:] or None
    record = RawRecord(source, RAW[source].name, 0, 7, NOW_MS, data[:3], value)
    outcomes = ingest(record)
    _hold(outcomes, "no outcome")
    for outcome in outcomes:
        _check_again(outcome)
        if isinstance(outcome, Event):
            _check_event(outcome)
    if len(outcomes) == 1 and isinstance(outcomes[0], Rejected) and outcomes[0].index == -1 and len(data) < 1000:
        _hold(outcomes[0].original_value() == value, "the original bytes are not kept")


def fuzz_answers(data: bytes) -> None:
    """A feedback record."""
    outcomes = answers_of(RawAnswer(FEEDBACK.name, 0, 7, NOW_MS, None, data))
    _hold(outcomes, "no outcome")
    for outcome in outcomes:
        _check_again(outcome)


def fuzz_accounts(data: bytes) -> None:
    """A record of the accounts topic."""
    try:
        change = change_of(data[:5], data)
    except ValidationError:
        return
    if change is not None and change[1] is not None:
        _check_again(change[1])
        _hold(tame(change[1].name) == change[1].name, "the name is not tame")


def fuzz_sheet(data: bytes) -> None:
    """A CSV file of accounts: each fault is said with its line."""
    sheet = read_accounts(
        data.decode("utf-8", "replace").splitlines(keepends=True), skip_unknown=bool(data[:1] == b"#")
    )
    _hold(all(problem.line >= 1 and str(problem) for problem in sheet.problems), "a problem without a line")


def fuzz_journey(data: bytes) -> None:
    """A journey's file: rules or faults, never neither."""
    reading = read_rules(data.decode("utf-8", "replace"))
    _hold((reading.rules is None) == bool(reading.faults), "neither rules nor faults")


def fuzz_policy(data: bytes) -> None:
    """The hand-over policy."""
    try:
        Policy.model_validate_json(data)
    except ValidationError:
        return


def fuzz_ranges(data: bytes) -> None:
    """A list of address ranges."""
    try:
        list(read_ranges(data.decode("utf-8", "replace").splitlines()))
    except (ValueError, TriggerpointError):
        return


def fuzz_identify(data: bytes) -> None:
    """An argument of `triggerpoint identify`."""
    try:
        read(data, NO_NETWORKS)
    except TriggerpointError:
        return


def fuzz_nouns(data: bytes) -> None:
    """A record of one of the catalogue's topics, which one by the first byte: refused, or the same once written."""
    nouns = _nouns()
    noun = nouns[data[0] % len(nouns)] if data else nouns[0]
    try:
        found = noun.model_validate_json(data[1:])
    except ValidationError:
        return
    if isinstance(found, Record):
        found.encode()


def fuzz_line(data: bytes) -> None:
    """Lines of bytes as records of the input topics, worked by the real handlers up to the alerts."""
    line = PlainLine(rules=_rules(), keep=ALERTS.values())
    for at, value in enumerate(data.split(b"\n")[:LINE_RECORDS_MAX]):
        topic = LINE_TOPICS[value[0] % len(LINE_TOPICS)] if value else LINE_TOPICS[0]
        if topic == ACCOUNTS.name:
            try:
                line.know([(value[1:9], value[1:])])
            except ValidationError:
                continue
        line.send(NAMES.prefix + topic, value[1:9], value[1:], NOW_MS + at * 1000)
    line.settle()
    for topic_of_team in ALERTS.values():
        for alert in line.values(topic_of_team, Alert):
            _hold(sum(cause.points for cause in alert.causes) == alert.score, "causes do not add up")
            _hold(tame(alert.account_name) == alert.account_name, "the account's name is not tame")
            _hold("<" not in alert.why and one_line(alert.why) == alert.why, "the reason is not tame")


TARGETS: dict[str, tuple[Target, int]] = {
    "ingest": (fuzz_ingest, 8),
    "line": (fuzz_line, 4),
    "answers": (fuzz_answers, 2),
    "accounts": (fuzz_accounts, 1),
    "sheet": (fuzz_sheet, 2),
    "journey": (fuzz_journey, 2),
    "policy": (fuzz_policy, 1),
    "ranges": (fuzz_ranges, 1),
    "identify": (fuzz_identify, 2),
    "nouns": (fuzz_nouns, 2),
}
"""Name -> what is done, and its share of the time."""


@cache
def _rules() -> Any:
    return load_rules(None)


@cache
def _nouns() -> tuple[type[BaseModel], ...]:
    return tuple(dict.fromkeys(topic.noun for topic in CATALOGUE))


def _check_again(outcome: Record) -> None:
    written = outcome.encode()
    _hold(type(outcome).model_validate_json(written) == outcome, "not the same once read again")
    _hold(len(written) <= OWN_BYTES_MAX, f"{len(written)} bytes do not fit into the topic")


def _check_event(event: Event) -> None:
    _hold(0 <= event.occurred_ms <= event.received_ms <= EPOCH_MS_MAX, "times that cannot be")
    _hold(len(event.properties) <= PROPERTIES_MAX, "too many properties")
    for text in _texts(event):
        _hold(len(text) <= ESCAPE_FACTOR * max(TEXT_LENGTH_MAX, URL_LENGTH_MAX), "a text without bound")
        _hold(visible(text) == text, f"harmful characters in {text!r:.80}")
    for name in QUOTED:
        text = getattr(event, name)
        _hold(tame(text) == text, f"{name} is not tame: {text!r:.80}")


def _texts(event: Event) -> Iterable[str]:
    for value in event.__dict__.values():
        if type(value) is str:
            yield value
        elif type(value) is dict:
            yield from value
            yield from value.values()
