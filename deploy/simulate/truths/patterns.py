"""Truths that several acts show together, or acts that did not come: read off what a company did, whatever its script.

So they hold in any journey: a deal that drags on lets a trial stand still, too, and a script that is over has stopped
using what it bought.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from deploy.simulate.acts import Act
from deploy.simulate.buying import EXPIRING_DAYS
from deploy.simulate.spec import DAY_MS, WorldSpec
from deploy.simulate.world import Company

STALL_DAYS = 5.0
DROP_DAYS = 7.0
SILENT_DAYS = 10.0
RENEWAL_DAYS = 90.0
GROUP_PEOPLE, GROUP_DAYS = 3, 14.0
USED_DAYS, USUAL_DAYS = 5, 28.0
"""Who used it on so many days of so many is a user whose silence says something."""

_USES = frozenset({"feature_used", "signed_in", "trial_activated", "user_invited"})


def patterns_of(spec: WorldSpec, company: Company, acts: Sequence[Act]) -> Iterator[tuple[str, int]]:
    """Trigger points and when they were true, ms since 1970: each time anew, in no order.

    Args:
        acts: what people of the company did within the span, in order of time.
    """
    day_ms = int(DAY_MS / spec.pace)
    won = [act.at_ms for act in acts if act.type == "opportunity_won"]
    bought_ms = company.customer_since_ms or next(iter(won), 0)
    yield from (("buying_group", at_ms) for at_ms in groups(acts, bought_ms or spec.end_ms, day_ms))
    yield from (("trial_stalled", at_ms) for at_ms in stalls(acts, spec.end_ms, day_ms))
    yield from (("trial_expiring", at_ms) for at_ms in ends(acts, spec.end_ms, day_ms))
    yield from (("deal_silent", at_ms) for at_ms in silences(acts, bought_ms or spec.end_ms, spec.end_ms, day_ms))
    if company.renews_ms and (at_ms := opens(company, acts)) and at_ms < spec.end_ms:
        yield "renewal_window", at_ms
    if bought_ms:
        yield from (("usage_drop", at_ms) for at_ms in drops(acts, bought_ms, spec.end_ms, day_ms))


def groups(acts: Iterable[Act], until_ms: int, day_ms: int) -> Iterator[int]:
    """When a third person acts under a name within a fortnight, before the purchase; once."""
    seen: dict[str, int] = {}
    for act in acts:
        if act.at_ms >= until_ms:
            return
        if act.person:
            seen[act.person.email] = act.at_ms
            if sum(act.at_ms - at_ms <= GROUP_DAYS * day_ms for at_ms in seen.values()) >= GROUP_PEOPLE:
                yield act.at_ms
                return


def stalls(acts: Sequence[Act], end_ms: int, day_ms: int) -> Iterator[int]:
    """When a running trial has not been used for five days; a purchase or its end is the end of it."""
    for start in (act for act in acts if act.type == "trial_started"):
        over = [act.at_ms for act in acts if act.type in ("opportunity_won", "trial_ended") and act.at_ms > start.at_ms]
        until_ms = min(end_ms, start.data["trial_ends_at"], *over)
        uses = [act.at_ms for act in acts if act.type in _USES and start.at_ms < act.at_ms < until_ms]
        yield from _silences((start.at_ms, *uses, until_ms), STALL_DAYS * day_ms)


def ends(acts: Sequence[Act], end_ms: int, day_ms: int) -> Iterator[int]:
    """When a trial that nobody has bought by then ends in three days."""
    won_ms = min((act.at_ms for act in acts if act.type == "opportunity_won"), default=end_ms)
    for start in (act for act in acts if act.type == "trial_started"):
        at_ms = start.data["trial_ends_at"] - int(EXPIRING_DAYS * day_ms)
        if at_ms < min(won_ms, end_ms):
            yield at_ms


def silences(acts: Sequence[Act], bought_ms: int, end_ms: int, day_ms: int) -> Iterator[int]:
    """When a company that has asked for a demo or an offer has not been heard of for ten days, before the purchase or a
    lost deal."""
    asked = [act.at_ms for act in acts if act.type == "opportunity_created" or act.form == "demo"]
    lost = [act.at_ms for act in acts if act.type == "opportunity_lost"]
    if asked:
        until_ms = min(bought_ms, end_ms, *lost)
        heard = [act.at_ms for act in acts if asked[0] <= act.at_ms < until_ms and act.type != "open"]
        yield from _silences((*heard, until_ms), SILENT_DAYS * day_ms)


def opens(company: Company, acts: Sequence[Act]) -> int:
    """When the contract of a customer ends in three months, or, if that was before, when it is first heard of; 0 if
    never."""
    if not acts:
        return 0
    at_ms = max(company.renews_ms - int(RENEWAL_DAYS * DAY_MS), acts[0].at_ms)
    return at_ms if at_ms < company.renews_ms else 0


def drops(acts: Sequence[Act], bought_ms: int, end_ms: int, day_ms: int) -> Iterator[int]:
    """When a customer who has used it on most days of a week or more has not used it for a week."""
    uses = [act.at_ms for act in acts if act.type in _USES and act.at_ms > bought_ms]
    for at_ms in _silences((*uses, end_ms), DROP_DAYS * day_ms):
        last_ms = at_ms - int(DROP_DAYS * day_ms)
        usual = {use // day_ms for use in uses if last_ms - USUAL_DAYS * day_ms < use <= last_ms}
        if len(usual) >= USED_DAYS:
            yield at_ms


def _silences(moments: Iterable[int], length_ms: float) -> Iterator[int]:
    for before_ms, after_ms in pairwise(moments):
        if after_ms - before_ms >= length_ms:
            yield before_ms + int(length_ms)
