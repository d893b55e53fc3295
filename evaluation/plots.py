"""The report's plots, each as one `<svg>` element to be put into a page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.network.clock import tolerance
from evaluation.colours import BLACK, BLUE, SERIES, VERMILLION
from evaluation.measures import CURVE
from evaluation.summary import Summary
from evaluation.timing import Timed

STYLE: Any = {  # matplotlib's own type lists every key there is
    "svg.fonttype": "none",  # real text, so that it can be searched and read aloud
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
}
DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def distribution(summaries: Sequence[Summary]) -> str:
    """F1 of every image as box and strip, a row per set, for both rules."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 1.2 + 0.62 * len(summaries)), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, column, title in (
            (left, "f1", "organisers' rule"),
            (right, "global_f1", "global rule"),
        ):
            _boxes(axes, summaries, column)
            axes.set_title(title, fontsize=10)
            axes.set_xlabel("F1 at IoU 0.5")
            axes.set_xlim(-0.02, 1.02)
        left.set_yticks(range(len(summaries)), [f"{s.name} ({len(s.rows)})" for s in summaries])
        left.set_ylim(len(summaries) - 0.5, -0.5)
        return _svg(figure, "distribution")


def _boxes(axes: Axes, summaries: Sequence[Summary], column: str) -> None:
    for at, summary in enumerate(summaries):
        values = np.array(summary.values(column))
        lost = np.array([row.status != "ok" for row in summary.rows])
        # the same spread in each run, so that two reports can be laid side by side
        height = at + np.random.default_rng(0).uniform(-0.28, 0.28, len(values))
        axes.plot(values[~lost], height[~lost], "o", ms=3.5, color=BLUE, alpha=0.55, mew=0, zorder=3)
        axes.plot(values[lost], height[lost], "x", ms=6, color=VERMILLION, mew=1.5)
        axes.boxplot(
            [values],
            positions=[at],
            orientation="horizontal",
            widths=0.62,
            showfliers=False,  # the strip shows every image
            medianprops={"color": BLACK, "linewidth": 2},
            manage_ticks=False,
        )
    axes.grid(visible=False, axis="y")


def curves(summaries: Sequence[Summary]) -> str:
    """Mean precision and mean recall over the IoU threshold, a line per set."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        panels = figure.subplots(1, 2, sharey=True)
        for axes, name in zip(panels, ("precision", "recall"), strict=True):
            for i, summary in enumerate(summaries):
                matches = zip(*(row.measures.curve for row in summary.rows), strict=True)
                means = [np.mean([getattr(match, name) for match in images]) for images in matches]
                whole = summary.name == "all" and len(summaries) > 1
                axes.plot(
                    CURVE,
                    means,
                    DASHES[0] if whole else DASHES[i // len(SERIES) % len(DASHES)],
                    color=BLACK if whole else SERIES[i % (len(SERIES) - 1)],
                    linewidth=2.8 if whole else 1.6,
                    marker=MARKERS[i % len(MARKERS)],
                    markersize=0 if whole else 4,
                    label=summary.name,
                )
            axes.set_xlabel("IoU threshold")
            axes.set_ylabel(f"mean {name}")
            axes.set_ylim(0, 1.02)
            axes.tick_params(labelleft=True)
        panels[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
        return _svg(figure, "curves")


def times(systems: Mapping[str, Sequence[Timed]]) -> str:
    """Seconds against megapixels on two log scales, with the line of the tolerance."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 4), layout="constrained")
        axes = figure.subplots()
        sizes = [row.height * row.width for rows in systems.values() for row in rows if row.height]
        low, high = min(sizes, default=10**5) / 2, max(sizes, default=10**6) * 2
        pixels = np.unique(np.append(np.geomspace(low, max(high, 2e6), 50), 1e6))
        line = [tolerance(1, int(count)) for count in pixels]
        top = 1.6 * max([*line, *(row.seconds for rows in systems.values() for row in rows)])
        axes.plot(pixels / 1e6, line, color=BLACK, linewidth=1.6, label="tolerance")
        axes.fill_between(pixels / 1e6, line, top, color=VERMILLION, alpha=0.07, linewidth=0)
        for i, (name, rows) in enumerate(systems.items()):
            colour, marker = SERIES[i % (len(SERIES) - 1)], MARKERS[i % len(MARKERS)]
            ran = [row for row in rows if row.height and row.status != "failed"]
            failed = [row for row in rows if row.height and row.status == "failed"]
            axes.plot(*_points(ran), marker, color=colour, ms=5.5, alpha=0.75, mew=0, label=name)
            if failed:
                axes.plot(*_points(failed), "x", color=colour, ms=8, mew=2, label=f"{name}: failed")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(pixels[0] / 1e6, pixels[-1] / 1e6)
        axes.set_ylim(top=top)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:g}")
            axis.set_minor_formatter(_two_and_five)
        axes.set_xlabel("megapixels")
        axes.set_ylabel("seconds, launch to exit")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        return _svg(figure, "times")


def _two_and_five(value: float, _: float) -> str:
    """Labels 2 and 5 of each decade: short ranges of a log scale would hold no number else."""
    return f"{value:g}" if f"{value:.0e}"[0] in "25" else ""


def _points(rows: Sequence[Timed]) -> tuple[list[float], list[float]]:
    return [row.height * row.width / 1e6 for row in rows], [row.seconds for row in rows]


def _svg(figure: Figure, name: str) -> str:
    """The figure without XML prologue; ids hashed with the name, so that plots of a page don't clash."""
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
