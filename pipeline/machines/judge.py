"""The judgement of one mail: all hits on it together.

It is a function of what is known of the mail and of nothing before: so it does not matter in which order events come,
and what was said of an earlier hit can be taken back both ways.
"""

from collections.abc import Sequence

from pipeline.machines.bursts import Clicks, Marked, links_of, note_bursts, note_rescans, note_sweeps
from pipeline.machines.signs import (
    EXCUSED,
    MACHINE_FROM,
    MINUTE_MS,
    NEAR_MS,
    PROOF_MS,
    QUIET_LINKS,
    SECOND_MS,
    SUSPECT_FROM,
    Sign,
    points_of,
    reason_of,
)
from pipeline.machines.spread import opened_by, sign_of_client
from schemas.event import Grade
from schemas.hit import Act, Beat, Thread

AT_DELIVERY_MS = 2 * SECOND_MS
TOO_SOON_MS = 5 * SECOND_MS
SOON_MS = 10 * SECOND_MS
QUITE_SOON_MS = 30 * SECOND_MS
READ_MS = SECOND_MS
"""A reader needs at least so long from open to click; an open at the click itself is the mail sender's inference."""

Judged = tuple[Grade, str]
HUMAN: Judged = (Grade.HUMAN, "")


def judge(thread: Thread, proofs: Sequence[int]) -> list[Judged]:
    """Grade and grade reason of each beat of a thread, in its order.

    Args:
        thread: the mail.
        proofs: event times at which the subject surely was a human, ascending.
    """
    clicks = [Marked(beat, _signs(beat, thread)) for beat in thread.beats if beat.act in (Act.CLICK, Act.UNSUBSCRIBE)]
    timed = [click for click in clicks if click.beat.timed]
    if len(timed) > 1:
        note_bursts(timed)
        note_rescans(timed)
    machines = [click.beat for click in clicks if points_of(click.signs) >= MACHINE_FROM]
    calm = [click for click in timed if points_of(click.signs) < MACHINE_FROM]
    if len(calm) > 1:
        note_sweeps(calm)
    if machines:
        opens = [beat for beat in thread.beats if beat.act is Act.OPEN]
        for click in calm:
            if sign := sign_of_client(click.beat, machines, opens):
                click.signs.add(sign)
    verdicts = {click.beat.event_id: _verdict(click, calm, proofs) for click in clicks}
    return [verdicts.get(beat.event_id) or _of_open(beat, thread, machines) for beat in thread.beats]


def _signs(click: Beat, thread: Thread) -> set[str]:
    """What a click shows by itself, by the delivery and by what was opened before it."""
    signs = set(click.signs)
    if not click.timed:
        return signs
    opened = any(
        beat.act is Act.PROXY or (beat.act is Act.OPEN and not _at_delivery(beat, thread))
        for beat in thread.beats
        if beat.at_ms <= click.at_ms - READ_MS
    )
    if not opened:
        signs.add(Sign.WITHOUT_OPEN)
    gap_ms = _gap_ms(click.at_ms, thread.delivered)
    if gap_ms is None or gap_ms > QUITE_SOON_MS:
        return signs
    if gap_ms < -AT_DELIVERY_MS:
        signs.add(Sign.BEFORE_DELIVERY)
    elif gap_ms <= AT_DELIVERY_MS:
        signs.add(Sign.AT_DELIVERY)
    elif gap_ms <= SOON_MS:
        signs.add(Sign.TOO_SOON if gap_ms <= TOO_SOON_MS and not opened else Sign.SOON)
    else:
        signs.add(Sign.QUITE_SOON)
    return signs


def _gap_ms(at_ms: int, delivered: Sequence[int]) -> int | None:
    """Time since the last delivery, or, negative, until the next one if that is at most a minute away."""
    gap_ms = None
    for delivered_ms in delivered:
        found_ms = at_ms - delivered_ms
        if found_ms >= -AT_DELIVERY_MS:
            gap_ms = found_ms
        elif gap_ms is None and found_ms >= -MINUTE_MS:
            return found_ms
    return gap_ms


def _at_delivery(beat: Beat, thread: Thread) -> bool:
    gap_ms = _gap_ms(beat.at_ms, thread.delivered)
    return gap_ms is not None and gap_ms <= AT_DELIVERY_MS


def _verdict(click: Marked, calm: Clicks, proofs: Sequence[int]) -> Judged:
    beat, signs = click
    points = points_of(signs)
    if points >= MACHINE_FROM:
        return Grade.MACHINE, reason_of(signs)
    if points < SUSPECT_FROM or any(0 <= proof_ms - beat.at_ms <= PROOF_MS for proof_ms in proofs):
        return HUMAN
    if beat.settled and points_of(signs - EXCUSED) < SUSPECT_FROM:
        near = [other for other in calm if abs(other.beat.at_ms - beat.at_ms) <= NEAR_MS]
        if links_of(near) <= QUIET_LINKS:
            return HUMAN
    return Grade.SUSPECT, reason_of(signs)


def _of_open(beat: Beat, thread: Thread, machines: Sequence[Beat]) -> Judged:
    """An open: of a proxy, at delivery, by a client that is a machine; or from a data centre's network."""
    if beat.timed and (_at_delivery(beat, thread) or opened_by(machines, beat)) and not beat.signs:
        return Grade.MACHINE, Sign.AT_DELIVERY if _at_delivery(beat, thread) else Sign.SAME_CLIENT
    points = points_of(set(beat.signs))
    if points < SUSPECT_FROM:
        return HUMAN
    return (Grade.MACHINE if points >= MACHINE_FROM else Grade.SUSPECT), reason_of(set(beat.signs))
