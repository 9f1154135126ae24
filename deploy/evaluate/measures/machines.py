"""How many machine hits are caught, by kind, and how many human hits are lost with them.

One measure for both sides: a hit graded machine or suspect does not count as a human's (it weighs nothing, or a fifth).
A machine's is then caught, a human's lost.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from deploy.evaluate.measures.attribution import Share
from deploy.evaluate.standing import Standing
from deploy.evaluate.world import Case
from schemas.base import Source
from schemas.event import Grade

BURST_LINKS = 3
BURST_MS = 10_000
MACHINE = frozenset({Grade.MACHINE})
NOT_HUMAN = frozenset({Grade.MACHINE, Grade.SUSPECT})


@dataclass(frozen=True, slots=True)
class Machines:
    """Grades at the end, after all corrections.

    Args:
        caught: machine hits graded machine or suspect, of all.
        by_kind: the same by kind.
        sure: machine hits graded machine, of all.
        bursts: hits of scanner bursts graded machine, of all of them: a machine opened three links of a mail or more
            within ten seconds. Suspect does not do here.
        lost: human hits graded machine or suspect, of all.
        lost_by_kind: the same by kind, where any is lost.
        surely_lost: human hits graded machine, of all.
    """

    caught: Share
    by_kind: Mapping[str, Share]
    sure: Share
    bursts: Share
    lost: Share
    lost_by_kind: Mapping[str, Share]
    surely_lost: Share


def weigh_machines(cases: Sequence[Case], standing: Standing) -> Machines:
    """Compare grades with what is true."""
    machines = [case for case in cases if case.truth.machine]
    humans = [case for case in cases if not case.truth.machine]
    bursts = _bursts(machines)
    lost = _by_kind(humans, standing)
    return Machines(
        caught=_share(machines, standing, NOT_HUMAN),
        by_kind=_by_kind(machines, standing),
        sure=_share(machines, standing, MACHINE),
        bursts=_share(bursts, standing, MACHINE),
        lost=_share(humans, standing, NOT_HUMAN),
        lost_by_kind={kind: share for kind, share in lost.items() if share.right},
        surely_lost=_share(humans, standing, MACHINE),
    )


def _bursts(machines: Sequence[Case]) -> list[Case]:
    """Machine clicks in mails of which a machine clicked several links within a short time."""
    clicks = [case for case in machines if case.event.source is Source.EMAIL and case.event.type == "click"]
    mails: dict[tuple[str, str], list[Case]] = {}
    for case in clicks:
        mails.setdefault(_mail(case), []).append(case)
    return [case for found in mails.values() if _at_once(found) for case in found]


def _at_once(clicks: Sequence[Case]) -> bool:
    times = [case.event.occurred_ms for case in clicks]
    return len({case.event.url for case in clicks}) >= BURST_LINKS and max(times) - min(times) <= BURST_MS


def _mail(case: Case) -> tuple[str, str]:
    return case.event.message_id, case.event.email


def _share(cases: Sequence[Case], standing: Standing, grades: Collection[Grade]) -> Share:
    graded = sum(standing.grades.get(case.event.event_id, case.event.grade) in grades for case in cases)
    return Share(graded, len(cases))


def _by_kind(cases: Sequence[Case], standing: Standing) -> dict[str, Share]:
    kinds = Counter(case.truth.kind for case in cases)
    return {
        kind: _share([case for case in cases if case.truth.kind == kind], standing, NOT_HUMAN) for kind in sorted(kinds)
    }
