"""Python's cyclic garbage collector, kept out of the hot loop."""

import gc

YOUNG_OBJECTS = 100_000
MIDDLE_RUNS = 20
OLD_RUNS = 10

IDLE_OBJECTS = 5_000
"""So many young objects are walked in a few milliseconds."""


def calm_collector() -> None:
    """Look for garbage in cycles seldom, and never among what start-up made.

    A batch makes tens of thousands of records, tuples and events at once and lets go of all of them together; none of
    them is in a cycle. With the interpreter's own thresholds the collector walks them again and again while they
    live: a third of the CPU time of a simple stage. Call it when everything long-lived has been made.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, MIDDLE_RUNS, OLD_RUNS)


def collect_idle() -> None:
    """Look for garbage among what is young, if that is much. For a moment in which nothing is to be worked."""
    young, middle, _ = gc.get_count()
    if young >= IDLE_OBJECTS:
        gc.collect(1 if middle >= MIDDLE_RUNS else 0)
