"""5. Trigger point -> alert: who, what, why, what next, what to do, until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.explain import sentence
from pipeline.journey import Journey
from pipeline.rules.model import TriggerRule
from schemas.alert import Alert, AlertPerson
from schemas.base import from_ms, stable_id
from schemas.cause import Cause
from schemas.dispatch.held import HeldAlert, HeldReason
from schemas.journey import Person

PEOPLE_SHOWN_MAX = 5
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An alert that was not raised, and why.

    Args:
        record: to send; None where the same was recorded that day.
    """

    trigger: str
    reason: HeldReason
    record: HeldAlert | None = None


def make_alert(
    rule: TriggerRule, journey: Journey, decisive: Iterable[str], episode: int | str, received_ms: int
) -> Alert:
    """The alert of a trigger point reached now.

    Args:
        rule: the trigger.
        journey: the account, at the moment of the trigger.
        decisive: ids of the events that met the condition.
        episode: which of the trigger's cool-downs it begins; part of the alert's id. Not the event that raised it: in
            another order another one might have.
        received_ms: when the broker took the raw record.
    """
    causes = journey.causes(decisive)
    score = sum(cause.points for cause in causes)
    newest = sorted(journey.contacts.values(), key=lambda item: (-item.last_ms, item.person))
    chosen = speak_to(rule, journey, newest, causes)
    people = [chosen, *(person for person in newest if person is not chosen)] if chosen else []
    return Alert.made(
        alert_id=stable_id("alert", journey.account_id, journey.product, rule.name, episode),
        trigger=rule.name,
        team=rule.team,
        account_id=journey.account_id,
        account_name=journey.account_name,
        product=journey.product,
        owner=journey.standing.owner,
        tier=journey.standing.tier,
        stage=journey.stage,
        raised_at=from_ms(journey.now_ms),
        received_at=from_ms(received_ms),
        act_by=from_ms(journey.now_ms + int(rule.play.act_within_hours * HOUR_MS)),
        title=rule.title,
        why=sentence(rule.title, causes, score, journey),
        play=rule.play.at(journey.stage),
        speak_to=chosen.person if chosen else "",
        people=tuple(_shown(item, journey) for item in people[:PEOPLE_SHOWN_MAX]),
        score=score,
        fit=journey.fit,
        confidence=confidence_of(causes),
        causes=causes,
        rule_version=journey.rules.version,
    )


def make_held(
    rule: TriggerRule, journey: Journey, reason: HeldReason, day: int, received_ms: int, until_ms: int = 0
) -> HeldAlert:
    """The record of an alert that is not raised now.

    Args:
        rule: the trigger.
        journey: the account, at the moment of the trigger.
        reason: why it is not raised.
        day: days since 1970 of that moment; part of the record's id.
        received_ms: when the broker took the raw record.
        until_ms: when the reason ends; 0 if it has no end.
    """
    return HeldAlert.made(
        held_id=stable_id("held", journey.account_id, journey.product, rule.name, reason, day),
        trigger=rule.name,
        team=rule.team,
        account_id=journey.account_id,
        account_name=journey.account_name,
        product=journey.product,
        owner=journey.standing.owner,
        tier=journey.standing.tier,
        stage=journey.stage,
        reason=reason,
        held_at=from_ms(journey.now_ms),
        received_at=from_ms(received_ms),
        until=from_ms(until_ms) if until_ms else None,
        title=rule.title,
        score=journey.score(),
        rule_version=journey.rules.version,
    )


def held_of(alert: Alert, reason: HeldReason) -> HeldAlert:
    """The record of an alert that was made and is not sent."""
    return HeldAlert.made(
        held_id=stable_id("held", alert.alert_id, reason),
        alert_id=alert.alert_id,
        trigger=alert.trigger,
        team=alert.team,
        account_id=alert.account_id,
        account_name=alert.account_name,
        product=alert.product,
        owner=alert.owner,
        tier=alert.tier,
        stage=alert.stage,
        reason=reason,
        held_at=alert.raised_at,
        received_at=alert.received_at,
        title=alert.title,
        score=alert.score,
        rule_version=alert.rule_version,
    )


def speak_to(rule: TriggerRule, journey: Journey, newest: Sequence[Person], causes: Iterable[Cause]) -> Person | None:
    """Whom to speak to: of the roles the play wants, in their order, who was seen last; else who did what decided; else
    who was seen last; None if nobody is known.

    Args:
        rule: the trigger.
        journey: the account, at the moment of the trigger.
        newest: its people, who was seen last first.
        causes: the alert's.
    """
    group = journey.group
    for role in rule.play.speak_to:
        for person in newest:
            if group.role(person) == role:
                return person
    deciding = {cause.person for cause in causes if cause.decisive and cause.person}
    return next((person for person in newest if person.person in deciding), None) or next(iter(newest), None)


def _shown(person: Person, journey: Journey) -> AlertPerson:
    role = journey.group.role(person)
    return AlertPerson.made(person=person.person, job_title=person.job_title, role=role)


def confidence_of(causes: Iterable[Cause]) -> float:
    """How sure the account is: the causes' confidence, weighed by points; unweighed where none has points."""
    listed = [cause for cause in causes if cause.event_id]
    weight = sum(cause.points for cause in listed)
    if weight:
        return round(sum(cause.points * cause.confidence for cause in listed) / weight, 4)
    return round(sum(cause.confidence for cause in listed) / len(listed), 4) if listed else 0.0
