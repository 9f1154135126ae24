"""The way in: one event after the other, what it is graded among the hits around it, and what earlier ones become.

Quarantine first: a click that is suspicious by itself is suspect at once, and a machine's when a burst shows; it is a
human's when 15 minutes have gone by quietly (`settle`) or when the subject proves to be one. A click that is not
suspicious is a human's at once, and a machine's as soon as a burst shows. Both ways, later events change what was said
of earlier ones; the last word does not depend on the order in which events came, as long as nothing has fallen out:

- a mail and its hits are known for 24 hours after its newest one; the newest 8 mails of a subject, the newest 32 hits
  and 4 deliveries of a mail;
- page views: the newest 501 of the last hour;
- proofs of a human: the newest 4. They count where they bear nothing but the mailbox (an answer, a form filled without
  a visitor's id); what a browser proves lies under its own key, and comes by `prove`.

Judged per mail and recipient, since state is kept by subject: the rule "one address clicks for recipients of several
companies within a minute" needs state by address, and is left out.
"""

from typing import NamedTuple

from pipeline.machines.read import beat_of, is_hit, mail_of
from pipeline.machines.threads import Verdict, first_due_ms, judged, kept, with_beat, with_delivery, with_time
from pipeline.machines.views import REASON, with_view
from schemas.base import Source
from schemas.event import Event, Grade
from schemas.hit import Pulse, Thread

PROOFS_MAX = 4

PROOFS = frozenset({"form_submit", "webinar", "chat", "search", "content_download"})
"""Web events that a crawler does not send: who left them under a mailbox was there."""

NO_PULSE = Pulse()

_WEB, _EMAIL = Source.WEB, Source.EMAIL  # bound once: looking up a member costs more than what is done with it
_HUMAN, _MACHINE = Grade.HUMAN, Grade.MACHINE


class Watched(NamedTuple):
    """An event among the hits around it.

    Args:
        pulse: what is known from now on; the same object if nothing is to be remembered.
        grade, grade_reason: of the event.
        verdicts: earlier hits whose grade has changed.
    """

    pulse: Pulse | None
    grade: Grade
    grade_reason: str
    verdicts: tuple[Verdict, ...] = ()


class Settled(NamedTuple):
    """A pulse after time or a proof has passed over it, and the hits whose grade that changes."""

    pulse: Pulse
    verdicts: tuple[Verdict, ...] = ()


def watch(event: Event, pulse: Pulse | None) -> Watched:
    """Grade an event by the hits around it.

    Args:
        event: graded by itself, its ids real ones.
        pulse: of its subject, None at first.
    """
    if event.source is _WEB:
        if event.anonymous_id:
            if event.type == "page_view" and event.grade is not _MACHINE:
                return _viewed(event, pulse or NO_PULSE)
        elif event.email and not event.user_id and event.type in PROOFS and event.grade is _HUMAN:
            return _proved(event, pulse or NO_PULSE)
    elif event.source is _EMAIL:
        if event.type == "delivered" or is_hit(event):
            return _mailed(event, pulse or NO_PULSE)
        if event.type == "reply" and event.grade is _HUMAN:
            return _proved(event, pulse or NO_PULSE)
    return Watched(pulse, event.grade, event.grade_reason)


def settle(pulse: Pulse, now_ms: int) -> Settled:
    """End the quarantines that are over by `now_ms`: up to then all events have been seen, but for late ones."""
    return _rejudged(pulse, tuple(with_time(thread, now_ms) for thread in pulse.threads), pulse.proofs)


def prove(pulse: Pulse, at_ms: int) -> Settled:
    """The subject was a human at that time: what of its clicks was only suspect, is cleared."""
    if at_ms in pulse.proofs:
        return Settled(pulse)
    return _rejudged(pulse, pulse.threads, tuple(sorted((*pulse.proofs, at_ms)))[-PROOFS_MAX:])


def _rejudged(pulse: Pulse, threads: tuple[Thread, ...], proofs: tuple[int, ...]) -> Settled:
    results = [judged(thread, proofs) for thread in threads]
    after = tuple(thread for thread, _ in results)
    verdicts = tuple(verdict for _, found in results for verdict in found)
    return Settled(Pulse(after, pulse.views, proofs, pulse.held, first_due_ms(after, pulse.held)), verdicts)


def _proved(event: Event, pulse: Pulse) -> Watched:
    after, verdicts = prove(pulse, event.occurred_ms)
    return Watched(after, event.grade, event.grade_reason, verdicts)


def _viewed(event: Event, pulse: Pulse) -> Watched:
    views, suspect, fresh = with_view(pulse.views, event.event_id, event.occurred_ms)
    after = Pulse(pulse.threads, views, pulse.proofs, pulse.held, pulse.due_ms)
    if suspect:
        verdicts = tuple(Verdict(event_id, Grade.SUSPECT, REASON) for event_id in fresh)
        return Watched(after, Grade.SUSPECT, REASON, verdicts)
    return Watched(after, event.grade, event.grade_reason)


def _mailed(event: Event, pulse: Pulse) -> Watched:
    grade, reason = event.grade, event.grade_reason
    mail = mail_of(event)
    known = next((thread for thread in pulse.threads if thread.mail == mail), None) or Thread(mail)
    if event.type == "delivered":
        if event.clamped or event.occurred_ms in known.delivered:
            return Watched(pulse, grade, reason)
        changed = with_delivery(known, event.occurred_ms)
    else:
        told = next((beat.grade for beat in known.beats if beat.event_id == event.event_id), None)
        if told is not None:
            return Watched(pulse, told, reason)
        changed = with_beat(known, beat_of(event))
    thread, verdicts = judged(changed, pulse.proofs)
    own = next((verdict for verdict in verdicts if verdict.event_id == event.event_id), None)
    if own is not None:
        grade, reason = own.grade, own.grade_reason
        verdicts.remove(own)
    threads = kept((*(other for other in pulse.threads if other.mail != mail), thread))
    after = Pulse(threads, pulse.views, pulse.proofs, pulse.held, first_due_ms(threads, pulse.held))
    return Watched(after, grade, reason, tuple(verdicts))
