"""Causes in a sentence a salesperson understands: who did what, how often, and when."""

from collections.abc import Mapping, Sequence

from pipeline.journey import Journey
from pipeline.score import DAY_MS
from schemas.cause import Cause
from schemas.journey import Person

PARTS_MAX = 5
DETAIL_LENGTH = 60
NAMELESS, EARLIER, COMPANY = "", "+", "c:"
"""Instead of a person: a visitor without a name, the sum of what fell out of the list, and the company itself, of which
a system says something."""

_CALLED = {NAMELESS: "someone without a name", COMPANY: "the company"}


def sentence(what: str, causes: Sequence[Cause], score: float, journey: Journey) -> str:
    """E.g. `Acme: it looks at prices. The CFO (jo@acme.com) looked at prices 3 times, last today; someone without a
    name compared us with a rival yesterday; score 43.5.`

    What one person did several times of one type is one part; those that decided come first, then those with more
    points; five at most.

    Args:
        what: what is said of the account.
        causes: the score's parts.
        score: their sum.
        journey: the account, at that moment.
    """
    of_company = {item.event_id for item in journey.evidence if item.subject.startswith(COMPANY) and not item.person}
    groups: dict[tuple[str, str], list[Cause]] = {}
    for cause in causes:
        who = COMPANY if cause.event_id in of_company else cause.person if cause.event_id else EARLIER
        groups.setdefault((who, cause.type), []).append(cause)
    ranked = sorted(groups.items(), key=lambda item: (not _decided(item[1]), -_points(item[1]), item[0]))[:PARTS_MAX]
    names = _CALLED | _names([who for (who, _), _ in ranked if who not in (EARLIER, *_CALLED)], journey.contacts)
    parts = [_part(names.get(who, ""), kind, group, journey) for (who, kind), group in ranked]
    because = f". {_capital('; '.join(parts))}" if parts else ""
    return f"{journey.called}: {what[:1].lower()}{what[1:]}{because}; score {score:g}."


def _part(who: str, kind: str, group: Sequence[Cause], journey: Journey) -> str:
    count = sum(cause.count for cause in group)
    if not group[0].event_id:
        return f"before that {count} more of {journey.rules.label(kind)}"
    details = sorted({cause.detail for cause in group if cause.detail})
    detail = f" ({_short(details[0])})" if len(details) == 1 else f" ({len(details)} different)" if details else ""
    last = _ago(max(cause.occurred_ms for cause in group), journey.now_ms)
    first = _ago(min(cause.occurred_ms for cause in group), journey.now_ms)
    often = f" {_times(count)}" if count > 1 else ""
    when = f", last {last}" if count > 1 and first != last else f" {last}"
    return f"{who} {journey.rules.did(kind)}{detail}{often}{when}"


def _names(people: Sequence[str], contacts: Mapping[str, Person]) -> dict[str, str]:
    """Person -> by what a salesperson knows them: job title, as far as it is told, and mailbox. Where the mailbox may
    be told in the clear, it stands instead of the pseudonym once the alert is sent."""
    found: dict[str, str] = {}
    for person in dict.fromkeys(people):
        known = contacts.get(person)
        title = known.job_title if known else ""
        if title:
            found[person] = f"the {title} ({person})"
        else:
            found[person] = person if "@" in person else f"somebody signed in ({person})"
    return found


def _ago(at_ms: int, now_ms: int) -> str:
    """How long ago a day was, in UTC."""
    days = max(now_ms // DAY_MS - at_ms // DAY_MS, 0)
    return "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _short(text: str) -> str:
    return text if len(text) <= DETAIL_LENGTH else text[: DETAIL_LENGTH - 1] + "…"


def _capital(text: str) -> str:
    """With a capital, unless it begins with a mailbox, which is found again as it is written."""
    return text if "@" in text.partition(" ")[0] else text[:1].upper() + text[1:]


def _decided(group: Sequence[Cause]) -> bool:
    return any(cause.decisive for cause in group)


def _points(group: Sequence[Cause]) -> float:
    return sum(cause.points for cause in group)
