"""A journal read back, to be corrected. Only a correction needs it: batches without any never read a page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.journal.pack import pack, unpack
from pipeline.journal.pages import Pages, Read, checkpoint_page, entry_page, said_page, weight
from schemas.activity import Attributed
from schemas.journey import NO_STANDING, JournalHead, JourneyState, Standing
from schemas.kept.journal import Entry, Said


@dataclass
class Segment:
    """Entries from one checkpoint to the next, each with its standing.

    Args:
        first: number of the first entry.
        before: the state before it; None where nothing was.
        entries: number -> entry, oldest first.
    """

    first: int
    before: JourneyState | None
    entries: dict[int, Entry] = field(default_factory=dict)


class Journal:
    """The journal of one account, thawed.

    Args:
        head: where it stands.
        read: gives a page.
    """

    def __init__(self, head: JournalHead, read: Read) -> None:
        self.segments: list[Segment] = []
        self.said: dict[int, Said] = {}
        self._places: dict[str, int] = {}
        self._changed: set[int] = set()
        for first, end in pairwise((*head.segments, head.entries)):
            checkpoint = read(checkpoint_page(first))
            self.segments.append(Segment(first, _state_of(checkpoint)))
            standing = NO_STANDING
            for number in range(first, end):
                if (page := read(entry_page(number))) is not None:
                    entry = Entry.model_validate_json(unpack(page))
                    standing = entry.standing or standing
                    self._put(number, entry, standing)
        for number in range(head.said_from, head.said):
            if (page := read(said_page(number))) is not None:
                self._hear(number, Said.model_validate_json(unpack(page)))

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
            self.segments.append(Segment(number, before))
            self.segments = self.segments[-len(head.segments) :]
        self._put(number, entry, entry.standing or NO_STANDING)

    def note(self, first: int, records: Iterable[Said], head: JournalHead) -> None:
        """Take over records of what was just said.

        Args:
            first: number of the first of them.
            records: in order.
            head: as it stands with them.
        """
        for number, record in enumerate(records, first):
            self._hear(number, record)
        for number in [old for old in self.said if old < head.said_from]:
            del self.said[number]

    def revision(self, activity_id: str) -> int | None:
        """Revision of an activity; None where it is not in the journal."""
        number = self._places.get(activity_id)
        if number is None or (entry := self._entry(number)) is None:
            return None
        return next((item.revision for item in entry.activities if item.activity_id == activity_id), None)

    def replace(self, activity: Attributed) -> None:
        """Put an activity in the place of the one with its id."""
        number = self._places[activity.activity_id]
        entry = self._entry(number)
        assert entry is not None
        same = activity.activity_id
        self._change(number, [activity if item.activity_id == same else item for item in entry.activities])

    def take_back(self, subject: str) -> list[Attributed]:
        """Remove what a subject did; gives what was removed, in the order it came."""
        removed: list[Attributed] = []
        for number, entry in list(self.entries()):
            of_subject = [item for item in entry.activities if item.subject == subject]
            if of_subject:
                removed += of_subject
                self._change(number, [item for item in entry.activities if item.subject != subject])
        return removed

    def forget_evidence(self, subject: str) -> int:
        """Remove from the oldest checkpoint what it still lists of a subject; gives how many those were.

        What has moved on into the sums of the types, and what came of it before the checkpoint, cannot be undone.
        """
        if self.complete:
            return 0
        oldest = self.segments[0]
        assert oldest.before is not None
        kept = tuple(item for item in oldest.before.evidence if item.subject != subject)
        count = len(oldest.before.evidence) - len(kept)
        if count:
            oldest.before = oldest.before.model_copy(update={"evidence": kept})
        return count

    def amend(self, said: Mapping[int, Said]) -> Pages:
        """Take over records of what was said as they are now; gives their pages."""
        self.said.update(said)
        return {said_page(number): pack(record.encode()) for number, record in said.items()}

    def changes(self) -> Pages:
        """Pages of the entries that were corrected, and of all checkpoints."""
        pages: Pages = {}
        for segment in self.segments:
            if segment.before is not None:
                pages[checkpoint_page(segment.first)] = pack(segment.before.encode())
            pages |= {
                entry_page(number): pack(entry.encode())
                for number, entry in segment.entries.items()
                if number in self._changed
            }
        return pages

    def filled(self) -> int:
        """What the newest segment holds."""
        return sum(map(weight, self.segments[-1].entries.values())) if self.segments else 0

    def _put(self, number: int, entry: Entry, standing: Standing) -> None:
        self.segments[-1].entries[number] = entry.model_copy(update={"standing": standing})
        for item in entry.activities:
            self._places[item.activity_id] = number

    def _hear(self, number: int, record: Said) -> None:
        """What was said of an id last counts; a record of it from before is left to fall out."""
        for older in [at for at, known in self.said.items() if known.id == record.id]:
            del self.said[older]
        self.said[number] = record

    def _entry(self, number: int) -> Entry | None:
        for segment in reversed(self.segments):
            if number >= segment.first:
                return segment.entries.get(number)
        return None

    def _change(self, number: int, activities: list[Attributed]) -> None:
        for segment in self.segments:
            if number in segment.entries:
                entry = segment.entries[number]
                segment.entries[number] = entry.model_copy(update={"activities": tuple(activities)})
        self._changed.add(number)


def _state_of(checkpoint: bytes | None) -> JourneyState | None:
    return None if checkpoint is None else JourneyState.model_validate_json(unpack(checkpoint))
