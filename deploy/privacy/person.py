"""A person found: its ids, what the states hold of it, and how it is known in the clear."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from agents.advance import CONTACTS, JOURNAL
from agents.settings import Settings
from deploy.privacy.kin import kin_of, seen_of
from deploy.privacy.states import Held, Tell, pairs_of, read_states
from deploy.privacy.tables import Needles, Tables
from pipeline.privacy.key import PrivacyKey
from schemas.kept.contacts import Contacts

ROUNDS_MAX = 5


@dataclass(frozen=True)
class Person:
    """What is known of one.

    Args:
        subjects: its ids, each with its kind before it: the one that was asked for first.
        held: what the states hold of them.
        clear: clear ids, as far as they are known: asked for, or sealed.
    """

    subjects: tuple[str, ...]
    held: Held
    clear: tuple[str, ...]

    @property
    def needles(self) -> Needles:
        """What to look for in tables."""
        return Needles([subject[2:] for subject in self.subjects], self.clear)


async def find(
    settings: Settings,
    tables: Tables,
    key: PrivacyKey,
    subject: str,
    clear: str,
    tell: Tell = lambda stage, share: None,
) -> Person:
    """Find a person by one of its ids: what was seen together is followed until nothing more is found.

    Args:
        subject: the id, as its pseudonym.
        clear: the same as it was given, '' if that was the pseudonym.
    """
    subjects = [subject]
    for _ in range(ROUNDS_MAX):
        ids = [one[2:] for one in subjects]
        held = await read_states(settings, ids, tell)
        pairs = pairs_of(held.by_stage["identify"]) + await tables.pairs(ids)
        kin = kin_of(subject, seen_of(pairs))
        if kin <= set(subjects):
            break
        subjects = [subject, *sorted((kin | set(subjects)) - {subject})]
    known = {clear} if clear else set()
    known |= {address.lower() for address in _opened(held, key, {one[2:] for one in subjects})}
    return Person(tuple(subjects), held, tuple(sorted(known)))


async def document(person: Person, tables: Tables, key: PrivacyKey) -> dict[str, Any]:
    """Everything about a person as one JSON object: ids, states, tables."""
    states = {
        stage: {key.replace(JOURNAL, b" ").decode(): orjson.loads(value) for key, value in records.items()}
        for stage, records in person.held.by_stage.items()
        if records
    }
    return {
        "ids": person.subjects,
        "clear": person.clear,
        "states": states,
        "tables": await tables.rows(person.needles),
    }


def _opened(held: Held, key: PrivacyKey, ids: set[str]) -> Iterator[str]:
    """Clear addresses out of sealed contacts."""
    for record, value in held.by_stage.get("advance", {}).items():
        if record.endswith(JOURNAL + CONTACTS.encode()):
            for person, contact in Contacts.model_validate_json(value).people.items():
                if person in ids and (found := key.opened(person, contact.sealed)) is not None:
                    yield found[0]
