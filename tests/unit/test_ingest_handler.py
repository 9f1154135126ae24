"""The ingest stage's batch: feedback keyed anew by account, refused with its bytes, counted; partitions mixed."""

from types import SimpleNamespace
from typing import Any

import orjson

from agents.clock import SystemClock
from agents.ingest import IngestHandler
from agents.metrics import Metrics
from agents.shell.outbox import Outbox
from agents.shell.state import StateStore, StateView
from pipeline.privacy.consent import ConsentPolicy
from pipeline.privacy.erasures import ErasureBook
from pipeline.privacy.key import PrivacyKey
from pipeline.refused.limit import RefusalLimit
from schemas.base import Source
from schemas.topics import ANSWERS, EVENTS, FEEDBACK, REJECTED, TopicNames, partition_of

NAMES = TopicNames("x.")
GOOD = orjson.dumps(
    {"alert_id": "l1", "account_id": "acme", "verdict": "done", "occurred_at": "2026-05-01T09:00:00+02:00"}
)
AT_MS = 1_780_000_000_000


WEB = "raw.web"


def handler(metrics: Metrics) -> IngestHandler:
    return IngestHandler(
        {WEB: Source.WEB},
        NAMES,
        SystemClock(),
        metrics,
        PrivacyKey(bytes(32)),
        ErasureBook(),
        ConsentPolicy(),
        RefusalLimit(),
    )


def record(value: bytes, offset: int, topic: str = NAMES.name(FEEDBACK), partition: int = 5) -> Any:
    return SimpleNamespace(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=AT_MS + offset,
        timestamp_type=1,
        key=b"crm",
        value=value,
        headers=(),
    )


def count(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"triggerpoint_{name}", labels)


def test_answers_go_on_by_account_and_the_rest_is_refused() -> None:
    metrics, out = Metrics(), Outbox(lambda topic: 3)
    records = [record(value, at) for at, value in enumerate((GOOD, b"{}", GOOD))]
    received = handler(metrics).handle(records, StateView(StateStore()), out)
    assert received == [AT_MS, AT_MS + 1, AT_MS + 2]
    out.committed()
    answers = out.records[NAMES.name(ANSWERS), partition_of(b"acme", 3)]
    assert [key for key, _, _ in answers] == [b"acme", b"acme"]
    first, second = (orjson.loads(value or b"") for _, value, _ in answers)
    assert first["answer_id"] == second["answer_id"]
    [(key, value, headers)] = out.records[NAMES.name(REJECTED), partition_of(b"crm", 3)]
    assert (key, dict(headers)["origin"]) == (b"crm", f"{NAMES.name(FEEDBACK)}:5:1:0".encode())
    assert orjson.loads(value or b"")["source"] == "feedback"
    assert count(metrics, "answers_total", verdict="done") == 2
    assert count(metrics, "rejected_total", source="feedback", reason="bad_field") == 1


def test_records_of_several_partitions_are_worked_in_one_batch_each_counted_where_it_lies() -> None:
    metrics, out = Metrics(), Outbox(lambda topic: 1)
    view = orjson.dumps({"type": "page_view", "occurred_at": "2026-05-01T09:00:00Z", "anonymous_id": "v-1"})
    records = [
        record(view, 0, WEB, 0),
        record(GOOD, 0),
        record(b"{}", 1),
        record(view, 7, WEB, 1),
        record(b"no event", 1, WEB, 0),
    ]
    received = handler(metrics).handle(records, StateView(StateStore()), out)
    assert received == [AT_MS + one.offset for one in records]
    out.committed()
    assert len(out.records[NAMES.name(EVENTS), 0]) == 2
    assert len(out.records[NAMES.name(ANSWERS), 0]) == 1
    origins = [dict(headers)["origin"] for _, _, headers in out.records[NAMES.name(REJECTED), 0]]
    assert origins == [f"{NAMES.name(FEEDBACK)}:5:1:0".encode(), b"raw.web:0:1:-1"]
    shares = {
        (topic, partition): count(metrics, "refused_share", topic=topic, partition=partition)
        for topic, partition in ((WEB, "0"), (WEB, "1"), (NAMES.name(FEEDBACK), "5"))
    }
    assert shares == {(WEB, "0"): 0.5, (WEB, "1"): 0.0, (NAMES.name(FEEDBACK), "5"): 0.5}
    assert count(metrics, "events_total", source="web", format="native") == 2
