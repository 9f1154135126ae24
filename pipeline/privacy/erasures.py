"""Which ids are erased, and what is dropped because of it.

An event is dropped if any of its ids is erased and it happened before that was said; later ones begin anew, unless
they were forbidden. So a replay of the past brings nobody back.
"""

from collections.abc import Iterable

from schemas.activity import ERASURE, Activity
from schemas.event import Event
from schemas.identity import IdentityFact
from schemas.kept.erasure import Erasure


class ErasureBook:
    """All erasures known so far. A worker's stages share one, which follows the topic."""

    def __init__(self, erasures: Iterable[Erasure] = ()) -> None:
        self._by_subject: dict[str, Erasure] = {}
        for erasure in erasures:
            self.note(erasure)

    def __len__(self) -> int:
        return len(self._by_subject)

    def note(self, erasure: Erasure) -> None:
        """Take one in; of several of an id the latest counts."""
        known = self._by_subject.get(erasure.subject)
        new = (erasure.erased_ms, erasure.forbid)
        if known is None or (known.erased_ms, known.forbid) < new:
            self._by_subject[erasure.subject] = erasure

    def lift(self, subject: str) -> None:
        """Forget an erasure: its record was deleted from the topic."""
        self._by_subject.pop(subject, None)

    def erased(self, subject: str, at_ms: int) -> bool:
        """Whether what this subject did at a moment (ms since 1970) is to be dropped."""
        found = self._by_subject.get(subject)
        return found is not None and (found.forbid or at_ms <= found.erased_ms)

    def drops(self, event: Event) -> bool:
        """Whether an event under pseudonyms is of somebody erased."""
        if not self._by_subject:
            return False
        at_ms = event.occurred_ms
        return (
            (event.email != "" and self.erased("e:" + event.email, at_ms))
            or (event.user_id != "" and self.erased("u:" + event.user_id, at_ms))
            or (event.anonymous_id != "" and self.erased("a:" + event.anonymous_id, at_ms))
        )

    def drops_fact(self, fact: IdentityFact) -> bool:
        """Whether a fact is about somebody erased, or rests on him."""
        if not self._by_subject:
            return False
        at_ms = fact.observed_ms
        return (
            self.erased(fact.subject, at_ms)
            or self.erased(fact.other, at_ms)
            or self.drops_person(fact.person, at_ms)
            or self.drops_person(fact.user_id, at_ms)
        )

    def drops_activity(self, activity: Activity) -> bool:
        """Whether an activity is of somebody erased."""
        if not self._by_subject or activity.type == ERASURE:
            return False
        at_ms = activity.occurred_ms
        return self.erased(activity.subject, at_ms) or self.drops_person(activity.person, at_ms)

    def drops_person(self, person: str, at_ms: int) -> bool:
        """The same for a person as activities and facts name one: mailbox, else user id."""
        if not self._by_subject or not person:
            return False
        return self.erased("u:" + person, at_ms) or ("@" in person and self.erased("e:" + person, at_ms))
