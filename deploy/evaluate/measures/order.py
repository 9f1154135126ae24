"""Whether the order of events matters: permutations, replays and duplicates of one world against its own order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from deploy.evaluate.line import PlainLine
from deploy.evaluate.measures.components import End, end_of, work
from deploy.evaluate.world import Tell, World, run
from schemas.event import Event

DUPLICATE_SHARE = 0.2
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Order:
    """How often the end was the same.

    Args:
        runs: how many orders were tried.
        same: of them, how many gave the same components.
        same_attributions: of them, how many left each event under the same accounts.
        events, subjects: size of the world they were tried on.
        differences: some of what differed, in words.
    """

    runs: int
    same: int
    same_attributions: int
    events: int
    subjects: int
    differences: Sequence[str]

    @property
    def independent(self) -> bool:
        """No order gave other components."""
        return self.same == self.runs


def try_orders(world: World, runs: int, tell: Tell = lambda share: None) -> Order:
    """Work the events of a world in its own order, then in others, each with its own interleaving of facts."""
    events = [case.event for case in run(world).cases]
    expected = _end(world.line(), events)
    same = same_attributions = 0
    differences: list[str] = []
    for number, (name, order) in enumerate(orders(events, runs)):
        line = PlainLine(world.networks(), batch=50, rng=Random(number))  # noqa: S311 - a simulation, not a secret
        line.directory = world.line().directory
        end = _end(line, order)
        same += end.components == expected.components
        same_attributions += (end.attributions, end.waiting) == (expected.attributions, expected.waiting)
        if end.components != expected.components:
            differences += [f"{name} {number}: {text}" for text in compare(expected, end)]
        tell((number + 1) / runs)
    return Order(runs, same, same_attributions, len(events), len(expected.components), differences[:SHOWN])


def orders(events: Sequence[Event], runs: int) -> Iterator[tuple[str, list[Event]]]:
    """Permutations; every third is worked twice over, every other third has duplicates in it."""
    for number in range(runs):
        rng = Random(1_000 + number)  # noqa: S311 - a simulation, not a secret
        order = list(events)
        kind = ("permutation", "replay", "duplicates")[number % 3]
        if kind == "duplicates":
            order += [event for event in events if rng.random() < DUPLICATE_SHARE]
        rng.shuffle(order)
        if kind == "replay":
            order += rng.sample(events, len(events))
        yield kind, order


def compare(expected: End, found: End) -> Iterator[str]:
    """What differs between two ends, in words."""
    for subject in sorted(expected.components.keys() | found.components.keys()):
        before, after = expected.components.get(subject), found.components.get(subject)
        if before != after:
            yield f"{subject}: {before} became {after}"
    for event_id in sorted(expected.attributions.keys() | found.attributions.keys()):
        was, now = expected.attributions.get(event_id), found.attributions.get(event_id)
        if was != now:
            yield f"event {event_id}: {sorted(was or ())} became {sorted(now or ())}"
    for event_id in sorted(expected.waiting ^ found.waiting):
        yield f"event {event_id}: {'no longer waits' if event_id in expected.waiting else 'waits'}"


def _end(line: PlainLine, events: Sequence[Event]) -> End:
    work(line, events)
    return end_of(line, events)
