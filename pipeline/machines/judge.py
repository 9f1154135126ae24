"""The judgement of one mail: all hits on it together.

It is a function of what is known of the mail and of nothing before: so it does not matter in which order events come,
and what was said of an earlier hit can be taken back both ways.
"""

from collections.abc import Sequence

from pipeline.machines.bursts import Clicks, Marked, links_of, note_bursts, note_rescans, note_sweeps, traits
from pipeline.machines.signs import (
    EXCUSED,
    EXCUSED_READ,
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
from pipeline.machines.spread import like_client, opened_by, same_client
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
    clicks = [_marked(beat, thread) for beat in thread.beats if beat.act in (Act.CLICK, Act.UNSUBSCRIBE)]
    timed = [click for click in clicks if click.beat.timed]
    if len(clicks) > 1:
        _note_all(clicks, timed, thread)
    machines, calm = _parted(clicks)
    verdicts = {click.beat.event_id: _verdict(click, calm, proofs) for click in clicks}
    return [verdicts.get(beat.event_id) or _of_open(beat, thread, machines) for beat in thread.beats]


def _note_all(clicks: Clicks, timed: Clicks, thread: Thread) -> None:
    """Note what clicks show together, from what is sure to what follows from it."""
    note_bursts(timed)
    note_rescans(timed)
    machines, calm = _parted(clicks)
    if len(calm) > 1:
        note_sweeps(calm)
        machines, calm = _parted(clicks)
    if not machines:
        return
    opens = [beat for beat in thread.beats if beat.act is Act.OPEN]
    for click in calm:
        if sign := same_client(click.beat, machines, opens):
            click.signs.add(sign)
    machines, calm = _parted(clicks)
    for click in calm:
        if sign := like_client(click.beat, machines):
            click.signs.add(sign)


def _parted(clicks: Clicks) -> tuple[list[Beat], list[Marked]]:
    """Clicks that are machines', and the others whose time can be trusted."""
    machines = [click.beat for click in clicks if points_of(click.signs) >= MACHINE_FROM]
    return machines, [click for click in clicks if click.beat.timed and points_of(click.signs) < MACHINE_FROM]


def _marked(click: Beat, thread: Thread) -> Marked:
    """What a click shows by itself, by the delivery and by what was opened before it."""
    signs = set(click.signs)
    if not click.timed:
        return Marked(click, False, signs)
    opens = [beat for beat in thread.beats if beat.at_ms <= click.at_ms - READ_MS]
    shown = [
        beat
        for beat in opens
        if beat.act is Act.OPEN and points_of(beat.signs) < MACHINE_FROM and not _at_delivery(beat, thread)
    ]
    read = any(traits(beat, click) or not (beat.ip and click.ip) for beat in shown)
    opened = bool(shown) or any(beat.act is Act.PROXY for beat in opens)
    if not opened:
        signs.add(Sign.WITHOUT_OPEN)
    if sign := _of_delivery(_gap_ms(click.at_ms, thread.delivered), opened):
        signs.add(sign)
    return Marked(click, read, signs)


def _of_delivery(gap_ms: int | None, opened: bool) -> Sign | None:
    """The sign of a click so long after delivery."""
    if gap_ms is None or gap_ms > QUITE_SOON_MS:
        return None
    if gap_ms < -AT_DELIVERY_MS:
        return Sign.BEFORE_DELIVERY
    if gap_ms <= AT_DELIVERY_MS:
        return Sign.AT_DELIVERY
    if gap_ms <= SOON_MS:
        return Sign.TOO_SOON if gap_ms <= TOO_SOON_MS and not opened else Sign.SOON
    return Sign.QUITE_SOON


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
    beat, read, signs = click
    points = points_of(signs)
    if points >= MACHINE_FROM:
        return Grade.MACHINE, reason_of(signs)
    if points < SUSPECT_FROM or any(0 <= proof_ms - beat.at_ms <= PROOF_MS for proof_ms in proofs):
        return HUMAN
    if beat.settled and points_of(signs - (EXCUSED_READ if read else EXCUSED)) < SUSPECT_FROM:
        near = [other for other in calm if abs(other.beat.at_ms - beat.at_ms) <= NEAR_MS]
        if links_of(near) <= QUIET_LINKS:
            return HUMAN
    return Grade.SUSPECT, reason_of(signs)


def _of_open(beat: Beat, thread: Thread, machines: Sequence[Beat]) -> Judged:
    """An open: of a proxy, at delivery, by a client that is a machine; or from a data centre's network."""
    if beat.timed and (_at_delivery(beat, thread) or opened_by(machines, beat)) and not beat.signs:
        return Grade.MACHINE, Sign.AT_DELIVERY if _at_delivery(beat, thread) else Sign.SAME_CLIENT
    points = points_of(beat.signs)
    if points < SUSPECT_FROM:
        return HUMAN
    return (Grade.MACHINE if points >= MACHINE_FROM else Grade.SUSPECT), reason_of(set(beat.signs))
