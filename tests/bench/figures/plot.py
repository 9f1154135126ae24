"""Plots as inline SVG in one page that needs nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 320, 70, 45, 30
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df")
Point = tuple[float, float]


@dataclass(frozen=True)
class Plot:
    """One plot.

    Args:
        title, x, y: in words, with units.
        series: name -> points in order of x.
        log_x: x in powers of ten.
    """

    title: str
    x: str
    y: str
    series: Mapping[str, Sequence[Point]]
    log_x: bool = False

    def svg(self) -> str:
        """The plot as an SVG element; y begins at 0, so that flat looks flat."""
        points = [point for line in self.series.values() for point in line]
        if not points:
            return f"<p>{escape(self.title)}: nothing measured</p>"
        xs = [self._x(x) for x, _ in points]
        low, high = min(xs), max(xs)
        top = max(y for _, y in points) * 1.1 or 1.0

        def place(x: float, y: float) -> Point:
            across = (self._x(x) - low) / (high - low) if high > low else 0.5
            return LEFT + across * (WIDTH - LEFT - 20), HEIGHT - BOTTOM - y / top * (HEIGHT - BOTTOM - TOP)

        parts = [f'<text x="{LEFT}" y="18" class="title">{escape(self.title)}</text>']
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            _, y = place(points[0][0], share * top)
            parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y:.0f}" y2="{y:.0f}" class="grid"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{short(share * top)}</text>')
        for x in sorted({x for x, _ in points}) if len({x for x, _ in points}) <= 9 else ():
            at, _ = place(x, 0)
            parts.append(f'<text x="{at:.0f}" y="{HEIGHT - 26}" text-anchor="middle">{short(x)}</text>')
        for colour, (name, line) in zip(COLOURS * 9, self.series.items(), strict=False):
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{escape(name)}</title></circle>'
                for x, y in (place(*point) for point in line)
            ]
        names = "  ".join(
            f'<tspan fill="{c}">■ {escape(n)}</tspan>' for c, n in zip(COLOURS * 9, self.series, strict=False)
        )
        parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">{escape(self.x)} → {escape(self.y)}   {names}</text>')
        return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">{"".join(parts)}</svg>'

    def _x(self, x: float) -> float:
        return log10(max(x, 1e-9)) if self.log_x else x


def short(value: float) -> str:
    """A number in few letters."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def write_page(path: Path, plots: Sequence[Plot], figures: Mapping[str, Any]) -> None:
    """All plots and figures as one page."""
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>" for name, value in figures.items())
    style = "body{font:14px sans-serif;margin:2em} svg text{font:11px sans-serif} .title{font-weight:bold}"
    style += " .grid{stroke:#ddd}"
    style += " td{padding:2px 12px;border-bottom:1px solid #eee}"
    body = "".join(f"<div>{plot.svg()}</div>" for plot in plots)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"<!doctype html><meta charset='utf-8'><title>Triggerpoint bench</title><style>{style}</style>"
        f"<h1>What it costs</h1><p>One run on one machine: absolute figures are of that machine.</p>"
        f"{body}<table>{rows}</table>",
        encoding="utf-8",
    )
