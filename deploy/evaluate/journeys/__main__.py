"""Measure journeys on simulated worlds, print the figures, and end with 1 if a goal is missed."""

from typing import Annotated

import orjson
import typer
from rich.console import Console

from deploy.evaluate.journeys.figures import measure
from deploy.evaluate.journeys.plan import full, quick
from deploy.evaluate.journeys.report import print_report
from deploy.evaluate.report import Showing


def main(
    seed: Annotated[int, typer.Option(help="Which worlds.")] = 7,
    short: Annotated[bool, typer.Option("--quick", help="Smaller worlds, under a minute.")] = False,
) -> None:
    """Stage accuracy, triggers' precision and recall, lead, load and promises; the last line is JSON."""
    console = Console()
    with Showing(console) as showing:
        figures = measure(quick(seed) if short else full(seed), showing.begin)
    print_report(console, figures)
    typer.echo(orjson.dumps(figures.summary()))
    if figures.missed:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
