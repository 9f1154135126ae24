"""A simulated world with all that is true of it, and a line that has worked its traffic."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import orjson

from deploy.evaluate.line import KEY, NAMES, OnWrite, PlainLine
from deploy.evaluate.standing import Standing, standing_of
from deploy.simulate import Company, Map, Message, TrueHit, WorldSpec, accounts, csv_lines, messages, true_hits, truth
from pipeline.identity.asn import AsnTable
from pipeline.identity.networks import Networks
from schemas.activity import Activity
from schemas.event import Event, Grade
from schemas.identity import SubjectState
from schemas.topics import ACTIVITIES, EVENTS

BATCH_RECORDS = 4
CHUNK_MESSAGES = 500
_NOT_HUMAN = tuple(f'"{grade}"'.encode() for grade in (Grade.SUSPECT, Grade.MACHINE))
Tell = Callable[[float], None]
"""Hears the share of the work that is done."""


@dataclass(frozen=True)
class World:
    """One world and its truth, made once.

    Args:
        spec: what it is made from.
    """

    spec: WorldSpec

    @cached_property
    def traffic(self) -> Sequence[Message]:
        """All messages in order of sending."""
        return list(messages(self.spec))

    @cached_property
    def hits(self) -> dict[str, TrueHit]:
        """Producer's event id -> what is true of it; who truly did it is known by the pseudonym, as in the line."""
        return {
            event_id: replace(hit, doer=KEY.mailbox(hit.doer)) if hit.doer else hit
            for event_id, hit in true_hits(self.traffic).items()
        }

    @cached_property
    def directory(self) -> Sequence[Message]:
        """The directory's records."""
        return accounts(self.spec)

    @cached_property
    def listed(self) -> frozenset[str]:
        """Ids of the accounts the directory has."""
        return frozenset(self.declared)

    @cached_property
    def declared(self) -> dict[str, tuple[str, ...]]:
        """Account id -> mail domains the directory lists for it."""
        records = (orjson.loads(message.value) for message in self.directory)
        return {record["account_id"]: tuple(record["domains"]) for record in records}

    @cached_property
    def addresses(self) -> Map:
        """Whose each address is, in truth."""
        return Map(self.spec)

    @cached_property
    def companies(self) -> dict[str, Company]:
        """Account id -> company; networks that are accounts are not among them."""
        return {company.account_id: company for company in truth(self.spec).companies()}

    @cached_property
    def by_domain(self) -> dict[str, str]:
        """Mail domain -> account id of its company; domains of networks that are accounts as well."""
        truly = {domain: company.account_id for company in self.companies.values() for domain in company.domains}
        return {domain: account_id for account_id, given in self.declared.items() for domain in given} | truly

    def owner(self, host: str) -> str:
        """Account id of the company a host or one above it belongs to; '' if none."""
        while host:
            if host in self.by_domain:
                return self.by_domain[host]
            host = host.partition(".")[2]
        return ""

    def same(self, named: str, account_id: str) -> bool:
        """Whether a name the line gave means this company: its id, a domain or the workspace of it."""
        if not account_id or named == account_id:
            return named == account_id
        company = self.companies.get(account_id)
        return self.owner(named) == account_id or (company is not None and named == company.workspace_id)

    def networks(self) -> Networks:
        """The world's network table as the product reads it; no commercial database."""
        return Networks(AsnTable(csv_lines(self.spec), "simulated"))

    def line(self, on_write: OnWrite | None = None) -> PlainLine:
        """A line that knows the directory and has seen nothing."""
        # small batches: states are written once a batch, and a hit that leaves a history within one is not seen graded
        line = PlainLine(self.networks(), batch=BATCH_RECORDS, on_write=on_write)
        line.know((message.key, message.value) for message in self.directory)
        return line


@dataclass(frozen=True, slots=True)
class Case:
    """One event as the line saw it, and as it truly was.

    Args:
        event: as it lies on the events topic.
        truth: what is true of it.
    """

    event: Event
    truth: TrueHit


@dataclass(frozen=True)
class Run:
    """A line that has worked a world's traffic.

    Args:
        regraded: event id -> grade of hits that wait for a name, or waited in vain: it is on no topic.
    """

    world: World
    line: PlainLine
    regraded: Mapping[str, Grade]

    @cached_property
    def cases(self) -> Sequence[Case]:
        """Each good event once."""
        hits, seen = self.world.hits, dict[str, Case]()
        for event in self.line.values(EVENTS, Event):
            if event.source_event_id in hits:
                seen.setdefault(event.event_id, Case(event, hits[event.source_event_id]))
        return list(seen.values())

    @cached_property
    def activities(self) -> Sequence[Activity]:
        """All that were told."""
        return self.line.values(ACTIVITIES, Activity)

    @cached_property
    def standing(self) -> Standing:
        """What stands at the end."""
        return standing_of((case.event for case in self.cases), self.activities, self.regraded)


def feed(line: PlainLine, traffic: Sequence[Message], tell: Tell = lambda share: None) -> None:
    """Send a world's traffic through a line, as it would come."""
    done = 0
    for chunk in _chunks(traffic):
        for message in chunk:
            assert message.source is not None
            line.send(NAMES.raw(message.source)[0], message.key, message.value, message.sent_ms)
        line.settle()
        done += len(chunk)
        tell(done / len(traffic))


def run(world: World, tell: Tell = lambda share: None) -> Run:
    """Work a world's traffic from its first message to its last."""
    regraded: dict[str, Grade] = {}

    def note(stage: str, key: bytes, value: bytes | None) -> None:
        if stage == "identify" and value is not None and any(grade in value for grade in _NOT_HUMAN):
            history = SubjectState.model_validate_json(value).history
            regraded.update((hit.event_id, hit.grade) for hit in history)

    line = world.line(note)
    feed(line, world.traffic, tell)
    return Run(world, line, regraded)


def _chunks(traffic: Sequence[Message]) -> Iterator[list[Message]]:
    rest = iter(traffic)
    while chunk := list(islice(rest, CHUNK_MESSAGES)):
        yield chunk
