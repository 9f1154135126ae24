"""Stitching over several ids, unlinks, and hits that accounts return: the identify stage as a whole, facts and all."""

import pytest

from pipeline.directory import Directory
from pipeline.stitch.hubs import crowded
from pipeline.stitch.links import EDGES_MAX
from schemas.account import Account
from schemas.activity import RETRACTION, Activity
from schemas.base import Source
from schemas.event import Event, Grade
from schemas.hit import Hit, Returned
from schemas.identity import FactKind, IdentityFact, Method, SubjectState
from tests.builders import at, event
from tests.identities import Identities

DIRECTORY = Directory(
    {
        "acme": Account(account_id="acme", name="Acme", domains=("acme-works.com",)),
        "rival": Account(account_id="rival", name="Rival", domains=("rival-works.com",)),
    }
)


def command(kind: FactKind, subject: str, account_id: str = "acme", days: float = 20) -> IdentityFact:
    return IdentityFact(
        fact_id=f"{kind}-{subject}-{days}",
        kind=kind,
        subject=subject,
        account_id=account_id,
        reason="wrong match",
        observed_ms=at(days),
    )


def told(activities: list[Activity]) -> list[tuple[str, str, bool]]:
    return [(item.subject, item.account_id, item.late) for item in activities]


def test_a_visitor_known_by_user_id_alone_is_named_once_the_user_is() -> None:
    line = Identities(DIRECTORY)
    assert line.take(event(0, anonymous_id="v-1"), event(1, anonymous_id="v-1", user_id="u-1")) == []
    made = line.take(event(3, user_id="u-1", email="jane@acme-works.com"))
    assert told(made) == [("u:u-1", "acme", False), ("a:v-1", "acme", True), ("a:v-1", "acme", True)]
    assert {item.person for item in made} == {"jane@acme-works.com"}


@pytest.mark.parametrize("days", [0.5, 3.0])
def test_a_name_that_comes_days_late_names_history_whatever_its_own_time(days: float) -> None:
    heard = {"received_ms": at(days)}
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1"))
    made = line.take(event(0.1, anonymous_id="v-1", email="jane@acme-works.com", **heard))
    assert told(made) == [("a:v-1", "acme", days > 1), ("a:v-1", "acme", False)]
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-2", user_id="u-1"))
    made = line.take(event(0.1, anonymous_id="", user_id="u-1", email="jane@acme-works.com", **heard))
    assert ("a:v-2", "acme", days > 1) in told(made)


def test_it_goes_from_mailbox_to_user_to_visitor() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1", user_id="u-1"))
    line.take(event(1, user_id="u-1", email="jo@gmail.com"))
    made = line.take(event(2, anonymous_id="v-9", email="jo@gmail.com", account_id="acme"))
    assert sorted(told(made)) == [
        ("a:v-1", "acme", True),
        ("a:v-9", "acme", False),
        ("u:u-1", "acme", True),
    ]


def test_a_visitor_passes_nothing_on() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1", email="jane@acme-works.com"))
    line.take(event(1, anonymous_id="v-1", user_id="u-1"))
    assert line.take(event(2, user_id="u-1")) == []


def test_a_role_mailbox_passes_nothing_on_to_its_users() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, user_id="u-1", email="info@gmail.com"), event(1, user_id="u-2", email="info@gmail.com"))
    line.take(event(2, email="info@gmail.com", account_id="acme"))
    assert line.states["u:u-1"].links == ()
    assert line.take(event(3, user_id="u-2")) == []


def test_what_a_role_mailbox_passed_on_is_taken_back_when_a_second_user_comes() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, user_id="u-1", email="info@gmail.com"))
    line.take(event(1, email="info@gmail.com", account_id="acme"))
    assert [link.account_id for link in line.states["u:u-1"].links] == ["acme"]
    made = line.take(event(2, user_id="u-2", email="info@gmail.com"))
    assert line.states["u:u-1"].links == ()
    assert [(item.type, item.subject, item.account_id) for item in made] == [(RETRACTION, "u:u-1", "acme")]


def test_a_crowded_user_passes_nothing_on() -> None:
    line = Identities(DIRECTORY)
    line.take(*(event(n / 100, anonymous_id=f"v-{n}", user_id="demo") for n in range(EDGES_MAX + 1)))
    assert crowded(line.states["u:demo"])
    made = line.take(event(2, user_id="demo", email="jane@acme-works.com"))
    assert {item.subject for item in made} == {"u:demo"}


def test_links_of_a_visitor_fade_and_those_of_a_person_do_not() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1", email="jane@acme-works.com"), event(0, email="jane@acme-works.com"))
    (now,) = line.take(event(0.5, anonymous_id="v-1"))
    (later,) = line.take(event(30, anonymous_id="v-1"))
    assert (now.confidence, later.confidence) == (0.8, 0.4)
    line.take(event(31, anonymous_id="v-1", email="jane@acme-works.com"))
    (again,) = line.take(event(31.5, anonymous_id="v-1"))
    assert again.confidence == 0.8


def test_somebody_who_changes_employer_is_at_the_new_one() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1", email="jane@acme-works.com"))
    line.take(event(60, anonymous_id="v-1", email="jane@rival-works.com"))
    (after,) = line.take(event(61, anonymous_id="v-1"))
    assert after.account_id == "rival"


def test_an_unlink_takes_all_back_and_what_comes_after_waits() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1"), event(1, anonymous_id="v-1", email="jane@acme-works.com"))
    (retraction,) = line.take(command(FactKind.UNLINK, "a:v-1"))
    assert (retraction.type, retraction.subject, retraction.account_id) == (RETRACTION, "a:v-1", "acme")
    assert retraction.reason == "wrong match"
    assert line.take(event(21, anonymous_id="v-1")) == []
    assert line.take(event(22, anonymous_id="v-1", email="jane@acme-works.com")) == []
    assert [hit.occurred_ms for hit in line.states["a:v-1"].history] == [at(21), at(22)]


def test_what_says_an_account_it_was_unlinked_from_says_nothing_weaker_either() -> None:
    line = Identities(DIRECTORY)
    told = {"user_id": "u-1", "email": "jane@acme-works.com", "account_id": "ws-1"}
    line.take(command(FactKind.UNLINK, "u:u-1"))
    made = line.take(event(21, **told))  # a hit given back knows no workspace either
    assert {item.type for item in made} <= {RETRACTION}
    other = {key: value for key, value in told.items() if key != "email"}
    assert [item.account_id for item in line.take(event(22, **other))] == ["ws-1", "ws-1"]


def test_a_form_of_an_unlinked_company_is_not_anothers_on_a_shared_device() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1", email="bob@rival-works.com"), command(FactKind.UNLINK, "a:v-1"))
    assert line.take(event(21, anonymous_id="v-1", email="jane@acme-works.com")) == []


def test_a_relink_brings_it_back() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1", email="jane@acme-works.com"))
    line.take(command(FactKind.UNLINK, "a:v-1"), event(21, anonymous_id="v-1"))
    made = line.take(command(FactKind.RELINK, "a:v-1", days=22))
    assert told(made) == [("a:v-1", "acme", True)]
    assert line.take(command(FactKind.UNLINK, "a:v-1", days=20)) == []  # an old command does not count again


def test_unlinking_a_mailbox_reaches_every_visitor_it_was_seen_as() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1", email="jane@acme-works.com"), event(1, anonymous_id="v-1"))
    made = line.take(command(FactKind.UNLINK, "e:jane@acme-works.com"))
    assert {(item.type, item.subject) for item in made} == {
        (RETRACTION, "e:jane@acme-works.com"),
        (RETRACTION, "a:v-1"),
    }
    fresh = line.take(event(21, anonymous_id="v-2", email="jane@acme-works.com"))
    assert [(item.type, item.subject) for item in fresh] == [("page_view", "a:v-2"), (RETRACTION, "a:v-2")]
    assert line.take(event(22, anonymous_id="v-2")) == []


def test_unlinking_from_any_account_is_for_own_staff() -> None:
    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-1", email="jane@acme-works.com"))
    made = line.take(command(FactKind.UNLINK, "a:v-1", "*"))
    assert [(item.type, item.account_id) for item in made] == [(RETRACTION, "acme")]
    assert line.take(event(40, anonymous_id="v-1", email="jane@rival-works.com")) == []


@pytest.mark.parametrize("unlinked", ["acme", "*"])
def test_returned_hits_wait_for_the_right_name(unlinked: str) -> None:
    line = Identities(DIRECTORY)
    line.take(event(10, anonymous_id="v-1", user_id="u-1"))
    (_, first) = line.take(event(11, user_id="u-1", email="jane@acme-works.com"))
    line.take(command(FactKind.UNLINK, "a:v-1", unlinked))
    hit = Hit(**{name: getattr(first, name) for name in Hit.model_fields})
    back = Returned(subject="a:v-1", account_id="acme", returned_ms=at(20), hits=(hit,))
    assert line.take(back) == []
    assert line.take(back) == []
    assert [past.event_id for past in line.states["a:v-1"].history] == [first.event_id]
    if unlinked == "acme":
        made = line.take(event(39, anonymous_id="v-1", email="bob@rival-works.com"))
        assert told(made) == [("a:v-1", "rival", True), ("a:v-1", "rival", False)]


def test_an_unlink_of_what_an_address_named_is_told_too() -> None:
    line = Identities(DIRECTORY)
    line.states["a:v-1"] = SubjectState(by_network={"e1": "acme"})
    (retraction,) = line.take(command(FactKind.UNLINK, "a:v-1"))
    assert retraction.account_id == "acme"


def test_facts_say_how() -> None:
    line = Identities(DIRECTORY)
    line.take(event(1, anonymous_id="v-1", user_id="u-1"), event(3, user_id="u-1", email="jane@acme-works.com"))
    passed = [fact for fact in line.facts if fact.kind is FactKind.PASSED and fact.subject == "a:v-1"]
    assert [(fact.other, fact.account_id, fact.method) for fact in passed] == [
        ("u:u-1", "acme", Method.EMAIL_DIRECTORY)
    ]
    assert "seen with u:u-1" in passed[0].reason


def test_a_link_reaches_thirty_days_back_and_no_further() -> None:
    line = Identities(DIRECTORY)
    line.take(event(60, anonymous_id="v-1", email="jane@acme-works.com"))
    assert told(line.take(event(31, anonymous_id="v-1"))) == [("a:v-1", "acme", False)]
    assert line.take(event(20, anonymous_id="v-1")) == []


def test_a_mails_link_with_a_visitor_id_links_the_visitor_once_a_person_clicks_it() -> None:
    def click(day: float, **fields: object) -> Event:
        given = {"email": "jane@acme-works.com", "properties": {"link_visitor_id": "v-7"}, "message_id": "m"}
        return event(day, type="click", source=Source.EMAIL, **(given | fields))

    line = Identities(DIRECTORY)
    line.take(event(0, anonymous_id="v-7"))
    line.take(click(1, grade=Grade.MACHINE), click(1.1, properties={"link_visitor_id": "null"}))
    assert not line.states["a:v-7"].links
    made = line.take(click(2))
    assert ("a:v-7", "acme", True) in told(made)
    assert {item.account_id for item in line.take(event(3, anonymous_id="v-7"))} == {"acme"}
