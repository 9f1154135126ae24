"""Simulated worlds judged: what became of each machine hit and of each human one, against the world's own truth."""

from collections import Counter
from dataclasses import dataclass, field

from deploy.simulate import Label, WorldSpec, messages
from pipeline.ingest import RawRecord, ingest
from pipeline.machines.watch import settle, watch
from schemas.base import Source
from schemas.event import Event, Grade, NetworkKind
from schemas.hit import Pulse
from schemas.topics import RAW

SETTLED_MS = 10**14
HITS = ("open", "click", "unsubscribe", "page_view")


@dataclass
class Tally:
    """Hits by true kind and last grade; a human's kind is by what was done: `human click`, say."""

    counts: Counter[tuple[str, Grade]] = field(default_factory=Counter)

    def share(self, grades: tuple[Grade, ...], *kinds: str) -> float:
        """Share of hits of these kinds that have one of the grades; the kind may be given by its beginning."""
        wanted = {key: count for key, count in self.counts.items() if key[0].startswith(kinds)}
        found = sum(count for (_, grade), count in wanted.items() if grade in grades)
        return found / max(1, sum(wanted.values()))

    def total(self, *kinds: str) -> int:
        """How many hits there are of these kinds."""
        return sum(count for (kind, _), count in self.counts.items() if kind.startswith(kinds))


def judged(spec: WorldSpec, kinds: dict[str, NetworkKind] | None = None) -> Tally:
    """Judge all hits of a world in the order they are sent, ending quarantines as time passes."""
    machines: dict[str, str] = {}
    events: dict[str, Event] = {}
    words: dict[str, Grade] = {}
    pulses: dict[str, Pulse] = {}
    for number, message in enumerate(messages(spec)):
        if message.source not in (Source.WEB, Source.EMAIL) or message.label is Label.BAD:
            continue
        machines |= dict(message.machines)
        name = RAW[message.source].name
        for one in ingest(RawRecord(message.source, name, 0, number, message.sent_ms, message.key, message.value)):
            if not isinstance(one, Event) or one.event_id in events:
                continue
            events[one.event_id] = one
            pulse = pulses.get(one.subject)
            if pulse is not None and 0 < pulse.due_ms <= message.sent_ms - 5_000:
                pulse, verdicts = settle(pulse, message.sent_ms - 5_000)
                words |= {verdict.event_id: verdict.grade for verdict in verdicts}
            kind = (kinds or {}).get(one.ip.rpartition(".")[0], NetworkKind.UNKNOWN)
            found = watch(one.model_copy(update={"network_kind": kind}), pulse)
            words[one.event_id] = found.grade
            words |= {verdict.event_id: verdict.grade for verdict in found.verdicts}
            if found.pulse is not None:
                pulses[one.subject] = found.pulse
    for pulse in pulses.values():
        words |= {verdict.event_id: verdict.grade for verdict in settle(pulse, SETTLED_MS).verdicts}
    tally = Tally()
    for event_id, grade in words.items():
        one = events[event_id]
        if one.type in HITS:
            tally.counts[machines.get(one.source_event_id, f"human {one.type}"), grade] += 1
    return tally
