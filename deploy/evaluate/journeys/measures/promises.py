"""What alerts and transitions are promised to be: never twice, never of the past, made of causes that add up, few."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.evaluate.journeys.meaning import ABSENCES, DAY_MS
from deploy.evaluate.journeys.told import Raised, Told
from schemas.alert import Alert, AlertStatus, Delivery
from schemas.cause import Cause
from schemas.transition import Transition

BACKFILL_MS = DAY_MS
SLACK_MS = 3_600_000
"""Longer than the line here takes to see that something is due."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much reaches the teams.

    Args:
        mean: alerts sent, divided by the owners in the directory and the days of the span; those to whole teams are
            nobody's and left out. Each counts once, however often it is said anew.
        most: the most alerts that any owner got at once, one by one, on any day (UTC) by the alerts' event time.
        digests: the same as `mean`, of digests.
        share_by_digest: share of the alerts sent that came with a digest.
    """

    mean: float
    most: int
    digests: float
    share_by_digest: float


def load_of(sent: Sequence[Raised], owners: int, days: float) -> Load:
    """Alerts per owner and day, as they lie on the teams' topics.

    Args:
        owners: how many people own accounts in the directory.
    """
    mine: dict[tuple[str, int], int] = {}
    seen: set[str] = set()
    digests: set[str] = set()
    by_digest = 0
    for each in sent:
        alert = each.alert
        if not alert.routed_to or alert.alert_id in seen or alert.status is not AlertStatus.RAISED:
            continue
        seen.add(alert.alert_id)
        if alert.delivery is Delivery.DIGEST:
            digests.add(alert.digest_id)
            by_digest += 1
        else:
            desk = (alert.routed_to, each.raised_ms // DAY_MS)
            mine[desk] = mine.get(desk, 0) + 1
    owner_days = max(1.0, owners * days)
    return Load(
        len(seen) / owner_days, max(mine.values(), default=0), len(digests) / owner_days, by_digest / max(1, len(seen))
    )


def duplicates_of(told: Told, cool_ms: Mapping[str, int]) -> Iterator[str]:
    """Alerts that were raised twice, in words: the same id again without a next revision, or the same trigger for the
    same account within its cool-down by event time, both standing at the end.

    Args:
        cool_ms: trigger -> its cool-down, which is promised.
    """
    revision: dict[str, int] = {}
    for each in told.said:
        alert = each.alert
        if alert.revision <= revision.get(alert.alert_id, -1):
            yield f"{alert.trigger} of {alert.account_id}: id {alert.alert_id} was raised twice"
        revision[alert.alert_id] = alert.revision
    last: dict[tuple[str, str], Raised] = {}
    for each in sorted(told.standing, key=lambda each: each.raised_ms):
        before = last.get((each.alert.account_id, each.alert.trigger))
        last[each.alert.account_id, each.alert.trigger] = each
        if before is None or before.alert.alert_id == each.alert.alert_id:
            continue
        if each.raised_ms - before.raised_ms < cool_ms.get(each.alert.trigger, 0):
            yield f"{each.alert.trigger} of {each.alert.account_id}: again after {each.raised_ms - before.raised_ms} ms"


def not_additive(told: Told) -> Iterator[str]:
    """Transitions and alerts, retracted and withdrawn ones too, whose causes' points do not sum to the score exactly,
    in words; what is withdrawn has no causes and the score 0."""
    said: list[Transition | Alert] = [*(move.transition for move in told.moves), *(each.alert for each in told.said)]
    for noun in said:
        if sum_of(noun.causes) != noun.score:
            id_ = noun.alert_id if isinstance(noun, Alert) else noun.transition_id
            yield f"{type(noun).__name__} {id_}: causes sum to {sum_of(noun.causes)}, the score is {noun.score}"


def sum_of(causes: Sequence[Cause]) -> float:
    """Points of causes together."""
    return sum(cause.points for cause in causes)


def of_the_past(raised: Sequence[Raised]) -> Iterator[str]:
    """Alerts from backfill, in words: those on their topic more than a day after what raised them.

    What raised an alert is the newest of its decisive events; of what did not happen, the moment at which it was due.
    Both by event time: so whatever brings history late (a name, an export, a replay), it raises nothing. An hour of
    slack is left for the line to see what is due.
    """
    for each in raised:
        newest_ms = max((cause.occurred_ms for cause in each.alert.causes if cause.decisive), default=each.raised_ms)
        because_ms = each.raised_ms if each.alert.trigger in ABSENCES else newest_ms
        if each.told_ms - because_ms > BACKFILL_MS + SLACK_MS:
            days = (each.told_ms - because_ms) / DAY_MS
            yield f"{each.alert.trigger} of {each.alert.account_id}: told {days:.1f} days after {because_ms}"
