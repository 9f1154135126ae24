"""Evidence is weighed the same in any order; replays and duplicates of events change nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.directory import Directory
from pipeline.identify import Outcome, identify
from pipeline.identity.answer import COMBINED_MAX, RANK, Answer, decide, family_of
from pipeline.identity.asn import AsnTable
from pipeline.identity.networks import Networks
from pipeline.identity.ranges import RangeTable
from schemas.account import Account
from schemas.activity import Activity
from schemas.base import Source
from schemas.event import Event
from schemas.identity import IP_METHODS, IdentityFact, Method, SubjectState
from tests.builders import event

DIRECTORY = Directory(
    {
        "acme": Account(
            account_id="acme", name="Acme", domains=("acme-works.com",), office_ranges=("198.51.100.0/24",)
        ),
        "rival": Account(account_id="rival", name="Rival", domains=("rival-works.com",)),
    }
)
NETWORKS = Networks(AsnTable(["192.0.2.0,192.0.2.127,64500,RIVAL LLC"], "t@1"))


@st.composite
def answers(draw: st.DrawFn) -> list[Answer]:
    made = draw(
        st.lists(
            st.tuples(
                st.sampled_from(list(Method)),
                st.sampled_from(("acme", "rival", "third")),
                st.sampled_from((0.35, 0.5, 0.6, 0.8, 0.85, 0.95, 1.0)),
            ),
            max_size=8,
        )
    )
    return [
        Answer(account, account, "", method, sure, f"{method}", RANK[method], family_of(method))
        for method, account, sure in made
    ]


@given(answers().flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))))
def test_the_order_of_evidence_does_not_matter(pair: tuple[list[Answer], list[Answer]]) -> None:
    assert decide(pair[0]) == decide(pair[1])


@given(answers())
def test_the_winner_has_the_best_rank_and_a_bounded_confidence(made: list[Answer]) -> None:
    verdict = decide(made)
    assert len(verdict.answers) == len(made)
    if verdict.winner is None:
        return
    best = min(answer.rank for answer in made)
    assert {answer.account_id for answer in made if answer.rank == best} == {verdict.winner.account_id}
    alone = max(answer.confidence for answer in made if answer.rank == best)
    assert verdict.winner.confidence == alone or alone < verdict.winner.confidence <= COMBINED_MAX


@st.composite
def visits(draw: st.DrawFn) -> list[Event]:
    """Events of one visitor, now and then with a name, an address or another user."""
    steps = draw(
        st.lists(
            st.tuples(
                st.floats(0, 20, allow_nan=False),
                st.sampled_from(("", "u-1", "u-2", "null")),
                st.sampled_from(("", "jane@acme-works.com", "bob@rival-works.com", "x@gmail.com", "y@newco-works.io")),
                st.sampled_from(("", "198.51.100.9", "192.0.2.9", "203.0.113.9")),
                st.sampled_from((Source.WEB, Source.TRIAL)),
            ),
            max_size=25,
        )
    )
    day, made = 0.0, []
    for number, (step, user, email, ip, source) in enumerate(steps):
        day += step
        made.append(
            event(day, event_id=f"e{number}", anonymous_id="v-1", user_id=user, email=email, ip=ip, source=source)
        )
    return made


def run(events: list[Event]) -> tuple[SubjectState | None, list[Activity], list[IdentityFact]]:
    state: SubjectState | None = None
    activities: list[Activity] = []
    facts: list[IdentityFact] = []
    for item in events:
        result = identify(item, state, DIRECTORY, NETWORKS)
        state = SubjectState.model_validate_json(result.state.encode())
        assert state == result.state
        activities += result.activities
        facts += result.facts
    return state, activities, facts


@settings(deadline=None)
@given(visits(), st.lists(st.integers(0, 1000), max_size=8))
def test_duplicates_and_replays_change_nothing(events: list[Event], where: list[int]) -> None:
    doubled = list(events)
    for point in where:
        if events:
            original = events[point % len(events)]
            doubled.insert(doubled.index(original) + 1 + point % 3, original)
    assert run(doubled) == run(events) == run(events)


@settings(deadline=None)
@given(visits())
def test_each_activity_is_told_once_and_addresses_never_stitch(events: list[Event]) -> None:
    state, activities, facts = run(events)
    ids = [item.activity_id for item in activities]
    assert len(ids) == len(set(ids))
    assert not [fact for fact in facts if fact.method in IP_METHODS]
    assert state is None or not {link.method for link in state.links} & IP_METHODS
    if state is not None and not state.history:
        again = identify(events[0], state, DIRECTORY, NETWORKS)
        assert again.outcome is Outcome.DUPLICATE


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12), st.sampled_from("abc")), max_size=8))
def test_ranges_are_what_a_scan_finds(given_ranges: list[tuple[int, int, str]]) -> None:
    ranges = [(4, first, first + length, holder) for first, length, holder in given_ranges]
    table = RangeTable(ranges)
    for value in range(56):
        expected = tuple(sorted({holder for _, first, last, holder in ranges if first <= value <= last}))
        assert table.holders(f"0.0.0.{value}") == expected
