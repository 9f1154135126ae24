"""What is wrong in a journey's file, where, and the nearest known name."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

NAMES_SHOWN_MAX = 12


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong.

    Args:
        line: in the file, from 1.
        path: the field's place in the file, e.g. `triggers.pricing_interest.when[1].count.types`; '' for the whole.
        what: what is wrong, and what to write instead.
    """

    line: int
    path: str
    what: str

    def at(self, name: str) -> str:
        """The fault as a line of its own, e.g. `journey.yaml:12: activities.demo.points: must be 0 or more`."""
        return f"{name}:{self.line}: {self.path}: {self.what}" if self.path else f"{name}:{self.line}: {self.what}"


def nearest(given: str, known: Iterable[str], what: str) -> str:
    """What to write instead of an unknown name: the closest one, else those there are.

    Args:
        given: the unknown name.
        known: names there are.
        what: what they are, in the plural, e.g. `stages`.
    """
    names = list(dict.fromkeys(known))
    close = get_close_matches(given.lower(), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    if not names:
        return f"there are no {what} in this file"
    more = f" and {len(names) - NAMES_SHOWN_MAX} more" if len(names) > NAMES_SHOWN_MAX else ""
    return f"{what} are: {', '.join(sorted(names)[:NAMES_SHOWN_MAX])}{more}"
