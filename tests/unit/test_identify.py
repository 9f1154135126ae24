from pipeline.directory import EMPTY, Directory
from pipeline.identify import HISTORY_MAX, SEEN_MAX, Outcome, identify
from pipeline.learn import learn
from schemas.account import Account
from schemas.event import Grade
from schemas.identity import FactKind, IdentityFact, Method
from tests.builders import event

DIRECTORY = Directory({"acme": Account(account_id="acme", name="Acme Corp", domains=("acme.com",))})


def test_work_mailbox_in_the_directory() -> None:
    result = identify(event(email="jane@mail.acme.com"), None, DIRECTORY)
    (activity,) = result.activities
    assert (activity.account_id, activity.account_name, activity.method) == (
        "acme",
        "Acme Corp",
        Method.EMAIL_DIRECTORY,
    )
    assert (activity.confidence, activity.person) == (0.85, "jane@mail.acme.com")
    assert "mail.acme.com" in activity.reason


def test_a_company_domain_that_is_no_accounts_is_told_and_names_nobody() -> None:
    result = identify(event(email="jo@newco-works.io", anonymous_id="v-1"), None, DIRECTORY)
    assert (result.outcome, result.activities) == (Outcome.UNMATCHED, ())
    assert [(fact.kind, fact.subject, fact.domain) for fact in result.facts if fact.kind is not FactKind.EDGE] == [
        (FactKind.UNMATCHED, "a:v-1", "newco-works.io"),
        (FactKind.UNMATCHED, "e:jo@newco-works.io", "newco-works.io"),
    ]


def test_free_throwaway_and_placeholder_mail_name_nobody() -> None:
    for mail in ("jo@gmail.com", "jo@mailinator.com"):
        result = identify(event(email=mail), None, DIRECTORY)
        assert (result.outcome, result.activities) == (Outcome.WAITING, ())
    for mail in ("jo@example.com", "jo@box.test"):
        result = identify(event(email=mail), None, DIRECTORY)
        assert (result.outcome, result.activities) == (Outcome.PLACEHOLDER, ())


def test_a_directory_domain_overrides_the_free_mail_list() -> None:
    directory = Directory({"gm": Account(account_id="gm", name="Mail Works", domains=("gmail.com",))})
    assert identify(event(email="ceo@gmail.com"), None, directory).activities[0].account_id == "gm"


def test_named_by_the_producer_outranks_the_mailbox() -> None:
    (activity,) = identify(event(email="jo@agency-works.com", account_id="acme"), None, DIRECTORY).activities
    assert (activity.account_id, activity.method, activity.confidence) == ("acme", Method.ACCOUNT_ID, 1.0)


def test_an_unlisted_account_id_counts_only_where_nothing_better_is_known() -> None:
    (alone,) = identify(event(account_id="ws-7"), None, DIRECTORY).activities
    assert (alone.account_id, alone.method, alone.confidence) == ("ws-7", Method.UNLISTED_ID, 0.6)
    named = identify(event(account_id="ws-7", user_id="u-1", email="jane@acme.com"), None, DIRECTORY)
    assert named.activities[0].account_id == "acme"
    later = identify(event(1, account_id="ws-7", user_id="u-1"), named.state, DIRECTORY)
    assert (later.activities[0].account_id, later.activities[0].method) == ("acme", Method.STITCHED)


def test_anonymous_history_is_attributed_once_a_name_is_known() -> None:
    state = None
    for day in range(3):
        result = identify(event(day, anonymous_id="v-1"), state, DIRECTORY)
        assert result.outcome is Outcome.WAITING
        state = result.state
    result = identify(event(3, type="form_submit", anonymous_id="v-1", email="jane@acme.com"), state, DIRECTORY)
    assert [item.late for item in result.activities] == [True, True, True, False]
    assert {item.account_id for item in result.activities} == {"acme"}
    assert {item.method for item in result.activities[:3]} == {Method.STITCHED}
    assert result.state.history == ()
    after = identify(event(4, anonymous_id="v-1"), result.state, DIRECTORY)
    assert after.activities[0].person == "jane@acme.com"
    assert after.activities[0].method is Method.STITCHED


def test_what_happened_just_before_the_name_is_not_late() -> None:
    state = identify(event(0, type="form_submit", form="demo", anonymous_id="v-1"), None, DIRECTORY).state
    named = identify(event(0.01, type="identify", anonymous_id="v-1", email="jane@acme.com"), state, DIRECTORY)
    assert [(item.type, item.late) for item in named.activities] == [("form_submit", False), ("identify", False)]


def test_history_older_than_30_days_is_not_attributed() -> None:
    state = identify(event(0, anonymous_id="v-1"), None, DIRECTORY).state
    named = identify(event(40, anonymous_id="v-1", email="jane@acme.com"), state, DIRECTORY)
    assert (len(named.activities), named.fell_out) == (1, 1)


def test_what_waits_keeps_only_what_an_activity_is_made_of() -> None:
    big = event(anonymous_id="v-1", url="https://x.io/pricing", properties={"k": "x" * 1000}, user_agent="u" * 1000)
    state = identify(big, None, DIRECTORY).state
    assert state is not None
    assert len(state.encode()) < 1500
    (past, _) = identify(event(1, anonymous_id="v-1", email="jane@acme.com"), state, DIRECTORY).activities
    assert (past.type, past.url) == ("page_view", "https://x.io/pricing")


def test_facts_tell_the_other_ids_once() -> None:
    first = identify(event(anonymous_id="v-1", user_id="u-1", email="jane@acme.com"), None, DIRECTORY)
    assert [fact.subject for fact in first.facts] == ["a:v-1", "u:u-1", "e:jane@acme.com"]
    second = identify(event(1, anonymous_id="v-1", user_id="u-1", email="jane@acme.com"), first.state, DIRECTORY)
    assert second.facts == ()


def test_a_fact_about_a_subject_attributes_what_waits() -> None:
    waiting = identify(event(user_id="u-1"), None, DIRECTORY).state
    fact = next(
        fact
        for fact in identify(event(1, anonymous_id="v-9", user_id="u-1", email="jane@acme.com"), None, DIRECTORY).facts
        if fact.subject == "u:u-1"
    )
    learned = learn(fact, waiting, DIRECTORY)
    assert [(item.account_id, item.late) for item in learned.activities] == [("acme", True)]
    assert learn(fact, learned.state, DIRECTORY).activities == ()


def test_duplicates_are_known() -> None:
    first = identify(event(email="jane@acme.com"), None, DIRECTORY)
    again = identify(event(email="jane@acme.com"), first.state, DIRECTORY)
    assert (again.outcome, again.activities, again.state) == (Outcome.DUPLICATE, (), first.state)


def test_a_machine_nobody_is_named_for_is_not_kept() -> None:
    result = identify(event(grade=Grade.MACHINE), None, DIRECTORY)
    assert (result.outcome, result.state) == (Outcome.UNNAMED_MACHINE, None)


def test_history_is_bounded_in_count_and_age() -> None:
    state, fell_out = None, 0
    for number in range(HISTORY_MAX + 10):
        result = identify(event(number / 100, anonymous_id="v-1"), state, EMPTY)
        state, fell_out = result.state, fell_out + result.fell_out
    assert state is not None
    assert (len(state.history), fell_out) == (HISTORY_MAX, 10)
    late = identify(event(45, anonymous_id="v-1"), state, EMPTY)
    assert (len(late.state.history), late.fell_out) == (1, HISTORY_MAX)
    assert len(state.seen) <= SEEN_MAX


def test_weaker_evidence_does_not_replace_stronger() -> None:
    strong = identify(event(anonymous_id="v-1", email="jane@acme.com"), None, DIRECTORY).state
    weak = IdentityFact(
        fact_id="f",
        subject="a:v-1",
        account_id="ws-7",
        method=Method.UNLISTED_ID,
        confidence=0.6,
        reason="r",
        event_id="e",
        observed_ms=1,
    )
    learned = learn(weak, strong, DIRECTORY)
    assert learned.activities == ()
    assert identify(event(1, anonymous_id="v-1"), learned.state, DIRECTORY).activities[0].account_id == "acme"


def test_records_made_of_trusted_values_are_what_validation_makes() -> None:
    state = identify(event(anonymous_id="v-1"), None, DIRECTORY).state
    named = identify(event(1, anonymous_id="v-1", email="jane@acme.com"), state, DIRECTORY)
    for record in (*named.activities, *named.state.links, *(state.history if state else ())):
        again = type(record).model_validate_json(record.encode())
        assert (again, again.__dict__.keys()) == (record, record.__dict__.keys())
        assert set(record.__dict__) == set(type(record).model_fields)
