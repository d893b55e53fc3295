"""The report's plots, each as one `<svg>` element to be put into a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.network.clock import tolerance
from app.write.colours import BLUE, SERIES, VERMILLION
from app.write.plots import INK, LETTER, Panel, Scale, figure
from evaluation.measures import CURVE
from evaluation.summary import Summary
from evaluation.timing import Timed

UNIT = Scale(0, 1)
DASHES = ("", "6 3", "2 2", "7 2 2 2")
MARKERS = ("dot", "square", "up", "diamond", "down", "bar", "dash")


def distribution(summaries: Sequence[Summary]) -> str:
    """F1 of every image as box and strip, a row per set, for both rules."""
    names = [f"{summary.name} ({len(summary.rows)})" for summary in summaries]
    left = round(LETTER * max(map(len, names))) + 12
    panels = [
        Panel(
            UNIT,
            Scale(len(summaries) - 0.5, -0.5),
            "F1 at IoU 0.5",
            title,
            rows=names if first else [""] * len(names),
            height=70 + 40 * len(summaries),
            width=430 + (left if first else 20),
            left=left if first else 20,
        )
        for title, first in (("organisers' rule", True), ("global rule", False))
    ]
    for panel, column in zip(panels, ("f1", "global_f1"), strict=True):
        for at, summary in enumerate(summaries):
            strip(panel, summary, column, at)
    return figure(panels)


def strip(panel: Panel, summary: Summary, column: str, at: int) -> None:
    """One set: a dot per image, a cross per lost one, the box over them."""
    values = np.array(summary.values(column))
    lost = np.array([row.status != "ok" for row in summary.rows])
    # the same spread in each run, so that two reports can be laid side by side
    height = at + np.random.default_rng(0).uniform(-0.28, 0.28, len(values))
    panel.points(values[~lost], height[~lost], "dot", BLUE)
    panel.points(values[lost], height[lost], "cross", VERMILLION)
    panel.box(values.tolist(), at, 0.31, INK)


def curves(summaries: Sequence[Summary]) -> str:
    """Mean precision and mean recall over the IoU threshold, a line per set."""
    panels = []
    key: list[tuple[str, str, str]] = []
    for name in ("precision", "recall"):
        panel = Panel(UNIT, UNIT, "IoU threshold", f"mean {name}", width=420, height=300)
        key = []
        for i, summary in enumerate(summaries):
            matches = zip(*(row.measures.curve for row in summary.rows), strict=True)
            means = [float(np.mean([getattr(match, name) for match in images])) for images in matches]
            if summary.name == "all" and len(summaries) > 1:
                panel.line(CURVE, means, INK, 2.8)
                key.append((summary.name, "dash", INK))
                continue
            colour, marker = SERIES[i % len(SERIES)], MARKERS[i % len(MARKERS)]
            panel.line(CURVE, means, colour, dash=DASHES[i // len(SERIES) % len(DASHES)])
            panel.points(CURVE, means, marker, colour)
            key.append((summary.name, marker, colour))
        panels.append(panel)
    return figure(panels, key)


def times(systems: Mapping[str, Sequence[Timed]]) -> str:
    """Seconds against megapixels on two log scales, with the line of the tolerance."""
    every = [row for rows in systems.values() for row in rows if row.height]
    sizes = [row.height * row.width for row in every]
    low, high = min(sizes, default=10**5) / 2, max(sizes, default=10**6) * 2
    pixels = np.unique(np.append(np.geomspace(low, max(high, 2e6), 50), 1e6))
    line = [tolerance(1, int(count)) for count in pixels]
    seconds = [*line, *(max(row.seconds, 1e-3) for row in every)]
    panel = Panel(
        Scale(pixels[0] / 1e6, pixels[-1] / 1e6, log=True),
        Scale(min(seconds) / 1.6, max(seconds) * 1.6, log=True),
        "megapixels",
        "seconds, launch to exit",
        width=720,
        height=360,
    )
    panel.line((pixels / 1e6).tolist(), line, INK)
    key = [("tolerance", "dash", INK)]
    for i, (name, rows) in enumerate(systems.items()):
        colour, marker = SERIES[i % len(SERIES)], MARKERS[i % len(MARKERS)]
        points(panel, [row for row in rows if row.height and row.status != "failed"], marker, colour)
        key.append((name, marker, colour))
        failed = [row for row in rows if row.height and row.status == "failed"]
        if failed:
            points(panel, failed, "cross", colour)
            key.append((f"{name}: failed", "cross", colour))
    return figure([panel], key)


def points(panel: Panel, rows: Sequence[Timed], shape: str, colour: str) -> None:
    """A mark per image; one whose command ended in no time at all stands at a millisecond."""
    megapixels = [row.height * row.width / 1e6 for row in rows]
    panel.points(megapixels, [max(row.seconds, 1e-3) for row in rows], shape, colour)
