"""Feedback as teams send it -> answers, or rejections. Total and pure, as `pipeline/ingest.py` is for events.

A record holds one JSON object or a list of them, from any client, under any key. An answer's id is made from what it
says, so that the same answer sent again counts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from pipeline.decode import RefusedError
from pipeline.ingest import WHOLE, parse, place_of, rejected_of, take_apart
from schemas.base import from_ms
from schemas.handover.feedback import Answer, Feedback, Verdict, answer_id_of
from schemas.rejected import FROM_TEAMS, Rejected, RejectReason

SEE = "`triggerpoint schema Feedback` shows all fields"
CURES = {
    "alert_id": "Give the `alert_id` of the alert that is answered",
    "account_id": "Give the `account_id` of the alert, too: it stands beside `alert_id` there",
    "verdict": f"It is one of {', '.join(Verdict)}",
    "occurred_at": "Give the time of the answer with its zone, such as 2027-03-01T09:30:00Z",
    "until": "Give the time up to which it is put off, with its zone",
}
TIMES = frozenset({"occurred_at", "until"})


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One record of the feedback topic, as the broker gave it.

    Args:
        topic, partition, offset: its coordinates.
        timestamp_ms: when the broker took it, in the pipeline's time.
        key, value, headers: verbatim.
        index, replays: as of `pipeline.ingest.RawRecord`.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    index: int = WHOLE
    replays: int = 0

    @property
    def source(self) -> Literal["feedback"]:
        """What rejections name as their source."""
        return FROM_TEAMS


def answers_of(record: RawAnswer) -> list[Answer | Rejected]:
    """All outcomes of one record, in the order of its items; at least one."""
    try:
        document = parse(record.value, lambda looks_like: _foreign(looks_like, record.topic))
        items = document if type(document) is list and record.index == WHOLE else None
        take_apart(document, items, record.value)
    except RefusedError as refused:
        return [rejected_of(record, place_of(record, refused), refused, record.value)]
    if items is None:
        return [_outcome(record, max(record.index, 0), document, record.value)]
    return [_outcome(record, index, item, orjson.dumps(item)) for index, item in enumerate(items)]


def _outcome(record: RawAnswer, index: int, item: Any, value: bytes | None) -> Answer | Rejected:
    try:
        feedback = _checked(item)
    except RefusedError as refused:
        return rejected_of(record, index, refused, value)
    received = from_ms(record.timestamp_ms)
    return Answer(
        answer_id=answer_id_of(feedback),
        alert_id=feedback.alert_id,
        account_id=feedback.account_id,
        verdict=feedback.verdict,
        occurred_at=min(feedback.occurred_at, received),
        received_at=received,
        by=feedback.by,
        reason=feedback.reason,
        until=feedback.until,
    )


def _checked(item: Any) -> Feedback:
    if type(item) is not dict:
        raise RefusedError(RejectReason.UNKNOWN_FORMAT, "an answer is a JSON object.", SEE)
    try:
        return Feedback.model_validate(item)
    except ValidationError as error:
        found: Sequence[Any] = error.errors(include_input=False, include_url=False)
        first = found[0]
        name = str(first["loc"][0]) if first["loc"] else "until"
        said = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}" for one in found)
        raise RefusedError(_reason(name, first["type"]), f"{said}.", f"{CURES.get(name, 'Mend it')}; {SEE}") from None


def _reason(name: str, kind: str) -> RejectReason:
    if name == "account_id" and kind in ("missing", "string_too_short"):
        return RejectReason.NO_SUBJECT
    if kind == "string_too_long":
        return RejectReason.OVERSIZE_FIELD
    return RejectReason.BAD_TIME if name in TIMES else RejectReason.BAD_FIELD


def _foreign(looks_like: str, topic: str) -> RefusedError:
    return RefusedError(
        RejectReason.UNKNOWN_FORMAT, f"looks like {looks_like}; not read on {topic}.", f"Send JSON; {SEE}"
    )
