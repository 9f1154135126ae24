"""The cyclic collector is kept out of the loop, so nothing that a batch makes may need it."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.settings import load
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
