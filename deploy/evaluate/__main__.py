"""Measure identity on simulated worlds, print the figures, and end with 1 if a goal is missed."""

from typing import Annotated

import orjson
import typer
from rich.console import Console

from deploy.evaluate.figures import measure
from deploy.evaluate.plan import full, quick
from deploy.evaluate.report import Showing, print_report


def main(
    seed: Annotated[int, typer.Option(help="Which worlds.")] = 7,
    short: Annotated[bool, typer.Option("--quick", help="Smaller worlds, under a minute.")] = False,
) -> None:
    """Precision and recall of attribution, machines caught, order, unlinks and memory; the last line is JSON."""
    console = Console()
    with Showing(console) as showing:
        figures = measure(quick(seed) if short else full(seed), showing.begin)
    print_report(console, figures)
    typer.echo(orjson.dumps(figures.summary()))
    if figures.missed:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
