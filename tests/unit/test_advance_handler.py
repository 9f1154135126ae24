"""Stage 3 as its lane calls it: keys, pages, marks, topics, counts."""

from types import SimpleNamespace
from typing import Any

import orjson

from agents.advance import AdvanceHandler
from agents.metrics import Metrics
from agents.shell.outbox import Outbox
from agents.shell.state import StateStore, StateView, headers_of, read_headers
from pipeline.alerts.outlook import Outlooks
from pipeline.directory import EMPTY, Directory
from pipeline.handover.policy import NO_POLICY, Policy
from pipeline.privacy.contacts import ClearAddresses, opened
from pipeline.privacy.erasures import ErasureBook
from pipeline.privacy.key import PrivacyKey
from pipeline.rules.live import Live
from schemas.account import Account
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.base import Source, Team, from_ms
from schemas.event import Grade
from schemas.handover.feedback import Answer
from schemas.hit import Returned
from schemas.topics import ANSWERS, HELD, RETURNED, TRANSITIONS, TRIGGERS, Topic, TopicNames
from tests.account_lane import retraction
from tests.builders import activity, at
from tests.journeys import SAAS

DEMO = activity(1, "demo_request", "", subject="a:v-1")
RIVAL = Account(account_id="acme", name="Acme", suppressed="competitor")

CLEAR = ClearAddresses(PrivacyKey(bytes(32)), frozenset({Team.SALES}), 90)


class Lane:
    """A lane without a broker: what is committed is taken over, and can be read back as from the changelog."""

    def __init__(self, policy: Policy = NO_POLICY) -> None:
        self.directory: Directory = EMPTY
        self.live = Live(SAAS)
        self.outlooks: Outlooks = {}
        self.metrics = Metrics()
        self.handler = AdvanceHandler(
            TopicNames("x."),
            lambda: self.directory,
            lambda: self.live,
            self.metrics,
            CLEAR,
            ErasureBook(),
            policy,
            lambda: self.outlooks,
        )
        self.store = StateStore()
        self.changelog: dict[bytes, tuple[bytes | None, list[tuple[str, bytes]]]] = {}

    def handle(self, *activities: Activity) -> tuple[Outbox, list[int]]:
        records: list[Any] = [
            SimpleNamespace(key=item.account_id.encode(), value=item.encode(), topic="t", partition=0, offset=0)
            for item in activities
        ]
        view, out = StateView(self.store), Outbox(lambda topic: 3)
        received = self.handler.handle(records, view, out)
        self._commit(view, out)
        return out, list(received)

    def tick(self) -> Outbox | None:
        view, out = StateView(self.store), Outbox(lambda topic: 3)
        stale = self.handler.stale(view)
        if not stale:
            return None
        self.handler.wake(stale, at(3), view, out)
        self._commit(view, out)
        return out

    def restart(self) -> None:
        self.store = StateStore()
        for key, (value, headers) in self.changelog.items():
            self.store.apply(key, value, *read_headers(headers))

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"triggerpoint_{name}", labels) or 0.0

    def _commit(self, view: StateView, out: Outbox) -> None:
        for key, (value, due_ms, marked) in view.writes.items():
            self.changelog[key] = (value, headers_of(due_ms, marked))
        view.commit()
        out.committed()


def sent(out: Outbox, *topics: Topic) -> list[tuple[bytes, dict[str, Any], dict[str, bytes]]]:
    names = {"x." + topic.name for topic in topics}
    return [
        (key, orjson.loads(value), dict(headers))
        for (topic, _), records in out.records.items()
        for key, value, headers in records
        if topic in names
    ]


def test_pages_lie_under_keys_no_account_can_have() -> None:
    lane = Lane()
    lane.handle(DEMO)
    keys = [key for key, _ in lane.store.committed.items()]
    assert b"acme" in keys
    assert len(keys) == 4  # the state, an entry, a transition and an alert
    assert all(key == b"acme" or key.startswith(b"acme\xff") for key in keys)
    assert lane.store.due(at(400), 10) == [b"acme"]


def test_a_retraction_takes_back_and_gives_hits_back() -> None:
    lane = Lane()
    lane.handle(DEMO)
    out, received = lane.handle(retraction(2))
    assert received == []
    ((key, returned, _),) = sent(out, RETURNED)
    assert key == b"a:v-1"
    assert [hit.event_id for hit in Returned.model_validate(returned).hits] == [DEMO.event_id]
    assert [value["withdrawn"] for _, value, _ in sent(out, TRANSITIONS)] == [True]
    alerts = sent(out, TRIGGERS)
    assert {value["status"] for _, value, _ in alerts} == {"retracted"}
    assert {headers["ce_status"] for _, _, headers in alerts} == {b"retracted"}
    assert len(alerts) == 1


def test_what_is_undone_is_counted() -> None:
    lane = Lane()
    lane.handle(DEMO)
    lane.handle(retraction(2))
    assert lane.count("restatements_total", reason="retraction") == 1
    assert lane.count("transitions_restated_total", outcome="withdrawn") == 1
    assert lane.count("transitions_total", from_stage="unaware", to_stage="deciding") == 1
    assert lane.count("alerts_total", team="sales", trigger="demo_request") == 1
    assert lane.count("alerts_retracted_total", team="sales", trigger="demo_request") == 1
    assert lane.count("hits_returned_total") == 1
    assert lane.count("beyond_journal_total") == 0


def test_a_change_of_the_directory_takes_effect_without_traffic() -> None:
    lane = Lane()
    lane.handle(DEMO)
    assert lane.tick() is None
    lane.directory = Directory({"acme": RIVAL, "unseen": RIVAL.model_copy(update={"account_id": "unseen"})})
    out = lane.tick()
    assert out is not None
    assert [value["withdrawn"] for _, value, _ in sent(out, TRANSITIONS)] == [True]
    assert lane.tick() is None
    lane.directory = EMPTY
    out = lane.tick()
    assert out is not None
    assert [value["withdrawn"] for _, value, _ in sent(out, TRANSITIONS)] == [False]
    assert sent(out, TRIGGERS) == []
    assert lane.count("restatements_total", reason="suppression") == 2


def test_a_change_of_the_directory_while_nobody_ran_takes_effect_too() -> None:
    lane = Lane()
    lane.handle(DEMO)
    lane.directory = Directory({"acme": RIVAL})
    lane.restart()
    assert lane.tick() is not None
    lane.restart()
    assert lane.tick() is None
    lane.directory = EMPTY
    lane.restart()
    assert lane.tick() is not None


def test_a_machine_makes_no_account() -> None:
    lane = Lane()
    lane.handle(DEMO.model_copy(update={"grade": Grade.MACHINE}), retraction(2))
    assert len(lane.store) == 0


def test_a_teams_answer_rests_the_trigger() -> None:
    lane = Lane()
    out, _ = lane.handle(DEMO)
    (alert,) = [value for _, value, _ in sent(out, TRIGGERS) if value["trigger"] == "demo_request"]
    given = {
        "answer_id": "a1",
        "alert_id": alert["alert_id"],
        "account_id": "acme",
        "verdict": "snoozed",
        "occurred_at": from_ms(at(2)),
        "received_at": from_ms(at(2)),
        "until": from_ms(at(20)),
    }
    record: Any = SimpleNamespace(key=b"acme", value=Answer(**given).encode(), topic="x." + ANSWERS.name, offset=0)
    view, answered = StateView(lane.store), Outbox(lambda topic: 3)
    assert lane.handler.handle([record], view, answered) == []
    lane._commit(view, answered)
    out, _ = lane.handle(activity(10, "demo_request", "", subject="a:v-1"))
    reasons = [value["reason"] for _, value, _ in sent(out, HELD) if value["trigger"] == "demo_request"]
    assert reasons == ["snoozed"]


def test_what_is_not_raised_is_recorded_once_a_day_with_its_reason() -> None:
    lane = Lane()
    out, _ = lane.handle(DEMO)
    assert sent(out, HELD) == []
    again = [activity(1.1 + hours / 24, "demo_request", "", subject="a:v-1") for hours in range(3)]
    out, _ = lane.handle(*again, activity(2.1, "demo_request", "", subject="a:v-1"))
    records = [(key, value, headers) for key, value, headers in sent(out, HELD) if value["trigger"] == "demo_request"]
    assert [key for key, _, _ in records] == [b"acme", b"acme"]
    assert [value["reason"] for _, value, _ in records] == ["cooldown", "cooldown"]
    assert len({value["held_id"] for _, value, _ in records}) == 2
    assert records[0][1]["until"] is not None
    assert records[0][2]["ce_reason"] == b"cooldown"
    lane.directory = Directory({"acme": RIVAL})
    out, _ = lane.handle(activity(30, "demo_request", "", subject="a:v-1"))
    assert "suppressed" in [value["reason"] for _, value, _ in sent(out, HELD)]


OWNED = Account(account_id="acme", name="Acme", owner="maria", region="DACH", domains=("acme.com",))


def test_an_alert_lies_under_the_name_it_is_routed_to_and_stays_there() -> None:
    routes = [{"when": {"region": ["DACH"]}, "to": "kim"}]
    lane = Lane(Policy.model_validate({"routes": routes}))
    lane.directory = Directory({"acme": OWNED})
    out, _ = lane.handle(DEMO)
    ((key, value, headers),) = sent(out, TRIGGERS)
    assert key == b"kim"
    assert (value["routed_to"], value["owner"], value["region"]) == ("kim", "maria", "DACH")
    assert value["domains"] == ["acme.com"]
    assert headers["ce_trigger"] == b"demo_request"
    lane.directory = Directory({"acme": OWNED.model_copy(update={"region": "elsewhere"})})
    out, _ = lane.handle(retraction(2))
    assert [(key, value["status"]) for key, value, _ in sent(out, TRIGGERS)] == [(b"kim", "retracted")]


def test_what_is_said_anew_goes_to_whom_it_went_first_and_what_comes_to_light_is_routed_too() -> None:
    lane = Lane(Policy.model_validate({"routes": [{"when": {"region": ["DACH"]}, "to": "kim"}]}))
    lane.directory = Directory({"acme": OWNED})
    lane.handle(activity(2, "demo_request", "", subject="a:v-1"))
    lane.directory = Directory({"acme": OWNED.model_copy(update={"region": "elsewhere"})})
    out, _ = lane.handle(activity(1.9, "demo_request", "", subject="a:v-1"))  # it was first, and came second
    demos = [(key, value) for key, value, _ in sent(out, TRIGGERS) if value["trigger"] == "demo_request"]
    assert [(key, value["revision"], value["status"]) for key, value in demos] == [(b"kim", 1, "raised")]
    out, _ = lane.handle(activity(1.95, "pricing_view", "", subject="a:v-1"))
    assert {key for key, _, _ in sent(out, TRIGGERS)} <= {b"maria", b"kim"}


def test_without_an_owner_an_alert_is_its_teams() -> None:
    out, _ = Lane().handle(DEMO)
    assert [(key, value["routed_to"]) for key, value, _ in sent(out, TRIGGERS)] == [(b"team/sales", "")]


def test_a_team_that_may_know_gets_the_clear_address_and_nothing_else_keeps_it() -> None:
    lane, key = Lane(), CLEAR.key
    person = key.mailbox("jane@acme.com")
    sealed = key.sealed(person, "jane@acme.com", "Jane Doe")
    demo = DEMO.model_copy(update={"person": person, "contact": sealed})
    out, _ = lane.handle(demo)
    found = [value for _, value, _ in sent(out, TRIGGERS) if value["trigger"] == "demo_request"]
    [raised] = [Alert.model_validate(value) for value in found]
    assert "jane" not in raised.encode().decode()
    alert = opened(raised, key)
    [who] = alert.people
    assert (who.person, who.address, who.name) == (person, "jane@acme.com", "Jane Doe")
    assert "jane@acme.com" in alert.why
    assert all(cause.person in ("", person) for cause in alert.causes)
    for content, _ in lane.changelog.values():
        assert content is None or b"jane" not in content.lower()
    kept = [key for key in lane.changelog if sealed.encode() in (lane.changelog[key][0] or b"")]
    assert kept == [b"acme\xffcontacts"]


def test_a_team_is_told_who_has_unsubscribed() -> None:
    lane = Lane()
    demo = DEMO.model_copy(update={"person": "p-1"})
    stop = demo.model_copy(
        update={
            "activity_id": "stop",
            "type": "email_unsubscribe",
            "source": Source.EMAIL,
            "occurred_ms": demo.occurred_ms - 1,
        }
    )
    out, _ = lane.handle(stop, demo)
    found = [value for _, value, _ in sent(out, TRIGGERS) if value["trigger"] == "demo_request"]
    assert [[who["do_not_mail"] for who in value["people"] if who["person"] == "p-1"] for value in found] == [[True]]
