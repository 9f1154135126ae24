"""How an account's journal lies beside its state: small pages under names of their own, on the hot path only added.

    e00000017   entry 17: a batch's activities, or a firing of timers
    c00000128   checkpoint: the account's state before entry 128, where a segment begins
    s00000003   what was said: one transition or alert

Bounds, and what falls out:
- entries come in segments of 64 activities (a firing of timers counts as one). When a fifth full one would be needed,
  the oldest falls out whole, so at least the newest 256 activities can be taken back. The state before the oldest
  entry that is kept is that segment's checkpoint; without one the journal is complete. The others let a correction
  begin where it changes something: most are of the last minutes.
- of what was said the newest 100 records are kept, also those whose entries fell out.
Pages are never woken: they have no due times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.journal.pack import pack
from schemas.journey import JournalHead, JourneyState
from schemas.kept.journal import Entry, Said

Pages = dict[str, bytes | None]
"""Name -> bytes to write; None where the page is forgotten."""

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept.

    Args:
        segment: activities of one segment.
        full: full segments kept beside the one that is being filled.
        said: records of what was said.
        unsaid: ids of what does not stand.
    """

    segment: int = 64
    full: int = 4
    said: int = 100
    unsaid: int = 100


BOUNDS = Bounds()


def entry_page(number: int) -> str:
    """Name of an entry's page."""
    return f"e{number:08d}"


def checkpoint_page(number: int) -> str:
    """Name of the page with the state before an entry."""
    return f"c{number:08d}"


def said_page(number: int) -> str:
    """Name of the page of something said."""
    return f"s{number:08d}"


def append(
    head: JournalHead, before: JourneyState | None, entry: Entry, newest: tuple[int, int, str], bounds: Bounds
) -> tuple[JournalHead, Pages]:
    """Add an entry; nothing older is read.

    Args:
        head: where the journal stands.
        before: the state before the entry; None for an account never seen.
        entry: with its standing; the page leaves out one that is as before.
        newest: key of the newest activity, with the entry.
        bounds: how much is kept.
    """
    pages: Pages = {}
    number, segments, filled = head.entries, head.segments, head.filled
    standing, as_before = entry.standing, entry.standing == head.standing
    if not segments or filled >= bounds.segment:
        as_before = False
        if before is not None:
            pages[checkpoint_page(number)] = pack(bare(before).encode())
        segments, filled = (*segments, number), 0
        if len(segments) > bounds.full + 1:
            pages[checkpoint_page(segments[0])] = None
            pages |= {entry_page(old): None for old in range(segments[0], segments[1])}
            segments = segments[1:]
    pages[entry_page(number)] = pack(entry.encode(as_before))
    changed = {
        "entries": number + 1,
        "segments": segments,
        "filled": filled + weight(entry),
        "standing": standing,
        "newest": newest,
    }
    return head.model_copy(update=changed), pages


def bare(state: JourneyState) -> JourneyState:
    """A state as a checkpoint keeps it: where its journal stood is nobody's business."""
    return state.model_copy(update={"journal": JournalHead(), "suppressed": False})


def room(head: JournalHead, bounds: Bounds) -> int:
    """How many activities the next entry may hold: segments are full at the same place however batches are cut."""
    return bounds.segment - head.filled if head.segments and head.filled < bounds.segment else bounds.segment


def weight(entry: Entry) -> int:
    """What an entry counts against the segment's bound."""
    return max(len(entry.activities), 1)


def say(
    head: JournalHead, records: Sequence[Said], unsaid: Mapping[str, int], bounds: Bounds
) -> tuple[JournalHead, Pages]:
    """Note what was said, and what does not stand now."""
    end = head.said + len(records)
    pages: Pages = {said_page(number): pack(record.encode()) for number, record in enumerate(records, head.said)}
    start = max(head.said_from, end - bounds.said)
    pages |= {said_page(old): None for old in range(head.said_from, start)}
    if len(unsaid) > bounds.unsaid:
        unsaid = dict(list(unsaid.items())[-bounds.unsaid :])
    return head.model_copy(update={"said": end, "said_from": start, "unsaid": unsaid}), pages
