"""Mails under watch: judged anew when something about them changes; the newest are kept."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.machines.judge import judge
from pipeline.machines.signs import QUARANTINE_MS
from schemas.event import Grade
from schemas.hit import Act, Beat, Held, Thread

KEPT_MS = 24 * 3_600_000
THREADS_MAX = 8
BEATS_MAX = 32
DELIVERED_MAX = 4

_OPENS = (Act.OPEN, Act.PROXY)


class Verdict(NamedTuple):
    """What an earlier hit has become."""

    event_id: str
    grade: Grade
    grade_reason: str


def with_delivery(thread: Thread, at_ms: int) -> Thread:
    """The mail, delivered once more."""
    return thread._replace(delivered=tuple(sorted({*thread.delivered, at_ms}))[-DELIVERED_MAX:])


def with_beat(thread: Thread, beat: Beat) -> Thread:
    """The mail with one more hit."""
    return thread._replace(beats=tuple(sorted((*thread.beats, beat), key=_order)))


def with_time(thread: Thread, now_ms: int) -> Thread:
    """The mail with the quarantines closed that are over; the same object if there are none."""
    if all(beat.settled or beat.at_ms + QUARANTINE_MS > now_ms for beat in thread.beats):
        return thread
    return thread._replace(
        beats=tuple(
            beat if beat.settled or beat.at_ms + QUARANTINE_MS > now_ms else beat._replace(settled=True)
            for beat in thread.beats
        )
    )


def judged(thread: Thread, proofs: Sequence[int]) -> tuple[Thread, list[Verdict]]:
    """The mail with each hit graded anew, and the hits whose grade has changed."""
    verdicts: list[Verdict] = []
    if not thread.beats:
        return thread, verdicts
    beats = list(thread.beats)
    for number, (grade, reason) in enumerate(judge(thread, proofs)):
        if grade is not beats[number].grade:
            beats[number] = beats[number]._replace(grade=grade)
            verdicts.append(Verdict(beats[number].event_id, grade, reason))
    return (thread._replace(beats=tuple(beats)) if verdicts else thread), verdicts


def kept(threads: Iterable[Thread]) -> tuple[Thread, ...]:
    """Of these mails the 8 newest that had something within 24 hours before the newest, in order of their ids; of each
    the newest 32 hits."""
    threads = tuple(threads)
    if len(threads) == 1 and len(threads[0].beats) <= BEATS_MAX:
        return threads
    dated = sorted(((_last_ms(thread), thread) for thread in threads), key=lambda item: (-item[0], item[1].mail))
    oldest_ms = dated[0][0] - KEPT_MS if dated else 0
    found = [thread for last_ms, thread in dated[:THREADS_MAX] if last_ms >= oldest_ms]
    found = [thread if len(thread.beats) <= BEATS_MAX else _newest(thread) for thread in found]
    return tuple(sorted(found, key=lambda thread: thread.mail))


def first_due_ms(threads: Iterable[Thread], held: Iterable[Held]) -> int:
    """When the first quarantine ends or the first held activity may go, ms since 1970; 0 if there is none."""
    ends = [
        beat.at_ms + QUARANTINE_MS
        for thread in threads
        for beat in thread.beats
        if beat.grade is Grade.SUSPECT and not beat.settled and beat.act not in _OPENS
    ]
    return min((*ends, *(one.until_ms for one in held)), default=0)


def _last_ms(thread: Thread) -> int:
    return max(thread.beats[-1].at_ms if thread.beats else 0, thread.delivered[-1] if thread.delivered else 0)


def _newest(thread: Thread) -> Thread:
    return thread._replace(beats=thread.beats[-BEATS_MAX:])


def _order(beat: Beat) -> tuple[int, str]:
    return beat.at_ms, beat.event_id
