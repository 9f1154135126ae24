"""An account's buying group: which roles its known people have, who has joined, who has gone quiet or come back."""

from collections.abc import Iterable
from functools import lru_cache

from pipeline.rules.mapping import words_of
from schemas.journey import Person

DAY_MS = 86_400_000
SPELL_MS = 14 * DAY_MS
"""Somebody not seen for so long was away; what comes then is a spell of its own."""

GONE_DAYS = 90.0
"""Who has not been seen for so long has left, rather than gone quiet."""

Roles = tuple[tuple[str, tuple[str, ...]], ...]
"""Role -> words of the job titles that have it; the first that fits counts."""


@lru_cache(maxsize=8192)
def role_of(job_title: str, roles: Roles) -> str:
    """The role somebody of a job title has; '' if none.

    >>> role_of("Head of IT", (("decides", ("head of",)),))
    'decides'
    """
    title = words_of(job_title)
    return next((role for role, titles in roles if any(words_of(text) in title for text in titles)), "")


class Group:
    """The people of an account at one moment.

    Args:
        people: those known by name.
        roles: roles that are looked for.
        wanted: role -> how many of it a complete group has.
        now_ms: the moment.
    """

    def __init__(self, people: Iterable[Person], roles: Roles, wanted: dict[str, int], now_ms: int) -> None:
        self._people = tuple(people)
        self._roles, self._wanted, self._now_ms = roles, wanted, now_ms

    def role(self, person: Person) -> str:
        """The role somebody has; '' if none that is looked for."""
        return role_of(person.job_title, self._roles) if person.job_title else ""

    def seen(self, within_days: float) -> dict[str, int]:
        """Role -> people of it seen in the last days."""
        since_ms = self._now_ms - within_days * DAY_MS
        found: dict[str, int] = {}
        for person in self._people:
            if person.last_ms >= since_ms and (role := self.role(person)):
                found[role] = found.get(role, 0) + 1
        return found

    def complete(self, within_days: float) -> float:
        """How complete the group is, in percent: of each role, those seen, up to as many as are wanted."""
        seen, wanted = self.seen(within_days), sum(self._wanted.values())
        return (
            100 * sum(min(seen.get(role, 0), count) for role, count in self._wanted.items()) / wanted if wanted else 0
        )

    def joined(self, roles: tuple[str, ...], within_days: float, others: int) -> bool:
        """Whether somebody of these roles was first seen in the last days, where so many others were before."""
        since_ms = self._now_ms - within_days * DAY_MS
        new = [person for person in self._people if person.first_ms >= since_ms and self._is(person, roles)]
        return any(sum(other.first_ms < person.first_ms for other in self._people) >= others for person in new)

    def quiet(self, roles: tuple[str, ...], acts: int, days: float) -> list[Person]:
        """Who did something at least so often and has not been seen for so many days, nor left long ago."""
        from_ms, to_ms = self._now_ms - GONE_DAYS * DAY_MS, self._now_ms - days * DAY_MS
        return [
            person
            for person in self._people
            if person.acts >= acts and from_ms <= person.last_ms <= to_ms and self._is(person, roles)
        ]

    def next_quiet_ms(self, roles: tuple[str, ...], acts: int, days: float, after_ms: int) -> int:
        """When the next of these people will not have been seen for so many days, after a time; 0 if none will."""
        dues = (
            person.last_ms + int(days * DAY_MS)
            for person in self._people
            if person.acts >= acts and self._is(person, roles)
        )
        return min((due_ms for due_ms in dues if due_ms > after_ms), default=0)

    def back(self, roles: tuple[str, ...], acts: int, away_days: float, within_days: float) -> bool:
        """Whether somebody is seen again in the last days who was away for so many, and had acted so often."""
        since_ms = self._now_ms - within_days * DAY_MS
        return any(
            person.back_ms >= since_ms
            and person.away_ms >= away_days * DAY_MS
            and person.acts > acts
            and self._is(person, roles)
            for person in self._people
        )

    def _is(self, person: Person, roles: tuple[str, ...]) -> bool:
        return not roles or self.role(person) in roles


def seen_again(known: Person | None, at_ms: int) -> dict[str, int]:
    """What a person's further sign says of when they were there: fields of `Person`."""
    if known is None:
        return {"first_ms": at_ms, "last_ms": at_ms, "acts": 1}
    away_ms = at_ms - known.last_ms
    spell = {"back_ms": at_ms, "away_ms": away_ms} if away_ms >= SPELL_MS else {}
    kept = {"back_ms": known.back_ms, "away_ms": known.away_ms}
    return {
        **kept,
        **spell,
        "first_ms": min(known.first_ms, at_ms),
        "last_ms": max(known.last_ms, at_ms),
        "acts": known.acts + 1,
    }
