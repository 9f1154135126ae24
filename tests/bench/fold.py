"""What the journey fold costs: `python -m tests.bench.fold`. Activities of many accounts through the stage's handler,
in order and with some minutes of disorder, without Kafka. Compare ratios, not seconds."""

import time
from random import Random
from types import SimpleNamespace
from typing import Any

import typer

from agents.advance import AdvanceHandler
from agents.metrics import Metrics
from agents.shell.outbox import Outbox
from agents.shell.state import StateStore, StateView
from pipeline.directory import EMPTY
from schemas.activity import Activity
from schemas.topics import TopicNames
from tests.builders import activity, at
from tests.journeys import SAAS

ACCOUNTS = 20
EACH = 200
BATCH = 50
MINUTE = 1 / 1440
KINDS = (*["page_view"] * 6, *["product_view"] * 3, "content_download", "pricing_view", "form_submit", "feature_used")


def traffic(rng: Random) -> list[Activity]:
    """In the order it happens."""
    made = []
    for number in range(ACCOUNTS * EACH):
        account = f"account-{rng.randrange(ACCOUNTS)}"
        person = rng.choice(("", "jane@acme.com", "joe@acme.com"))
        made.append(activity(number * MINUTE / 2, rng.choice(KINDS), person, event_id=f"e{number}", account_id=account))
    return made


def cpu_seconds(made: list[Activity]) -> tuple[float, int]:
    """CPU time to fold all of it, and how often an account was folded anew."""
    metrics, store = Metrics(), StateStore()
    handler = AdvanceHandler(TopicNames(), lambda: EMPTY, SAAS, metrics)
    records: list[Any] = [
        SimpleNamespace(key=one.account_id.encode(), value=one.encode(), topic="t", partition=0, offset=0)
        for one in made
    ]
    began = time.process_time()
    for start in range(0, len(records), BATCH):
        view, out = StateView(store), Outbox(lambda topic: 4)
        handler.handle(records[start : start + BATCH], view, out)
        view.commit()
        out.committed()
    spent = time.process_time() - began
    anew = metrics.registry.get_sample_value("triggerpoint_restatements_total", {"reason": "order"})
    return spent, int(anew or 0)


def main() -> None:
    """Print activities per CPU second for each disorder."""
    made = traffic(Random(1))
    for minutes in (0, 5, 60):
        rng = Random(2)
        disordered = sorted(made, key=lambda one: one.occurred_ms - at(0) + rng.random() * minutes * 60_000)
        spent, anew = min(cpu_seconds(disordered) for _ in range(2))
        rate = len(made) / spent
        typer.echo(f"disorder {minutes:3} min: {rate:8,.0f} activities per CPU second, {anew:6,} folded anew")


if __name__ == "__main__":
    main()
