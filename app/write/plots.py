"""Small plots as inline SVG: no plotting library where predictions run, and nothing a page must load.

A `Panel` turns values into px and gathers what is drawn; `figure` puts panels side by side, with a key.
Text and lines take the page's colours (page.css), so that they are seen on dark ground, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from numpy.typing import NDArray

INK = "currentColor"  # the page's
BINS = 40  # of a histogram
CUT = 99.5  # percentile at which its axis ends; the last bin holds all that lie beyond
TOP, BOTTOM, RIGHT = 22, 36, 14  # px around the marks: title, ticks and label, half a number
LETTER = 6.5  # px, about what a letter of the key is wide
SHAPES = {
    "dot": "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    "square": "M-3-3h6v6h-6z",
    "up": "M0-4l4 7h-8z",
    "down": "M0 4l4-7h-8z",
    "diamond": "M0-4l4 4l-4 4l-4-4z",
    "bar": "M-1-4h2v8h-2z",
    "dash": "M-4-1h8v2h-8z",
    "cross": "M-3.5-3.5l7 7m0-7l-7 7",
}


@dataclass(frozen=True)
class Scale:
    """From values to 0..1 along an axis, and which values are named."""

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """Where the value lies, 0 at `low` and 1 at `high`."""
        if self.log:
            return float(np.log(value / self.low) / np.log(self.high / self.low))
        return (value - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[float]:
        """Quarters; of a log scale 1, 2 and 5 of each decade, of a long one the decades."""
        if not self.log:
            return np.linspace(self.low, self.high, 5).tolist()
        decades = range(int(np.floor(np.log10(self.low))), int(np.ceil(np.log10(self.high))) + 1)
        factors = (1, 2, 5) if len(decades) <= 4 else (1,)
        found = [factor * 10.0**decade for decade in decades for factor in factors]
        return [value for value in found if self.low <= value <= self.high]


@dataclass
class Panel:
    """One pair of axes, `width` × `height` px in all; `rows` names y = 0, 1, … instead of numbers."""

    x: Scale
    y: Scale
    x_label: str
    title: str = ""  # over the panel, of what its height tells
    rows: Sequence[str] = ()
    numbered: bool = True  # along the bottom
    width: int = 560
    height: int = 200
    left: int = 46
    marks: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Px of a point, from the panel's upper left corner."""
        inner = self.width - self.left - RIGHT, self.height - TOP - BOTTOM
        return self.left + inner[0] * self.x.share(x), TOP + inner[1] * (1 - self.y.share(y))

    def bar(self, x0: float, x1: float, y: float, words: str, gap: float = 0.0) -> None:
        """A bar from 0 to `y` between two places, `gap` px narrower, that names itself under the pointer."""
        (left, top), (right, base) = self.at(x0, y), self.at(x1, self.y.low)
        self.marks.append(
            f'<rect class="mark" x="{left + gap / 2:.2f}" y="{top:.2f}" width="{right - left - gap:.2f}" '
            f'height="{base - top:.2f}"><title>{escape(words)}</title></rect>'
        )

    def line(
        self, xs: Sequence[float], ys: Sequence[float], colour: str, width: float = 1.6, dash: str = ""
    ) -> None:
        """A line through points."""
        points = " ".join("{:.1f},{:.1f}".format(*self.at(x, y)) for x, y in zip(xs, ys, strict=True))
        self.marks.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" '
            f'stroke-dasharray="{dash}"/>'
        )

    def points(self, xs: Sequence[float], ys: Sequence[float], shape: str, colour: str) -> None:
        """A mark at each point."""
        self.marks += [marker(*self.at(x, y), shape, colour) for x, y in zip(xs, ys, strict=True)]

    def box(self, values: Sequence[float], y: float, half: float, colour: str) -> None:
        """Quartiles and median across row `y`, `half` a row high; whiskers as far as 1.5 × the box."""
        low, middle, high = np.percentile(values, (25, 50, 75)).tolist()
        reach = 1.5 * (high - low)
        ends = [value for value in values if low - reach <= value <= high + reach]
        for x0, x1 in ((min(ends), low), (high, max(ends))):
            self.line((x0, x1), (y, y), colour, 1)
        self.line((low, high, high, low, low), (y - half, y - half, y + half, y + half, y - half), colour, 1)
        self.line((middle, middle), (y - half, y + half), colour, 2)

    def drawn(self) -> str:
        """Grid, numbers, names and marks."""
        x0, y0, x1, y1 = self.left, TOP, self.width - RIGHT, self.height - BOTTOM
        parts = []
        for tick in self.x.ticks if self.numbered else ():
            x = self.at(tick, self.y.low)[0]
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y0}" y2="{y1}"/>')
            parts.append(text(x, y1 + 14, f"{tick:,g}", "middle"))
        for tick in () if self.rows else self.y.ticks:
            y = self.at(self.x.low, tick)[1]
            parts.append(f'<line x1="{x0}" x2="{x1}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(text(x0 - 6, y + 4, f"{tick:,g}", "end"))
        parts += [text(x0 - 6, self.at(self.x.low, i)[1] + 4, row, "end") for i, row in enumerate(self.rows)]
        parts.append(text((x0 + x1) / 2, self.height - 6, self.x_label, "middle"))
        parts.append(text(x0, y0 - 8, self.title, "start"))
        return "".join(parts + self.marks)


def bars(values: Sequence[int], titles: Sequence[str], label: str) -> str:
    """One bar per value; each names itself where the pointer rests on it."""
    panel = Panel(Scale(0, max(len(values), 1)), Scale(0, nice_top(max(values, default=0))), label)
    panel.numbered = False
    step = (panel.width - panel.left - RIGHT) / max(len(values), 1)  # px
    half = min(0.5, 20 / step)
    for i, (value, title) in enumerate(zip(values, titles, strict=True)):
        words = f"{title}: {value:,} cells"
        panel.bar(i + 0.5 - half, i + 0.5 + half, value, words, min(step * 0.15, 4) if step > 3 else 0)
    return figure([panel])


def histogram(values: NDArray[np.float32], label: str, highest: float | None = None) -> str:
    """How many values lie in each of `BINS` equal steps from 0 to `highest`, or to where most of them end."""
    if highest is None:
        highest = nice_top(float(np.percentile(values, CUT)) if values.size else 0)
    edges = np.linspace(0, highest, BINS + 1).tolist()
    counts = np.histogram(np.minimum(values, highest), edges)[0].tolist()
    panel = Panel(Scale(0, highest), Scale(0, nice_top(max(counts))), label)
    for left, right, count in zip(edges, edges[1:], counts, strict=False):
        if count:
            panel.bar(left, right, count, f"{left:.3g} to {right:.3g}: {count:,}", 1)
    return figure([panel])


def figure(panels: Sequence[Panel], key: Sequence[tuple[str, str, str]] = ()) -> str:
    """One `<svg>`: panels from left to right, then a key of (name, shape, colour)."""
    parts, x = [], 0
    for panel in panels:
        parts.append(f'<g transform="translate({x} 0)">{panel.drawn()}</g>')
        x += panel.width
    for i, (name, shape, colour) in enumerate(key):
        y = TOP + 8 + 17 * i
        parts.append(marker(x + 8, y, shape, colour) + text(x + 20, y + 4, name, "start"))
    width = x + (24 + LETTER * max(len(name) for name, _, _ in key) if key else 0)
    height = max([TOP + 17 * len(key), *(panel.height for panel in panels)])
    return f'<svg class="plot" viewBox="0 0 {width:.0f} {height}" role="img">{"".join(parts)}</svg>'


def marker(x: float, y: float, shape: str, colour: str) -> str:
    """One of SHAPES at px `(x, y)`; a cross has no inside."""
    paint = f'fill="none" stroke="{colour}" stroke-width="2"' if shape == "cross" else f'fill="{colour}"'
    return f'<path d="{SHAPES[shape]}" transform="translate({x:.1f} {y:.1f})" {paint}/>'


def text(x: float, y: float, words: str, anchor: str) -> str:
    """Words beside, under or over px `(x, y)`."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def nice_top(highest: float) -> float:
    """The end of a scale: the smallest of 1, 2, 4, 6, 8 or 10 times a power of ten that is not below."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(highest))
    # a hair of slack, since the division is not exact
    return float(
        next(factor * power for factor in (1, 2, 4, 6, 8, 10) if factor * power >= highest * (1 - 1e-9))
    )
