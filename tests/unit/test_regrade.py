"""Late verdicts: what was attributed is said anew, what waits changes its grade; both ways, as long as it is held."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from agents.identify import IdentifyHandler
from agents.metrics import Metrics
from agents.shell.outbox import Outbox
from agents.shell.state import StateStore, StateView
from pipeline.directory import Directory
from pipeline.identify import Identified, Outcome, identify
from pipeline.learn import learn, wait
from pipeline.privacy.erasures import ErasureBook
from schemas.account import Account
from schemas.activity import Activity
from schemas.event import Event, Grade
from schemas.identity import FactKind, IdentityFact, SubjectState
from schemas.topics import EVENTS, TopicNames
from tests.builders import BASE_MS, event
from tests.journeys import SAAS
from tests.mail import GATEWAY, PHONE, mail

MINUTE_MS = 60_000
ACME = Directory({"acme": Account(account_id="acme", name="Acme", domains=("acme.com",))})
NOBODY = Directory({})
FREE = {"email": "jo@gmail.com"}
DELIVERED = mail("delivered", 0)
QUICK = mail("click", 8, 0)
SCAN = [mail("click", 1 + link / 4, link, ip=GATEWAY, user_agent=PHONE) for link in range(4)]
HOUSE = [mail("click", 7200 + link / 2, link) for link in range(3)]
OPEN = mail("open", 6000)


def run(events: Iterable[Event], state: SubjectState | None = None, directory: Directory = ACME) -> list[Identified]:
    results = []
    for one in events:
        results.append(identify(one, state, directory))
        state = results[-1].state
        if state is not None:
            state = SubjectState.model_validate_json(state.encode())
    return results


def last_words(activities: Iterable[Activity]) -> dict[str, Activity]:
    """The activities that count: the highest revision of each."""
    words: dict[str, Activity] = {}
    for activity in activities:
        known = words.get(activity.activity_id)
        assert known is None or known.revision < activity.revision
        words[activity.activity_id] = activity
    return words


def test_a_quick_click_is_suspect_then_human_when_time_has_passed() -> None:
    *_, click = run([DELIVERED, QUICK])
    (first,) = click.activities
    assert (first.grade, first.revision) == (Grade.SUSPECT, 0)
    assert first.grade_reason == "soon_after_delivery+without_open"
    assert click.state is not None
    assert click.state.pulse is not None
    assert click.state.pulse.due_ms == QUICK.occurred_ms + 15 * MINUTE_MS
    after = wait(click.state, QUICK.occurred_ms + 15 * MINUTE_MS)
    (second,) = after.activities
    assert (second.grade, second.grade_reason, second.revision) == (Grade.HUMAN, "", 1)
    assert second.model_copy(update={"grade": first.grade, "grade_reason": first.grade_reason, "revision": 0}) == first
    assert after.state is not None
    assert after.state.pulse is not None
    assert after.state.pulse.due_ms == QUICK.received_ms + 30 * MINUTE_MS
    done = wait(after.state, after.state.pulse.due_ms)
    assert done.activities == ()
    assert done.state is not None
    assert done.state.pulse is not None
    assert (done.state.pulse.held, done.state.pulse.due_ms) == ((), 0)


def test_clicks_told_human_are_told_again_as_machines() -> None:
    results = run([OPEN, *HOUSE])
    activities = [activity for result in results for activity in result.activities]
    told = [activity.grade for activity in activities if activity.event_id == HOUSE[0].event_id]
    assert told == [Grade.HUMAN, Grade.SUSPECT, Grade.MACHINE]
    words = last_words(activities).values()
    assert {word.grade for word in words if word.type == "click"} == {Grade.MACHINE}
    assert {word.account_id for word in words} == {"acme"}


def test_what_waits_for_a_name_changes_its_grade_where_it_waits() -> None:
    free = [one.model_copy(update=FREE) for one in (OPEN, *HOUSE)]
    results = run(free)
    assert all(result.outcome is Outcome.WAITING and not result.activities for result in results)
    state = results[-1].state
    assert state is not None
    assert [hit.grade for hit in state.history[1:]] == [Grade.MACHINE] * 3
    assert {hit.grade_reason for hit in state.history[1:]} == {"link_burst"}


def test_a_machines_verdict_without_a_name_can_be_taken_back() -> None:
    three = [mail("click", second, link, **FREE) for link, second in enumerate((600, 604, 609))]
    results = run([*three, mail("open", 500, **FREE)])
    state = results[-1].state
    assert state is not None
    assert [hit.grade for hit in state.history] == [Grade.SUSPECT] * 3 + [Grade.HUMAN]


def test_a_machine_by_itself_is_nobodys_but_tells_on_others() -> None:
    named = {"grade": Grade.MACHINE, "grade_reason": "mail_scanner", **FREE}
    scanner = mail("click", 300, 0, ip=GATEWAY, user_agent=PHONE, **named)
    (first, second) = run([scanner, mail("click", 330, 1, ip=GATEWAY, user_agent=PHONE, **FREE)])
    assert first.outcome is Outcome.UNNAMED_MACHINE
    assert first.state is not None
    assert first.state.history == ()
    assert second.state is not None
    assert [hit.grade for hit in second.state.history] == [Grade.MACHINE]
    (crawler,) = run([event(grade=Grade.MACHINE, grade_reason="crawler")])
    assert (crawler.state, crawler.outcome) == (None, Outcome.UNNAMED_MACHINE)


def test_page_views_of_a_burst_are_told_again() -> None:
    form = event(0, "form_submit", email="jane@acme.com", event_id="form")
    views = [event((60 + number / 2) / 86_400, event_id=f"v{number}") for number in range(70)]
    activities = [activity for result in run([form, *views]) for activity in result.activities]
    words = {word.event_id: word.grade for word in last_words(activities).values()}
    assert words.pop("form") is Grade.HUMAN
    # those before the eighth are not held: readers hardly ever get so far, and each would be written with each view
    assert [words[f"v{number}"] for number in range(7)] == [Grade.HUMAN] * 7
    assert {words[f"v{number}"] for number in range(7, 70)} == {Grade.SUSPECT}


def test_page_views_of_an_unnamed_burst_wait_as_suspects() -> None:
    views = [event((60 + number / 2) / 86_400, event_id=f"v{number}") for number in range(70)]
    state = run(views)[-1].state
    assert state is not None
    assert {hit.grade for hit in state.history} == {Grade.SUSPECT}
    form = event(0.01, "form_submit", email="jane@acme.com", event_id="form")
    activities = run([form], state)[0].activities
    assert [activity.grade for activity in activities] == [Grade.SUSPECT] * 60 + [Grade.HUMAN]


def test_a_readers_page_views_are_not_held() -> None:
    form = event(0, "form_submit", email="jane@acme.com", event_id="form")
    views = [event((60 + number * 12) / 86_400, event_id=f"v{number}") for number in range(20)]
    for result in run([form, *views]):
        assert result.state is not None
        assert result.state.pulse is None or result.state.pulse.held == ()


def fact(kind: FactKind, **fields: Any) -> IdentityFact:
    base = {"fact_id": "f" * 32, "kind": kind, "subject": "e:jane@acme.com", "reason": "test", "event_id": "shown"}
    return IdentityFact(**(base | fields))


def test_a_form_filled_in_a_browser_proves_the_reader() -> None:
    click = mail("click", 3, 0)
    state = run([DELIVERED, click])[-1].state
    assert state is not None
    state = wait(state, click.occurred_ms + 20 * MINUTE_MS).state
    assert state is not None
    shown = fact(FactKind.EDGE, other="a:v-1", observed_ms=click.occurred_ms + 10 * MINUTE_MS)
    (again,) = learn(shown, state, ACME).activities
    assert (again.event_id, again.grade, again.revision) == (click.event_id, Grade.HUMAN, 1)
    by_user = learn(fact(FactKind.EDGE, other="u:7", observed_ms=shown.observed_ms), state, ACME)
    assert by_user.activities == ()


def test_what_is_taken_back_is_not_said_anew() -> None:
    *_, click = run([DELIVERED, QUICK])
    unlink = fact(FactKind.UNLINK, account_id="acme", event_id="", observed_ms=QUICK.occurred_ms + MINUTE_MS)
    after = learn(unlink, click.state, ACME)
    assert [activity.type for activity in after.activities] == ["retraction"]
    assert after.state is not None
    assert wait(after.state, QUICK.occurred_ms + 15 * MINUTE_MS).activities == ()


def test_hits_attributed_late_are_held_too() -> None:
    waiting = run([DELIVERED, QUICK], directory=NOBODY)[-1].state
    assert waiting is not None
    later = mail("delivered", 400, message_id="m-2")
    named = run([later], waiting)[0]
    assert QUICK.event_id in {activity.event_id for activity in named.activities}
    assert named.state is not None
    (again,) = wait(named.state, QUICK.occurred_ms + 15 * MINUTE_MS).activities
    assert (again.event_id, again.grade, again.late) == (QUICK.event_id, Grade.HUMAN, False)


@pytest.fixture
def handler() -> IdentifyHandler:
    return IdentifyHandler(TopicNames(), lambda: ACME, lambda: SAAS, Metrics(), ErasureBook())


def handle(handler: IdentifyHandler, store: StateStore, events: Iterable[Event]) -> list[Activity]:
    state, out = StateView(store), Outbox(lambda topic: 1)
    records = [
        SimpleNamespace(topic=EVENTS.name, partition=0, offset=0, key=one.subject.encode(), value=one.encode())
        for one in events
    ]
    handler.handle(records, state, out)
    state.commit()
    return sent(out)


def sent(out: Outbox) -> list[Activity]:
    return [
        Activity.model_validate_json(record[1])
        for (topic, _), records in out.records.items()
        if topic == "intent.activities.v1"
        for record in records
    ]


def test_the_stage_wakes_a_subject_until_nothing_is_open(handler: IdentifyHandler) -> None:
    store = StateStore()
    assert [one.grade for one in handle(handler, store, [DELIVERED, QUICK])] == [Grade.HUMAN, Grade.SUSPECT]
    woken: list[Activity] = []
    now_ms = BASE_MS
    for _ in range(60):
        now_ms += MINUTE_MS
        if keys := store.due(now_ms, 10):
            state, out = StateView(store), Outbox(lambda topic: 1)
            handler.wake(keys, now_ms, state, out)
            state.commit()
            woken += sent(out)
    assert [(one.event_id, one.grade, one.revision) for one in woken] == [(QUICK.event_id, Grade.HUMAN, 1)]
    assert store.due(10**14, 10) == []
    assert len(store) == 1


def test_the_stage_forgets_a_mailbox_nobody_is_named_for(handler: IdentifyHandler) -> None:
    store = StateStore()
    handle(handler, store, [one.model_copy(update=FREE) for one in (DELIVERED, QUICK, *SCAN)])
    state, out = StateView(store), Outbox(lambda topic: 1)
    handler.wake(store.due(BASE_MS + 20 * MINUTE_MS, 10), BASE_MS + 20 * MINUTE_MS, state, out)
    state.commit()
    assert len(store) == 1
    last_ms = BASE_MS + 40 * 86_400_000
    state, out = StateView(store), Outbox(lambda topic: 1)
    handler.wake(store.due(last_ms, 10), last_ms, state, out)
    state.commit()
    assert len(store) == 0
