"""What `make bench` prints: laps as they come, ratios, goals, and one JSON object as the last line."""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.race import Lap

GOALS: Mapping[str, tuple[str, float]] = {
    "vs_faust": (">=", 10.0),
    "vs_quix": (">=", 1.5),
    "vs_ceiling": (">=", 0.5),
    "classic_vs_quix": (">=", 1.2),
    "classic_vs_kstreams": (">=", 0.9),
    "p99_ratio": ("<=", 10.0),
}


def ratio_of(ours: Sequence[Lap], theirs: Sequence[Lap]) -> float | None:
    """Median of the ratios of laps run in turn."""
    pairs = [mine.rate / other.rate for mine, other in zip(ours, theirs, strict=False)]
    return round(median(pairs), 2) if pairs else None


def cpu_ratio_of(ours: Sequence[Lap], theirs: Sequence[Lap]) -> float | None:
    """The same by CPU time a record: how much less of a core it takes, whatever else the machine does."""
    pairs = [
        other.cpu_seconds_per_million / mine.cpu_seconds_per_million for mine, other in zip(ours, theirs, strict=False)
    ]
    return round(median(pairs), 2) if pairs else None


def show_laps(console: Console, title: str, laps: Mapping[str, Sequence[Lap]]) -> None:
    """A table of medians."""
    table = Table(title=title, title_justify="left")
    for column in ("", "records/s", "CPU-s per million", "MiB", "start-up, s", "laps"):
        table.add_column(column, justify="left" if not column else "right")
    for who, runs in laps.items():
        if runs:
            table.add_row(
                who,
                f"{median(lap.rate for lap in runs):,.0f}",
                f"{median(lap.cpu_seconds_per_million for lap in runs):,.1f}",
                f"{median(lap.rss_mib for lap in runs):,.0f}" if runs[0].rss_mib else "",
                f"{median(lap.start_seconds for lap in runs):.1f}" if runs[0].start_seconds else "",
                str(len(runs)),
            )
    console.print(table)


def show_goals(console: Console, figures: Mapping[str, Any]) -> None:
    """Each goal, and whether this run has met it."""
    table = Table(title="goals, as ratios of this run", title_justify="left")
    for column in ("", "measured", "goal", ""):
        table.add_column(column)
    for name, (sign, goal) in GOALS.items():
        found = figures.get(name)
        met = found is not None and (found >= goal if sign == ">=" else found <= goal)
        table.add_row(
            name,
            "not measured" if found is None else f"{found:.2f}",
            f"{sign} {goal:g}",
            "" if found is None else ("met" if met else "[bold]missed[/bold]"),
        )
    console.print(table)


def machine() -> dict[str, Any]:
    """Where and when: absolute figures mean nothing without."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "load_before": round(psutil.getloadavg()[0], 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def last_line(figures: Mapping[str, Any]) -> str:
    """The figures as one line of JSON."""
    return json.dumps({name: figures.get(name) for name in GOALS} | dict(figures))
