"""Whom an alert goes to: the first route that fits, else the account's owner, else the team's desk.

Who is away is stood in for by their deputy, and that one by theirs; where nobody is left it goes to the desk, and where
that is nobody either to the whole team.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.dispatch.preferences import local_day
from pipeline.dispatch.rules import DESK, OWNER, AlertIs
from pipeline.handover.hours import ALWAYS
from pipeline.handover.policy import Policy
from schemas.account import Account
from schemas.alert import NOBODY, Alert
from schemas.base import Team, to_ms

DOMAINS_MAX = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """What routes may ask of an alert."""

    team: Team
    trigger: str
    owner: str
    account_team: str
    tier: str
    region: str
    stage: str
    product: str = ""


def addressed(alert: Alert, account: Account | None, policy: Policy, before: Alert | None = None) -> Alert:
    """An alert with whom it goes to, and what the directory says of its account that later steps ask for.

    Args:
        alert: as it is raised.
        account: its directory entry, if it has one.
        policy: who gets what, and who is away when.
        before: as it was said before: a later revision goes to the same.
    """
    if before is not None:
        said = {"routed_to": before.routed_to, "region": before.region, "domains": before.domains}
        return alert.model_copy(update=said)
    facts = Facts(
        team=alert.team,
        trigger=alert.trigger,
        owner=alert.owner,
        account_team=account.team if account is not None else "",
        tier=alert.tier,
        region=account.region if account is not None else "",
        stage=alert.stage,
        product=alert.product,
    )
    return alert.model_copy(
        update={
            "routed_to": route(facts, policy, max(to_ms(alert.raised_at), to_ms(alert.received_at))),
            "region": facts.region,
            "domains": account.domains[:DOMAINS_MAX] if account is not None else (),
        }
    )


def owner_key_of(alert: Alert) -> str:
    """Whom an alert is kept for: a name, or the whole of a team."""
    return alert.routed_to or f"team/{alert.team}"


def route(facts: Facts, policy: Policy, at_ms: int) -> str:
    """Whom an alert goes to: a name, '' for the whole team, `nobody` for nobody.

    Args:
        facts: of the alert.
        policy: who gets what, and who is away when.
        at_ms: when it is raised.
    """
    to = next((rule.to for rule in policy.routes if fits(rule.when, facts)), OWNER)
    if to == NOBODY:
        return NOBODY
    rule = policy.teams.get(facts.team)
    desk = rule.desk if rule is not None else ""
    name = {OWNER: facts.owner, DESK: desk}.get(to, to)
    return _there(name, policy, at_ms) or _there(desk, policy, at_ms)


def fits(wanted: AlertIs, facts: Facts) -> bool:
    """Whether an alert is what a route asks for."""
    return all(_any_of(getattr(wanted, name), getattr(facts, name)) for name in AlertIs.model_fields)


def _any_of(wanted: Sequence[str], given: str) -> bool:
    return not wanted or given in wanted


def _there(name: str, policy: Policy, at_ms: int) -> str:
    """The person, or whoever stands in for them; '' if nobody is there."""
    asked: set[str] = set()
    while name and name not in asked:
        asked.add(name)
        rule = policy.owners.get(name)
        if rule is None:
            return name
        zone = (policy.built[rule.calendar] if rule.calendar else ALWAYS).zone
        today = date.fromordinal(local_day(zone, at_ms)).isoformat()
        away = next((one for one in rule.absences if one.first_day <= today <= one.last_day), None)
        if away is None:
            return name
        name = away.deputy or rule.deputy
    return ""
