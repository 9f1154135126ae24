"""Clear addresses: sealed by ingest, kept by account as long as configured, opened for alerts to teams alone.

Beside it stands who wants no mails any more, which every team is told.

What is kept is apart from the journey: it decides nothing. A person's newest event counts, by the day; who was not seen
for longer than the window falls out with the next news of the account, and is not opened before. Of more people than 40
the last seen are kept. Both hold in whatever order activities come.
"""

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from pipeline.privacy.key import PrivacyKey
from schemas.activity import ERASURE, Activity
from schemas.alert import Alert, AlertPerson
from schemas.base import Source, Team, to_ms
from schemas.event import Grade
from schemas.kept.contacts import Contacts, SealedContact

DAY_MS = 86_400_000
PEOPLE_MAX = 40
UNMAILED_MAX = 200
NO_MORE_MAILS = frozenset({"email_unsubscribe", "email_spam_report"})
"""Activities by which somebody says so. A machine that follows all links of a mail says nothing."""


@dataclass(frozen=True, slots=True)
class ClearAddresses:
    """Who may know people in the clear, and for how long.

    Args:
        key: opens what it sealed.
        teams: those whose alerts show it.
        days: how long after the last sight of a person; 0: never.
    """

    key: PrivacyKey
    teams: frozenset[Team]
    days: int


@dataclass(frozen=True, slots=True)
class Part:
    """Activities of one batch and account that are worked with the same knowledge of its people.

    Args:
        activities: without contacts, in order. One that changes the knowledge is a part by itself: what comes behind
            it knows of it, whenever that happened.
        before, after: what is known of people before and from it on.
        from_ms: its event time; 0 where nothing changes.
    """

    activities: tuple[Activity, ...]
    before: Contacts
    after: Contacts
    from_ms: int

    def known_at(self, alert: Alert) -> Contacts:
        """What was known when an alert was raised: a timer that was due before the first activity knew less."""
        return self.before if to_ms(alert.raised_at) < self.from_ms else self.after


def parts_of(activities: Iterable[Activity], known: Contacts, counted: Collection[str], days: int) -> Iterator[Part]:
    """Cut a batch where people become known, so that an alert shows the same however batches are cut.

    Args:
        activities: of one account, in the order of the topic.
        known: what is kept so far.
        counted: activity types that count; of mails, others make nobody known (a mail that was delivered, say).
        days: how long after the last sight a clear address may be told; 0: never.
    """
    taken: list[Activity] = []
    for activity in activities:
        after = _met(known, activity, counted, days)
        given = Activity.trusted(activity.__dict__ | {"contact": ""}) if activity.contact else activity
        if after is known:
            taken.append(given)
            continue
        if taken:
            yield Part(tuple(taken), known, known, 0)
        yield Part((given,), known, after, activity.occurred_ms)
        taken, known = [], after
    if taken:
        yield Part(tuple(taken), known, known, 0)


def _met(known: Contacts, activity: Activity, counted: Collection[str], days: int) -> Contacts:
    """What is kept after an activity; the same object if it is no news."""
    person = activity.person
    if activity.type == ERASURE and (person in known.people or person in known.unmailed):
        return _without(known, person)
    if activity.type in NO_MORE_MAILS and activity.grade is not Grade.MACHINE and person:
        known = _told_off(known, activity)
    if not days or not activity.contact or activity.grade is not Grade.HUMAN:
        return known
    if activity.source is Source.EMAIL and activity.type not in counted:
        return known
    new = SealedContact(activity.contact, activity.occurred_ms - activity.occurred_ms % DAY_MS)
    old = known.people.get(person)
    if old is not None and _newest_and_fullest(old) >= _newest_and_fullest(new):
        return known
    people = known.people | {person: new}
    newest_ms = max(contact.seen_ms for contact in people.values())
    fresh = {person: contact for person, contact in people.items() if newest_ms - contact.seen_ms <= days * DAY_MS}
    kept = sorted(fresh.items(), key=lambda item: (-item[1].seen_ms, item[0]))[:PEOPLE_MAX]
    return Contacts(people=dict(sorted(kept)), unmailed=known.unmailed)


def _newest_and_fullest(contact: SealedContact) -> tuple[int, int, str]:
    """By what one contact of a person is better than another: of one day the longer, which has the name as well."""
    return contact.seen_ms, len(contact.sealed), contact.sealed


def _told_off(known: Contacts, activity: Activity) -> Contacts:
    if known.unmailed.get(activity.person, math.inf) <= activity.occurred_ms:
        return known
    told = known.unmailed | {activity.person: activity.occurred_ms}
    kept = sorted(told.items(), key=lambda item: (-item[1], item[0]))[:UNMAILED_MAX]
    return Contacts(people=known.people, unmailed=dict(sorted(kept)))


def _without(known: Contacts, person: str) -> Contacts:
    return Contacts(
        people={other: kept for other, kept in known.people.items() if other != person},
        unmailed={other: since_ms for other, since_ms in known.unmailed.items() if other != person},
    )


def with_contacts(alert: Alert, known: Contacts, clear: ClearAddresses) -> Alert:
    """An alert that says of its people what is kept: who wants no mails; and the sealed contacts, where its team may
    know them and they are not too old.

    Args:
        alert: as the journey made it.
        known: what is kept of the account's people.
        clear: who may know, and for how long.
    """
    raised_ms = to_ms(alert.raised_at)
    since_ms = raised_ms - clear.days * DAY_MS
    since_ms -= since_ms % DAY_MS
    told: dict[str, dict[str, object]] = {}
    for person in alert.people:
        if known.unmailed.get(person.person, math.inf) <= raised_ms:
            told.setdefault(person.person, {})["do_not_mail"] = True
        contact = known.people.get(person.person) if alert.team in clear.teams else None
        if contact is not None and contact.seen_ms >= since_ms:
            told.setdefault(person.person, {})["sealed"] = contact.sealed
    if not told:
        return alert
    shown = tuple(person.model_copy(update=told.get(person.person, {})) for person in alert.people)
    return alert.model_copy(update={"people": shown})


def opened(alert: Alert, key: PrivacyKey) -> Alert:
    """An alert as its team gets it: sealed contacts are opened, and the sentence names them."""
    if not any(person.sealed for person in alert.people):
        return alert
    people: list[AlertPerson] = []
    why = alert.why
    for person in alert.people:
        address, name = (key.opened(person.person, person.sealed) if person.sealed else None) or ("", "")
        people.append(person.model_copy(update={"sealed": "", "address": address, "name": name}))
        if "@" in address:  # the archive turns it back, which a bare user id in a text would not allow
            why = why.replace(person.person, address)
    return alert.model_copy(update={"people": tuple(people), "why": why})
