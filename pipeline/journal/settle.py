"""What was said against what a refold says: what to say anew, and what to take back.

- A transition that is made no more is withdrawn; one made with other content is said again; one newly made is said.
- An alert that is made no more is retracted; one with other content is said again, and one that was retracted and is
  made again, too. One newly made is sent only as far as it is news: else it would be history that alerts.
- What other rules said of before anything changed stands as it was said: these rules have no say in it.
- Of a suppressed account nothing stands. What stood comes back when it is suppressed no more, alerts excepted.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from pipeline.alerts.make import HeldBack, held_of
from pipeline.journal.loaded import Touched
from pipeline.journal.refold import NEVER_MS, Refolded
from pipeline.journal.worked import ORDER, SUPPRESSION
from pipeline.rules.model import Rules
from schemas.alert import Alert, AlertStatus
from schemas.base import to_ms
from schemas.dispatch.held import HeldReason
from schemas.kept.journal import Said
from schemas.transition import Transition

CAME_BACK = "It was withdrawn before, and its evidence came back"
NEVER_SAID = -1
Address = Callable[[Alert, Alert | None], Alert]


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed in a journal, and what that can be news of.

    Args:
        reason: why, in words.
        oldest: number of the oldest entry that was folded anew; what an older one made stands as it was.
        touched_ms: nothing of before was changed.
        rule_version: the rules by which it was folded anew.
        news_ms: alerts that come to light are news if they were raised since; `NEVER_MS` if none is.
        mute: the account is suppressed.
    """

    reason: str
    oldest: int
    touched_ms: int
    rule_version: str
    news_ms: int
    mute: bool

    def leaves(self, said: Transition | Alert, moment: datetime) -> bool:
        """Whether something that was said is other rules' word on a time of which nothing was changed."""
        return said.rule_version != self.rule_version and to_ms(moment) < self.touched_ms


def change_of(
    kinds: Collection[str], reason: str, touched: Touched, newest_ms: int, oldest: int, rules: Rules, mute: bool
) -> Change:
    """What is news of a change: of what came out of order all that it could make otherwise, for the fold holds late
    alerts back itself; of corrections what was raised lately; of a suppression nothing.

    Args:
        kinds: why the account is folded anew.
        touched: what was changed.
        newest_ms: place of the newest activity.
    """
    touched_ms, news_ms = touched.occurred_ms, newest_ms - rules.late_ms
    if ORDER in kinds:
        news_ms = touched.place_ms
    elif SUPPRESSION in kinds:
        touched_ms, news_ms = 0, NEVER_MS
    return Change(reason, oldest, touched_ms, rules.version, news_ms, mute)


@dataclass
class Settled:
    """What to say, and what to note.

    Args:
        unsaid: id -> revision it was taken back with; `NEVER_SAID` for an alert that was made but never sent.
        address: says whom an alert goes to.
        changed: number of a record of what was said -> how it is now.
        added: records of what is said for the first time.
        transitions, alerts: to send.
        held_back: alerts that came to light.
    """

    unsaid: dict[str, int]
    address: Address
    changed: dict[int, Said] = field(default_factory=dict)
    added: list[Said] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    held_back: list[HeldBack] = field(default_factory=list)


def said_transition(transition: Transition, entry: int, digest: str) -> Said:
    """The note of a transition that is said."""
    slim = transition.model_copy(update={"causes": (), "why": ""})
    return Said.model_construct(entry=entry, transition=slim, alert=None, digest=digest, muted=False)


def said_alert(alert: Alert, entry: int, digest: str) -> Said:
    """The note of an alert that is said."""
    slim = alert.model_copy(update={"causes": (), "why": ""})
    return Said.model_construct(entry=entry, transition=None, alert=slim, digest=digest, muted=False)


def held_back(alert: Alert, reason: HeldReason) -> HeldBack:
    """An alert that was made and is not sent."""
    return HeldBack(alert.trigger, reason, held_of(alert, reason))


def digest_of(made: Transition | Alert) -> str:
    """Hash of what a transition or alert says as it is made, rule version aside: rules that change nothing else are no
    news."""
    content = made.encode().replace(made.rule_version.encode(), b"")
    return blake2b(content, digest_size=8).hexdigest()


def settle(
    said: Mapping[int, Said],
    refolded: Refolded,
    unsaid: Mapping[str, int],
    change: Change,
    address: Address,
) -> Settled:
    """Compare, and decide.

    Args:
        said: what was said, by number.
        refolded: what is made now.
        unsaid: what does not stand.
        change: what was changed.
        address: (alert, as it was said before) -> the alert with whom it goes to.
    """
    settled = Settled(dict(unsaid), address, held_back=list(refolded.held_back))
    known: set[str] = set()
    for number, record in said.items():
        known.add(record.id)
        if record.transition is not None:
            _settle_transition(settled, number, record, record.transition, refolded, change)
        elif record.alert is not None:
            _settle_alert(settled, number, record, record.alert, refolded, change)
    if not change.mute:
        for entry, transition in refolded.transitions.values():
            id_ = transition.transition_id
            if id_ not in known:
                _say(settled, None, transition, entry, settled.unsaid.get(id_, NEVER_SAID), change.reason)
        for entry, alert in refolded.alerts.values():
            if alert.alert_id not in known:
                _settle_new_alert(settled, entry, alert, change)
    return settled


def _settle_new_alert(settled: Settled, entry: int, alert: Alert, change: Change) -> None:
    revision = settled.unsaid.get(alert.alert_id)
    if revision is None:
        if to_ms(alert.raised_at) >= change.news_ms:
            _raise(settled, None, alert, None, entry, NEVER_SAID)
        else:
            settled.unsaid[alert.alert_id] = NEVER_SAID
            settled.held_back.append(held_back(alert, HeldReason.RESTATED))
    elif revision != NEVER_SAID and change.news_ms != NEVER_MS:
        _raise(settled, None, alert, None, entry, revision)


def _settle_transition(
    settled: Settled, number: int, record: Said, said: Transition, refolded: Refolded, change: Change
) -> None:
    entry, made = refolded.transitions.get(said.transition_id, (record.entry, None))
    left = change.leaves(said, said.occurred_at)
    sealed = made is None and (record.entry < change.oldest or left)
    if change.mute:
        muted = (sealed or made is not None) and (record.muted or not said.withdrawn)
        if not said.withdrawn:
            _withdraw(settled, number, record, said, change.reason)
        if muted != record.muted:
            settled.changed[number] = settled.changed.get(number, record).model_copy(update={"muted": muted})
    elif made is not None:
        if said.withdrawn or (not left and record.digest != digest_of(made)):
            _say(settled, number, made, entry, said.revision, change.reason)
        elif entry != record.entry:
            settled.changed[number] = record.model_copy(update={"entry": entry})
    elif sealed and record.muted:
        words = f"{said.account_name}: {said.to_stage}, as before; its causes are no longer kept."
        again = said.model_copy(update={"why": words, "withdrawn": False})
        _say(settled, number, again, entry, said.revision, change.reason)
    elif not sealed and not said.withdrawn:
        _withdraw(settled, number, record, said, change.reason)


def _settle_alert(settled: Settled, number: int, record: Said, said: Alert, refolded: Refolded, change: Change) -> None:
    entry, made = refolded.alerts.get(said.alert_id, (record.entry, None))
    raised = said.status is AlertStatus.RAISED
    sealed = record.entry < change.oldest or change.leaves(said, said.raised_at)
    if raised and (change.mute or (made is None and not sealed)):
        _retract(settled, number, record, said, change)
    elif change.mute and not record.muted:
        settled.changed[number] = record.model_copy(update={"muted": True})
    elif change.mute or made is None:
        return
    elif record.digest != digest_of(made) if raised else not record.muted:
        _raise(settled, number, made, said, entry, said.revision)
    elif entry != record.entry:
        settled.changed[number] = record.model_copy(update={"entry": entry})


def _raise(settled: Settled, number: int | None, alert: Alert, before: Alert | None, entry: int, revision: int) -> None:
    said = settled.address(alert.model_copy(update={"revision": revision + 1}), before)
    settled.unsaid.pop(said.alert_id, None)
    settled.alerts.append(said)
    record = said_alert(said, entry, digest_of(alert))
    if number is None:
        settled.added.append(record)
    else:
        settled.changed[number] = record


def _say(settled: Settled, number: int | None, transition: Transition, entry: int, revision: int, reason: str) -> None:
    said = transition.model_copy(update={"revision": revision + 1, "restated_because": reason})
    settled.unsaid.pop(said.transition_id, None)
    settled.transitions.append(said)
    record = said_transition(said, entry, digest_of(transition))
    if number is None:
        settled.added.append(record)
    else:
        settled.changed[number] = record


def _withdraw(settled: Settled, number: int, record: Said, said: Transition, reason: str) -> None:
    gone = {
        "revision": said.revision + 1,
        "withdrawn": True,
        "restated_because": reason,
        "causes": (),
        "score": 0.0,
    }
    withdrawn = said.model_copy(update=gone)
    settled.transitions.append(withdrawn.model_copy(update={"why": f"Withdrawn: {reason}"}))
    settled.changed[number] = record.model_copy(update={"transition": withdrawn})
    settled.unsaid[said.transition_id] = withdrawn.revision


def _retract(settled: Settled, number: int, record: Said, said: Alert, change: Change) -> None:
    gone = {
        "revision": said.revision + 1,
        "status": AlertStatus.RETRACTED,
        "causes": (),
        "score": 0.0,
        "confidence": 0.0,
        "people": (),
        "speak_to": "",
    }
    retracted = said.model_copy(update=gone)
    settled.alerts.append(retracted.model_copy(update={"why": f"Withdrawn: {change.reason}"}))
    settled.changed[number] = record.model_copy(update={"alert": retracted, "muted": change.mute})
    settled.unsaid[said.alert_id] = retracted.revision
