"""A journal read back, to be corrected: segment by segment, as far as a correction needs it. Batches without any never
read a page."""

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from pipeline.journal.order import Key, key_of
from pipeline.journal.pack import pack, unpack
from pipeline.journal.pages import Bounds, Pages, Read, checkpoint_page, entry_page, said_page, weight
from schemas.activity import Attributed
from schemas.journey import NO_STANDING, JournalHead, JourneyState
from schemas.kept.journal import Entry, Said


class Touched(NamedTuple):
    """The earliest thing that was changed, ms since 1970.

    Args:
        occurred_ms: when it happened: what was folded of before is as it was.
        place_ms: where it stands among others.
    """

    occurred_ms: int
    place_ms: int


UNTOUCHED, EVERYTHING = Touched(2**63, 2**63), Touched(0, 0)


class Segment:
    """Entries from one checkpoint to the next, read when they are asked for.

    Args:
        first: number of the first entry.
        end: number behind the last.
        read: gives a page.
    """

    def __init__(self, first: int, end: int, read: Read) -> None:
        self.first = first
        self._end, self._read = end, read

    @cached_property
    def before(self) -> JourneyState | None:
        """The state before the first entry; None where nothing was."""
        page = self._read(checkpoint_page(self.first))
        return None if page is None else JourneyState.model_validate_json(unpack(page))

    @cached_property
    def entries(self) -> dict[int, Entry]:
        """Number -> entry, oldest first, each with its standing."""
        found: dict[int, Entry] = {}
        standing = NO_STANDING
        for number in range(self.first, self._end):
            if (page := self._read(entry_page(number))) is not None:
                entry = Entry.model_validate_json(unpack(page))
                standing = entry.standing or standing
                found[number] = Entry.model_construct(
                    ticked_ms=entry.ticked_ms, standing=standing, activities=entry.activities
                )
        return found

    @cached_property
    def places(self) -> dict[str, int]:
        """Activity id -> number of its entry."""
        return {item.activity_id: number for number, entry in self.entries.items() for item in entry.activities}

    def put(self, number: int, entry: Entry) -> None:
        """Add an entry, or put it in the place of the one with its number."""
        self.entries[number] = entry
        self.places.update((item.activity_id, number) for item in entry.activities)


class Journal:
    """The journal of one account, thawed.

    Args:
        head: where it stands.
        read: gives a page.
    """

    def __init__(self, head: JournalHead, read: Read) -> None:
        self._read = read
        self._said_range = range(head.said_from, head.said)
        self._changed: set[int] = set()
        self.inserted: set[str] = set()
        self._edited = False
        self.touched = UNTOUCHED
        self.segments = [Segment(first, end, read) for first, end in pairwise((*head.segments, head.entries))]

    @cached_property
    def said(self) -> dict[int, Said]:
        """Number -> what was said last of a transition or an alert."""
        found: dict[int, Said] = {}
        for number in self._said_range:
            if (page := self._read(said_page(number))) is not None:
                _hear(found, number, Said.model_validate_json(unpack(page)))
        return found

    @property
    def complete(self) -> bool:
        """Whether it holds everything that ever counted."""
        return not self.segments or self.segments[0].before is None

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """All entries with their numbers, oldest first."""
        for segment in self.segments:
            yield from segment.entries.items()

    def follow(self, head: JournalHead, before: JourneyState | None, entry: Entry) -> None:
        """Take over an entry just appended.

        Args:
            head: as it stands with the entry.
            before: the state before it.
            entry: with its standing.
        """
        number = head.entries - 1
        if head.segments[-1] == number:
            begun = Segment(number, number, self._read)
            begun.before = before
            self.segments = [*self.segments, begun][-len(head.segments) :]
        self.segments[-1].put(number, entry)

    def note(self, first: int, records: Iterable[Said], head: JournalHead) -> None:
        """Take over records of what was just said.

        Args:
            first: number of the first of them.
            records: in order.
            head: as it stands with them.
        """
        for number, record in enumerate(records, first):
            _hear(self.said, number, record)
        for number in [old for old in self.said if old < head.said_from]:
            del self.said[number]

    def revision(self, activity_id: str) -> int | None:
        """Revision of an activity; None where it is not in the journal."""
        found = self._find(activity_id)
        return None if found is None else found[2].revision

    def replace(self, activity: Attributed) -> None:
        """Put an activity in the place of the one with its id."""
        found = self._find(activity.activity_id)
        assert found is not None
        segment, number, old = found
        same_place = activity.model_copy(update={"known_ms": old.known_ms})
        self._rewrite(segment, number, lambda item: same_place if item is old else item)

    def insert(self, activity: Attributed, late_ms: int) -> bool:
        """Put an activity at its place among the others, and among ticks; False where the journal does not reach back
        so far.

        Args:
            activity: one that is not in the journal.
            late_ms: what reaches the broker so long after the fact is no news.
        """
        key = key_of(activity, late_ms)
        after_tick: tuple[Segment, int] | None = None
        for segment in reversed(self.segments):
            for number, entry in reversed(segment.entries.items()):
                at = bisect(entry.activities, key, key=lambda item: key_of(item, late_ms))
                if at:
                    if at < len(entry.activities) or after_tick is None:
                        after_tick = (segment, number)
                    else:
                        at = 0
                    self._insert(*after_tick, at, activity, key)
                    return True
                ticked = 0 < entry.ticked_ms <= key.place_ms
                if entry.activities:
                    after_tick = (segment, number) if ticked else None
                elif ticked and after_tick is None:
                    after_tick = (segment, number)
        if after_tick is None and self.complete and self.segments:
            after_tick = (self.segments[0], self.segments[0].first)
        if after_tick is not None:
            self._insert(*after_tick, 0, activity, key)
        return after_tick is not None

    def newest(self, late_ms: int) -> Key | None:
        """Key of the newest activity that is kept, or of a tick since, which may have fired nothing as things are now,
        so that no clock tells of it. None if there is neither."""
        ticked = Key(0, 0, "")
        for segment in reversed(self.segments):
            for entry in reversed(segment.entries.values()):
                if entry.activities:
                    return max(key_of(entry.activities[-1], late_ms), ticked)
                ticked = max(ticked, Key(entry.ticked_ms, 0, ""))
        return ticked if ticked.place_ms else None

    def recut(self, start: int, bounds: Bounds) -> Pages:
        """Cut segments anew where one has grown to twice its size, since much was put in between; before the journal is
        folded anew from `start`. Gives the pages that go."""
        if all(_filled(segment) <= 2 * bounds.segment for segment in self.segments[start:]):
            return {}
        pages: Pages = {checkpoint_page(segment.first): None for segment in self.segments[start + 1 :]}
        pieces: list[Entry] = []
        for segment in self.segments[start:]:
            for entry in segment.entries.values():
                cuts = range(0, max(len(entry.activities), 1), bounds.segment)
                pieces += [
                    Entry.model_construct(
                        ticked_ms=0 if at else entry.ticked_ms,
                        standing=entry.standing,
                        activities=entry.activities[at : at + bounds.segment],
                    )
                    for at in cuts
                ]
        first = self.segments[start].first
        before = self.segments[start].before
        self.segments = self.segments[:start]
        filled = bounds.segment
        for number, entry in enumerate(pieces, first):
            if filled + weight(entry) > bounds.segment:
                self.segments.append(Segment(number, number, self._read))
                self.segments[-1].before = before if number == first else None
                filled = 0
            filled += weight(entry)
            self.segments[-1].put(number, entry)
        self._changed.update(range(first, first + len(pieces)))
        return pages

    def drop_oldest(self, bounds: Bounds) -> Pages:
        """Let segments fall out that are more than are kept; gives the pages that go."""
        pages: Pages = {}
        while len(self.segments) > bounds.full + 1:
            oldest = self.segments.pop(0)
            pages[checkpoint_page(oldest.first)] = None
            pages |= {entry_page(number): None for number in range(oldest.first, self.segments[0].first)}
        return pages

    @property
    def end(self) -> int:
        """Number of the next entry, as far as it is known from those kept."""
        return max(self.segments[-1].entries, default=-1) + 1 if self.segments else 0

    def take_back(self, subject: str) -> list[Attributed]:
        """Remove what a subject did; gives what was removed, in the order it came."""
        removed: list[Attributed] = []
        for segment in self.segments:
            for number, entry in list(segment.entries.items()):
                if of_subject := [item for item in entry.activities if item.subject == subject]:
                    removed += of_subject
                    self._rewrite(segment, number, lambda item: None if item.subject == subject else item)
        return removed

    def drop(self, unwanted: Callable[[Attributed], bool]) -> None:
        """Remove activities for good."""
        for segment in self.segments:
            for number, entry in list(segment.entries.items()):
                if any(map(unwanted, entry.activities)):
                    self._rewrite(segment, number, lambda item: None if unwanted(item) else item)

    def amend_oldest(self, change: Callable[[JourneyState], JourneyState]) -> None:
        """Change the oldest checkpoint; the others follow when the journal is folded anew from its beginning."""
        oldest = self.segments[0] if self.segments else None
        if oldest is not None and oldest.before is not None:
            oldest.before = change(oldest.before)
        self._edited, self.touched = True, EVERYTHING

    def forget_evidence(self, subject: str) -> int:
        """Remove from the oldest checkpoint what it still lists of a subject; gives how many those were.

        What has moved on into the sums of the types, and what came of it before the checkpoint, cannot be undone.
        """
        oldest = self.segments[0] if self.segments else None
        if oldest is None or oldest.before is None:
            return 0
        kept = tuple(item for item in oldest.before.evidence if item.subject != subject)
        count = len(oldest.before.evidence) - len(kept)
        if count:
            oldest.before = oldest.before.model_copy(update={"evidence": kept})
            self._edited, self.touched = True, EVERYTHING
        return count

    def amend(self, said: Mapping[int, Said]) -> Pages:
        """Take over records of what was said as they are now; gives their pages."""
        self.said.update(said)
        return {said_page(number): pack(record.encode()) for number, record in said.items()}

    def start(self) -> int:
        """Which segment is the newest before which nothing was corrected: from there the journal is folded anew."""
        if self._edited or not self._changed:
            return 0
        earliest = min(self._changed)
        return max(at for at, segment in enumerate(self.segments) if segment.first <= earliest)

    def unchanged_before(self) -> int:
        """Number of the first entry that was corrected; 0 if none or the oldest checkpoint was."""
        return 0 if self._edited else min(self._changed, default=0)

    def changes(self, start: int) -> Pages:
        """Pages of the entries that were corrected, and of the checkpoints that are others now; then nothing is open.

        Args:
            start: segment from which the journal was folded anew.
        """
        pages: Pages = {}
        for at, segment in enumerate(self.segments[start:], start):
            if (at > start or self._edited) and segment.before is not None:
                pages[checkpoint_page(segment.first)] = pack(segment.before.encode())
            for number in self._changed & segment.entries.keys():
                pages[entry_page(number)] = pack(segment.entries[number].encode())
        self._changed.clear()
        self.inserted.clear()
        self._edited, self.touched = False, UNTOUCHED
        return pages

    def filled(self) -> int:
        """What the newest segment holds."""
        return _filled(self.segments[-1]) if self.segments else 0

    def _find(self, activity_id: str) -> tuple[Segment, int, Attributed] | None:
        """An activity, with its segment and its entry's number; most that are asked for are of the last minutes."""
        for segment in reversed(self.segments):
            number = segment.places.get(activity_id)
            if number is not None:
                for item in segment.entries[number].activities:
                    if item.activity_id == activity_id:
                        return segment, number, item
        return None

    def _insert(self, segment: Segment, number: int, at: int, activity: Attributed, key: Key) -> None:
        entry = segment.entries[number]
        activities = (*entry.activities[:at], activity, *entry.activities[at:])
        segment.put(number, entry.model_copy(update={"activities": activities}))
        self._changed.add(number)
        self._touch(activity, key.place_ms)
        self.inserted.add(activity.activity_id)

    def _rewrite(self, segment: Segment, number: int, change: Callable[[Attributed], Attributed | None]) -> None:
        entry, activities = segment.entries[number], []
        for item in entry.activities:
            changed = change(item)
            if changed is not item:
                self._touch(item, item.occurred_ms)
            if changed is not None:
                activities.append(changed)
        segment.put(number, entry.model_copy(update={"activities": tuple(activities)}))
        self._changed.add(number)

    def _touch(self, activity: Attributed, place_ms: int) -> None:
        earliest = self.touched
        self.touched = Touched(min(earliest.occurred_ms, activity.occurred_ms), min(earliest.place_ms, place_ms))


def _filled(segment: Segment) -> int:
    return sum(map(weight, segment.entries.values()))


def _hear(said: dict[int, Said], number: int, record: Said) -> None:
    """What was said of an id last counts; a record of it from before is left to fall out."""
    for older in [at for at, known in said.items() if known.id == record.id]:
        del said[older]
    said[number] = record
