"""The oracle's word against what lies there: what is missing, what is there beside it, what is different."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import TopicPartition

from agents.settings import Settings
from agents.shell.state import StateStore, read_headers
from agents.stages import ARCHIVED
from deploy.faults.oracle import Expected
from deploy.faults.reading import Held, Rows, id_field
from schemas.topics import CATALOGUE, Topic

SHOWN_MAX = 12
TOLD_MAX = 300
Written = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]


@dataclass
class Verdict:
    """Over outputs, states, consumption and rows together.

    Args:
        records: records compared.
        missing: what must be there and is not.
        extra: what is there and must not.
        different: what is there with other content.
        faults: the first of them in words.
    """

    records: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether nothing was found."""
        return not (self.missing or self.extra or self.different)

    def note(self, where: str, missing: int = 0, extra: int = 0, different: int = 0, example: str = "") -> None:
        """Take a finding in."""
        if not (missing or extra or different):
            return
        self.missing += missing
        self.extra += extra
        self.different += different
        if len(self.faults) < SHOWN_MAX:
            found = {"missing": missing, "extra": extra, "different": different}
            counts = ", ".join(f"{count} {name}" for name, count in found.items() if count)
            self.faults.append(f"{where}: {counts}" + (f", e.g. {example}" if example else ""))


def judge(
    settings: Settings,
    held: Held,
    expected: Expected,
    committed: Mapping[tuple[str, TopicPartition], int],
    ends: Mapping[tuple[str, TopicPartition], int],
    rows: Rows,
) -> Verdict:
    """Compare everything.

    Args:
        settings: of the installation.
        held: what lies on the topics.
        expected: what must.
        committed: (stage, input partition) -> committed offset.
        ends: the same -> where the input ended when the line was waited for: so far it must have been worked.
        rows: what ClickHouse has.
    """
    verdict = Verdict()
    verdict.note("consumption", expected.left_out, expected.twice, 0, "; ".join(expected.wrong[:3]))
    _judge_offsets(verdict, held, expected, committed, ends)
    changelogs = {tp.topic for tp in expected.states}
    stages = {stage for stage, _ in expected.worked}
    ours = [topic for topic in CATALOGUE if set(topic.producer.split(", ")) <= stages]
    for name, topic in ((settings.topics.name(topic), topic) for topic in ours):
        for at in range(held.partitions[name]):
            tp = TopicPartition(name, at)
            if name in changelogs:
                _judge_state(verdict, tp, held.records[tp], expected.states.get(tp, StateStore()))
            else:
                _judge_outputs(verdict, tp, topic, held.records[tp], expected)
    _judge_rows(verdict, settings, held, committed, rows)
    return verdict


def _judge_offsets(
    verdict: Verdict,
    held: Held,
    expected: Expected,
    committed: Mapping[tuple[str, TopicPartition], int],
    ends: Mapping[tuple[str, TopicPartition], int],
) -> None:
    for (stage, tp), worked in expected.worked.items():
        at = committed.get((stage, tp), 0)
        where = f"{stage} {tp.topic}:{tp.partition}"
        if at != worked:
            verdict.note(f"{where}: committed {at}, worked {worked}", different=1)
        left = [record for record in held.records[tp] if at <= record.offset < ends.get((stage, tp), 0)]
        verdict.note(f"{where}: not worked off", missing=len(left))


def _judge_outputs(
    verdict: Verdict, tp: TopicPartition, topic: Topic, lying: Sequence[Any], expected: Expected
) -> None:
    found = Counter(map(_written, ((record.key, record.value, record.headers) for record in lying)))
    wanted = Counter(map(_written, expected.outputs.get(tp, ())))
    verdict.records += wanted.total()
    missing, extra = wanted - found, found - wanted
    if not missing and not extra:
        return
    lost, more = Counter(_ids(missing, topic)), Counter(_ids(extra, topic))
    different = (lost & more).total()
    example = "; ".join(f"{name}{_differs(name, missing, extra, topic)}" for name in [*(lost | more)][:3])
    where = f"{tp.topic}:{tp.partition}"
    verdict.note(where, missing.total() - different, extra.total() - different, different, example)


def _judge_state(verdict: Verdict, tp: TopicPartition, lying: Sequence[Any], wanted: StateStore) -> None:
    found = StateStore()
    for record in lying:
        found.apply(record.key, record.value, *read_headers(record.headers))
    there, must = dict(found.committed), dict(wanted.committed)
    verdict.records += len(must)
    different = [key for key in must.keys() & there.keys() if must[key] != there[key]]
    missing, extra = sorted(must.keys() - there.keys()), sorted(there.keys() - must.keys())
    example = "; ".join(str(key[:60]) for key in [*missing, *extra, *different][:3])
    verdict.note(f"state {tp.topic}:{tp.partition}", len(missing), len(extra), len(different), example)
    if found.marked != wanted.marked and not (missing or extra or different):
        verdict.note(f"marks of {tp.topic}:{tp.partition}", different=len(found.marked ^ wanted.marked))


def _judge_rows(
    verdict: Verdict,
    settings: Settings,
    held: Held,
    committed: Mapping[tuple[str, TopicPartition], int],
    rows: Rows,
) -> None:
    for topic in ARCHIVED:
        name = settings.topics.name(topic)
        for at in range(held.partitions[name]):
            tp = TopicPartition(name, at)
            done = committed.get(("archive", tp), 0)
            lost = [
                record
                for record in held.records[tp]
                if record.offset < done and (at, record.offset) not in rows.places[name]
            ]
            # of records with one id, one row stays where the table says so; what is no record of ours makes none
            lost = [record for record in lost if (known := _id(record.value, topic)) and known not in rows.ids[name]]
            verdict.note(f"rows of {name}:{at}", missing=len(lost))
            lying = {record.offset for record in held.records[tp]}
            foreign = [offset for partition, offset in rows.places[name] if partition == at and offset not in lying]
            if not topic.compacted:
                verdict.note(f"rows of {name}:{at} from nowhere", extra=len(foreign))
    for view, doubles in rows.doubles.items():
        verdict.note(f"view {view}", extra=doubles)


def _written(record: tuple[bytes | None, bytes | None, Iterable[tuple[str, bytes]]]) -> Written:
    key, value, headers = record
    return key, value, tuple((name, bytes(content)) for name, content in headers)


def _ids(records: Counter[Written], topic: Topic) -> list[tuple[bytes | None, str, int]]:
    return [(key, *_id_of(value, topic)) for key, value, _ in records.elements()]


def _differs(
    name: tuple[bytes | None, str, int], missing: Counter[Written], extra: Counter[Written], topic: Topic
) -> str:
    """Which fields of a record differ, must-be first; '' where only one of the two is there."""
    pairs = [
        [orjson.loads(value or b"{}") for key, value, _ in some if (key, *_id_of(value, topic)) == name]
        for some in (missing, extra)
    ]
    if not all(pairs):
        return ""
    must, lies = (some[0] for some in pairs)
    fields = [field for field in must.keys() | lies.keys() if must.get(field) != lies.get(field)]
    told = [f"{field} {must.get(field)!s:.{TOLD_MAX}} / {lies.get(field)!s:.{TOLD_MAX}}" for field in sorted(fields)]
    return f" ({', '.join(told) or 'headers'})"


def _id_of(value: bytes | None, topic: Topic) -> tuple[str, int]:
    fields = orjson.loads(value) if value else {}
    return str(fields.get(id_field(topic.noun), "")), int(fields.get("revision", 0))


def _id(value: bytes | None, topic: Topic) -> str:
    """The id of a record that can be read, '' else."""
    try:
        topic.noun.model_validate_json(value or b"")
    except ValueError:
        return ""
    return _id_of(value, topic)[0]
