"""The plain line: the workers' own handlers, all feedback followed, timers by event time, any interleaving."""

from random import Random

import orjson
import pytest

from deploy.evaluate.line import KEY, PlainLine
from deploy.evaluate.world import CHUNK_MESSAGES, World, feed
from deploy.simulate import WorldSpec
from schemas.activity import Activity
from schemas.errors import RecordError
from schemas.event import Event
from schemas.identity import IdentityFact, SubjectState
from schemas.journey import JourneyState
from schemas.rejected import Rejected
from schemas.topics import ACTIVITIES, ALERTS, EVENTS, IDENTITY, REJECTED, TRANSITIONS, Topic

UNCOUNTED = frozenset({"revision", "restated_because"})
WEB = "intent.events.web.v1"
DAY_MS = 86_400_000
START_MS = 1_767_600_000_000
ACME = orjson.dumps({"account_id": "acme", "name": "Acme Corp", "domains": ["acme-works.com"]})


def web(days: float = 0.0, type: str = "page_view", **fields: object) -> bytes:
    at = f"2026-01-{5 + int(days):02d}T12:{int(days % 1 * 60):02d}:00Z"
    return orjson.dumps(
        {"type": type, "occurred_at": at, "anonymous_id": "v-1", "url": "https://x.io/pricing", **fields}
    )


@pytest.fixture
def line() -> PlainLine:
    line = PlainLine()
    line.know([(b"acme", ACME)])
    return line


def test_nothing_is_worked_before_it_settles_and_nothing_waits_after(line: PlainLine) -> None:
    line.send(WEB, None, web(), START_MS)
    assert line.count(EVENTS) == 0
    line.settle()
    assert line.count(EVENTS) == 1
    assert line.states("identify", SubjectState).keys() == {KEY.subject("a:v-1")}


def test_what_waits_is_named_later_and_facts_come_back_under_their_own_key(line: PlainLine) -> None:
    line.send(WEB, None, web(0.1, "form_submit", email="jo@gmail.com", user_id="u-1"), START_MS)
    line.settle()
    assert line.count(ACTIVITIES) == 0
    line.send(
        WEB, None, web(0.2, "form_submit", anonymous_id="v-2", email="jo@acme-works.com", user_id="u-1"), START_MS
    )
    line.settle()
    assert line.count(IDENTITY) > 2
    told = line.values(ACTIVITIES, Activity)
    assert {(activity.subject, activity.account_id) for activity in told} == {
        (KEY.subject("a:v-1"), "acme"),
        (KEY.subject("a:v-2"), "acme"),
    }
    assert line.states("advance", JourneyState)["acme"].evidence


def test_a_bad_record_is_rejected_and_a_foreign_one_raises_and_changes_nothing(line: PlainLine) -> None:
    line.send(WEB, None, b"{", START_MS)
    line.settle()
    assert [rejected.reason for rejected in line.values(REJECTED, Rejected)] == ["bad_json"]
    line.send("intent.activities.v1", b"acme", b"{}", START_MS)
    with pytest.raises(RecordError):
        line.settle()
    assert line.states("advance", JourneyState) == {}


def test_timers_fire_by_event_time_and_by_time_that_passes(line: PlainLine) -> None:
    trial = {
        "type": "trial_started",
        "occurred_at": "2026-01-05T12:00:00Z",
        "user_id": "u-1",
        "email": "jo@acme-works.com",
    }
    line.send("intent.events.trial.v1", None, orjson.dumps(trial), START_MS)
    line.settle()
    due_ms = line.states("advance", JourneyState)["acme"].due_ms
    assert due_ms
    before = sum(line.count(topic) for topic in ALERTS.values())
    line.pass_time(due_ms - 1)
    assert sum(line.count(topic) for topic in ALERTS.values()) == before
    line.pass_time(due_ms)
    assert sum(line.count(topic) for topic in ALERTS.values()) == before + 1


def test_a_tombstone_takes_an_account_away(line: PlainLine) -> None:
    assert len(line.directory) == 1
    line.know([(b"acme", None)])
    assert len(line.directory) == 0


def test_a_line_that_keeps_nothing_still_counts() -> None:
    line = PlainLine(keep=())
    line.know([(b"acme", ACME)])
    line.send(WEB, None, web(email="jo@acme-works.com"), START_MS)
    line.settle()
    assert line.count(ACTIVITIES) == 1
    assert line.records(ACTIVITIES) == []


def standing(line: PlainLine, topic: Topic, key: str) -> dict[str, dict[str, object]]:
    """What stands at the end, by id, without the count of its revisions."""
    found: dict[str, dict[str, object]] = {}
    for record in line.records(topic):
        value = orjson.loads(record.value)
        known = found.get(value[key])
        if known is None or known["revision"] < value["revision"]:
            found[value[key]] = value
    return {id_: {name: part for name, part in value.items() if name not in UNCOUNTED} for id_, value in found.items()}


def test_the_cut_into_batches_changes_nothing() -> None:
    world = World(WorldSpec.hard(3, companies=3, days=30.0))
    whole, small = world.line(), world.line()
    small._batch = 1
    feed(whole, world.traffic)
    feed(small, world.traffic)
    assert len(world.traffic) > CHUNK_MESSAGES / 5
    for topic in (EVENTS, REJECTED, ACTIVITIES):
        assert sorted(r.value or b"" for r in whole.records(topic)) == sorted(
            r.value or b"" for r in small.records(topic)
        )
    # what comes out of order is said anew, once a batch: how often depends on the cut, what stands in the end does not
    assert standing(whole, TRANSITIONS, "transition_id") == standing(small, TRANSITIONS, "transition_id")
    for topic in ALERTS.values():
        assert standing(whole, topic, "alert_id") == standing(small, topic, "alert_id")
    assert dict(whole.state("identify").committed) == dict(small.state("identify").committed)


def test_an_interleaving_is_made_up_by_the_random_source_alone() -> None:
    world = World(WorldSpec.hard(3, companies=2, days=20.0))
    lines = [PlainLine(world.networks(), batch=7, rng=Random(5)) for _ in range(2)]
    for each in lines:
        each.know((message.key, message.value) for message in world.directory)
        feed(each, world.traffic)
    first, second = lines
    assert first.records(IDENTITY) == second.records(IDENTITY)
    assert {fact.subject for fact in first.values(IDENTITY, IdentityFact)}
    assert len(first.values(EVENTS, Event)) == first.count(EVENTS)
