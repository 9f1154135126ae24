"""Every metric: name, kind, labels and meaning, in one place. Base units; no label with unbounded values."""

import time
from collections.abc import Callable
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
RECORDS = (1, 5, 10, 50, 100, 500, 1000, 2500, 5000, 10_000)


Make = Callable[..., Any]


class Metrics:
    """The metrics of one worker, in a registry of their own (a test makes a fresh one).

    Args:
        version: the product's version, shown as `triggerpoint_build_info`.
    """

    def __init__(self, version: str = "") -> None:
        registry = self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"triggerpoint_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"triggerpoint_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"triggerpoint_{name}", text, labels, buckets=buckets, registry=registry)

        Info("triggerpoint_build", "Version of the worker.", registry=registry).info({"version": version})
        self.records = counter("records_total", "Records a stage has taken in and committed.", "stage")
        self.events = counter("events_total", "Events taken in, by source and format.", "source", "format")
        self.rejected = counter("rejected_total", "Input rejected, by source and reason.", "source", "reason")
        self.refused_share = gauge(
            "refused_share", "Share of a partition's newest records that was refused, 0 to 1.", "topic", "partition"
        )
        self.graded = counter("events_graded_total", "Events by grade: human, suspect, machine.", "grade")
        self.identified = counter("identified_total", "Events by outcome of identify.", "outcome")
        self.transitions = counter("transitions_total", "Stage transitions.", "from_stage", "to_stage")
        self.alerts = counter("alerts_total", "Alerts raised, by team and trigger.", "team", "trigger")
        self.held_back = counter(
            "alerts_held_back_total", "Alerts not raised, by trigger and reason.", "trigger", "reason"
        )
        self._make_dispatch(counter, gauge)
        self._make_undo(counter)
        self._make_handover(counter, gauge)
        self.batch_records = histogram("batch_records", "Records of one batch.", RECORDS, "stage")
        self.batch_seconds = histogram(
            "batch_seconds", "Time to work one batch, from hand-over to commit.", SECONDS, "stage"
        )
        self.commit_seconds = histogram(
            "commit_seconds", "Time of one transaction: send, offsets, commit.", SECONDS, "stage"
        )
        self.latency_seconds = histogram(
            "latency_seconds", "From the broker's receipt of the raw record to the stage's commit.", SECONDS, "stage"
        )
        self._make_lag(counter, gauge)
        self.watermark_age = gauge(
            "watermark_age_seconds", "How long ago the newest moment was before which everything received is folded."
        )
        self._make_lanes(counter, gauge)
        self.recovery_seconds = histogram("recovery_seconds", "Time to rebuild a partition's state.", SECONDS, "stage")
        self.recovery_share = gauge(
            "recovery_share", "How much of its changelog a partition has read back: 0 to 1.", "stage", "partition"
        )
        self.recovered = counter("recovered_records_total", "Changelog records read back.", "stage")
        self._make_far_end(counter, gauge, histogram)
        self._began = time.monotonic()
        self._committed: dict[str, float] = {}
        self._recovered: dict[str, int] = {}

    def _make_lanes(self, counter: Make, gauge: Make) -> None:
        self.lanes = gauge("lanes", "Partitions this worker works on.", "stage")
        self.lanes_together = gauge(
            "lanes_together", "Lanes whose work goes in one transaction; 0 while each goes by itself."
        )
        self.state_keys = gauge("state_keys", "Keys in state.", "stage", "partition")
        self.state_bytes = gauge("state_bytes", "Bytes of keys and values in state.", "stage", "partition")
        self.timers = counter("timers_fired_total", "Timers fired by the clock.", "stage")
        self.retries = counter("retries_total", "Work done again after a passing fault.", "stage", "cause")
        self.fenced = counter("fenced_total", "Lanes given up because another worker owns the partition.", "stage")

    def _make_dispatch(self, counter: Make, gauge: Make) -> None:
        self.alerts_sent = counter(
            "alerts_sent_total", "Alerts sent, by team and delivery: now, digest.", "team", "delivery"
        )
        self.alerts_held = counter(
            "alerts_held_total", "Records of alerts not sent at once, by reason and outcome.", "reason", "outcome"
        )
        self.alerts_waiting = gauge("alerts_waiting", "Alerts that wait for a digest.", "partition")
        self.digests = counter("digests_total", "Digests sent.")

    def _make_lag(self, counter: Make, gauge: Make) -> None:
        self.lag = gauge("lag_records", "Records not yet committed.", "stage", "topic", "partition")
        self.since_commit = gauge("seconds_since_last_commit", "Seconds since the stage last committed.", "stage")
        self.standstill = gauge(
            "standstill_seconds",
            "How long an owned partition with records has stood still.",
            "stage",
        )
        self.lag_errors = counter("lag_errors_total", "Times the lag could not be measured; it shows old values then.")

    def _make_undo(self, counter: Make) -> None:
        self.restatements = counter(
            "restatements_total", "Accounts folded anew, by reason: retraction, revision, suppression, order.", "reason"
        )
        self.transitions_restated = counter(
            "transitions_restated_total", "Transitions said again, by outcome: changed, withdrawn.", "outcome"
        )
        self.alerts_retracted = counter(
            "alerts_retracted_total", "Alerts taken back, by team and trigger.", "team", "trigger"
        )
        self.hits_returned = counter("hits_returned_total", "Hits given back to their subjects.")
        self.beyond_journal = counter(
            "beyond_journal_total", "Activities taken back that lay before the journal: what came of them stays."
        )

    def _make_handover(self, counter: Make, gauge: Make) -> None:
        self.answers = counter("answers_total", "Answers to alerts taken in, by verdict.", "verdict")
        self.handover_steps = counter(
            "handover_steps_total", "Lines of the hand-over ledger, by team and step.", "team", "step"
        )
        self.handover_breaches = counter(
            "handover_breaches_total",
            "Times that were over, by clock: accept, first_touch, done.",
            "team",
            "clock",
        )
        self.handover_withdrawn = counter(
            "handover_withdrawn_total", "Lines taken back, since an earlier answer came late.", "team", "step"
        )
        self.handovers_open = gauge("handovers_open", "Hand-overs not at their end.", "team", "partition")
        self.answers_unmatched = counter(
            "answers_unmatched_total", "Answers for which no alert was known within a day: a wrong id, or a late one."
        )

    def _make_far_end(self, counter: Make, gauge: Make, histogram: Make) -> None:
        self.rows = counter("sink_rows_total", "Rows inserted.", "table")
        self.inserts = counter("sink_inserts_total", "Inserts done.", "table")
        self.insert_seconds = histogram("sink_insert_seconds", "Time of one insert.", SECONDS, "table")
        self.insert_retries = counter("sink_retries_total", "Inserts tried again.", "table")
        self.buffered_rows = gauge("sink_buffered_rows", "Rows waiting for an insert.", "table")
        self.unreadable = counter(
            "archive_unreadable_total", "Records that are not what they should be, and make no row."
        )
        self.outlooks = gauge("outlooks", "Stages, and triggers in them, of which next steps are known.")
        self.learn_errors = counter("learn_errors_total", "Times next steps could not be learned.")
        self.journey_number = gauge(
            "journey_number",
            "Number of the activation of the journey that counts here; 0: its own file does.",
        )
        self.journey_errors = counter("journey_errors_total", "Activations that are no journey, and were passed over.")
        self.accounts = gauge("directory_accounts", "Accounts in the directory.")
        self.directory_errors = counter("directory_errors_total", "Directory records that could not be read.")

    def committed(self, stage: str) -> None:
        """Note that a stage has just committed."""
        self._committed[stage] = time.monotonic()

    def recover(self, stage: str, records: int) -> None:
        """Note that a stage has read changelog records back."""
        self.recovered.labels(stage).inc(records)
        self._recovered[stage] = self.recovered_by(stage) + records

    def recovered_by(self, stage: str) -> int:
        """Changelog records a stage has read back so far."""
        return self._recovered.get(stage, 0)

    def refresh_age(self, stage: str) -> None:
        """Bring `seconds_since_last_commit` up to date; before the first commit it counts from the start."""
        last = self._committed.get(stage, self._began)
        self.since_commit.labels(stage).set(time.monotonic() - last)
