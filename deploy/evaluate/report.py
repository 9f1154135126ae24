"""The figures as tables a person reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.evaluate.figures import Figures
from deploy.evaluate.measures.attribution import Share
from deploy.evaluate.measures.memory import MILLION
from deploy.evaluate.world import Tell


def print_report(console: Console, figures: Figures) -> None:
    """All tables, and what of the goals is missed."""
    _attribution(console, figures)
    _machines(console, figures)
    for text in (*figures.order.differences, *figures.unlink.differences):
        console.print(f"  differs: {text:.300}", markup=False, highlight=False)
    for text in figures.missed:
        console.print(f"MISSED: {text}", style="red", markup=False)
    if not figures.missed:
        console.print("all goals are met")


def _attribution(console: Console, figures: Figures) -> None:
    ours, naive = figures.attribution, figures.naive
    table = Table("of a company", "this line", "AS name = company")
    table.add_row("attributions that are right", _text(ours.precision), _text(naive.precision))
    table.add_row("events of companies named rightly", _text(ours.company_events), _text(naive.company_events))
    table.add_row("false names a thousand human events", f"{ours.per_thousand:.2f}", f"{naive.per_thousand:.2f}")
    table.add_row("hits named by a network of anybody", f"{ours.networks_named:,}", f"{naive.networks_named:,}")
    table.add_row("passers-by named for nobody", _text(ours.nobody), "")
    table.add_row("nameable events named rightly", _text(ours.recall), "")
    table.add_row("of those with a person, the true one", _text(ours.persons), "")
    console.print(f"{figures.events:,} events, seed {figures.plan.seed}")
    console.print(table)
    console.print(_shares("could be named by", "named rightly (recall)", ours.by_evidence))
    console.print(_shares("named by method", "right (precision)", ours.by_method))
    worst = Table("worst: kind", "method", "count", "for example")
    for mistake in ours.worst:
        worst.add_row(mistake.kind, mistake.method, str(mistake.count), mistake.example)
    console.print(worst)


def _machines(console: Console, figures: Figures) -> None:
    machines, order, unlink, memory = figures.machines, figures.order, figures.unlink, figures.memory
    console.print(_shares("machine hits", "caught", {"all": machines.caught, **machines.by_kind}))
    table = Table("what", "figure")
    table.add_row("scanner bursts caught", _text(machines.bursts))
    table.add_row("machine hits graded machine, not suspect", _text(machines.sure))
    table.add_row("human hits lost", _text(machines.lost))
    for kind, share in machines.lost_by_kind.items():
        table.add_row(f"  of {kind}", _text(share))
    table.add_row("human hits graded machine, not suspect", _text(machines.surely_lost))
    table.add_row("orders with the same components", f"{order.same} of {order.runs}, {order.events:,} events each")
    table.add_row("  and the same attributions", f"{order.same_attributions} of {order.runs}")
    table.add_row("unlinks that restored exactly", f"{unlink.exact} of {unlink.tried}")
    taken = "" if memory.ids >= MILLION else f", taken from {memory.ids:,}"
    table.add_row("memory of a million known ids", f"{memory.million / 2**20:,.0f} MiB{taken}")
    table.add_row("lookups of an event, ids known", f"{figures.lookups['event_repeated_us']:.2f} us")
    table.add_row("lookups of an event, all ids new", f"{figures.lookups['event_new_us']:.2f} us")
    console.print(table)


def _shares(what: str, figure: str, shares: Mapping[str, Share]) -> Table:
    table = Table(what, figure)
    for name, share in shares.items():
        table.add_row(name, _text(share))
    return table


def _text(share: Share) -> str:
    return f"{share.value:.4f}  ({share.right:,} of {share.all:,})"


@dataclass
class Showing:
    """Progress: a bar for each part on a terminal, a line elsewhere.

    Args:
        console: where.
    """

    console: Console

    def __enter__(self) -> "Showing":
        """Begin."""
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        self._bars = Progress(*columns, TimeElapsedColumn(), console=self.console, disable=not self.console.is_terminal)
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End, however it ends."""
        self._bars.stop()

    def begin(self, part: str) -> Tell:
        """A new part; whoever works it tells how far it is."""
        if not self.console.is_terminal:
            self.console.print(f"{part} ...", markup=False, highlight=False)
            return lambda share: None
        task: TaskID = self._bars.add_task(part, total=1.0)
        return lambda share: self._bars.update(task, completed=share)
