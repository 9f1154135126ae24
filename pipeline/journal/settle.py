"""What was said against what a refold says: what to say anew, and what to take back.

- A transition that is made no more is withdrawn; one made with other content is said again; one newly made is said.
- An alert that is made no more is retracted; one that something else raises now is said again. Where evidence was taken
  back or changed, any other that still is made stays as it was said, and one newly made is never sent, since it would
  be history that alerts as news. Where activities only came in another order than they happened, one with other content
  is said again, and one newly made is news.
- Of a suppressed account nothing stands. What stood comes back when it is suppressed no more, alerts excepted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from pipeline.alerts.make import HeldBack, held_of
from pipeline.journal.refold import Refolded
from schemas.alert import Alert, AlertStatus
from schemas.base import to_ms
from schemas.dispatch.held import HeldReason
from schemas.kept.journal import Said
from schemas.transition import Transition

CAME_BACK = "It was withdrawn before, and its evidence came back"
NEVER_SAID = -1
Address = Callable[[Alert, Alert | None], Alert]


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
    oldest: int,
    refolded: Refolded,
    unsaid: Mapping[str, int],
    mute: bool,
    reason: str,
    address: Address,
    news_ms: int | None = None,
) -> Settled:
    """Compare, and decide.

    Args:
        said: what was said, by number.
        oldest: number of the oldest entry that was folded anew; what an older one made stands as it was.
        refolded: what is made now.
        unsaid: what does not stand.
        mute: the account is suppressed.
        reason: why all this, in words.
        address: (alert, as it was said before) -> the alert with whom it goes to.
        news_ms: alerts raised since then are news; None where evidence was taken back or changed.
    """
    settled = Settled(dict(unsaid), address, held_back=list(refolded.held_back))
    known: set[str] = set()
    for number, record in said.items():
        if record.transition is not None:
            known.add(record.transition.transition_id)
            _settle_transition(settled, number, record, record.transition, oldest, refolded, mute, reason)
        elif record.alert is not None:
            known.add(record.alert.alert_id)
            _settle_alert(settled, number, record, record.alert, oldest, refolded, mute, reason, news_ms)
    if not mute:
        for entry, transition in refolded.transitions.values():
            if transition.transition_id not in known:
                _say(settled, None, transition, entry, settled.unsaid.get(transition.transition_id, NEVER_SAID), reason)
        for entry, alert in refolded.alerts.values():
            if alert.alert_id in known:
                continue
            revision = settled.unsaid.get(alert.alert_id)
            if news_ms is not None and to_ms(alert.raised_at) >= news_ms and revision != NEVER_SAID:
                _raise(settled, None, alert, None, entry, NEVER_SAID if revision is None else revision)
            elif revision is None:
                settled.unsaid[alert.alert_id] = NEVER_SAID
                settled.held_back.append(held_back(alert, HeldReason.RESTATED))
    return settled


def _settle_transition(
    settled: Settled,
    number: int,
    record: Said,
    said: Transition,
    oldest: int,
    refolded: Refolded,
    mute: bool,
    reason: str,
) -> None:
    entry, made = refolded.transitions.get(said.transition_id, (record.entry, None))
    sealed = made is None and record.entry < oldest
    if mute:
        muted = (sealed or made is not None) and (record.muted or not said.withdrawn)
        if not said.withdrawn:
            _withdraw(settled, number, record, said, reason)
        if muted != record.muted:
            settled.changed[number] = settled.changed.get(number, record).model_copy(update={"muted": muted})
    elif made is not None:
        if said.withdrawn or record.digest != digest_of(made):
            _say(settled, number, made, entry, said.revision, reason)
        elif entry != record.entry:
            settled.changed[number] = record.model_copy(update={"entry": entry})
    elif sealed and record.muted:
        words = f"{said.account_name}: {said.to_stage}, as before; its causes are no longer kept."
        _say(settled, number, said.model_copy(update={"why": words, "withdrawn": False}), entry, said.revision, reason)
    elif not sealed and not said.withdrawn:
        _withdraw(settled, number, record, said, reason)


def _settle_alert(
    settled: Settled,
    number: int,
    record: Said,
    said: Alert,
    oldest: int,
    refolded: Refolded,
    mute: bool,
    reason: str,
    news_ms: int | None,
) -> None:
    entry, made = refolded.alerts.get(said.alert_id, (record.entry, None))
    raised = said.status is AlertStatus.RAISED
    if raised and (mute or (made is None and record.entry >= oldest)):
        _retract(settled, number, record, said, reason)
    elif mute or made is None:
        return
    elif _is_news(record, said, made, news_ms):
        _raise(settled, number, made, said, entry, said.revision)
    elif entry != record.entry:
        settled.changed[number] = record.model_copy(update={"entry": entry})


def _is_news(record: Said, said: Alert, made: Alert, news_ms: int | None) -> bool:
    """Whether an alert that is made has to be said again."""
    if said.status is AlertStatus.RETRACTED:
        return news_ms is not None and to_ms(made.raised_at) >= news_ms
    return said.raised_at != made.raised_at or (news_ms is not None and record.digest != digest_of(made))


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


def _retract(settled: Settled, number: int, record: Said, said: Alert, reason: str) -> None:
    gone = {"revision": said.revision + 1, "status": AlertStatus.RETRACTED, "causes": (), "score": 0.0}
    retracted = said.model_copy(update=gone)
    settled.alerts.append(retracted.model_copy(update={"why": f"Withdrawn: {reason}"}))
    settled.changed[number] = record.model_copy(update={"alert": retracted})
    settled.unsaid[said.alert_id] = retracted.revision
