"""Whatever order events, facts and commands come in, doubled or not: the same ids belong to the same accounts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.directory import Directory
from pipeline.learn import naming
from pipeline.stitch.links import active_links
from schemas.account import Account
from schemas.event import Event
from schemas.identity import FactKind, IdentityFact
from tests.builders import at, event
from tests.identities import Identities

DIRECTORY = Directory(
    {
        "acme": Account(account_id="acme", name="Acme", domains=("acme-works.com",)),
        "rival": Account(account_id="rival", name="Rival", domains=("rival-works.com",)),
    }
)
Given = Event | IdentityFact
MAILS = ("", "", "jane@acme-works.com", "bob@rival-works.com", "jo@gmail.com", "info@gmail.com", "ann@newco-works.io")
ids = st.tuples(
    st.sampled_from(("", "v-1", "v-2", "v-3")),
    st.sampled_from(("", "", "u-1", "u-2", "null")),
    st.sampled_from(MAILS),
    st.sampled_from(("", "", "", "acme", "ws-7")),
).filter(any)


@st.composite
def happenings(draw: st.DrawFn) -> list[Given]:
    """Events of a few visitors, users and mailboxes, over 80 days; now and then a command."""
    made: list[Given] = []
    for number, (visitor, user, mail, account) in enumerate(draw(st.lists(ids, max_size=14))):
        given_ids = {"anonymous_id": visitor, "user_id": user, "email": mail, "account_id": account}
        made.append(event(draw(st.integers(0, 80)), event_id=f"e{number}", **given_ids))
    for number, (kind, subject, account) in enumerate(draw(st.lists(commands, max_size=3))):
        made.append(
            IdentityFact(
                fact_id=f"c{number}",
                kind=kind,
                subject=subject,
                account_id=account,
                reason="by command",
                observed_ms=at(40 + number),
            )
        )
    return made


commands = st.tuples(
    st.sampled_from((FactKind.UNLINK, FactKind.UNLINK, FactKind.RELINK)),
    st.sampled_from(("a:v-1", "u:u-1", "e:jane@acme-works.com", "e:jo@gmail.com")),
    st.sampled_from(("acme", "rival", "*")),
)


def components(done: list[Given]) -> dict[str, object]:
    """Who is what in the end: links, and whom the subject is named for."""
    line = Identities(DIRECTORY)
    line.take(*done)
    found: dict[str, object] = {}
    for subject, state in line.states.items():
        links = {(link.account_id, link.method, link.via) for link in active_links(state)}
        answer = naming(subject, at(90), state, DIRECTORY)
        if links or state.edges:
            found[subject] = (links, set(state.edges), answer.account_id if answer else "")
    return found


@settings(deadline=None, max_examples=300)
@given(happenings().flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))))
def test_any_order_gives_the_same_components(
    pair: tuple[list[Given], list[Given]],
) -> None:
    assert components(pair[0]) == components(pair[1])


@settings(deadline=None)
@given(happenings(), st.lists(st.integers(0, 100), max_size=6))
def test_replays_and_duplicates_change_nothing(made: list[Given], where: list[int]) -> None:
    doubled = list(made)
    for point in where:
        if made:
            doubled.insert(point % (len(doubled) + 1), made[point % len(made)])
    assert components(doubled) == components(made) == components([*made, *made])


@settings(deadline=None)
@given(happenings())
def test_no_visitor_belongs_to_two_users_at_once(made: list[Given]) -> None:
    line = Identities(DIRECTORY)
    line.take(*made)
    named = [
        (subject, naming(subject, at(80), state, DIRECTORY))
        for subject, state in line.states.items()
        if subject[:2] == "a:" and sum(ms > at(50) for ms in state.users.values()) > 1
    ]
    assert [subject for subject, answer in named if answer is not None] == []
