"""Stage 4 as its lane calls it: topics, state, marks, headers, counts."""

from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from agents.clock import ReplayClock, SystemClock
from agents.handover.handler import HandoverHandler, offer_of
from agents.metrics import Metrics
from agents.shell.outbox import Outbox
from agents.shell.state import StateStore, StateView
from schemas.alert import Alert, AlertStatus, Play
from schemas.base import Team, from_ms
from schemas.handover.feedback import Answer
from schemas.topics import ALERTS, ANSWERS, HANDOVERS, TopicNames
from tests.handovers import POLICY, answer, hour

NAMES = TopicNames("x.")


def alert(**changed: Any) -> Alert:
    given: dict[str, Any] = {
        "alert_id": "l1",
        "trigger": "pricing_interest",
        "team": Team.SALES,
        "account_id": "acme",
        "owner": "owner of the account",
        "routed_to": "maria",
        "stage": "evaluating",
        "raised_at": from_ms(hour(-0.5)),
        "received_at": from_ms(hour(0) - 1500),
        "act_by": from_ms(hour(20)),
        "title": "Acme looks at prices",
        "why": "2 people looked at prices",
        "play": Play(next_likely="asks", message="Offer a call", act_within_hours=24),
        "score": 0.0,
        "confidence": 0.9,
        "causes": (),
        "rule_version": "r1",
    }
    return Alert(**(given | changed))


class Lane:
    def __init__(self) -> None:
        self.metrics = Metrics()
        self.handler = HandoverHandler(NAMES, POLICY, SystemClock(), self.metrics, 2)
        self.store = StateStore()
        self.handler.stale(StateView(self.store))

    def handle(self, *items: Alert | Answer, at: float = 0.0) -> tuple[list[dict[str, Any]], list[int]]:
        records: list[Any] = [
            SimpleNamespace(
                topic=NAMES.name(ALERTS[item.team] if isinstance(item, Alert) else ANSWERS),
                key=item.account_id.encode(),
                value=item.encode(),
                timestamp=hour(at),
                partition=2,
                offset=0,
            )
            for item in items
        ]
        view, out = StateView(self.store), Outbox(lambda topic: 3)
        received = self.handler.handle(records, view, out)
        return self._commit(view, out), list(received)

    def tick(self, at: float) -> list[dict[str, Any]]:
        view, out = StateView(self.store), Outbox(lambda topic: 3)
        self.handler.wake(self.store.due(hour(at), 100), hour(at), view, out)
        return self._commit(view, out)

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"triggerpoint_{name}", labels) or 0.0

    def open(self) -> float:
        return self.count("handovers_open", team="sales", partition="2")

    def _commit(self, view: StateView, out: Outbox) -> list[dict[str, Any]]:
        view.commit()
        out.committed()
        assert {topic for topic, _ in out.records} <= {NAMES.name(HANDOVERS)}
        sent = [record for records in out.records.values() for record in records]
        for key, value, headers in sent:
            line = orjson.loads(value or b"")
            assert key == line["account_id"].encode()
            assert dict(headers)["ce_step"] == line["step"].encode()
        return [orjson.loads(value or b"") for _, value, _ in sent]


def test_an_alert_is_offered_from_when_it_lay_on_its_topic() -> None:
    lane = Lane()
    [line], received = lane.handle(alert())
    assert (line["step"], line["owner"], line["system_delay_seconds"]) == ("offered", "maria", 1.5)
    assert received == [hour(0) - 1500]
    assert lane.open() == 1
    assert lane.store.due(hour(3.2), 5) == [b"acme"]
    assert lane.handle(alert()) == ([], [hour(0) - 1500])


def test_clocks_speak_by_themselves_and_are_counted() -> None:
    lane = Lane()
    lane.handle(alert())
    assert [line["step"] for line in lane.tick(4.5)] == ["warned", "breached", "escalated"]
    assert lane.tick(4.5) == []
    assert lane.count("handover_breaches_total", team="sales", clock="accept") == 1
    lines, _ = lane.handle(answer("rejected", 3.5, reason="wrong person"))
    assert sorted((line["step"], line["withdrawn"]) for line in lines) == [
        ("breached", True),
        ("escalated", True),
        ("rejected", False),
    ]
    assert lane.count("handover_withdrawn_total", team="sales", step="breached") == 1
    assert lane.open() == 0
    assert lane.store.marked == set()


def test_a_retraction_closes() -> None:
    lane = Lane()
    lane.handle(alert())
    gone = alert(status=AlertStatus.RETRACTED, revision=1, why="Withdrawn: not theirs")
    [line], received = lane.handle(gone, at=1)
    assert (line["step"], line["reason"], received) == ("retracted", "Withdrawn: not theirs", [])
    assert lane.open() == 0


def test_an_answer_to_nothing_is_counted_and_forgotten() -> None:
    lane = Lane()
    lane.handle(answer("accepted", 1, "nobody's"))
    assert lane.tick(30) == []
    assert lane.count("answers_unmatched_total") == 1
    assert len(lane.store) == 0


def test_what_is_open_is_counted_anew_when_the_lane_opens_and_shown_no_more_when_it_closes() -> None:
    lane = Lane()
    lane.handle(alert(), alert(alert_id="l2"))
    assert lane.open() == 2
    lane.handler.closed()
    assert lane.open() == 0
    lane.handler.stale(StateView(lane.store))
    assert lane.open() == 2


def test_what_is_open_is_counted_some_at_a_time_and_once_whatever_happens_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agents.handover.handler.COUNTED_PER_TICK", 1)
    lane = Lane()
    names = ("acme", "bolt", "coil")
    lane.handle(*(alert(alert_id=f"l-{name}", account_id=name) for name in names))
    lane.handler.closed()
    seen = []
    for name in (*names, "acme"):
        lane.handler.stale(StateView(lane.store))
        lane.handle(alert(alert_id=f"m-{name}", account_id=name))
        seen.append(lane.open())
    assert seen[-1] == 6
    assert seen == sorted(seen)
    lane.handler.stale(StateView(lane.store))
    assert lane.open() == 6


def test_system_delay_is_real_time_however_fast_history_is_played() -> None:
    clock = ReplayClock(real_ms=1_000_000, pipeline_ms=1_000, speed=100.0)
    offered = offer_of(alert(received_at=from_ms(1_000)), 1_002_000, clock)
    assert (offered.offered_ms, offered.system_ms) == (201_000, 2_000)
