"""Feedback in the ingest stage: keyed anew by account, refused with its bytes, counted."""

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
from schemas.topics import ANSWERS, FEEDBACK, REJECTED, TopicNames, partition_of

NAMES = TopicNames("x.")
GOOD = orjson.dumps(
    {"alert_id": "l1", "account_id": "acme", "verdict": "done", "occurred_at": "2026-05-01T09:00:00+02:00"}
)
AT_MS = 1_780_000_000_000


def test_answers_go_on_by_account_and_the_rest_is_refused() -> None:
    metrics = Metrics()
    handler = IngestHandler(
        {}, NAMES, SystemClock(), metrics, PrivacyKey(bytes(32)), ErasureBook(), ConsentPolicy(), RefusalLimit()
    )
    values = (GOOD, b"{}", GOOD)
    records: list[Any] = [
        SimpleNamespace(
            topic=NAMES.name(FEEDBACK),
            partition=5,
            offset=at,
            timestamp=AT_MS,
            timestamp_type=1,
            key=b"crm",
            value=value,
            headers=(),
        )
        for at, value in enumerate(values)
    ]
    out = Outbox(lambda topic: 3)
    assert handler.handle(records, StateView(StateStore()), out) == [AT_MS] * 3
    out.committed()
    answers = out.records[NAMES.name(ANSWERS), partition_of(b"acme", 3)]
    assert [key for key, _, _ in answers] == [b"acme", b"acme"]
    assert answers[0][1] == answers[1][1]
    [(key, value, headers)] = out.records[NAMES.name(REJECTED), partition_of(b"crm", 3)]
    assert (key, dict(headers)["origin"]) == (b"crm", f"{NAMES.name(FEEDBACK)}:5:1:0".encode())
    assert orjson.loads(value or b"")["source"] == "feedback"

    def count(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"triggerpoint_{name}", labels)

    assert count("answers_total", verdict="done") == 2
    assert count("rejected_total", source="feedback", reason="bad_field") == 1
