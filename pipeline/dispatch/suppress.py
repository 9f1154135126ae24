"""Lists of the policy: alerts that are kept back by domain, account, trigger or the role of who brought them about."""

from collections.abc import Sequence

from pipeline.dispatch.rules import SuppressRule
from schemas.alert import Alert


def listed(alert: Alert, rules: Sequence[SuppressRule]) -> str | None:
    """Why an alert is kept back, in the list's words; None if it is not."""
    for rule in rules:
        if _fits(rule, alert):
            return rule.why or _in_words(rule)
    return None


def _fits(rule: SuppressRule, alert: Alert) -> bool:
    return (
        (not rule.account or alert.account_id in rule.account)
        and (not rule.trigger or alert.trigger in rule.trigger)
        and (not rule.domain or _of_domain(rule.domain, alert))
        and (not rule.role or _of_role(rule.role, alert))
    )


def _of_domain(domains: Sequence[str], alert: Alert) -> bool:
    wanted = {domain.casefold().lstrip("@") for domain in domains}
    if wanted & {domain.casefold() for domain in (alert.account_id, *alert.domains)}:
        return True
    hosts = [person.rpartition("@")[2].casefold() for person in _behind(alert)]
    return bool(hosts) and all(host in wanted for host in hosts)


def _of_role(roles: Sequence[str], alert: Alert) -> bool:
    titles = {one.person: f" {' '.join(one.job_title.casefold().split())} " for one in alert.people}
    behind = [titles.get(person, "") for person in _behind(alert)]
    wanted = [f" {' '.join(role.casefold().split())} " for role in roles]
    return bool(behind) and all(any(role in title for role in wanted) for title in behind)


def _behind(alert: Alert) -> list[str]:
    """Who brought it about, as far as they are known by name; nobody known may be anybody."""
    decisive = [cause for cause in alert.causes if cause.decisive]
    if any(not cause.person for cause in decisive):
        return []
    return sorted({cause.person for cause in decisive})


def _in_words(rule: SuppressRule) -> str:
    named = {name: getattr(rule, name) for name in ("domain", "account", "trigger", "role")}
    return "; ".join(f"{name} {', '.join(values)}" for name, values in named.items() if values)
