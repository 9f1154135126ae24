"""The difference a journey makes on history, as tables or as one JSON object."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from pipeline.whatif.compare import Comparison, span_text
from pipeline.whatif.outcomes import Outcomes


def as_json(found: Comparison) -> dict[str, Any]:
    """Everything there is to say."""
    return {
        "since": found.from_ms,
        "until": found.end_ms,
        "accounts": found.accounts,
        "activities": found.activities,
        "equal": found.equal,
        "accounts_moved": found.moves.total(),
        "moves": [{"old": old, "new": new, "accounts": n} for (old, new), n in found.moves.most_common()],
        "moved": [asdict(one) for one in found.moved],
        "stages": {name: {"old": sides[0], "new": sides[1]} for name, sides in sorted(found.stages.items())},
        "transitions": {"old": found.transitions[0], "new": found.transitions[1]},
        "alerts": {
            "old": sum(one.alerts for one in found.old_outcomes.values()),
            "new": sum(one.alerts for one in found.new_outcomes.values()),
            "gone": found.gone.total(),
            "come": found.come.total(),
        },
        "triggers": {
            trigger: {
                "gone": found.gone[trigger],
                "come": found.come[trigger],
                "old": _outcome(found.old_outcomes.get(trigger, Outcomes())),
                "new": _outcome(found.new_outcomes.get(trigger, Outcomes())),
            }
            for trigger in triggers(found)
        },
        "owners": {
            owner: {
                "old": old,
                "new": new,
                "old_per_day": round(old / found.span_days, 3),
                "new_per_day": round(new / found.span_days, 3),
            }
            for owner, (old, new) in sorted(found.owners.items())
        },
        "days": {day: {"old": sides[0], "new": sides[1]} for day, sides in sorted(found.days.items())},
        "examples": [asdict(one) for one in found.examples],
    }


def triggers(found: Comparison) -> list[str]:
    """Triggers either side raised."""
    return sorted(found.old_outcomes.keys() | found.new_outcomes.keys())


def tables(found: Comparison) -> Iterator[Table | str]:
    """For a terminal: what is different, and how much there was to begin with."""
    yield (
        f"{found.accounts:,} accounts, {found.activities:,} activities; alerts of {span_text(found)};"
        f" transitions {found.transitions[0]:,} -> {found.transitions[1]:,}"
    )
    if found.equal:
        yield "No difference: every account would stand where it stands, with the same alerts."
    yield _stages(found)
    yield _triggers(found)
    yield _owners(found)
    if found.moved:
        yield _moved(found)
    if found.examples:
        yield _examples(found)


def _stages(found: Comparison) -> Table:
    table = Table("stage", "old", "new", "", title="where accounts stand", title_justify="left")
    for name, (old, new) in sorted(found.stages.items()):
        table.add_row(escape(name), str(old), str(new), _sign(new - old))
    return table


def _triggers(found: Comparison) -> Table:
    table = Table("trigger", "old", "new", "gone", "come", title="alerts", title_justify="left")
    for name in ("won: old", "won: new", "accepted: old", "accepted: new", "days to sale: old", "new"):
        table.add_column(name)
    for trigger in triggers(found):
        old, new = found.old_outcomes.get(trigger, Outcomes()), found.new_outcomes.get(trigger, Outcomes())
        table.add_row(
            escape(trigger),
            str(old.alerts),
            str(new.alerts),
            str(found.gone[trigger] or ""),
            str(found.come[trigger] or ""),
            *(_share(one.win_share, one.won + one.lost) for one in (old, new)),
            *(_share(one.accepted_share, one.accepted + one.rejected) for one in (old, new)),
            *("" if one.median_lead_days is None else f"{one.median_lead_days:.1f}" for one in (old, new)),
        )
    return table


def _owners(found: Comparison) -> Table:
    table = Table("owner", "old", "new", "old a day", "new a day", title="alerts by owner", title_justify="left")
    for owner, (old, new) in sorted(found.owners.items()):
        per_day = (f"{n / found.span_days:.2f}" for n in (old, new))
        table.add_row(escape(owner) or "(nobody)", str(old), str(new), *per_day)
    return table


def _moved(found: Comparison) -> Table:
    title = f"{found.moves.total():,} accounts would stand elsewhere" + (
        f"; the first {len(found.moved)}" if found.moves.total() > len(found.moved) else ""
    )
    table = Table("account", "old", "new", "why", title=title, title_justify="left")
    for one in found.moved:
        table.add_row(escape(one.account_name), one.old, one.new, escape(one.why))
    return table


def _examples(found: Comparison) -> Table:
    table = Table("", "trigger", "account", "raised", "why", title="examples of alerts", title_justify="left")
    for one in found.examples:
        table.add_row(one.change, one.trigger, escape(one.account_name), one.raised_at[:16], escape(one.why))
    return table


def _outcome(one: Outcomes) -> Mapping[str, Any]:
    return {
        "alerts": one.alerts,
        "won": one.won,
        "lost": one.lost,
        "win_share": one.win_share,
        "accepted": one.accepted,
        "rejected": one.rejected,
        "accepted_share": one.accepted_share,
        "median_lead_days": one.median_lead_days,
    }


def _share(share: float | None, of: int) -> str:
    return "" if share is None else f"{share:.0%} of {of}"


def _sign(difference: int) -> str:
    return f"{difference:+d}" if difference else ""
