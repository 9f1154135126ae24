"""Whether an unlink restores: a link said and taken back must leave what would be there had it been refused at once.

A subject that is linked to an account is unlinked from it. Once after all events, when the line must take back
what it has told; once before the first, when nothing of it is ever said. Both must end alike: who is linked to whom,
which hits wait for a name, what stands under each account, and each account's journey. Left out are hits that weigh
nothing, and names by the address alone, which are guesses of the moment. The world must be shorter than the 30 days
within which hits can be given back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from deploy.evaluate.line import PlainLine
from deploy.evaluate.measures.components import end_of, work
from deploy.evaluate.measures.order import compare
from deploy.evaluate.standing import standing_of
from deploy.evaluate.world import Tell, World, run
from pipeline.stitch.links import active_links
from schemas.activity import Activity
from schemas.base import stable_id
from schemas.event import Event
from schemas.identity import FactKind, IdentityFact, SubjectState
from schemas.journey import JourneyState
from schemas.topics import ACTIVITIES

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Unlink:
    """How often an unlink restored exactly.

    Args:
        tried: links taken back, each in a run of its own.
        exact: of them, how many ended as if they had never been.
        differences: some of what differed, in words.
    """

    tried: int
    exact: int
    differences: Sequence[str]


def try_unlinks(world: World, tries: int, tell: Tell = lambda share: None) -> Unlink:
    """Take links of a world back, one after another."""
    events = [case.event for case in run(world).cases]
    first = world.line()
    work(first, events)
    chosen = _links(first, tries)
    exact, differences = 0, list[str]()
    for number, (subject, account_id) in enumerate(chosen):
        fact = unlink_of(subject, account_id, max(event.occurred_ms for event in events) + 1).encode()
        after, before = world.line(), world.line()
        work(after, events, after=[fact])
        work(before, events, before=[fact])
        found = [*_still(after, subject, account_id, events), *difference(before, after, events)]
        exact += not found
        differences += [f"{subject} from {account_id}: {text}" for text in found]
        tell((number + 1) / len(chosen))
    return Unlink(len(chosen), exact, differences[:SHOWN])


def unlink_of(subject: str, account_id: str, at_ms: int) -> IdentityFact:
    """The fact a command writes."""
    return IdentityFact(
        fact_id=stable_id("fact", FactKind.UNLINK, subject, account_id, at_ms),
        kind=FactKind.UNLINK,
        subject=subject,
        account_id=account_id,
        reason="said so by command",
        observed_ms=at_ms,
    )


def _still(line: PlainLine, subject: str, account_id: str, events: Sequence[Event]) -> Iterator[str]:
    """What of a link is still there after it was taken back: else an unlink that does nothing would restore exactly."""
    state = line.states("identify", SubjectState)[subject]
    if any(link.account_id == account_id for link in active_links(state)):
        yield "it is still linked"
    standing = standing_of(events, line.values(ACTIVITIES, Activity)).activities
    for activity in (activity for found in standing.values() for activity in found):
        if activity.subject == subject and activity.account_id == account_id:
            yield f"event {activity.event_id} still stands under the account"


def difference(expected: PlainLine, found: PlainLine, events: Sequence[Event]) -> Iterator[str]:
    """What differs between two lines at their end, in words."""
    journeys = [_journeys(line) for line in (expected, found)]
    for account_id in sorted(journeys[0].keys() | journeys[1].keys()):
        was, now = (each.get(account_id) for each in journeys)
        if was != now:
            yield f"journey of {account_id}: {was} became {now}"
    yield from compare(end_of(expected, events), end_of(found, events))


def _links(line: PlainLine, tries: int) -> list[tuple[str, str]]:
    """Links to take back, of visitors, users and mailboxes in turn, as far as there are."""
    kinds: dict[str, list[tuple[str, str]]] = {"a:": [], "u:": [], "e:": []}
    for subject, state in sorted(line.states("identify", SubjectState).items()):
        for account_id in sorted({link.account_id for link in active_links(state)}):
            if subject[:2] in kinds:
                kinds[subject[:2]].append((subject, account_id))
    rng = Random(5)  # noqa: S311 - a simulation, not a secret
    each = [rng.sample(found, min(len(found), -(-tries // len(kinds)))) for found in kinds.values()]
    return [pair for found in each for pair in found][:tries]


def _journeys(line: PlainLine) -> dict[str, tuple[str, tuple[tuple[str, float], ...]]]:
    """Account -> its stage, and the points of each piece of evidence; accounts without any are as if never seen."""
    found = {}
    for account_id, state in line.states("advance", JourneyState).items():
        evidence = tuple(sorted((item.event_id, item.points) for item in state.evidence if not item.by_ip))
        carried = tuple((item.type, item.points) for item in state.carried)
        if evidence or carried:
            found[account_id] = (str(state.stage), evidence + carried)
    return found
