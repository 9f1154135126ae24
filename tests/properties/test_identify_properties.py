"""Each event becomes at most one activity, whatever the order, duplicates and the moment a name becomes known."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.directory import Directory
from pipeline.identify import Outcome, identify
from pipeline.learn import learn
from schemas.account import Account
from schemas.activity import Activity
from schemas.identity import SubjectState
from tests.builders import event

DIRECTORY = Directory({"acme": Account(account_id="acme", name="Acme", domains=("acme.com",))})
steps = st.lists(
    st.tuples(
        st.integers(0, 12),  # which event: repeats are duplicates
        st.sampled_from(("", "", "", "jane@acme.com", "jo@gmail.com")),
    ),
    max_size=40,
)


def run(order: list[tuple[int, str]]) -> tuple[list[Activity], SubjectState | None, list[Outcome | None]]:
    mails: dict[int, str] = {}
    state, activities, outcomes = None, [], []
    for number, mail in order:
        mail = mails.setdefault(number, mail)  # a retry carries what the first one carried
        fields = {"email": mail} if mail else {}
        result = identify(event(number / 10, anonymous_id="v-1", event_id=f"e{number}", **fields), state, DIRECTORY)
        state, activities = result.state, [*activities, *result.activities]
        outcomes.append(result.outcome)
        state = SubjectState.model_validate_json(state.encode())
    return activities, state, outcomes


@settings(deadline=None)
@given(steps)
def test_each_event_is_one_activity_or_waits(order: list[tuple[int, str]]) -> None:
    activities, state, outcomes = run(order)
    ids = [activity.event_id for activity in activities]
    waiting = [past.event_id for past in state.history] if state else []
    assert len(set(ids)) == len(ids)
    assert sorted(ids + waiting) == sorted({f"e{number}" for number, _ in order})
    assert outcomes.count(Outcome.DUPLICATE) == len(order) - len({number for number, _ in order})


@settings(deadline=None)
@given(steps)
def test_once_named_nothing_waits_and_all_is_the_accounts(order: list[tuple[int, str]]) -> None:
    activities, state, _ = run([*order, (99, "jane@acme.com")])
    assert state is not None
    assert state.history == ()
    assert {activity.account_id for activity in activities} == {"acme"}
    assert {activity.event_id for activity in activities} == {f"e{number}" for number, _ in order} | {"e99"}


@settings(deadline=None)
@given(steps, steps)
def test_a_fact_in_between_changes_who_tells_not_what_is_told(
    before: list[tuple[int, str]], after: list[tuple[int, str]]
) -> None:
    _, state, _ = run(before)
    fact = next(
        fact
        for fact in identify(event(5, anonymous_id="v-2", user_id="v-1", email="jane@acme.com"), None, DIRECTORY).facts
        if fact.subject == "u:v-1"
    )
    learned = learn(fact, state, DIRECTORY)
    waiting = {past.event_id for past in state.history} if state else set()
    assert {activity.event_id for activity in learned.activities} == (waiting if not (state and state.links) else set())
    assert learned.state.history == ()
    again = learn(fact, learned.state, DIRECTORY)
    assert (again.activities, again.state) == ((), learned.state)
