"""Rules in words, for tables and differences that people read."""

from pipeline.rules.mapping import MappingRule, Range
from pipeline.rules.model import ActivityRule, Rules, StageRule, TriggerRule
from pipeline.rules.predicates import (
    Count,
    CountBelow,
    HasFit,
    InStage,
    IsCustomer,
    IsProspect,
    NoPerson,
    NoTrial,
    People,
    Predicate,
    Quiet,
    Score,
    ScoreBelow,
    TrialOpen,
    UsageDrop,
    Uses,
    UsesBelow,
)
from pipeline.rules.signs import (
    Depth,
    GroupComplete,
    HasGoneQuiet,
    IsBack,
    Joined,
    MomentumDown,
    MomentumUp,
    NewTopic,
    RenewsWithin,
    RolesSeen,
    Sign,
    SurgeOf,
)
from pipeline.rules.timers import (
    Absence,
    CustomerEvery,
    PersonQuiet,
    RenewalDue,
    SlaOver,
    Timer,
    TrialEnds,
    TrialQuiet,
)


def condition(predicate: Predicate) -> str:
    """A condition in words, e.g. `at least 2 of pricing_view in 7 days`."""
    match predicate:
        case Count():
            nameless = ", all without a name" if predicate.anonymous_only else ""
            return (
                f"at least {predicate.at_least} of {_any(predicate.types)} in {_days(predicate.within_days)}{nameless}"
            )
        case Score():
            return f"score {predicate.at_least:g} or more"
        case People():
            return f"at least {predicate.at_least} people in {_days(predicate.within_days)}"
        case InStage():
            return f"in stage {_any(predicate.any_of)}"
        case TrialOpen():
            state = {None: "", True: ", activated", False: ", not yet activated"}[predicate.activated]
            return f"a trial runs{state}"
        case IsCustomer():
            return "a customer"
        case IsProspect():
            return "no customer"
        case HasFit():
            return f"fit {_any(tuple(grade or 'unknown' for grade in predicate.any_of))}"
        case Uses():
            return f"at least {predicate.at_least} uses in {_days(predicate.within_days)}"
        case UsageDrop():
            return (
                f"uses of {_days(predicate.recent_days)} below {predicate.below_share:.0%} of the usual "
                f"(at least {predicate.before_at_least} in {_days(predicate.before_days)} before)"
            )
    return _faded(predicate)


def _faded(predicate: NoPerson | NoTrial | ScoreBelow | CountBelow | UsesBelow | Quiet | Sign) -> str:
    match predicate:
        case NoPerson():
            return f"nobody known by name in {_days(predicate.within_days)}"
        case NoTrial():
            return "no trial runs"
        case ScoreBelow():
            return f"score below {predicate.points:g}"
        case CountBelow():
            few = "none" if predicate.fewer_than == 1 else f"fewer than {predicate.fewer_than}"
            return f"{few} of {_any(predicate.types)} in {_days(predicate.within_days)}"
        case UsesBelow():
            return f"fewer than {predicate.fewer_than} uses in {_days(predicate.within_days)}"
        case Quiet():
            return f"no sign of a person for {_days(predicate.days)}"
    return _unusual(predicate)


def _unusual(sign: Sign) -> str:
    match sign:
        case SurgeOf():
            return (
                f"in 3 weeks at least {sign.times:g} times the interactions and {sign.people_times:g} times the people "
                f"of the 12 weeks before (at least {sign.at_least} interactions and {sign.people} people a week, "
                f"known for {sign.known_weeks:g} weeks)"
            )
        case MomentumUp():
            return (
                f"interactions of 7 days at least {sign.times:g} times those of the 21 before "
                f"(at least {sign.at_least}, and {sign.before_at_least} before)"
            )
        case MomentumDown():
            return (
                f"interactions of 7 days below {sign.below_share:.0%} of those of the 21 before "
                f"(at least {sign.before_at_least})"
            )
        case Depth():
            return (
                f"one person with at least {sign.at_least} different of {_any(sign.types)} in {_days(sign.within_days)}"
            )
        case NewTopic():
            return f"a new topic touched {sign.at_least} times in {_days(sign.within_days)}"
        case RenewsWithin():
            return f"its contract ends within {_days(sign.days)}"
    return _of_people(sign)


def _of_people(sign: RolesSeen | GroupComplete | Joined | HasGoneQuiet | IsBack) -> str:
    match sign:
        case RolesSeen():
            of = f" of {_any(sign.any_of)}" if sign.any_of else ""
            return f"at least {sign.at_least} different roles{of} in {_days(sign.within_days)}"
        case GroupComplete():
            return f"the buying group at least {sign.percent:g}% complete in {_days(sign.within_days)}"
        case Joined():
            return f"a new {_any(sign.roles)} in {_days(sign.within_days)}, beside at least {sign.others} known before"
        case HasGoneQuiet():
            return f"{_who(sign.roles)} with at least {sign.acts} signs not seen for {_days(sign.days)}"
        case IsBack():
            return f"{_who(sign.roles)} with at least {sign.acts} signs back after {_days(sign.away_days)}"


def _who(roles: tuple[str, ...]) -> str:
    return f"a {_any(roles)}" if roles else "somebody"


def conditions(predicates: tuple[Predicate, ...]) -> str:
    """Conditions that must all hold."""
    return " and ".join(map(condition, predicates))


def entering(rule: StageRule) -> str:
    """What brings an account into a stage by behaviour; '' where nothing does."""
    return "; or ".join(map(conditions, rule.enter))


def fading(rule: ActivityRule) -> str:
    """How an activity's points fade."""
    if rule.lifespan_days is not None:
        return f"evenly to 0 in {_days(rule.lifespan_days)}"
    return f"half in {_days(rule.half_life_days or 0)}"


def timer(rule: Timer) -> str:
    """When a timer is due."""
    match rule:
        case TrialQuiet():
            return f"{_days(rule.days)} after a trial's last use"
        case TrialEnds():
            return f"{_days(rule.days_before)} before a trial ends"
        case CustomerEvery():
            return f"every {_days(rule.days)}, for customers"
        case SlaOver():
            return "when a stage's time is over"
        case Absence():
            return f"{_days(rule.days)} without a sign in stage {_any(rule.stages)}"
        case PersonQuiet():
            return f"when {_who(rule.roles)} with at least {rule.acts} signs has not been seen for {_days(rule.days)}"
        case RenewalDue():
            return f"{_days(rule.days_before)} before a customer's contract ends"


_MATCHERS = {
    "pages": "on a page {}",
    "pages_with": "on a page with {}",
    "forms": "form {}",
    "assets": "asset {}",
    "topics": "about {}",
    "features": "feature {}",
    "products": "product {}",
}


def mapping(rule: MappingRule) -> str:
    """Which events a rule of the mapping takes, e.g. `page_view of web, on a page pricing or plans`."""
    parts = [_any(rule.events) + (f" of {rule.source}" if rule.source else "")]
    parts += [text.format(_any(given)) for name, text in _MATCHERS.items() if (given := getattr(rule, name))]
    parts += [f"{name} {_range(asked)}" for name in ("rating", "amount") if (asked := getattr(rule, name))]
    parts += [
        f"{name} {_any(asked.any_of) if asked.any_of else _range(asked)}" for name, asked in rule.properties.items()
    ]
    return ", ".join(parts)


def _range(asked: Range) -> str:
    bounds = (("from", asked.at_least), ("to", asked.at_most), ("below", asked.below))
    return " ".join(f"{word} {number:g}" for word, number in bounds if number is not None)


def judged(rule: TriggerRule) -> str:
    """When a trigger is judged, and what must hold."""
    when = [f"after {_any(rule.after)}"] if rule.after else []
    when += [timer(rule.timer)] if rule.timer else []
    asked = f", if {conditions(rule.when)}" if rule.when else ""
    return " or ".join(when) + asked


def ways_into(rules: Rules, stage: str) -> list[str]:
    """What else brings accounts into a stage: facts of the CRM, silence, gates that do not open."""
    ways = [
        f"{_any(rule.types)} of the CRM" + (f", if {conditions(rule.when)}" if rule.when else "")
        for rule in rules.facts
        if rule.stage == stage
    ]
    if rules.quiet.stage == stage:
        ways.append(
            f"no sign of a person for {_days(rules.quiet.days)} ({_days(rules.quiet.customer_days)} for customers)"
        )
    ways += [
        f"the gate {rule.name} does not open" for rule in rules.stages if rule.gate and rule.gate.otherwise == stage
    ]
    return ways


def _any(names: tuple[str, ...]) -> str:
    return " or ".join(names) if len(names) <= 2 else f"{', '.join(names[:-1])} or {names[-1]}"


def _days(days: float) -> str:
    return "1 day" if days == 1 else f"{days:g} days"
