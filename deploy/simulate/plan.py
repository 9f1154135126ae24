"""The plan of one company's journey: dated sessions. Scripts write it; `acts.py` unfolds each session into acts.

A plan is small and follows from (seed, company index), so that a million companies need not be held: whoever needs a
session again makes the plan again.
"""

from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

from deploy.simulate.site import Page
from deploy.simulate.spec import DAY_MS, MINUTE_MS, WorldSpec, rng_of
from deploy.simulate.world import Company, Person

STEP_MS_MAX = 80_000
CHAPTERS = ("research", "evaluate", "demo", "trial", "close", "adopt")
HURRY_DAYS = 24.0
"""What the chapters before a trial take by nature, in days, at the longest."""


class Step(NamedTuple):
    """One thing a visitor does on the site.

    Args:
        marks: truths that hold from here on: `stage:<name>` or `trigger:<name>`.
    """

    type: str
    page: Page
    form: str = ""
    marks: tuple[str, ...] = ()


class Fact(NamedTuple):
    """One thing that a system other than the site or the mailer reports.

    Args:
        device: the person's cookie is reported too.
    """

    source: str
    type: str
    data: Mapping[str, Any]
    marks: tuple[str, ...] = ()
    device: bool = False


class Visit(NamedTuple):
    """A person's visit to the site."""

    at_ms: int
    person: int
    steps: tuple[Step, ...]


class Mail(NamedTuple):
    """One mail to some people, and what comes of it."""

    at_ms: int
    people: tuple[int, ...]
    asset: Page
    eager: bool


class Report(NamedTuple):
    """Facts about one person (or, with -1, about the company) in a row."""

    at_ms: int
    person: int
    facts: tuple[Fact, ...]


Session = Visit | Mail | Report


class Plan(NamedTuple):
    """A company's journey.

    Args:
        quiet: the company falls silent after its last act.
    """

    company: Company
    sessions: tuple[Session, ...]
    quiet: bool


class Draft:
    """What a script writes a plan with. Its time starts at the company's first act and only moves on.

    Args:
        spec: the world; its pace scales all waits.
        company: whose journey it is.
    """

    def __init__(self, spec: WorldSpec, company: Company) -> None:
        self.company = company
        self.rng: Random = rng_of(spec.seed, company.index, 2)
        self.sessions: list[Session] = []
        self.quiet = False
        self.now = company.start_ms
        self._day_ms = DAY_MS / spec.pace
        self._hurry = min(1.0, 0.009 * spec.days * spec.pace / HURRY_DAYS) if company.hurry_until else 1.0
        self._hurry_until = CHAPTERS.index(company.hurry_until) if company.hurry_until else 0

    def chapter(self, name: str) -> None:
        """A new chapter begins; from the company's own chapter on time runs at its usual pace."""
        if CHAPTERS.index(name) >= self._hurry_until:
            self._hurry = 1.0

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self.rng.random() < probability

    def wait(self, low: float, high: float) -> None:
        """Between `low` and `high` days pass."""
        self.now += int((low + (high - low) * self.rng.random()) * self._day_ms * self._hurry) + MINUTE_MS

    def days(self, count: float) -> int:
        """That many days at the world's pace, ms; haste does not shorten them."""
        return int(count * self._day_ms)

    def visit(self, person: Person, *steps: Step) -> None:
        """A visit, now."""
        self.sessions.append(Visit(self.now, person.number, steps))
        self.now += STEP_MS_MAX * len(steps)

    def mail(self, asset: Page, people: tuple[Person, ...], *, eager: bool = False) -> None:
        """A mail that offers an asset, now; an eager reader is sure to click."""
        readers = tuple(dict.fromkeys(person.number for person in people))  # one person may play two roles
        self.sessions.append(Mail(self.now, readers, asset, eager))

    def report(self, person: Person | None, *facts: Fact) -> None:
        """Facts, now."""
        self.sessions.append(Report(self.now, person.number if person else -1, facts))
        self.now += STEP_MS_MAX * len(facts)

    def person(self, role: str) -> Person:
        """Who plays that role under a work mailbox; the champion where nobody does."""
        people = self.company.people
        return next((person for person in people if person.role == role and not person.free_mail), people[0])

    def plan(self) -> Plan:
        """All that was written, in order of time."""
        self.sessions.sort(key=lambda session: session.at_ms)
        return Plan(self.company, tuple(self.sessions), self.quiet)
