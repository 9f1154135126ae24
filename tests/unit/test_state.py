import pytest

from agents.shell.state import StateStore, StateView, headers_of, read_headers


def test_writes_count_only_once_committed() -> None:
    store = StateStore()
    view = StateView(store)
    view.put(b"k", b"v1")
    assert (view.get(b"k"), store.get(b"k")) == (b"v1", None)
    view.commit()
    assert store.get(b"k") == b"v1"
    assert store.bytes == 3
    again = StateView(store)
    again.put(b"k", None)
    assert again.get(b"k") is None
    again.commit()
    assert (len(store), store.bytes) == (0, 0)


def test_due_keys_come_earliest_first_and_stay_due_until_written() -> None:
    store = StateStore()
    for key, due in ((b"b", 20), (b"a", 10), (b"c", 30), (b"never", 0)):
        store.apply(key, b"x", due)
    assert store.due(25, 10) == [b"a", b"b"]
    assert store.due(25, 1) == [b"a"]
    store.apply(b"a", b"x", 40)
    assert store.due(25, 10) == [b"b"]
    store.apply(b"b", None, 0)
    assert store.due(25, 10) == []
    assert store.due(100, 10) == [b"c", b"a"]


def test_the_same_due_time_written_often_is_due_once() -> None:
    store = StateStore()
    for _ in range(5):
        store.apply(b"a", b"x", 10)
    assert store.due(10, 10) == [b"a"]


@pytest.mark.parametrize("due_ms", [0, 1234])
@pytest.mark.parametrize("marked", [False, True])
def test_due_times_and_marks_travel_as_headers(due_ms: int, marked: bool) -> None:
    assert read_headers(headers_of(due_ms, marked)) == (due_ms, marked)
    assert read_headers(tuple(headers_of(due_ms, marked))) == (due_ms, marked)


def test_what_is_neither_due_nor_marked_has_no_headers() -> None:
    assert headers_of(0, False) == []


def test_marked_keys_are_known() -> None:
    store = StateStore()
    view = StateView(store)
    view.put(b"a", b"x", marked=True)
    view.put(b"b", b"x")
    assert view.marked == set()
    view.commit()
    assert StateView(store).marked == {b"a"}
    store.apply(b"a", b"y", 0)
    store.apply(b"b", b"y", 0, True)
    assert store.marked == {b"b"}
    store.apply(b"b", None, 0, True)
    assert store.marked == set()


def test_times_that_move_do_not_pile_up() -> None:
    store = StateStore()
    for due in range(1, 50_000):
        store.apply(b"a", b"x", due)
    assert len(store._queue) < 2000
    assert store.due(50_000, 10) == [b"a"]
