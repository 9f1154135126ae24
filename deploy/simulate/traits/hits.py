"""The truth about each event: which company, who, human or machine."""

from collections.abc import Iterable
from dataclasses import dataclass

from deploy.simulate.spec import Label, Message


@dataclass(frozen=True, slots=True)
class TrueHit:
    """What is true of one event.

    Args:
        event_id: the producer's id.
        account_id: the company of whoever did it, or whose mailbox a machine acted on; '' for a passer-by.
        doer: the person's work (or only) mailbox; '' for a machine, or if it is not known.
        machine: no human did it.
        kind: what it is part of, e.g. `journey`, `shared_device`, `scanner`.
        at_ms: event time, ms since 1970.
    """

    event_id: str
    account_id: str
    doer: str
    machine: bool
    kind: str
    at_ms: int


def true_hits(messages: Iterable[Message]) -> dict[str, TrueHit]:
    """Producer's event id -> truth, of all good events; resends repeat their event and say nothing new."""
    hits: dict[str, TrueHit] = {}
    for message in messages:
        hits.update(hits_of(message))
    return hits


def hits_of(message: Message) -> dict[str, TrueHit]:
    """The truth about the events of one message; none if it is broken, or a resend."""
    if message.label not in (Label.HUMAN, Label.MACHINE):
        return {}
    machines = dict(message.machines)
    doers = message.doers or ("",) * len(message.event_ids)
    by_humans = message.kind if message.label is Label.HUMAN else "journey"
    return {
        event_id: TrueHit(
            event_id,
            message.account_id,
            "" if event_id in machines else doer,
            event_id in machines,
            machines.get(event_id, by_humans),
            message.occurred_ms,
        )
        for event_id, doer in zip(message.event_ids, doers, strict=True)
    }
