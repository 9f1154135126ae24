"""Trigger precision, trigger recall, and the lead an alert gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from deploy.evaluate.journeys.meaning import ABSENCES, TRIGGERS
from deploy.evaluate.journeys.named import HOUR_MS
from deploy.evaluate.journeys.tale import Point, Tale
from deploy.evaluate.journeys.told import Raised
from deploy.evaluate.measures.attribution import Share

DAY_MS = 24 * HOUR_MS
WITHIN_MS = DAY_MS
"""How old the act that makes an alert true may be, and how long after a point can be known its alert may come."""

AHEAD_MS = 10 * 60_000
"""How much later than the alert the act may lie: clocks of producers are set right on the way."""

ABSENT_WITHIN_MS = 3 * DAY_MS
"""How far an alert on what did not happen may lie from the moment agreed on, on either side."""


@dataclass(frozen=True, slots=True)
class Triggers:
    """How right and how complete alerts are.

    Args:
        precision: alerts raised that are true, of all raised, be they retracted since.

            An alert is true if it is raised for an account of the company, the company is not suppressed, and the
            trigger is true of it: one of its people truly did what the trigger is about in the 24 hours before the
            alert's event time, or, for what did not happen, the truth's moment lies within three days of it. What a
            trigger is about stands in `meaning.py`; thresholds and points of the pipeline are not asked. A machine's
            hits, another company's and those of before a purchase make nothing true.
        recall: points that were told, of all points.

            A point is the first moment of a trigger in a company's true journey, if it could be known within a day:
            its act could be named by then (`named.py`); of a journey's begin, the first act that could be named; of a
            buying group, the third person who could; of what did not happen, the last use before it. Points of
            suppressed companies are none. It was told if a true alert that still stands was on its topic at most 24
            hours after the point could be known (three days on either side for what did not happen), or within the
            trigger's cool-down before, when the team was at it already.
        by_trigger: trigger -> (precision, recall).
        lead_hours: median over the points told of hours from the alert on its topic to the company's next true step
            after the point; below zero if the step came first. Steps are the truth's milestones, a lost deal and
            silence aside. Points with no later step within the span, and hurried journeys, have none; None if no point
            has any.
        lead_by_trigger: the same for each.
        leads: how many points that is taken from.
        missed, false: what is wrong, in words.
    """

    precision: Share
    recall: Share
    by_trigger: Mapping[str, tuple[Share, Share]]
    lead_hours: float | None
    lead_by_trigger: Mapping[str, float]
    leads: int
    missed: Sequence[str]
    false: Sequence[str]


def judge_triggers(
    tales: Sequence[Tale],
    raised: Sequence[Raised],
    lasting: Sequence[Raised],
    owners: Mapping[str, str],
    cool_ms: Mapping[str, int],
) -> Triggers:
    """Compare alerts with what is true.

    Args:
        raised, lasting: alerts as they were raised, those retracted since among the first only.
        owners: account id -> company.
        cool_ms: trigger -> its cool-down, which is promised.
    """
    by_company = {tale.company_id: tale for tale in tales}
    true = {id(each): _is_true(each, by_company.get(owners.get(each.alert.account_id, ""))) for each in raised}
    told: dict[tuple[str, str], list[Raised]] = {}
    for each in lasting:
        if true[id(each)]:
            told.setdefault((owners[each.alert.account_id], each.alert.trigger), []).append(each)
    found: dict[str, list[bool]] = {name: [] for name in TRIGGERS}
    leads: dict[str, list[float]] = {name: [] for name in TRIGGERS}
    missed = []
    for tale in tales:
        for point in tale.points:
            candidates = told.get((tale.company_id, point.trigger), [])
            alert = _alert_on(point, candidates, cool_ms.get(point.trigger, 0))
            found[point.trigger].append(alert is not None)
            if alert is None:
                missed.append(f"{point.trigger} of {tale.company_id} ({tale.journey.script}) at {point.at_ms}")
            elif (step_ms := _step_after(point, tale)) and not tale.journey.hurried:
                leads[point.trigger].append((step_ms - alert.told_ms) / HOUR_MS)
    by_trigger = {
        name: (
            _share([true[id(each)] for each in raised if each.alert.trigger == name]),
            _share(found[name]),
        )
        for name in TRIGGERS
    }
    every = [lead for given in leads.values() for lead in given]
    return Triggers(
        precision=_share(list(true.values())),
        recall=_share([hit for hits in found.values() for hit in hits]),
        by_trigger=by_trigger,
        lead_hours=median(every) if every else None,
        lead_by_trigger={name: median(given) for name, given in leads.items() if given},
        leads=len(every),
        missed=missed,
        false=[_shown(each, owners) for each in raised if not true[id(each)]],
    )


def _is_true(each: Raised, tale: Tale | None) -> bool:
    if tale is None or tale.silent:
        return False
    moments = tale.moments.get(each.alert.trigger, ())
    if each.alert.trigger in ABSENCES:
        return any(abs(moment - each.raised_ms) <= ABSENT_WITHIN_MS for moment in moments)
    return any(-AHEAD_MS <= each.raised_ms - moment <= WITHIN_MS for moment in moments)


def _alert_on(point: Point, alerts: Sequence[Raised], cool_ms: int) -> Raised | None:
    """The first alert that tells of a point in time."""
    within_ms = ABSENT_WITHIN_MS if point.trigger in ABSENCES else WITHIN_MS
    early_ms = max(cool_ms, within_ms if point.trigger in ABSENCES else 0)
    return next((each for each in alerts if -early_ms <= each.told_ms - point.known_ms <= within_ms), None)


def _step_after(point: Point, tale: Tale) -> int:
    return next((step_ms for step_ms in tale.steps if step_ms > point.at_ms), 0)


def _share(right: Sequence[bool]) -> Share:
    return Share(sum(right), len(right))


def _shown(each: Raised, owners: Mapping[str, str]) -> str:
    company = owners.get(each.alert.account_id, "nobody")
    return f"{each.alert.trigger} of {each.alert.account_id} ({company}) at {each.raised_ms}"
