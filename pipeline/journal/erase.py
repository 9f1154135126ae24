"""A person taken out of an account: out of its state, its journal, and of alerts that name it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pipeline.dispatch.route import addressed
from pipeline.handover.policy import NO_POLICY
from pipeline.journal.loaded import Journal
from pipeline.journal.refold import Refolded
from pipeline.journal.settle import digest_of, said_alert
from schemas.alert import Alert, AlertStatus
from schemas.journey import JourneyState
from schemas.kept.journal import Said


@dataclass
class Named:
    """Alerts that named somebody who was erased: those that still stand are said anew without.

    Args:
        alert_ids: which.
    """

    alert_ids: set[str] = field(default_factory=set)

    def anew(self, said: Mapping[int, Said], refolded: Refolded) -> tuple[list[Alert], dict[int, Said]]:
        """The alerts to send, and the notes of them by number."""
        alerts: list[Alert] = []
        changed: dict[int, Said] = {}
        for number, record in said.items():
            old = record.alert
            if old is None or old.alert_id not in self.alert_ids or old.status is not AlertStatus.RAISED:
                continue
            _, made = refolded.alerts.get(old.alert_id, (0, None))
            words = f"{old.account_name}: {old.title}, as before; its causes are no longer kept."
            whole = made or old.model_copy(update={"why": words, "score": 0.0})
            whole = addressed(whole, None, NO_POLICY, old)  # it goes to whom it went first
            alerts.append(whole.model_copy(update={"revision": old.revision + 1}))
            changed[number] = said_alert(alerts[-1], record.entry, digest_of(made) if made else record.digest)
        return alerts, changed


def forgotten(state: JourneyState, subject: str, person: str) -> JourneyState:
    """A state without a subject and the person it is; sums of what fell out of the evidence name nobody, and stay."""
    return state.model_copy(
        update={
            "evidence": tuple(item for item in state.evidence if not _is(item.subject, item.person, subject, person)),
            "people": tuple(item for item in state.people if item.person != person),
        }
    )


def erase(journal: Journal, subject: str, person: str) -> tuple[Collection[str], dict[int, Said]]:
    """Take a subject and its person out of a journal; it must then be folded anew from its beginning.

    Returns:
        Ids of alerts that name the person, and the notes of what was said as they are without.
    """
    journal.drop(lambda item: _is(item.subject, item.person, subject, person))
    journal.amend_oldest(lambda state: forgotten(state, subject, person))
    changed: dict[int, Said] = {}
    for number, record in journal.said.items():
        alert = record.alert
        if alert is not None and person and person in (alert.speak_to, *(item.person for item in alert.people)):
            people = tuple(item for item in alert.people if item.person != person)
            speak_to = "" if alert.speak_to == person else alert.speak_to
            slim = alert.model_copy(update={"people": people, "speak_to": speak_to})
            changed[number] = record.model_copy(update={"alert": slim})
    return {record.id for record in changed.values()}, changed


def _is(subject_of: str, person_of: str, subject: str, person: str) -> bool:
    return subject_of == subject or bool(person and person_of == person)
