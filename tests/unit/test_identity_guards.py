"""Guards for ids: placeholders, shared devices, one user id a person, addresses that never stitch."""

import pytest

from pipeline.directory import Directory
from pipeline.identify import Identified, Outcome, identify
from pipeline.identity.ids import KNOWN_MAX, placeholder_id, placeholder_mailbox, with_real_ids
from pipeline.identity.networks import NO_NETWORKS
from pipeline.learn import learn
from schemas.account import Account
from schemas.event import Event
from schemas.identity import IdentityFact, Method, SubjectState
from tests.builders import event

DIRECTORY = Directory(
    {
        "acme": Account(
            account_id="acme", name="Acme", domains=("acme-works.com",), office_ranges=("198.51.100.0/24",)
        ),
        "rival": Account(account_id="rival", name="Rival", domains=("rival-works.com",)),
    }
)


def run(*events: Event) -> list[Identified]:
    results: list[Identified] = []
    state: SubjectState | None = None
    for item in events:
        results.append(identify(item, state, DIRECTORY, NO_NETWORKS))
        state = SubjectState.model_validate_json(results[-1].state.encode())
    return results


@pytest.mark.parametrize(
    "given",
    ["null", "NULL", "anonymous", "guest", "undefined", "NaN", "[object Object]", "-1", "0", "000-000", "none", "",
     '"null"', " none ", "x" * 201, "00000000-0000-0000-0000-000000000000", "distinct_id", "not_authenticated"],
)  # fmt: skip
def test_placeholder_ids(given: str) -> None:
    assert placeholder_id(given)


@pytest.mark.parametrize("given", ["u-1", "17", "anonymous-81", "jane", "x" * 200, "nullable", "10"])
def test_real_ids(given: str) -> None:
    assert not placeholder_id(given)


def test_placeholder_mailboxes() -> None:
    assert all(map(placeholder_mailbox, ("jo@example.com", "jo@box.test", "a@localhost", "noreply@acme-works.com")))
    assert not placeholder_mailbox("jane@acme-works.com")


def test_an_event_without_placeholders_is_left_alone() -> None:
    given = event(anonymous_id="v-1", user_id="u-1", email="jane@acme-works.com")
    assert with_real_ids(given) is given


def test_a_placeholder_visitor_is_nobodys_history() -> None:
    waiting, named, after = run(
        event(0, anonymous_id="null"),
        event(1, anonymous_id="null", user_id="u-1", email="jane@acme-works.com"),
        event(2, anonymous_id="null"),
    )
    assert waiting.outcome is Outcome.PLACEHOLDER
    assert [(item.account_id, item.late) for item in named.activities] == [("acme", False)]
    assert "a:null" not in {fact.subject for fact in named.facts}
    assert {fact.subject for fact in named.facts} == {"u:u-1", "e:jane@acme-works.com"}
    assert (after.outcome, after.activities) == (Outcome.PLACEHOLDER, ())
    assert after.state.links == ()


def test_a_device_of_two_users_is_not_stitched_back() -> None:
    results = run(
        event(0, anonymous_id="v-1", user_id="u-1", email="jane@acme-works.com"),
        event(1, anonymous_id="v-1"),
        event(2, anonymous_id="v-1", user_id="u-2", email="bob@rival-works.com"),
        event(3, anonymous_id="v-1"),
        event(4, anonymous_id="v-1", user_id="u-1", email="jane@acme-works.com"),
    )
    assert [[item.account_id for item in result.activities] for result in results] == [
        ["acme"],
        ["acme"],
        ["rival"],
        [],
        ["acme"],
    ]
    assert results[3].outcome is Outcome.WAITING


def test_on_a_shared_device_each_signed_in_visit_is_its_users() -> None:
    *_, bob, jane = run(
        event(0, anonymous_id="v-1", user_id="u-1", email="jane@acme-works.com"),
        event(1, anonymous_id="v-1", user_id="u-2", email="bob@rival-works.com"),
        event(2, anonymous_id="v-1", user_id="u-2"),
        event(3, anonymous_id="v-1", user_id="u-1"),
    )
    assert [(item.account_id, item.person) for item in bob.activities] == [("rival", "bob@rival-works.com")]
    assert [(item.account_id, item.person) for item in jane.activities] == [("acme", "jane@acme-works.com")]


def test_after_thirty_days_a_device_is_one_users_again() -> None:
    *_, again = run(
        event(0, anonymous_id="v-1", user_id="u-1", email="jane@acme-works.com"),
        event(40, anonymous_id="v-1", user_id="u-2", email="bob@rival-works.com"),
        event(41, anonymous_id="v-1"),
    )
    assert [item.account_id for item in again.activities] == ["rival"]


def test_more_than_five_users_ever_are_shared_for_good() -> None:
    *_, last = run(
        *(event(40 * n, anonymous_id="v-1", user_id=f"u-{n}", email="jane@acme-works.com") for n in range(8)),
        event(330, anonymous_id="v-1"),
    )
    assert last.outcome is Outcome.WAITING
    assert len(last.state.users) == KNOWN_MAX


def test_a_user_is_never_taken_for_another_person() -> None:
    *_, other = run(
        event(0, anonymous_id="v-1", user_id="u-1", email="jane@acme-works.com"),
        event(40, anonymous_id="v-1", user_id="u-2"),
    )
    assert (other.outcome, other.activities) == (Outcome.WAITING, ())
    *_, named = run(
        event(0, anonymous_id="v-1", user_id="u-1", email="jane@acme-works.com"),
        event(40, anonymous_id="v-1", user_id="u-2", account_id="acme"),
    )
    assert [item.person for item in named.activities] == ["u-2"]


def test_a_fact_does_not_name_a_shared_device() -> None:
    (*_, waiting) = run(
        event(0, anonymous_id="v-1", user_id="u-1"),
        event(1, anonymous_id="v-1", user_id="u-2"),
        event(2, anonymous_id="v-1"),
    )
    fact = IdentityFact(
        fact_id="f",
        subject="a:v-1",
        account_id="acme",
        method=Method.EMAIL_DIRECTORY,
        confidence=0.85,
        reason="r",
        event_id="e",
        observed_ms=event(3).occurred_ms,
    )
    learned = learn(fact, waiting.state, DIRECTORY)
    assert learned.activities == ()
    assert identify(event(4, anonymous_id="v-1"), learned.state, DIRECTORY).outcome is Outcome.WAITING


def test_an_address_names_the_event_and_not_the_visitor() -> None:
    office, away, named = run(
        event(0, anonymous_id="v-1", ip="198.51.100.9"),
        event(1, anonymous_id="v-1", ip="192.0.2.9"),
        event(2, anonymous_id="v-1", email="bob@rival-works.com"),
    )
    assert [(item.account_id, item.method) for item in office.activities] == [("acme", Method.OFFICE_RANGE)]
    assert (office.facts, office.state.links) == ((), ())
    assert away.outcome is Outcome.WAITING
    assert [(item.account_id, item.late) for item in named.activities] == [
        ("rival", True),
        ("rival", True),
        ("rival", False),
    ]


def test_what_an_address_named_is_not_told_again_for_the_same_account() -> None:
    *_, named = run(
        event(0, anonymous_id="v-1", ip="198.51.100.9"),
        event(1, anonymous_id="v-1"),
        event(2, anonymous_id="v-1", email="jane@acme-works.com"),
    )
    assert [item.occurred_ms for item in named.activities] == [event(1).occurred_ms, event(2).occurred_ms]
    assert (named.state.history, named.state.by_network) == ((), {})
