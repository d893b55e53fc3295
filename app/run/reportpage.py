"""The parts of a report as HTML: numbers, plots, where to look first, and the table of images."""

from __future__ import annotations

import os
from html import escape
from urllib.parse import quote

import numpy as np

from ..write import page
from ..write.page import Cell
from ..write.plots import bars, histogram
from .rows import Row, Run

LOOKED_AT = 10  # images that a person should look at first
COLUMNS = ("", "Image", "Size (px)", "Cells", "Median Ø (px)", "Score", "Time", "Passes", "Remarks")


def summary(run: Run) -> str:
    """The few numbers that one looks for first."""
    measured = sum(row.measured for row in run.rows)
    numbers = {
        "images written": measured,
        "done before": sum(not row.measured and row.error is None for row in run.rows),
        "failed": sum(row.error is not None for row in run.rows),
        "cells": sum(row.cells for row in run.rows),
        "with warnings": sum(bool(row.warnings) for row in run.rows if row.measured),
        "over tolerance": sum(row.late for row in run.rows),
    }
    bad = [what for what in ("failed", "with warnings", "over tolerance") if numbers[what]]
    return page.tiles([(f"{number:,}", what) for what, number in numbers.items()], bad)


def plots(run: Run) -> str:
    """Cells per image in the order of the run, and the sizes of all cells."""
    good = [row for row in run.rows if row.measured]
    if not good:
        return ""
    sizes = np.concatenate([row.diameters for row in good])
    drawings = {
        "Cells per image": bars([row.cells for row in good], [row.stem for row in good], "images, in order"),
        "Cell sizes": histogram(sizes, "equivalent diameter, px"),
    }
    scores = np.concatenate([row.scores for row in good])
    if scores.size:
        drawings["Scores of cells"] = histogram(
            scores, "score, 0 to 1: how sure the result is of a cell", 1.0
        )
    return page.figures(drawings)


def least_certain(run: Run) -> str:
    """Where a person should look first: the images whose cells have the lowest mean score, those first."""
    scored = sorted((row for row in run.rows if row.measured and row.scores.size), key=lambda row: row.score)
    if len(scored) < 2:
        return ""
    inner = "".join(
        f"<figure>{picture(row)}"
        f"<figcaption>{escape(row.stem)}</figcaption>{row.score:.2f}, {counted(row.cells, 'cell')}</figure>"
        for row in scored[:LOOKED_AT]
    )
    return f'<h2>Least certain images</h2><div class="pictures">{inner}</div>'


def table_row(row: Row) -> list[Cell]:
    """The cells of COLUMNS; remarks are sorted by their gravity."""
    name = Cell(escape(row.stem), kind="name")
    remarks = "".join(f"<li>{escape(warning)}</li>" for warning in row.warnings)
    remarks = f"<ul>{remarks}</ul>" if remarks else ""
    if not row.measured:
        last = Cell(remarks, 0) if row.error is None else Cell(escape(row.error), 2, "bad")
        return [Cell(kind="pic"), name, *[Cell(sort=-1)] * len(COLUMNS[2:-1]), last]
    score = Cell(f"{row.score:.2f}" if row.scores.size else "–", row.score, "n")
    median = f"{row.median_diameter:.1f}" if row.cells else "–"
    return [
        Cell(picture(row), kind="pic"),
        name,
        Cell(f"{row.height} × {row.width}", row.height * row.width, "n"),
        Cell(f"{row.cells:,}", row.cells, "n"),
        Cell(median, row.median_diameter, "n"),
        score,
        Cell(time_taken(row), row.seconds, "n"),
        Cell(escape(row.passes)),
        Cell(remarks, int(bool(remarks))),
    ]


def picture(row: Row) -> str:
    """The thumbnail; a click on it opens the overlay."""
    small = page.image(row.thumbnail, "jpeg", "")
    if not row.overlay:
        return small
    return f'<a href="{quote(os.fsencode(row.overlay))}">{small}</a>'


def time_taken(row: Row) -> str:
    """Seconds, beside a bar where there is a tolerance."""
    if row.tolerance is None:
        return f"{row.seconds:.2f} s"
    share = min(row.seconds / max(row.tolerance, 1e-9), 1) * 100
    bad = " bad" if row.late else ""
    return (
        f'<span class="{bad.strip()}">{row.seconds:.2f} of {row.tolerance:.1f} s</span>'
        f'<span class="bar{bad}"><i style="width:{share:.0f}%"></i></span>'
    )


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """As people say it: seconds, or minutes and hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
