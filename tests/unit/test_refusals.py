"""A few bad records pass; nearly nothing but bad ones does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ingest import RawRecord, ingest
from pipeline.refused.limit import RefusalLimit, Refusals
from schemas.base import Source
from schemas.errors import PoisonError
from schemas.rejected import Rejected
from schemas.topics import RAW


def rejection() -> Rejected:
    (outcome,) = ingest(RawRecord(Source.WEB, RAW[Source.WEB].name, 0, 1, 1_795_348_800_000, None, b"{"))
    assert isinstance(outcome, Rejected)
    return outcome


WHY = [rejection()]


def passes(refusals: Refusals, refused: list[bool]) -> bool:
    try:
        refusals.check(refused, WHY)
    except PoisonError:
        refusals.give_up()  # as its lane does
        return False
    refusals.take(refused)
    return True


def test_one_in_a_hundred_passes_for_ever() -> None:
    refusals = Refusals("web", RefusalLimit(0.9, 1000))
    for _ in range(50):
        assert passes(refusals, ([True] + [False] * 99) * 10)


def test_nothing_but_bad_ones_ends_it_once_there_are_enough_to_judge() -> None:
    refusals = Refusals("web", RefusalLimit(0.9, 1000))
    assert passes(refusals, [True] * 900)
    assert not passes(refusals, [True] * 100)
    assert passes(refusals, [True] * 99)  # what was not committed does not count


def test_what_goes_in_the_same_transaction_counts_before_it_is_committed() -> None:
    refusals = Refusals("web", RefusalLimit(0.9, 1000))
    refusals.check([True] * 500, WHY)
    with pytest.raises(PoisonError):
        refusals.check([True] * 500, WHY)
    refusals.give_up()
    for _ in range(2):
        refusals.check([True] * 450, WHY)
    refusals.take([True] * 450)
    refusals.take([True] * 450)
    assert not passes(refusals, [True] * 100)


def test_a_run_of_bad_ones_within_one_large_batch_ends_it_too() -> None:
    refused = [False] * 2000 + [True] * 1000 + [False] * 2000
    assert not passes(Refusals("web", RefusalLimit(0.9, 1000)), refused)


def test_the_text_says_what_where_how_much_and_how_to_mend_it() -> None:
    with pytest.raises(PoisonError) as caught:
        Refusals("site.events, partition 3,", RefusalLimit(0.5, 10)).check([True] * 10, WHY * 10)
    text = str(caught.value)
    for part in (
        "10 of 10 records in a row on site.events, partition 3,",
        "bad_json 10",
        "not JSON",
        "Nothing of this",
    ):
        assert part in text
    assert "TRIGGERPOINT_INPUT_TOPICS" in caught.value.mend
    assert "TRIGGERPOINT_REJECTED_SHARE_MAX=1" in caught.value.mend


def test_it_can_be_let_pass() -> None:
    assert passes(Refusals("web", RefusalLimit(1.0, 10)), [True] * 5000)


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=30), max_size=20), st.floats(0.1, 0.99))
@settings(deadline=None)
def test_it_ends_exactly_where_a_window_is_beyond_the_limit(batches: list[list[bool]], share: float) -> None:
    window = 12
    refusals = Refusals("web", RefusalLimit(share, window))
    seen: list[bool] = []
    for batch in batches:
        all_of_it = [*seen, *batch]
        beyond = any(
            sum(all_of_it[end - window : end]) > share * window
            for end in range(max(window, len(seen) + 1), len(all_of_it) + 1)
            if all_of_it[end - 1]
        )
        assert passes(refusals, batch) is not beyond
        if beyond:
            return
        seen = all_of_it
