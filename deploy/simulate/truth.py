"""What is true in a world: who belongs where, how each journey went, which messages are not what they seem.

Nothing is stored: each part is made again from the spec when it is read, one value at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from deploy.simulate.acts import Act, acts_of
from deploy.simulate.formats import moment
from deploy.simulate.journeys import plan_of
from deploy.simulate.plan import Plan
from deploy.simulate.spec import Label, WorldSpec
from deploy.simulate.stream import messages
from deploy.simulate.truths.patterns import patterns_of
from deploy.simulate.world import Company, Person

ABSENCES = frozenset({"trial_stalled", "trial_expiring", "usage_drop", "deal_silent", "renewal_window"})
"""Trigger points that show by what did not happen."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A truth about a company and since when.

    Args:
        name: of the stage or the trigger point.
        at_ms: event time from which it holds, ms since 1970.
        event_id: producer's id of the event that shows it; '' where it shows by what did not happen, or from the
            directory.
        source: source of that event, or ''.
    """

    name: str
    at_ms: int
    event_id: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class TrueJourney:
    """One company's journey as it went within the span.

    Args:
        stages: milestones in order of time: first_aware, researching, evaluating, trial_started, trial_activated,
            deciding, customer, adopting, expanding, advocating, lost, dormant (time of the last sign of life).
        triggers: trigger points, each when it was first true, in order of time: journey_begins, anonymous_surge,
            comparison_check, reference_check, pricing_interest, demo_request, trial_started, trial_activated,
            trial_invite, trial_limit, trial_stalled, trial_expiring, deal_silent, executive_joins, surge, buying_group,
            usage_drop, renewal_window, support_burst, bad_survey, bad_review, cross_sell_research, new_use_case,
            outcome_reached, social_mention, referral, advocacy.
        absences: every time that something did not happen, in order of time: trial_stalled, trial_expiring,
            deal_silent, usage_drop, renewal_window.
        people: mailboxes of those who have acted, in order of their first act under their own name.
        acts: how many events people of the company caused.
    """

    account_id: str
    script: str
    hurried: bool
    stages: tuple[Moment, ...]
    triggers: tuple[Moment, ...]
    absences: tuple[Moment, ...]
    people: tuple[str, ...]
    acts: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True)
class Truth:
    """What is true in a world. Each method reads the world anew.

    Args:
        spec: the world.
    """

    spec: WorldSpec

    def companies(self) -> Iterator[Company]:
        """All companies, in the directory or not."""
        return (plan_of(self.spec, index).company for index in range(self.spec.companies))

    def people(self) -> Iterator[tuple[Company, Person]]:
        """All people with their company. An id that none of them has belongs to nobody."""
        return ((company, person) for company in self.companies() for person in company.people)

    def journeys(self) -> Iterator[TrueJourney]:
        """The journey of each company."""
        return (journey_of(self.spec, plan_of(self.spec, index)) for index in range(self.spec.companies))

    def messages(self) -> Iterator[dict[str, Any]]:
        """The truth about each message, in order of sending; `ordinal` counts from 0."""
        for ordinal, message in enumerate(messages(self.spec)):
            yield {
                "ordinal": ordinal,
                "label": message.label,
                "kind": message.kind,
                "topic": message.topic_noun,
                "account_id": message.account_id,
                "event_ids": message.event_ids,
                "machines": dict(message.machines),
                "occurred_ms": message.occurred_ms,
                "sent_ms": message.sent_ms,
            }

    def marks(self) -> Iterator[dict[str, Any]]:
        """The truth about those messages only that are bad, resent, or have machine hits in them."""
        return (row for row in self.messages() if row["label"] is not Label.HUMAN or row["machines"])


def truth(spec: WorldSpec) -> Truth:
    """The truth about a world."""
    return Truth(spec)


def journey_of(spec: WorldSpec, plan: Plan) -> TrueJourney:
    """How a company's journey went within the span."""
    company = plan.company
    found: dict[str, Moment] = {}
    people: dict[str, None] = {}
    count, first_ms, last_ms = 0, 0, 0
    acts = _human_acts(spec, plan)
    for act in acts:
        count += 1
        first_ms = first_ms or act.at_ms
        if act.type != "trial_ended":
            last_ms = act.at_ms
        if act.person:
            people.setdefault(act.person.email)
        marks = act.marks
        if count == 1 and not company.customer_since_ms:
            marks = ("stage:first_aware", "trigger:journey_begins", *marks)
        for mark in marks:
            found.setdefault(mark, Moment(mark.partition(":")[2], act.at_ms, act.event_id, act.source))
    patterns = sorted(patterns_of(spec, company, acts), key=lambda pattern: pattern[1])
    shown = {act.at_ms: act for act in acts}
    for name, at_ms in patterns:
        by = () if name in ABSENCES else (shown[at_ms].event_id, shown[at_ms].source)
        found.setdefault(f"trigger:{name}", Moment(name, at_ms, *by))
    if company.customer_since_ms:
        found["stage:customer"] = Moment("customer", company.customer_since_ms)
    if plan.quiet and plan.sessions[-1].at_ms < spec.end_ms:
        found["stage:dormant"] = Moment("dormant", last_ms)
    return TrueJourney(
        company.account_id,
        company.script,
        bool(company.hurry_until),
        _in_order(found, "stage:"),
        _in_order(found, "trigger:"),
        tuple(Moment(name, at_ms) for name, at_ms in patterns if name in ABSENCES),
        tuple(people),
        count,
        first_ms,
        last_ms,
    )


def _human_acts(spec: WorldSpec, plan: Plan) -> list[Act]:
    """What people of the company did within the span, in order of time; machines, and mails that arrive, aside."""
    acts = [act for number in range(len(plan.sessions)) for bundle in acts_of(spec, plan, number) for act in bundle]
    acts.sort(key=lambda act: act.at_ms)
    return [act for act in acts if act.label is not Label.MACHINE and act.type != "delivered"]


def _in_order(found: dict[str, Moment], kind: str) -> tuple[Moment, ...]:
    return tuple(sorted((found[mark] for mark in found if mark.startswith(kind)), key=lambda moment: moment.at_ms))


def write_truth(truth: Truth, folder: Path, *, every_message: bool = False) -> None:
    """Writes the truth as JSON lines: companies, people, journeys, marks; and the spec.

    Args:
        truth: what to write.
        folder: where; made if missing.
        every_message: write the truth about good messages too (`messages.jsonl`), not only about the others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.json").write_bytes(orjson.dumps(truth.spec, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2))
    _write(folder / "companies.jsonl", (company_row(company) for company in truth.companies()))
    _write(folder / "people.jsonl", (person_row(company, person) for company, person in truth.people()))
    _write(folder / "journeys.jsonl", truth.journeys())
    _write(folder / "marks.jsonl", truth.marks())
    if every_message:
        _write(folder / "messages.jsonl", truth.messages())


def company_row(company: Company) -> dict[str, Any]:
    """A company as it is written."""
    return {
        "account_id": company.account_id,
        "name": company.name,
        "domains": company.domains,
        "in_directory": company.in_directory,
        "suppressed": company.suppressed,
        "customer_since": moment(company.customer_since_ms) if company.customer_since_ms else None,
        "size": company.size,
        "tier": company.tier,
        "region": company.region,
        "owner": company.owner,
        "target": company.target,
        "script": company.script,
        "starts_ms": company.start_ms,
        "people": len(company.people),
    }


def person_row(company: Company, person: Person) -> dict[str, Any]:
    """A person as they are written: all ids that are theirs, and the company they truly belong to."""
    return {
        "account_id": company.account_id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "title": person.title,
        "user_id": person.user_id,
        "anonymous_ids": [device.anonymous_id for device in person.devices],
        "free_mail": person.free_mail,
        "mail_proxy": person.proxied,
    }


def _write(path: Path, rows: Iterator[Any]) -> None:
    with path.open("wb") as file:
        for row in rows:
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
