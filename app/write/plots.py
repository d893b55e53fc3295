"""The report's two plots as inline SVG, which needs no plotting library where predictions run."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 560, 200  # px of the drawing, which then fits its place on the page
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 8, 34  # px around the bars, for the axes
BINS = 40
CUT = 99.5  # percentile at which the axis of sizes ends; the last bin holds all that lie beyond


def bars(values: Sequence[int], titles: Sequence[str], label: str) -> str:
    """One bar per value; each names itself where the pointer rests on it."""
    top = nice_top(max(values, default=0))
    step = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    gap = min(step * 0.15, 4) if step > 3 else 0
    width = min(step - gap, 40)
    marks = [
        bar(LEFT + step * (index + 0.5) - width / 2, width, value / top, f"{title}: {value:,} cells")
        for index, (value, title) in enumerate(zip(values, titles, strict=True))
    ]
    return drawing(marks, top, [], label)


def histogram(values: NDArray[np.float32], label: str) -> str:
    """How many values lie in each of `BINS` equal steps from 0."""
    highest = nice_top(float(np.percentile(values, CUT)) if values.size else 0)
    edges = np.linspace(0, highest, BINS + 1)
    counts, _ = np.histogram(np.minimum(values, highest), edges)
    top = nice_top(int(counts.max(initial=0)))
    step = (WIDTH - LEFT - RIGHT) / BINS
    marks = [
        bar(
            LEFT + step * index,
            step - 1,
            count / top,
            f"{edges[index]:.3g} to {edges[index + 1]:.3g}: {count:,}",
        )
        for index, count in enumerate(counts.tolist())
        if count
    ]
    ticks = [(value / highest, f"{value:g}") for value in np.linspace(0, highest, 5).tolist()]
    return drawing(marks, top, ticks, label)


def bar(x: float, width: float, share: float, title: str) -> str:
    """A bar that is `share` of the height available."""
    height = share * (HEIGHT - TOP - BOTTOM)
    y = HEIGHT - BOTTOM - height
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}">'
        f"<title>{escape(title)}</title></rect>"
    )


def drawing(marks: list[str], top: float, ticks: list[tuple[float, str]], label: str) -> str:
    """The marks with a scale from 0 to `top` on the left, and `ticks` (share, text) below."""
    right, base = WIDTH - RIGHT, HEIGHT - BOTTOM
    lines = []
    for quarter in range(5):
        y = base - (base - TOP) * quarter / 4
        lines.append(f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * quarter / 4:,g}</text>')
    for share, text in ticks:
        x = LEFT + share * (right - LEFT)
        lines.append(f'<text x="{x:.1f}" y="{base + 14}" text-anchor="middle">{text}</text>')
    middle = (LEFT + right) / 2
    lines.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(label)}</text>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(lines)}{"".join(marks)}</svg>'


def nice_top(highest: float) -> float:
    """The end of a scale: the smallest of 1, 2, 4, 6, 8 or 10 times a power of ten that is not below."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(highest))
    # a hair of slack, since the division is not exact
    return float(
        next(factor * power for factor in (1, 2, 4, 6, 8, 10) if factor * power >= highest * (1 - 1e-9))
    )
