"""The cyclic collector is kept out of the loop, so nothing that a batch makes may need it."""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.settings import load
from agents.shell.collector import IDLE_OBJECTS, collect_idle
from tests.bench.line import load as loads
from tests.bench.line.plain import PlainLine

RECORDS, BATCH_RECORDS = 900, 150
OURS = ("agents.", "pipeline.", "schemas.")


@pytest.fixture
def garbage() -> Iterator[list[object]]:
    """What only the collector can find, kept by it."""
    gc.collect()
    gc.freeze()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()
    gc.unfreeze()


def test_what_was_worked_goes_without_the_collector(tmp_path: Path, garbage: list[object]) -> None:
    line = PlainLine(load(data_dir=tmp_path), loads.make(RECORDS, companies=8))
    for start in range(0, RECORDS, BATCH_RECORDS):
        line.work(start, start + BATCH_RECORDS)
    gc.collect()
    assert [kind for kind in map(type, garbage) if f"{kind.__module__}.".startswith(OURS)] == []


class Knot:
    """In a cycle with itself, so that only the collector finds it."""

    def __init__(self) -> None:
        self.me = self


def test_what_is_young_is_looked_through_only_once_it_is_much() -> None:
    gc.collect()
    gc.disable()
    try:
        lost = weakref.ref(Knot())
        collect_idle()
        kept_while_little = lost() is not None
        much: list[list[int]] = [[] for _ in range(IDLE_OBJECTS)]
        collect_idle()
    finally:
        gc.enable()
    assert len(much) == IDLE_OBJECTS
    assert kept_while_little
    assert lost() is None
