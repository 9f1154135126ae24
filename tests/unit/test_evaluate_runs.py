"""Order and unlink on small worlds: the figures hold for the line as it is, and fail for one that is broken."""

import pytest

from deploy.evaluate.line import PlainLine
from deploy.evaluate.measures.components import end_of, work
from deploy.evaluate.measures.memory import hold, measure_memory
from deploy.evaluate.measures.order import compare, orders, try_orders
from deploy.evaluate.measures.unlink import difference, try_unlinks, unlink_of
from deploy.evaluate.world import World, run
from deploy.simulate import WorldSpec
from schemas.account import Account
from schemas.event import Event
from schemas.identity import IdentityFact, SubjectState
from tests.builders import at, event

SMALL = World(WorldSpec.hard(8, companies=2, days=20.0))
ACME = Account(account_id="acme", name="Acme Corp", domains=("acme-works.com",))


def line_of(*accounts: Account) -> PlainLine:
    line = PlainLine()
    line.know((account.account_id.encode(), account.encode()) for account in accounts)
    return line


def visits() -> list[Event]:
    return [
        event(0.0),
        event(0.1, anonymous_id="v-1", email="jo@acme-works.com"),
        event(0.2),
        event(0.3, anonymous_id="v-2"),
    ]


def test_orders_are_permutations_replays_and_duplicates() -> None:
    events = [event(number / 10) for number in range(20)]
    tried = list(orders(events, 6))
    assert [name for name, _ in tried] == ["permutation", "replay", "duplicates"] * 2
    for name, order in tried:
        assert {each.event_id for each in order} == {each.event_id for each in events}
        assert order[:20] != events
        assert (len(order) == 20, len(order) == 40) == (name == "permutation", name == "replay")


def test_the_end_of_a_run_says_who_is_linked_named_and_waiting() -> None:
    line = line_of(ACME)
    work(line, visits())
    end = end_of(line, visits())
    assert end.components["a:v-1"].accounts == {"acme"}
    assert (end.components["a:v-1"].named, end.components["a:v-2"].named) == ("acme", "")
    assert [sorted(accounts) for accounts in end.attributions.values()] == [["acme"]] * 3
    assert end.waiting == {visits()[3].event_id}


def test_what_differs_is_said() -> None:
    ends = []
    for events in (visits(), visits()[:3]):
        line = line_of(ACME)
        work(line, events)
        ends.append(end_of(line, events))
    first, second = ends
    assert list(compare(first, first)) == []
    assert len(list(compare(first, second))) == 2


def test_any_order_of_a_small_world_gives_the_same_components() -> None:
    order = try_orders(SMALL, 6)
    assert order.independent, order.differences
    assert order.subjects > 20


def test_a_line_that_keeps_whom_it_saw_first_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_wins(edges: dict[str, int], other: str, at_ms: int) -> dict[str, int]:
        return edges or {other: at_ms}

    monkeypatch.setattr("pipeline.identify.with_edge", first_wins)
    monkeypatch.setattr("pipeline.learn.with_edge", first_wins)
    order = try_orders(World(WorldSpec.hard(8, companies=6, days=60.0)), 6)
    assert not order.independent
    assert order.differences


def test_an_unlink_that_does_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def unheard(blocks: dict[str, int], fact: IdentityFact) -> dict[str, int]:
        return blocks

    monkeypatch.setattr("pipeline.learn.with_block", unheard)
    unlink = try_unlinks(SMALL, 3)
    assert (unlink.tried, unlink.exact) == (3, 0)
    assert "it is still linked" in unlink.differences[0]


def test_a_journey_that_remembers_is_a_difference() -> None:
    plain, other = line_of(ACME), line_of(ACME)
    work(plain, visits())
    work(other, [*visits(), event(0.4, anonymous_id="v-1", email="jo@acme-works.com")])
    assert any(text.startswith("journey of acme") for text in difference(plain, other, visits()))


def test_an_unlink_keeps_the_account_off_the_subject_for_good() -> None:
    line = line_of(ACME)
    fact = unlink_of("a:v-1", "acme", at(5.0)).encode()
    work(line, visits(), before=[fact])
    state = line.states("identify", SubjectState)["a:v-1"]
    assert state.blocks
    assert end_of(line, visits()).components["a:v-1"].named == ""


def test_memory_is_that_of_the_real_store() -> None:
    held = hold(2_000)
    assert held.stored > 2_000 * 300
    measured = measure_memory(20_000)
    assert measured.ids == 20_000
    assert measured.bytes > measured.stored
    assert measured.million == measured.bytes * 50


def test_the_same_world_gives_the_same_end() -> None:
    first, second = run(SMALL), run(World(SMALL.spec))
    assert first.standing == second.standing
    assert len(first.cases) == len(SMALL.hits)
