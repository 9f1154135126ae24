"""What an activity weighs on its day, how it fades, and how well an account fits."""

from dataclasses import replace

import pytest

from pipeline.advance import advance
from pipeline.journey import EVIDENCE_MAX
from pipeline.rules.model import Role, Scoring
from pipeline.score import carried_on, carry_points, evidence_points, share_left
from pipeline.weigh import fit_of, role_multiplier
from schemas.account import Account, AccountStatus
from schemas.activity import Activity
from schemas.journey import Carry, Evidence
from tests.builders import DAY_MS, activity, at
from tests.journeys import REFERENCE, SAAS, changed


def points(*activities: Activity, account: Account | None = None) -> list[float]:
    return [item.points for item in advance(None, "acme", activities, account, REFERENCE).state.evidence]


def test_points_fall_evenly_over_a_lifespan() -> None:
    shares = [share_left("content_download", int(day * DAY_MS), REFERENCE) for day in (-1, 0, 21, 41.9, 42, 400)]
    assert shares == pytest.approx([1, 1, 0.5, 0.1 / 42, 0, 0])
    item = Evidence(event_id="e", type="content_download", occurred_ms=at(0), points=6.0, confidence=1.0)
    assert evidence_points(item, at(21), REFERENCE) == 3.0


def test_what_falls_evenly_is_carried_on_as_it_was() -> None:
    items = [
        Evidence(event_id=f"e{day}", type="content_download", occurred_ms=at(day), points=size, confidence=1.0)
        for day, size in ((0, 6.0), (4, 3.0), (10, 1.125))
    ]
    carried: Carry | None = None
    for item in items:
        carried = carried_on(carried, item, at(12), REFERENCE)
    assert carried is not None
    assert (carried.count, carried.points) == (3, 10.125)
    for day in (12, 20, 41):
        exact = sum(item.points * share_left(item.type, at(day) - item.occurred_ms, REFERENCE) for item in items)
        assert abs(carry_points(carried, at(day), REFERENCE) - exact) <= 1 / 16 + 1e-6
    used_up = carried_on(carried, replace(items[0], occurred_ms=at(100)), at(100), REFERENCE)
    assert (used_up.count, used_up.points, used_up.as_of_ms) == (4, 6.0, at(100))


def test_a_person_s_day_is_capped_by_type() -> None:
    many = [activity(0.3 + number / 1000, "content_download") for number in range(8)]
    other_type = activity(0.4, "webinar")
    other_person = activity(0.41, "content_download", person="joe@acme.com")
    next_day = activity(1.5, "content_download")
    result = advance(None, "acme", [*many, other_type, other_person, next_day], None, REFERENCE)
    kinds = [(item.type, item.person) for item in result.state.evidence]
    assert kinds.count(("content_download", "jane@acme.com")) == 5 + 1
    assert kinds.count(("content_download", "joe@acme.com")) == 1
    assert kinds.count(("webinar", "jane@acme.com")) == 1
    assert len(result.counted) == len(many) + 3  # the journal keeps all: one may count once another is taken back


def test_visitors_without_a_name_are_capped_one_by_one() -> None:
    visits = [
        activity(number / 1000, "page_view", person="", subject=f"a:v-{number % 2}", event_id=f"{number}")
        for number in range(60)
    ]
    assert len(advance(None, "acme", visits, None, REFERENCE).state.evidence) == 40


def test_the_cap_leaves_room_for_others() -> None:
    loud = [activity(number / 10_000, "pricing_view", event_id=f"{number}") for number in range(3 * EVIDENCE_MAX)]
    state = advance(None, "acme", [activity(0, "demo_request"), *loud], None, SAAS).state
    assert "demo_request" in [item.type for item in state.evidence]
    assert state.carried == ()


@pytest.mark.parametrize(
    ("title", "multiplier"),
    [
        ("Chief Information Officer", 2),
        ("VP Sales", 2),
        ("Vice-President, Europe", 2),
        ("Head of IT", 2),
        ("Forehead of IT", 1),
        ("PhD student", 0),
        ("Assistant to the CEO", 2),
        ("Clerk", 1),
        ("", 1),
    ],
)
def test_roles_by_title(title: str, multiplier: float) -> None:
    assert role_multiplier(title, REFERENCE.scoring) == multiplier


def test_roles_and_tiers_multiply() -> None:
    first, second = Account(account_id="acme", name="Acme", tier="1"), Account(account_id="acme", name="Acme", tier="9")
    view = activity(0, "pricing_view", job_title="CTO")
    assert points(view, account=first) == [30.0]
    assert points(view, account=second) == [20.0]
    assert points(view) == [20.0]
    assert points(activity(0, "pricing_view", job_title="Student"), account=first) == [0.0]
    assert points(activity(0, "pricing_view", person=""), account=first) == [15.0]


def test_a_title_once_known_counts_from_then_on() -> None:
    assert points(activity(0, "pricing_view", job_title="CTO"), activity(1, "webinar")) == [20.0, 14.0]


def test_people_of_other_titles() -> None:
    scoring = Scoring(roles=(Role(name="cto", titles=("cto",), multiplier=3),), other_roles=0.5)
    rules = changed(REFERENCE, scoring=scoring)
    made = [activity(0, "webinar", job_title="CTO"), activity(1, "webinar", person="joe@acme.com")]
    state = advance(None, "acme", made, None, rules).state
    assert [item.points for item in state.evidence] == [21.0, 3.5]


@pytest.mark.parametrize(
    ("fields", "grade"),
    [
        ({"employees": 900, "industry": "Logistics"}, "A"),
        ({"employees": 200}, "B"),
        ({"employees": 5000}, "B"),
        ({"employees": 5001}, "D"),
        ({"employees": 0, "target": True}, "C"),
        ({"employees": 900, "industry": "logistics", "region": "Elsewhere"}, "B"),
        ({}, "D"),
    ],
)
def test_fit_by_the_directory_s_attributes(fields: dict[str, object], grade: str) -> None:
    assert fit_of(Account(account_id="acme", name="Acme", **fields), REFERENCE.fit) == grade


def test_fit_is_shown_apart_from_the_score() -> None:
    fits = Account(account_id="acme", name="Acme", employees=900, industry="logistics", status=AccountStatus.PROSPECT)
    # three reads meet the condition, and the fourth meets it a second time, as the trigger's threshold asks
    reads = [activity(day, "content_download", person="", subject=f"a:v-{day}") for day in range(4)]
    known, unknown = (advance(None, "acme", reads, account, REFERENCE) for account in (fits, None))
    assert [item.fit for item in known.transitions] == ["A"] * len(known.transitions)
    assert [(alert.trigger, alert.fit) for alert in known.alerts] == [("anonymous_surge", "A")]
    assert [alert.fit for alert in unknown.alerts] == [""]
    assert [item.score for item in known.transitions] == [item.score for item in unknown.transitions]
    assert {item.fit for item in advance(None, "acme", reads, fits, SAAS).transitions} == {""}
