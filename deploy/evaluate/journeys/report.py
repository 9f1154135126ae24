"""The figures on journeys as tables a person reads."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from deploy.evaluate.journeys.figures import Figures
from deploy.evaluate.measures.attribution import Share

SHOWN = 8


def print_report(console: Console, figures: Figures) -> None:
    """All tables, and what of the goals is missed."""
    console.print(f"{figures.events:,} messages, {figures.accounts:,} accounts, seed {figures.plan.seed}")
    console.print(_triggers(figures))
    console.print(_stages(figures))
    console.print(_promises(figures))
    triggers = figures.triggers
    for what, texts in (("missed", triggers.missed), ("false", triggers.false), ("twice", figures.duplicates)):
        _some(console, what, texts)
    for what, texts in (("does not add up", figures.not_additive), ("of the past", figures.past)):
        _some(console, what, texts)
    for text in figures.missed:
        console.print(f"MISSED: {text}", style="red", markup=False)
    if not figures.missed:
        console.print("all goals are met")


def _triggers(figures: Figures) -> Table:
    triggers = figures.triggers
    table = Table("trigger point", "alerts that are right (precision)", "points that were told (recall)", "lead, hours")
    for name, (precision, recall) in triggers.by_trigger.items():
        table.add_row(name, _text(precision), _text(recall), _hours(triggers.lead_by_trigger.get(name)))
    table.add_section()
    table.add_row("all", _text(triggers.precision), _text(triggers.recall), _hours(triggers.lead_hours))
    return table


def _stages(figures: Figures) -> Table:
    stages = figures.stages
    table = Table("true stage", "account-days we say so", "else mostly")
    for name, share in stages.by_stage.items():
        other, days = stages.taken_for.get(name, ("", 0))
        table.add_row(name, _text(share), f"{other} ({days:,} days)" if days else "")
    table.add_section()
    table.add_row("all", _text(stages.accuracy), "")
    return table


def _promises(figures: Figures) -> Table:
    table = Table("what", "figure")
    load = figures.load
    table.add_row("alerts an owner gets a day", f"{load.mean:.2f}, at most {load.most} one by one")
    table.add_row("digests an owner gets a day", f"{load.digests:.2f}, with {load.share_by_digest:.1%} of the alerts")
    table.add_row("updates of an open alert, per alert", f"{figures.updates.value:.2f}")
    table.add_row("alerts told twice", str(len(figures.duplicates)))
    table.add_row("scores that are not the sum of their causes", str(len(figures.not_additive)))
    table.add_row("alerts from backfill", str(len(figures.past)))
    table.add_row("surges told of steady accounts, a year", _text(figures.steady.alarms))
    for size, share in figures.steady.by_size:
        table.add_row(f"  of {size} people", _text(share))
    table.add_row("told otherwise if partitions are read in another order", _text(figures.order.differs))
    table.add_row("  and not at all then", _text(figures.order.in_kind))
    return table


def _some(console: Console, what: str, texts: Sequence[str]) -> None:
    for text in texts[:SHOWN]:
        console.print(f"  {what}: {text}", markup=False, highlight=False)
    if len(texts) > SHOWN:
        console.print(f"  {what}: and {len(texts) - SHOWN} more", markup=False, highlight=False)


def _hours(lead: float | None) -> str:
    return "" if lead is None else f"{lead:.1f}"


def _text(share: Share) -> str:
    return f"{share.value:.4f}  ({share.right:,} of {share.all:,})" if share.all else "none"
