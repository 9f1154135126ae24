"""What is usual for an account: how much its people do in a day, how many they are in a week, and on what.

Bounds, and what falls out: the newest 112 days with a sign; the newest 16 weeks, each with the 12 lowest checksums of
its people, from which more are estimated; the 24 topics seen last. Counts and lowest checksums do not depend on the
order of what is counted.
"""

from dataclasses import dataclass
from zlib import crc32

from schemas.activity import Attributed
from schemas.base import Source
from schemas.event import Grade
from schemas.journey import Habits

DAY_MS = 86_400_000
DAYS_MAX = 112
WEEKS_MAX = 16
WEEK_DAYS = 7
PEOPLE_KEPT = 12
TOPICS_MAX = 24
TOPIC_LENGTH = 60
TOPIC_REST_MS = 60 * DAY_MS
"""A topic nobody touched for so long begins anew."""

RECENT_WEEKS, BEFORE_WEEKS = 3, 12
_CHECKSUMS = 1 << 32
_OF_INTEREST = frozenset({Source.WEB, Source.EMAIL, Source.SOCIAL})
"""Using a product, asking for help and what sales notes down is no reading of one's own accord."""


@dataclass(frozen=True, slots=True)
class Surge:
    """The last three weeks against the twelve before, both a week.

    Args:
        hits, usual_hits: interactions.
        people, usual_people: distinct people in a week.
        weeks: how many of the twelve weeks the account was known in.
    """

    hits: float
    usual_hits: float
    people: float
    usual_people: float
    weeks: float


class Habit:
    """The working copy of an account's habits."""

    def __init__(self, kept: Habits) -> None:
        self._since_ms = kept.since_ms
        self._hits = dict(kept.hits)
        self._people = dict(kept.people)
        self._topics = dict(kept.topics)

    def freeze(self) -> Habits:
        """The habits to remember."""
        return Habits.model_construct(
            since_ms=self._since_ms, hits=dict(self._hits), people=dict(self._people), topics=dict(self._topics)
        )

    @property
    def since_ms(self) -> int:
        """First sign there ever was, ms since 1970; 0 if there was none."""
        return self._since_ms

    def note(self, activity: Attributed, points: float) -> None:
        """Count one activity, if it shows that a person takes interest.

        Args:
            activity: it.
            points: its type's.
        """
        if activity.grade is not Grade.HUMAN:
            return
        at_ms = activity.occurred_ms
        self._since_ms = min(self._since_ms or at_ms, at_ms)
        if not points or activity.source not in _OF_INTEREST:
            return
        day = at_ms // DAY_MS
        self._hits[day] = self._hits.get(day, 0) + 1
        if len(self._hits) > DAYS_MAX:
            del self._hits[min(self._hits)]
        self._meet(day // WEEK_DAYS, crc32((activity.person or activity.subject).encode()))
        if activity.topic:
            self._read(activity.topic.casefold().strip()[:TOPIC_LENGTH], at_ms)

    def hits(self, now_ms: int, from_days: float, to_days: float) -> int:
        """Interactions between so many days ago and so many days ago, by whole days."""
        today = now_ms // DAY_MS
        return sum(count for day, count in self._hits.items() if today - from_days < day <= today - to_days)

    def surge(self, now_ms: int) -> Surge:
        """The recent weeks against those before, as far back as the account is known."""
        recent_days, all_days = RECENT_WEEKS * WEEK_DAYS, (RECENT_WEEKS + BEFORE_WEEKS) * WEEK_DAYS
        known_days = min(now_ms // DAY_MS - self._since_ms // DAY_MS, all_days) - recent_days if self._since_ms else 0
        weeks = max(known_days / WEEK_DAYS, 0.0)
        before = self.hits(now_ms, all_days, recent_days)
        week, share = divmod(now_ms / DAY_MS / WEEK_DAYS, 1)
        last = int(week)
        recent = sum(self._people_of(last - back) for back in range(RECENT_WEEKS))
        first = max(last - RECENT_WEEKS - BEFORE_WEEKS + 1, self._since_ms // DAY_MS // WEEK_DAYS)
        earlier = range(first, last - RECENT_WEEKS + 1)
        return Surge(
            hits=self.hits(now_ms, recent_days, 0) / RECENT_WEEKS,
            usual_hits=before / weeks if weeks else 0.0,
            people=recent / (RECENT_WEEKS - 1 + share),
            usual_people=sum(map(self._people_of, earlier)) / len(earlier) if earlier else 0.0,
            weeks=weeks,
        )

    def new_topic(self, now_ms: int, within_days: float, known_days: float) -> tuple[str, int]:
        """Of the topics that came up in the last days, when the account had been known for some, the one that was
        touched most, and how often; ('', 0) if there is none."""
        from_ms = now_ms - within_days * DAY_MS
        known_ms = self._since_ms + known_days * DAY_MS
        new = [
            (count, topic)
            for topic, (first_ms, _, count) in self._topics.items()
            if first_ms >= from_ms and first_ms >= known_ms
        ]
        count, topic = max(new, default=(0, ""))
        return topic, count

    def _meet(self, week: int, checksum: int) -> None:
        known = self._people.get(week, ())
        if checksum in known:
            return
        self._people[week] = tuple(sorted((*known, checksum))[:PEOPLE_KEPT])
        if len(self._people) > WEEKS_MAX:
            del self._people[min(self._people)]

    def _people_of(self, week: int) -> float:
        known = self._people.get(week, ())
        if len(known) < PEOPLE_KEPT:
            return len(known)
        return (PEOPLE_KEPT - 1) * _CHECKSUMS / (known[-1] + 1)

    def _read(self, topic: str, at_ms: int) -> None:
        first_ms, last_ms, count = self._topics.get(topic, (at_ms, at_ms, 0))
        if at_ms - last_ms >= TOPIC_REST_MS:
            first_ms, count = at_ms, 0
        self._topics[topic] = (min(first_ms, at_ms), max(last_ms, at_ms), count + 1)
        if len(self._topics) > TOPICS_MAX:
            oldest = min(self._topics, key=lambda name: (self._topics[name][1], name))
            del self._topics[oldest]
