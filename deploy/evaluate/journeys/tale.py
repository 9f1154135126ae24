"""A company's journey as it truly went, as far as anybody could have known: its stage at any moment, its next steps,
its trigger points."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from deploy.evaluate.journeys.meaning import (
    ABSENCES,
    ALIKE,
    AWARE,
    BOUGHT,
    CUSTOMER,
    DAY_MS,
    DEAL_SILENT_DAYS,
    DORMANT,
    OF_TRIALS,
    RENEWAL_DAYS,
    SEEN_ANEW,
    SHOWS,
    SILENT_DAYS,
    SILENT_DAYS_CUSTOMER,
    STAGES,
    STEPS,
    TRIGGERS,
)
from deploy.evaluate.journeys.named import FRESH_MS, Act, account_of, acts_of
from deploy.evaluate.world import Case, World
from deploy.simulate import Moment, TrueJourney, truth
from schemas.base import Source

NEVER_MS = 1 << 60


class Point(NamedTuple):
    """A trigger point that was reached and could be known.

    Args:
        at_ms: when it was true.
        known_ms: from when on it could be known: its act could be named, and the broker had it.
    """

    trigger: str
    at_ms: int
    known_ms: int


@dataclass(frozen=True)
class Tale:
    """One company's true journey.

    Args:
        journey: from the simulator.
        account_id: the account it is known as; the company's own id if it never is.
        acts: all its people did, in order of time.
        named: event id of the producer -> from when on it could be named; those that could.
        bought_ms: since when it is a customer; 0 if it is none.
        renews_ms: when its contract ends; 0 if it has none.
        silent: the directory suppresses it: its journey goes on, and nothing may be said.
    """

    journey: TrueJourney
    account_id: str
    acts: Sequence[Act]
    named: Mapping[str, int]
    bought_ms: int
    renews_ms: int
    silent: bool

    @property
    def company_id(self) -> str:
        """The company."""
        return self.journey.account_id

    @cached_property
    def stages(self) -> Sequence[tuple[int, str]]:
        """From when on it is at which stage, in order of time; empty for a company that nobody can ever name.

        A milestone counts from when its act, or a later one of its kind, can be named; after a silence, or a lost
        deal, a prospect begins anew and a customer is where it was.
        """
        named = [act.named_ms for act in self.acts if act.named_ms is not None]
        if not named:
            return ()
        begun_ms = min(named)
        steps = [(begun_ms, CUSTOMER if 0 < self.bought_ms <= begun_ms else AWARE)]
        newest_ms = 0
        for moment, known_ms in sorted(self._milestones(), key=lambda known: known[1]):
            if moment.at_ms >= newest_ms:  # an earlier one that is named only later moves it nowhere
                newest_ms = moment.at_ms
                steps.append((max(known_ms, begun_ms), STAGES[moment.name]))
        return tuple(_with_silences(steps, [act.at_ms for act in self.acts if act.seen]))

    @cached_property
    def steps(self) -> Sequence[int]:
        """When it truly took a step forward, nameable or not."""
        return sorted(moment.at_ms for moment in self.journey.stages if moment.name in STEPS)

    @cached_property
    def points(self) -> Sequence[Point]:
        """Trigger points that must be told: the truth's, as far as they could be known within a day."""
        return tuple(self._points()) if not self.silent else ()

    @cached_property
    def moments(self) -> Mapping[str, Sequence[int]]:
        """Trigger -> all moments at which it is true, in order: those an alert may be raised on."""
        found: dict[str, list[int]] = {name: [] for name in TRIGGERS}
        past: list[Act] = []
        for act in self.acts:
            past.append(act)
            customer = 0 < self.bought_ms <= act.at_ms
            for name, shows in SHOWS.items():
                if shows(act, past, customer):
                    found[name].append(act.at_ms)
        for moment in self.journey.absences:
            found[moment.name].append(moment.at_ms)
        found["deal_silent"] += self._silences
        opens_ms = self.renews_ms - RENEWAL_DAYS * DAY_MS
        within = [act.at_ms for act in self.acts if opens_ms <= act.at_ms < self.renews_ms]
        found["renewal_window"] += [opens_ms, *within] if self.renews_ms else []
        return found

    @property
    def _silences(self) -> Iterator[int]:
        """When a prospect had not been heard of for ten days, as far as its acts can be named, or only told by their
        address."""
        until_ms = self.bought_ms or NEVER_MS
        named = [act.at_ms for act in self.acts if act.named_ms is not None]
        for heard in (named, [act.at_ms for act in self.acts if act.seen]):
            for before_ms, after_ms in pairwise((*heard, NEVER_MS)):
                if min(after_ms, until_ms) - before_ms >= DEAL_SILENT_DAYS * DAY_MS:
                    yield before_ms + DEAL_SILENT_DAYS * DAY_MS

    def stage_at(self, at_ms: int) -> str | None:
        """Its stage; None while nobody can name it."""
        number = bisect_right(self.stages, at_ms, key=lambda step: step[0])
        return self.stages[number - 1][1] if number else None

    def _milestones(self) -> Iterator[tuple[Moment, int]]:
        for moment in self.journey.stages:
            named = [
                act.named_ms for act in self.acts if act.named_ms is not None and act.at_ms >= moment.at_ms
                and (act.event.source_event_id == moment.event_id or (moment.name in ALIKE and ALIKE[moment.name](act)))
            ]  # fmt: skip
            if moment.name in STAGES and named:
                yield moment, max(moment.at_ms, min(named))

    def _points(self) -> Iterator[Point]:
        for moment in self.journey.triggers:
            if moment.name in ABSENCES:
                known_ms = self._known_by(moment)
                if known_ms is not None:
                    yield Point(moment.name, moment.at_ms, known_ms)
            elif moment.name in SEEN_ANEW:
                for at_ms in self.moments[moment.name][:1]:
                    yield Point(moment.name, at_ms, min(act.named_ms or 0 for act in self.acts if act.at_ms == at_ms))
            elif moment.event_id in self.named and not (moment.name == "anonymous_surge" and self._left_a_name(moment)):
                known_ms = self.named[moment.event_id]
                if known_ms - moment.at_ms <= FRESH_MS:
                    yield Point(moment.name, moment.at_ms, known_ms)

    def _used_by_a_name(self, at_ms: int) -> bool:
        """Its last use of the product before a moment could be named by then: who was never seen is not missed."""
        uses = [act for act in self.acts if act.event.source is Source.TRIAL and act.at_ms < at_ms]
        return bool(uses) and uses[-1].named_ms is not None and uses[-1].named_ms <= at_ms

    def _known_by(self, moment: Moment) -> int | None:
        """From when on it could be known that something did not happen; None if never."""
        if moment.name in OF_TRIALS:
            return moment.at_ms if self._used_by_a_name(moment.at_ms) else None
        if moment.name == "renewal_window":  # as soon as somebody of a customer is there who can be named
            named = [act.named_ms for act in self.acts if act.fresh and act.named_ms is not None]
            heard = [max(moment.at_ms, known_ms) for known_ms in named]
            return min(heard, default=None)
        return moment.at_ms if self._heard_by_a_name(moment.at_ms) else None

    def _heard_by_a_name(self, at_ms: int) -> bool:
        """Its last act before a moment could be named by then."""
        before = [act for act in self.acts if act.at_ms <= at_ms]
        return bool(before) and before[-1].named_ms is not None and before[-1].named_ms <= at_ms + FRESH_MS

    def _left_a_name(self, moment: Moment) -> bool:
        """It can be named only by a mailbox: whoever has left a name does not read without one."""
        return not any(
            act.own_word and not act.who for act in self.acts if act.event.source_event_id == moment.event_id
        )


def tales_of(cases: Sequence[Case], world: World) -> list[Tale]:
    """The true journey of each company of a world."""
    acts = acts_of(cases, world)
    found = []
    for journey in truth(world.spec).journeys():
        company = world.companies[journey.account_id]
        own = acts.pop(company.account_id, [])
        bought = [moment.at_ms for moment in journey.stages if moment.name == "customer"]
        named = {act.event.source_event_id: act.named_ms for act in own if act.named_ms is not None}
        account_id = account_of(company.account_id, world)
        silent = bool(company.suppressed and company.in_directory)
        found.append(Tale(journey, account_id, own, named, bought[0] if bought else 0, company.renews_ms, silent))
    return found + [_passing(account_id, own) for account_id, own in acts.items()]


def _passing(account_id: str, acts: Sequence[Act]) -> Tale:
    """An account that goes no journey, such as a network whose staff read now and then: it begins one, at most."""
    journey = TrueJourney(account_id, "none", False, (), (), (), (), len(acts), acts[0].at_ms, acts[-1].at_ms)
    named = {act.event.source_event_id: act.named_ms for act in acts if act.named_ms is not None}
    return Tale(journey, account_id, acts, named, 0, 0, False)


def _with_silences(steps: Sequence[tuple[int, str]], acts: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Steps, with the silences between acts and after the last one."""
    marks: list[tuple[int, str | None]] = [*((at_ms, None) for at_ms in acts), *steps]
    marks.sort(key=lambda mark: (mark[0], mark[1] is not None))
    stage, dormant, last_ms = "", False, 0
    for at_ms, to in marks:
        if stage:
            if not dormant and _silent_from(last_ms, stage) < at_ms:
                yield _silent_from(last_ms, stage), DORMANT
                dormant = True
            if dormant and to is None:
                stage, dormant = stage if stage in BOUGHT else AWARE, False
                yield at_ms, stage
        if to is not None:
            yield at_ms, to
            stage, dormant = to, to == DORMANT
        last_ms = at_ms
    if stage and not dormant:
        yield _silent_from(last_ms, stage), DORMANT


def _silent_from(last_ms: int, stage: str) -> int:
    return last_ms + (SILENT_DAYS_CUSTOMER if stage in BOUGHT else SILENT_DAYS) * DAY_MS
