"""4b. A trigger whose conditions are met: it raises an alert, updates the one that is open, or is held back.

An alert is open from when it is raised until its cool-down ends or its team says done or rejected. More evidence while
it is open is the same alert once more, where the trigger says so and it has news: another stage, somebody new, or a
score so much higher; at most every six hours, and ten times. All is in the journey's own time: it can be folded anew.
"""

from collections.abc import Iterable

from pipeline.alerts.make import make_alert
from pipeline.journey import Journey
from pipeline.rules.model import TriggerRule
from pipeline.score import DAY_MS
from schemas.activity import ANSWER, Activity, Attributed
from schemas.alert import Alert
from schemas.base import Source, from_ms, to_ms
from schemas.dispatch.held import HeldReason
from schemas.handover.feedback import Answer, Verdict
from schemas.identity import Method
from schemas.journey import OpenAlert, Rest

UPDATE_EVERY_MS = 6 * 3_600_000
UPDATES_MAX = 10


def held_for(
    rule: TriggerRule, journey: Journey, decisive: frozenset[str], late: bool
) -> tuple[HeldReason, int] | None:
    """Why a trigger that is met raises nothing, and until when that holds (ms since 1970, 0: no end); None if it may.

    Args:
        rule: the trigger.
        journey: the account at this moment.
        decisive: ids of the events that met the condition.
        late: they reached us too late to be news.
    """
    rest = journey.rests.get(rule.name)
    if rest is not None and journey.now_ms < rest.until_ms:
        return HeldReason(rest.reason), rest.until_ms
    fired_ms = journey.fired.get(rule.name)
    ends_ms = 0 if fired_ms is None else fired_ms + int(rule.cooldown_days * DAY_MS)
    if journey.now_ms < ends_ms:
        return HeldReason.COOLDOWN, ends_ms
    if late:
        return HeldReason.LATE, 0
    return (HeldReason.IP_ONLY, 0) if journey.by_ip_only(decisive) else None


def often_enough(rule: TriggerRule, journey: Journey) -> bool:
    """Note that a trigger was met; whether it was so as often as it must be before it raises anything."""
    wanted = rule.threshold
    if wanted is None:
        return True
    since_ms = journey.now_ms - int(wanted.within_hours * 3_600_000)
    met = [at_ms for at_ms in journey.met.get(rule.name, ()) if at_ms > since_ms]
    journey.met[rule.name] = (*met, journey.now_ms)[-wanted.times :]
    return len(journey.met[rule.name]) >= wanted.times


def fire(rule: TriggerRule, journey: Journey, decisive: Iterable[str], origin: str, received_ms: int) -> Alert:
    """Raise an alert: it is open from now on.

    Args:
        origin: the event or timer, by which the alert is known if its trigger has no cool-down.
    """
    cooldown_ms = int(rule.cooldown_days * DAY_MS)
    journey.fired[rule.name] = journey.now_ms
    journey.met.pop(rule.name, None)
    alert = make_alert(rule, journey, decisive, journey.now_ms // cooldown_ms if cooldown_ms else origin, received_ms)
    journey.opened[rule.name] = _opened(alert, journey, journey.now_ms, 0)
    return alert


def updated(rule: TriggerRule, journey: Journey, decisive: Iterable[str], received_ms: int) -> Alert | None:
    """The open alert of a trigger with what is new since; None if there is none, or nothing is worth saying."""
    known = journey.opened.get(rule.name)
    if known is None or rule.update_points is None:
        return None
    if known.updates >= UPDATES_MAX or journey.now_ms < known.said_ms + UPDATE_EVERY_MS:
        return None
    newcomers = any(one.first_ms > known.said_ms for one in journey.contacts.values())
    if journey.stage == known.stage and not newcomers and journey.score() < known.score + rule.update_points:
        return None
    alert = make_alert(rule, journey, decisive, "", received_ms)
    alert = alert.model_copy(
        update={
            "alert_id": known.alert_id,
            "raised_at": from_ms(known.raised_ms),
            "act_by": from_ms(known.raised_ms + int(rule.play.act_within_hours * 3_600_000)),
            "revision": known.updates + 1,
        }
    )
    journey.opened[rule.name] = _opened(alert, journey, known.raised_ms, known.updates + 1)
    return alert


def take_answer(answer: Attributed, journey: Journey, rules: dict[str, TriggerRule]) -> bool:
    """Heed what a team answered to an alert of this journey; False if it is none that is known.

    Args:
        answer: as the journal keeps it.
        journey: the account.
        rules: trigger -> its rule.
    """
    name = next((name for name, one in journey.opened.items() if one.alert_id == answer.asset), None)
    if name is None or name not in rules:
        return False
    days = {Verdict.DONE: rules[name].done_days, Verdict.REJECTED: rules[name].rejected_days}
    verdict = Verdict(answer.topic)
    until_ms = answer.ends_ms if verdict is Verdict.SNOOZED else answer.occurred_ms + int(days[verdict] * DAY_MS)
    journey.rests[name] = Rest(reason=verdict.value, until_ms=until_ms)
    if verdict is not Verdict.SNOOZED:
        journey.opened.pop(name)
    return True


def activity_of(answer: Answer) -> Activity | None:
    """What the account's journal keeps of an answer; None of one that changes nothing here."""
    if answer.verdict not in (Verdict.DONE, Verdict.REJECTED, Verdict.SNOOZED):
        return None
    return Activity(
        activity_id=answer.answer_id,
        event_id=answer.answer_id,
        account_id=answer.account_id,
        source=Source.CRM,
        type=ANSWER,
        occurred_ms=to_ms(answer.occurred_at),
        received_ms=to_ms(answer.received_at),
        subject="",
        asset=answer.alert_id,
        topic=answer.verdict.value,
        ends_ms=to_ms(answer.until) if answer.until else 0,
        method=Method.ACCOUNT_ID,
        confidence=1.0,
        reason="a team's answer",
    )


def _opened(alert: Alert, journey: Journey, raised_ms: int, updates: int) -> OpenAlert:
    return OpenAlert.model_construct(
        alert_id=alert.alert_id,
        raised_ms=raised_ms,
        said_ms=journey.now_ms,
        stage=journey.stage,
        score=alert.score,
        updates=updates,
    )
